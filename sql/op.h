/* op - what a compiled expression is made of, and what its functions see.
 *
 * An operation has its arguments and its result in registers, which are values
 * that do not move.  A constant is a register that nothing writes.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_OP_H
#define SQL_OP_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/arena.h"
#include "lib/value.h"
#include "lib/zone.h"
#include "sql/literal.h"
#include "sql/type.h"

/* What evaluation depends on besides the row. */
struct sql_env {
	const struct zone *zone; /* of the session; NULL: UTC */
	int64_t now_ms;          /* CURRENT_TIMESTAMP; the caller keeps it */
};

/* A row's evaluation.  what: of a failure; static text, or NULL. */
struct sql_run {
	const struct sql_env *env;
	struct arena *scratch; /* where texts that are made lie */
	const char *what;
	struct span found; /* the value at fault; n == 0: none to show */
	uint64_t mixed;    /* operations that met values of different kinds */
};

/* What becomes of an operation.  Out of memory is a failure, too. */
enum sql_step { SQL_FAIL = -1, SQL_NEXT = 0, SQL_JUMP = 1 };

struct sql_op {
	enum sql_step (*run)(const struct sql_op *, struct sql_run *);
	/* Of a function that is null where an argument is: the rest of it. */
	enum sql_step (*eval)(const struct sql_op *, struct sql_run *);
	/*
	 * Of a comparison of a column with a constant, the second argument: bit
	 * i is set where it is true of the column's value in row i, of at most
	 * 64, which lie stride apart.
	 */
	uint64_t (*many)(const struct sql_op *, const struct value *column,
	    size_t stride, int n);
	/*
	 * Of arithmetic that stays within 64 bits: n results of as many pairs,
	 * which are 0 where they are null.  False: one divides by zero.
	 */
	bool (*lanes)(const struct sql_op *, const int64_t *a, const int64_t *b,
	    int64_t *out, int n);
	const struct value **arg;
	struct type *arg_type;
	size_t nargs;
	struct value *out;
	struct type type; /* of out */
	int code;         /* which of a family it is */
	size_t jump;      /* SQL_JUMP: the operation to go on with */
	void *data;       /* owned where free_data is set */
	void (*free_data)(void *);
	size_t at; /* its place in the text */
	size_t length;
	int column; /* the first of the row that it depends on, or -1 */
};

/* --- what evaluators share ------------------------------------------------ */

static inline enum sql_step
sql_fail(struct sql_run *r, const char *what)
{
	r->what = what;
	r->found = (struct span){ NULL, 0 };
	return SQL_FAIL;
}

enum sql_step
sql_fail_at(struct sql_run *, const char *what, const struct value *found);

static inline enum sql_step
sql_null(const struct sql_op *op)
{
	op->out->kind = VALUE_NULL;
	return SQL_NEXT;
}

static inline enum sql_step
sql_bool(const struct sql_op *op, bool truth)
{
	op->out->kind = VALUE_BOOL;
	op->out->i = truth;
	return SQL_NEXT;
}

static inline enum sql_step
sql_int(const struct sql_op *op, int64_t i)
{
	op->out->kind = VALUE_INT;
	op->out->i = i;
	return SQL_NEXT;
}

static inline enum sql_step
sql_double(const struct sql_op *op, double d)
{
	op->out->kind = VALUE_DOUBLE;
	op->out->d = d;
	return SQL_NEXT;
}

static inline enum sql_step
sql_text(const struct sql_op *op, struct span text)
{
	op->out->kind = VALUE_TEXT;
	op->out->text = text;
	return SQL_NEXT;
}

/* Room for a text of n bytes; NULL: *r has failed. */
char *sql_room(struct sql_run *r, size_t n);

/* A copy of what b holds becomes the result; frees b. */
enum sql_step
sql_text_of(const struct sql_op *, struct sql_run *, struct buf *);

static inline enum sql_step
sql_decimal(const struct sql_op *op, struct decimal d)
{
	op->out->kind = VALUE_DECIMAL;
	op->out->scale = d.scale;
	op->out->units = d.units;
	return SQL_NEXT;
}

/* A number of any kind exactly, where it is an integer or a DECIMAL. */
static inline struct decimal
sql_as_decimal(const struct value *v)
{
	return v->kind == VALUE_INT ? (struct decimal){ v->i, 0 }
	                            : value_decimal(v);
}

/* As Java widens it: of a DECIMAL of up to 18 digits the units are divided. */
double sql_as_double(const struct value *, struct type);

#endif
