/* path - where a field is in a row: keys, from the outside in.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_PATH_H
#define LIB_PATH_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/*
 * In a path's text keys are separated by dots, and a key that holds a dot (or a
 * quote, or is empty) is quoted: device.id, "a.b", "a.b".c; "" in quotes is one
 * quote.  The canonical text quotes only where it must.
 */

/*
 * The next key of a path at *at, decoded into key; *at moves past it and its
 * dot.  1: a key, 0: the path is at its end, -1: fault.
 */
int
path_key(struct span path, size_t *at, struct buf *key, struct fault *fault);

/* Adds the canonical text of a path.  -1: fault. */
int path_canonical(struct span path, struct buf *, struct fault *);

/* Adds a key as a path spells it, without a dot before it: where it must be
 * quoted, or in any case. */
void path_add_key(struct buf *, struct span key);
void path_add_quoted(struct buf *, struct span key);

/*
 * What a path is called where quotes would be in the way: its keys as they
 * are, dots between.  Two paths may be called the same: o.k and "o.k".
 */
void path_add_unquoted(struct buf *, const char *path);
bool path_same(const char *, const char *);

#endif
