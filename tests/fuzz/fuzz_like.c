/* fuzz_like - the columns that datagen finds for rows, datagen takes.
 * SPDX-License-Identifier: ISC */
#include "datagen/like.h"

#include <string.h>
#include <sys/stat.h>

#include "datagen/generator.h"
#include "datagen/literals.h"
#include "lib/columns.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 4000 };

static void
check_columns(struct span notation)
{
	struct columns columns;
	struct generator *generators;
	struct literals literals = { 0 };
	struct buf why = { 0 };
	char *message = NULL;
	size_t at;

	if (columns_parse(notation, &columns, &message) == -1) {
		/* Where each field was left out, only comments remain. */
		HOLDS(strstr(message, "no columns") != NULL);
		free(message);
		return;
	}
	generators = calloc(columns.n, sizeof *generators);
	HOLDS(generators != NULL);
	for (size_t i = 0; i < columns.n; i++)
		HOLDS(generator_parse(
			  &columns.col[i], &generators[i], &why, &at) == 0);
	HOLDS(literals_make(&columns, &literals, &why, &at) == 0);
	for (size_t i = 0; i < columns.n; i++)
		generator_free(&generators[i]);
	free(generators);
	literals_free(&literals);
	columns_free(&columns);
	buf_free(&why);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int in, out;
	char name[64], *text;
	struct stat st;
	enum status status;

	if (size > INPUT_MAX)
		return 0;
	in = fuzz_file(data, size);
	out = fuzz_file(data, 0);
	HOLDS(dup2(out, STDOUT_FILENO) != -1);
	snprintf(name, sizeof name, "/proc/self/fd/%d", in);
	status = like_run(name);
	HOLDS(status <= STATUS_DATA && fstat(out, &st) == 0);
	if (st.st_size > 0) {
		text = malloc((size_t)st.st_size);
		HOLDS(text != NULL);
		HOLDS(pread(out, text, (size_t)st.st_size, 0) == st.st_size);
		check_columns((struct span){ text, (size_t)st.st_size });
		free(text);
	}
	HOLDS(close(in) == 0 && close(out) == 0);
	return 0;
}
