/* compare - the order of two values of perhaps different types.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_COMPARE_H
#define SQL_COMPARE_H

#include "sql/function.h"

/* How two types are compared. */
enum sql_class {
	SQL_BY_INT, /* integers, truths, times of one kind, intervals */
	SQL_BY_FLOAT,
	SQL_BY_DOUBLE,
	SQL_BY_DECIMAL,
	SQL_BY_TEXT, /* bytes, which is the order of characters */
	SQL_BY_KIND, /* undeclared: by what the values are */
};

enum {
	SQL_UNORDERED = 2,    /* one is NaN: not equal, nor below or above */
	SQL_INCOMPARABLE = 3, /* values of different kinds */
};

/* Of two comparable types, which are those of times only where they are one. */
enum sql_class sql_class_of(struct type, struct type);

/* Below, at or above zero by one, or one of those two; neither is null. */
int sql_order(enum sql_class, const struct value *, struct type,
    const struct value *, struct type);

/* Of the functions' table: = <> < <= > >=, IS DISTINCT FROM, GREATEST. */
bool sql_bind_compare(struct sql_call *);
bool sql_bind_distinct(struct sql_call *);
bool sql_bind_extreme(struct sql_call *);

/*
 * Makes two arguments comparable: a text beside a time becomes that time, a
 * DATE beside a TIMESTAMP one.  False after an error.
 */
bool sql_compare_coerce(struct sql_call *, size_t i, size_t k);

/* x IN (...): arg 0 and the others, each comparable with it by now; code: these
 * are constants, of which Flink makes a set. */
enum sql_step sql_run_in(const struct sql_op *, struct sql_run *);

#endif
