/* flink - window's queries as Apache Flink's SQL, to outgrow one machine, or to
 * check us against it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FLINK_H
#define WINDOWPIPE_FLINK_H

#include "lib/buf.h"
#include "lib/opt.h"

/*
 * SET, CREATE TABLE readings, CREATE TABLE results and INSERT, for Flink 1.20,
 * of the query that window's options ask; what has no counterpart, or a guessed
 * type, is said in a comment.  Tables are files, '${input}' and '${output}'.
 *
 * Group windows where Flink has them, window table-valued functions for
 * CUMULATE and for an offset.
 *
 * Returns 0, or -1 after an error: the options are wrong.
 */
int flink_write(struct buf *, const struct opt_texts *options);

#endif
