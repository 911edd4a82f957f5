/* parser - the text of an expression becomes a tree.
 *
 * Grammar and precedences are those of Flink 1.20's parser (Calcite), from the
 * weakest: OR, AND, NOT, IS, comparisons, BETWEEN IN LIKE SIMILAR, + and -,
 * * / % ||, signs.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_PARSER_H
#define SQL_PARSER_H

#include "lib/value.h"
#include "sql/cursor.h"
#include "sql/type.h"

enum sql_node_kind {
	SQL_CONSTANT, /* type, value */
	SQL_COLUMN,   /* name: canonical path (lib/path.h) */
	SQL_CALL,     /* name: of a function or operator; args */
	SQL_AND,      /* two args or more */
	SQL_OR,
	SQL_CASE,    /* when, then, when, then, ... else */
	SQL_CAST,    /* one arg; type; name: CAST or TRY_CAST */
	SQL_IN,      /* what is looked for, then the list */
	SQL_BETWEEN, /* what, least, most */
	SQL_STAR,    /* the * of COUNT(*) */
	SQL_ERRONEOUS,
};

/*
 * A node.  at and length are its place in the text: of a binary operator's node
 * that of the operator; from begin to end it stands with all that belongs to
 * it, parentheses around it too.  Everything belongs to the arena, but texts
 * without doubled quotes, which lie in what was parsed.
 */
struct sql_node {
	enum sql_node_kind kind;
	int depth; /* of the tree below it, 1: a leaf */
	size_t at;
	size_t length;
	size_t begin, end;
	struct span name;
	struct type type;
	struct value value;
	struct sql_node **arg;
	size_t nargs;
	/* CASE x WHEN a: x, which is an argument of each = among arg, too. */
	struct sql_node *subject;
	/* Of a call that is an aggregate: f(DISTINCT x) FILTER (WHERE …) OVER
	 * (…) */
	bool distinct;
	struct sql_node *filter;
	struct sql_over *over;
};

/* PARTITION BY a, b ORDER BY c DESC, d, and perhaps a frame behind that. */
struct sql_over {
	size_t at;
	struct sql_sorted {
		struct sql_node *node;
		bool descending;
		bool nulls_given; /* NULLS FIRST or LAST is written */
		bool nulls_first;
		struct sql_sorted *next;
	} * partition, *order;
	bool framed;
};

/*
 * Words that functions take as arguments are constants of type SQL_WORD, whose
 * value is the word's text in upper case.
 */

/* The expression that the cursor is at, up to what is none of it. */
struct sql_node *sql_parse_expression(struct sql_cursor *);

/* A word that must be quoted in an expression where it is a column's name. */
bool sql_is_keyword(struct span word);

/*
 * Reads an expression, behind which nothing may stand.  Where there are errors
 * the tree has erroneous nodes; compiling it finds what else is wrong.  NULL:
 * no memory (errors->out_of_memory).
 */
struct sql_node *
sql_parse_all(struct span text, struct arena *, struct sql_errors *);

#endif
