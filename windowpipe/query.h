/* query - what a SELECT is: rows of a table, or results of windows over them.
 *
 * Views and subqueries that pick, compute and filter are merged into what they
 * stand on; a window over the results of another stands on a pipe.
 *
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_QUERY_H
#define WINDOWPIPE_QUERY_H

#include "windowpipe/relation.h"

/*
 * The rows of a query; names[i] is what its i-th column had better be called,
 * or p == NULL; names may be NULL.  NULL after errors.
 */
struct relation *query_relation(struct compiler *, const struct sql_query *,
    const struct span *names, size_t nnames);

/* Those of a table, or NULL: it is broken. */
struct relation *query_table(struct compiler *, struct table *);

/*
 * Tell what is wrong with a table's computed columns and watermark, and with
 * what a view selects, which are broken then.
 */
void query_check_table(struct compiler *, struct table *);
void query_check_view(struct compiler *, struct table *);

#endif
