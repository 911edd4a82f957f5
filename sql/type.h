/* type - the types of expressions, and the rules by which one follows from
 * others.
 *
 * Source: Apache Flink 1.20, LogicalTypeMerging (decimals), Calcite's least
 * restrictive type; seen on Flink itself.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_TYPE_H
#define SQL_TYPE_H

#include <stdbool.h>

#include "lib/type.h"

/*
 * Types that no column has: that of NULL alone; intervals of months and of ms
 * (both VALUE_INT); a word that a function takes (HOUR, LEADING), and what an
 * expression with an error has, of which nothing more is said.
 */
#define SQL_NULL   ((enum type_kind)(TYPE_KINDS + 1))
#define SQL_MONTHS ((enum type_kind)(TYPE_KINDS + 2))
#define SQL_MS     ((enum type_kind)(TYPE_KINDS + 3))
#define SQL_WORD   ((enum type_kind)(TYPE_KINDS + 4))
#define SQL_POISON ((enum type_kind)(TYPE_KINDS + 5))

static inline struct type
sql_type(enum type_kind kind)
{
	return (struct type){ .kind = kind };
}

static inline struct type
sql_decimal_type(int precision, int scale)
{
	return (struct type){
		.kind = TYPE_DECIMAL, .precision = precision, .scale = scale
	};
}

/* "DECIMAL(6,2)", "INTERVAL DAY TO SECOND", "NULL"; returns out. */
enum { SQL_TYPE_NAME_MAX = 48 };
const char *sql_type_name(char out[SQL_TYPE_NAME_MAX], struct type);

bool sql_type_is_interval(enum type_kind);
bool sql_type_is_instant(enum type_kind); /* TIMESTAMP, TIMESTAMP_LTZ */
bool sql_type_is_time(enum type_kind);    /* DATE .. TIMESTAMP_LTZ */

/*
 * What may be asked where what one type of column can stand for: numbers are
 * one class, texts another.  The undeclared and NULL belong to every class.
 */
bool sql_type_comparable(struct type, struct type);

/* An integer type as the DECIMAL that holds all of its values. */
struct type sql_type_as_decimal(struct type);

/* The type of a OP b, op one of + - * / %, of numbers; both declared. */
struct type sql_type_arithmetic(char op, struct type a, struct type b);

/*
 * The type that holds values of both: of CASE, COALESCE, IN, GREATEST.  False
 * where there is none.
 */
bool sql_type_common(struct type a, struct type b, struct type *out);

/* The same of the operands of COALESCE, IFNULL, GREATEST and LEAST, whose rules
 * for FLOAT are others. */
bool sql_type_merged(struct type, struct type, struct type *out);

/*
 * True where INSERT INTO casts unasked: integers to wider ones, FLOAT, DOUBLE,
 * DECIMAL; DECIMAL to DECIMAL, FLOAT, DOUBLE; FLOAT to DOUBLE; FLOAT and DOUBLE
 * to DECIMAL; texts among each other; TIMESTAMP and TIMESTAMP_LTZ both ways;
 * any type to itself, and NULL to any.  An undeclared value is taken by every
 * type and cast by what it is.
 */
bool sql_type_assignable(struct type from, struct type to);

/* ROUND and TRUNCATE of a DECIMAL to that many decimals. */
struct type sql_type_rounded(struct type, int decimals);

#endif
