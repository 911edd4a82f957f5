/* flink_source - what a query of window's reads, as columns and expressions of
 * Flink's SQL.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FLINK_SOURCE_H
#define WINDOWPIPE_FLINK_SOURCE_H

#include "windowpipe/flink_text.h"
#include "window/query.h"

/* A column of the rows; its type is a guess where none was declared. */
struct flink_column {
	const char *path; /* canonical; the query's */
	struct type type; /* as it is read */
	bool guessed;
	struct span expression; /* of a computed one, else empty */
};

struct flink_source {
	const struct query *q;
	struct flink_column *column; /* those declared first; owned */
	size_t n;
	const struct flink_column *time; /* the event time, or NULL */
	/*
	 * The windows' time is a column of its own: made of the event time,
	 * earlier by shift_ms (--offset), and a reading of the local clock
	 * where wall is set.
	 */
	bool made, wall;
	int64_t shift_ms;
	bool
	    times_sql; /* times are written with a blank; false, or set later */
};

/*
 * Borrows the query.  tables: its windows are those of table functions, which
 * lose rows in zones without daylight saving, so that they get local times.
 * False: out of memory.
 */
bool
flink_source_init(struct flink_source *, const struct query *, bool tables);
void flink_source_free(struct flink_source *);

/* The column of a field of the query. */
const struct flink_column *
flink_source_column(const struct flink_source *, int field);

/* The type of the field's value in the query. */
struct type flink_source_type(const struct flink_source *, int field);

/*
 * A value of the row where the query has it, and where a column of the table is
 * computed: columns that are computed are not known there, so it is what they
 * are made of.  ctx of both is the source.
 */
flink_column_fn flink_source_add;
flink_column_fn flink_source_add_inner;

/* What the windows' time is made of; only where it is made. */
void flink_source_add_time(const struct flink_source *, struct buf *);

#endif
