/* flink_inner - the parts of flink_sql, among themselves.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_FLINK_INNER_H
#define WINDOW_FLINK_INNER_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/columns.h"
#include "window/query.h"

/* A column of the source; its type is a guess where none was declared. */
struct flink_source {
	const char *path; /* canonical */
	struct type type;
	bool guessed;
};

struct flink_sql {
	struct buf *out;
	const struct query *q;
	bool typed;
	struct flink_source *sources; /* the declared ones first; owned */
	size_t nsources;
	bool computed_time;   /* the time is a column of its own, */
	struct buf time_name; /* of this name; owned */
};

/* --- flink_text.c --- */

/* In backticks, always: what is reserved differs from version to version. */
void flink_add_name(struct buf *, const char *name);

/* A canonical path: `device`.`id`. */
void flink_add_field(struct buf *, const char *path);

/* The part of a canonical path at *path, unquoted; moves *path behind it. */
void flink_take_part(const char **path, struct buf *part);

/* INTERVAL '10' SECOND: in the largest unit that fits. */
void flink_add_interval(struct buf *, int64_t ms);
void flink_add_type(struct buf *, struct type);

/* --- flink_source.c --- */

/* False: out of memory. */
bool flink_find_sources(struct flink_sql *, const struct columns *from);
const struct flink_source *flink_source_of(const struct flink_sql *, int field);

/* CREATE TABLE readings. */
void flink_add_source(struct flink_sql *);

/* The column of time; after flink_add_source(). */
void flink_add_time(struct flink_sql *);

#endif
