/* flink - window's queries as a job for Apache Flink, to outgrow one machine,
 * or to check us against it. SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FLINK_H
#define WINDOWPIPE_FLINK_H

#include "lib/buf.h"
#include "lib/opt.h"

struct flink_wish {
	bool flink2;    /* for 2.2, not for 1.20 */
	bool guess;     /* undeclared columns have types that are guesses */
	bool times_sql; /* times are 2026-01-31 23:59:59, with a blank */
	bool exact;     /* one subtask, and a watermark after each row */
};

/*
 * SET, CREATE TABLE of the sources and sinks, and an INSERT for each query that
 * window's options ask; "--" stands between queries.  Queries share a source
 * table where they can.  Tables are files, whose paths are placeholders.
 * notes: what the SQL does not do as window does, a comment a line, *nnotes of
 * them.
 *
 * Group windows where Flink has them, window table-valued functions for
 * CUMULATE and --top.
 *
 * Returns 0, or -1 after an error: the options are wrong, or no job can have
 * these queries.
 */
int flink_write(struct buf *sql, struct buf *notes, size_t *nnotes,
    const struct flink_wish *, const struct opt_texts *options);

#endif
