/* grouping - SELECT … GROUP BY becomes what a stage of window does.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_GROUPING_H
#define WINDOWPIPE_GROUPING_H

#include "windowpipe/relation.h"

/*
 * What the query makes of the rows of in, which its FROM and WHERE have made;
 * names as query_relation() has them.  NULL after errors.
 */
struct relation *grouping_results(struct compiler *, struct relation *in,
    const struct sql_query *, const struct span *names, size_t nnames);

/* An aggregate in the expression, or NULL. */
const struct sql_node *grouping_aggregate_in(const struct sql_node *);

#endif
