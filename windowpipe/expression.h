/* expression - an expression of a query, over what the query stands on.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_EXPRESSION_H
#define WINDOWPIPE_EXPRESSION_H

#include "windowpipe/relation.h"

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

/*
 * Adds what it selects of a relation to the fields of out, under that name;
 * what cannot be selected is a field of SQL_POISON.
 */
void expression_select(struct compiler *, struct relation *out,
    const struct relation *, const struct sql_node *, struct span name);

/* What the i-th column of a select list is called: AS it, its own, EXPR$i. */
struct span
expression_item_name(struct compiler *, const struct sql_item *, size_t i);

/* Is it a call of that function? */
bool expression_is_call(const struct sql_node *, const char *name);

/*
 * The text of a column's name in an expression, and among the columns of an
 * option, quoted where it must be.
 */
const char *expression_name(struct script *, struct span name);
const char *expression_column(struct script *, struct span name);

/* True for letters, digits and '_': it is quoted nowhere but as a keyword. */
bool expression_is_identifier(struct span name);

/* True where the text names the column. */
bool expression_mentions(const char *text, struct span name);

#endif
