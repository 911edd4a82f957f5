/* flink - a query as Apache Flink's SQL, to check us against it, or to
 * outgrow us.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_FLINK_H
#define WINDOW_FLINK_H

#include "lib/buf.h"
#include "window/query.h"

/*
 * SET, CREATE TABLE readings, CREATE TABLE results and INSERT, for Flink 1.20;
 * what has no counterpart, or a guessed type, is said in a comment.  typed:
 * --into was given, so that NOT NULL is the user's word.  Tables are files,
 * '${input}' and '${output}'.
 *
 * Group windows where Flink has them, window table-valued functions for
 * CUMULATE and for an offset.
 */
void flink_write(struct buf *, const struct query *, bool typed);

#endif
