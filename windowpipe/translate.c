/* translate - window's queries as a job for Apache Flink.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/translate.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "windowpipe/flink.h"

/* On a terminal what that would obey is masked: names are the user's. */
static enum status
print(const struct buf *b)
{
	struct buf shown = { 0 };
	int rc;

	if (isatty(STDOUT_FILENO) == 1)
		(void)diag_add_plain(&shown, buf_span(b), INT_MAX, "\n");
	else
		buf_add_span(&shown, buf_span(b));
	errno = ENOMEM;
	rc = b->failed || shown.failed
	         ? -1
	         : file_write(STDOUT_FILENO, buf_span(&shown));
	if (rc == -1)
		diag_error(NULL, "cannot write to standard output: %s",
		    strerror(errno));
	buf_free(&shown);
	return rc == -1 ? STATUS_SYSTEM : STATUS_OK;
}

enum status
translate_query(const struct options *o)
{
	const struct flink_wish wish = { .flink2 = o->flink == 1,
		.guess = o->guess,
		.times_sql = o->times == 1,
		.exact = o->exact };
	struct buf all = { 0 }, sql = { 0 }, notes = { 0 };
	enum status status = STATUS_USAGE;
	size_t nnotes = 0;

	if (o->files.n == 0) {
		diag_error(NULL, "no query; give window's options: windowpipe "
				 "sql -- --tumble 10s --event-time ts --count");
		return STATUS_USAGE;
	}
	if (flink_write(&sql, &notes, &nnotes, &wish, &o->files) == -1)
		return STATUS_USAGE;
	if (o->strict && nnotes > 0) {
		diag_error(NULL,
		    "--strict: nothing is written, for Flink differs from "
		    "window");
		(void)diag_add_plain(&all, buf_span(&notes), INT_MAX, "\n");
		diag_bytes(buf_span(&all));
	} else {
		buf_addf(&all,
		    "-- From windowpipe sql, for Apache Flink %s.\n"
		    "-- What is true of every job windowpipe(1) says.\n",
		    wish.flink2 ? "2.2" : "1.20");
		buf_add_span(&all, buf_span(&notes));
		buf_add_span(&all, buf_span(&sql));
		all.failed |= sql.failed || notes.failed;
		status = print(&all);
	}
	buf_free(&all);
	buf_free(&sql);
	buf_free(&notes);
	return status;
}
