/* expression - an expression of a query, over what the query stands on.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_EXPRESSION_H
#define WINDOWPIPE_EXPRESSION_H

#include "windowpipe/query.h"

/* The field that a column names, or NULL after an error. */
const struct field *expression_field(
    struct compiler *, const struct relation *, const struct sql_node *column);

/* A column's own name, without its table's. */
struct span expression_own_name(const struct sql_node *column);

/* The type, of SQL_POISON after errors. */
struct type expression_type(
    struct compiler *, const struct relation *, const struct sql_node *);

/*
 * Its text, in which each column is what it is of what the relation stands on;
 * of equal expressions the same.  Errors are expression_type()'s to tell.
 */
const char *expression_text(
    struct compiler *, const struct relation *, const struct sql_node *);

/* The text of what must be a truth; NULL after errors. */
const char *expression_condition(
    struct compiler *, const struct relation *, const struct sql_node *);

#endif
