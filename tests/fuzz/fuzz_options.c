/* fuzz_options - an options file of window: refused, or a query that can be
 * explained in words, and written as Flink's SQL that can be read.
 * SPDX-License-Identifier: ISC */
#include "window/options.h"

#include <fcntl.h>
#include <string.h>

#include "sql/statement.h"
#include "tests/fuzz/fuzz.h"
#include "window/explain.h"
#include "windowpipe/flink.h"

enum { INPUT_MAX = 2000 };

/* --help and its like end the process, --options reads any file. */
static bool
leads_away(const char *text)
{
	return strstr(text, "help") != NULL ||
	       strstr(text, "version") != NULL ||
	       strstr(text, "completion") != NULL ||
	       strstr(text, "options") != NULL || strstr(text, "-h") != NULL ||
	       strstr(text, "-V") != NULL;
}

/* What is written can be read. */
static bool
is_sql(const struct buf *text)
{
	struct arena arena = { 0 };
	struct sql_errors errors = { 0 };
	bool good =
	    !text->failed &&
	    sql_parse_statements(buf_span(text), &arena, &errors) != NULL &&
	    errors.n == 0;

	sql_errors_free(&errors);
	arena_free(&arena);
	return good;
}

static void
try_file(const char *name)
{
	char *argv[] = { "window", "--options", (char *)name, NULL };
	const char *words[] = { "--options", name };
	const struct opt_texts query = { words, 2, 2 };
	struct options o = { 0 };
	const struct flink_wish wish = { .guess = true };
	struct buf sql = { 0 }, notes = { 0 };
	size_t nnotes;
	int null;

	if (options_parse(&o, 3, argv) == 0) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		HOLDS(dup2(null, STDOUT_FILENO) != -1);
		HOLDS(close(null) == 0);
		o.explain = EXPLAIN_PLAN;
		HOLDS(explain(&o) != STATUS_SYSTEM);
		if (flink_write(&sql, &notes, &nnotes, &wish, &query) == 0)
			HOLDS(is_sql(&sql));
	}
	buf_free(&sql);
	buf_free(&notes);
	options_free(&o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[INPUT_MAX + 1], name[64];
	int fd;

	if (size > INPUT_MAX || memchr(data, 0, size) != NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (leads_away(text))
		return 0;
	fd = fuzz_file(data, size);
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	try_file(name);
	HOLDS(close(fd) == 0);
	return 0;
}
