/* top - of many results of each group the first ones, in order.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_TOP_H
#define WINDOW_TOP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"
#include "window/engine.h"
#include "window/map.h"

struct top {
	size_t most; /* of each group */
	/*
	 * Of each the results kept so far: while there is room for more, an
	 * array; then a heap whose first is the last by rank.
	 */
	struct map groups;
	struct entry *last; /* the group of the result before */
};

void top_init(struct top *, size_t most);
void top_free(struct top *);

/*
 * Offers a result of a group.  Ranks and groups go by their bytes; equal ranks
 * by the result's key.  The result's key and data are borrowed until
 * top_give().  0, or -1: out of memory.
 */
int top_offer(struct top *, struct span group, struct span rank,
    const struct engine_result *);

/* rank: from 1.  0, or -1: no more is given. */
typedef int top_give_fn(void *ctx, const struct engine_result *, int64_t rank);

/*
 * Gives what was kept, group by group, each by rank, and forgets it all.
 * 0, 1: the function said so, or -1: out of memory.
 */
int top_give(struct top *, top_give_fn *, void *ctx);

#endif
