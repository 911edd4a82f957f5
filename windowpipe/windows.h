/* windows - those of a query: of GROUP BY, and of window functions.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_WINDOWS_H
#define WINDOWPIPE_WINDOWS_H

#include "windowpipe/relation.h"

/* Is it TUMBLE, HOP or SESSION, as GROUP BY has them? */
bool windows_is_group(const struct sql_node *);

/* The windows of such a call over r's rows; false after an error. */
bool windows_of_group(struct compiler *, const struct relation *r,
    const struct sql_node *, struct windows *);

/*
 * TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), size)): the rows of t, which `of` is,
 * and their windows' bounds.  NULL after an error.
 */
struct relation *windows_relation(
    struct compiler *, struct relation *of, const struct sql_from *);

/*
 * TUMBLE_START and the like: the role of what it gives, and the name of the
 * group's function that it goes with.  -1: it is none of these.
 */
int windows_auxiliary(const struct sql_node *, const char **function);

#endif
