/* program - an expression, compiled for rows of columns.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_PROGRAM_H
#define SQL_PROGRAM_H

#include "sql/errors.h"
#include "sql/op.h"
#include "sql/parser.h"

/* The columns that an expression may name. */
struct sql_scope {
	void *ctx;
	/*
	 * The column of that canonical path: its index among a row's values,
	 * and its type; TYPE_ANY for an undeclared one.  -1: there is none.
	 */
	int (*find)(void *ctx, struct span name, struct type *type);
	/* The i-th name, for "did you mean"; NULL behind the last. */
	const char *(*name)(void *ctx, size_t i);
	/* What else is said of a name that find() does not know; may be NULL,
	 * and so may this. */
	const char *(*why)(void *ctx, struct span name);
};

struct sql_program {
	struct type type; /* of the result */
	bool constant;
	bool simple; /* see sql_filter() */
	/* private */
	struct arena arena; /* constants, registers, operations' arguments */
	struct sql_op *op;
	size_t nops, op_cap;
	struct sql_load {
		int column;
		struct type type;
		struct value *to;
	} * load; /* what of a row it uses */
	size_t nloads, load_cap;
	const struct value *result;
	struct sql_lanes *lanes;   /* or NULL: see sql/lanes.h */
	const struct sql_env *env; /* borrowed */
	struct sql_op *failed;     /* of the last run */
	struct sql_run run;
};

/*
 * Compiles; constant parts are computed, and what fails in them is an error.
 * The node, which may have errors of the parser's in it, and what it was parsed
 * from may go afterwards.  NULL: errors, or no memory.  env is borrowed and may
 * change between rows.
 */
struct sql_program *sql_compile(const struct sql_node *,
    const struct sql_scope *, const struct sql_env *, struct sql_errors *);

/* The same for a truth: any other type is an error. */
struct sql_program *sql_compile_condition(const struct sql_node *,
    const struct sql_scope *, const struct sql_env *, struct sql_errors *);

/*
 * The same for a WHERE, in which Flink's planner takes a declared column to be
 * equal to itself, also where it is null.
 */
struct sql_program *sql_compile_where(const struct sql_node *,
    const struct sql_scope *, const struct sql_env *, struct sql_errors *);
void sql_program_free(struct sql_program *);

/*
 * Evaluates for a row.  The result lies in the program, its text in the row, in
 * scratch or in the program, until the next run.  NULL: it failed, and
 * program->run.what says why, run.found which text, failed->at where in the
 * text, failed->column on which column of the row it depends first.
 */
static inline const struct value *
sql_run(struct sql_program *p, const struct value *row, struct arena *scratch)
{
	size_t i = 0;

	for (size_t k = 0; k < p->nloads; k++)
		*p->load[k].to = row[p->load[k].column];
	p->run.scratch = scratch;
	while (i < p->nops) {
		struct sql_op *op = &p->op[i];
		enum sql_step step = op->run(op, &p->run);

		if (step == SQL_NEXT) {
			i++;
		} else if (step == SQL_JUMP) {
			i = op->jump;
		} else {
			p->failed = op;
			return NULL;
		}
	}
	return p->result;
}

/* The columns that it uses, in the order of the text: the k-th, or -1. */
int sql_program_column(const struct sql_program *, size_t k);

/* The column that is the result as it stands, or -1. */
int sql_program_is_column(const struct sql_program *);

/* Column i of a row is to[i] from now on. */
void sql_program_renumber(struct sql_program *, const int *to);

/*
 * Evaluates a condition for n rows, at most 64, whose values lie stride apart:
 * bit i is set where it is true of row i.  *done: how many there were before
 * one on which it failed, or n.
 */
uint64_t sql_filter(struct sql_program *, const struct value *rows,
    size_t stride, int n, struct arena *scratch, int *done);

#endif
