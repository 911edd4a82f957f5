/* rank - ROW_NUMBER() OVER (…) <= N: the first results of a window.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_RANK_H
#define WINDOWPIPE_RANK_H

#include "windowpipe/relation.h"

/* Of rn <= N, rn < N, rn = 1 and the like, where rn is the rank of r: N.  0: it
 * is none of these. */
uint64_t rank_bound(
    struct compiler *, const struct relation *r, const struct sql_node *);

/* The first n of r's ranked results are taken; false after an error. */
bool rank_set(struct compiler *, struct relation *r, uint64_t n);

#endif
