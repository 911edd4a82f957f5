/* function - the functions and operators of expressions: one row each.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_FUNCTION_H
#define SQL_FUNCTION_H

#include "sql/errors.h"
#include "sql/op.h"
#include "sql/parser.h"

/* A value while it is compiled. */
struct sql_operand {
	struct type type;
	const struct value *value; /* its register */
	bool constant;
	const struct sql_node *node;
	int column; /* the first of the row that it depends on, or -1 */
};

/* A call while it is compiled. */
struct sql_compiler;
struct sql_call {
	struct sql_compiler *compiler;
	const struct sql_function *function;
	const struct sql_node *node;
	struct sql_operand *arg;
	size_t nargs;
	struct sql_op op; /* type, code, data, run, eval: set by a bind */
};

enum sql_result {
	SQL_IS_BOOLEAN,
	SQL_IS_INT,
	SQL_IS_BIGINT,
	SQL_IS_DOUBLE,
	SQL_IS_STRING,
	SQL_IS_DATE,
	SQL_IS_TIMESTAMP, /* (3) */
	SQL_IS_LTZ,       /* (3) */
	SQL_IS_ARG,       /* the type of the first argument */
	SQL_IS_COMMON,    /* that of all arguments together */
	SQL_IS_BOUND,     /* bind sets it */
};

/* What a function does that is not said by the rest. */
enum {
	SQL_SEES_NULL = 1, /* eval is called with nulls, too */
	SQL_VOLATILE = 2,  /* not a constant, though its arguments are */
};

/*
 * args: a letter for each argument, the last for all that follow:
 *
 *     t  a text                      b  a truth
 *     p  a text that is a constant   w  a word or a unit of the grammar
 *     i  an integer                  u  an integer or a text
 *     n  a number                    d  a number, which is made a DOUBLE
 *     c  of one type with all c      z  DATE, TIMESTAMP or TIMESTAMP_LTZ
 *     x  anything
 */
struct sql_function {
	const char *name;
	const char *form; /* how it is written, for messages */
	int least;        /* arguments */
	int most;         /* -1: no bound */
	const char *args;
	enum sql_result result;
	int flags;
	enum sql_step (*eval)(const struct sql_op *, struct sql_run *);
	/*
	 * Called when the arguments are known to fit; false: it has told an
	 * error by sql_call_error().  NULL: nothing is left to do.
	 */
	bool (*bind)(struct sql_call *);
};

/* By its name in any case; NULL: there is none. */
const struct sql_function *sql_function_find(struct span name);

/* One that Flink has and we have not? */
bool sql_function_is_of_flink(struct span name);

/* The nearest name, or NULL where none is near. */
const char *sql_function_nearest(struct span name);

/* For binds: an error at an argument, or at the call itself (i == nargs). */
bool sql_call_error(struct sql_call *, size_t i, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* The argument becomes one of that type, by an operation or as a constant. */
bool sql_call_coerce(struct sql_call *, size_t i, struct type);

/* The argument, a constant, becomes that one. */
void sql_call_set(struct sql_call *, size_t i, struct type, struct value);

/* The text of a constant argument; false: it is null, or no constant. */
bool sql_call_text(const struct sql_call *, size_t i, struct span *);

#endif
