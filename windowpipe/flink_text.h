/* flink_text - names, types, intervals and expressions as Flink's SQL has them.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FLINK_TEXT_H
#define WINDOWPIPE_FLINK_TEXT_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/type.h"

/* `name`: always in backquotes, for what is reserved differs by version. */
void flink_add_name(struct buf *, const char *name);

/* `device`.`id`, of a canonical path (lib/path.h). */
void flink_add_path(struct buf *, const char *path);

/* The next part of a canonical path, unquoted; *path moves past its dot. */
void flink_take_part(const char **path, struct buf *part);

/* Takes the next part of both; true if it is the same. */
bool flink_take_same(const char **, const char **);

/* It has several parts. */
bool flink_is_nested(const char *path);

/* One is the other, or a part of it. */
bool flink_paths_touch(const char *, const char *);

/* INTERVAL '10' SECOND: in the largest unit that fits. */
void flink_add_interval(struct buf *, int64_t ms);

/* " - INTERVAL ...", or plus where ms is negative; nothing where it is 0. */
void flink_add_shift(struct buf *, int64_t ms);

void flink_add_type(struct buf *, struct type);

/*
 * An expression of window's, which has been found to be right: on one line,
 * without its comments, each column as add() writes it.
 */
typedef void flink_column_fn(void *ctx, struct buf *, const char *path);
void flink_add_expression(
    struct buf *, struct span text, flink_column_fn *add, void *ctx);

#endif
