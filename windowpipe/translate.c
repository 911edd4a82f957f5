/* translate - window's queries as a job for Apache Flink.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/translate.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
#include "windowpipe/flink.h"

/* Names are the user's. */
static void
mask(struct buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		if (((unsigned char)b->p[i] < 0x20 && b->p[i] != '\n') ||
		    b->p[i] == 0x7f)
			b->p[i] = '?';
}

static enum status
print(const struct buf *b)
{
	if (!b->failed && file_write(STDOUT_FILENO, buf_span(b)) == 0)
		return STATUS_OK;
	diag_error(NULL, "cannot write to standard output: %s",
	    strerror(b->failed ? ENOMEM : errno));
	return STATUS_SYSTEM;
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
		mask(&notes);
		diag_bytes(buf_span(&notes));
	} else {
		buf_addf(&all,
		    "-- From windowpipe sql, for Apache Flink %s.\n"
		    "-- What is true of every job windowpipe(1) says.\n",
		    wish.flink2 ? "2.2" : "1.20");
		buf_add_span(&all, buf_span(&notes));
		buf_add_span(&all, buf_span(&sql));
		all.failed |= sql.failed || notes.failed;
		if (isatty(STDOUT_FILENO) == 1)
			mask(&all);
		status = print(&all);
	}
	buf_free(&all);
	buf_free(&sql);
	buf_free(&notes);
	return status;
}
