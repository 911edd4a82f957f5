/* literal - constants as SQL writes them: numbers, times, intervals.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_LITERAL_H
#define SQL_LITERAL_H

#include <stdbool.h>

#include "lib/value.h"
#include "sql/type.h"

/* What an interval or a function counts in, the smallest first. */
enum sql_unit {
	SQL_UNIT_NONE,
	SQL_MILLISECOND,
	SQL_SECOND,
	SQL_MINUTE,
	SQL_HOUR,
	SQL_DAY,
	SQL_WEEK,
	SQL_MONTH,
	SQL_QUARTER,
	SQL_YEAR,
	SQL_DECADE,
	SQL_CENTURY,
	SQL_MILLENNIUM,
	/* What EXTRACT knows besides. */
	SQL_EPOCH,
	SQL_DOW,
	SQL_ISODOW,
	SQL_DOY,
	SQL_ISOYEAR,
	SQL_MICROSECOND,
	SQL_NANOSECOND,
};

/* "HOUR", "hours", "SQL_TSI_DAY"; SQL_UNIT_NONE: no unit. */
enum sql_unit sql_unit_of(struct span word);

/* ms of SECOND to WEEK, months of MONTH to MILLENNIUM; else 0. */
int64_t sql_unit_ms(enum sql_unit);
int64_t sql_unit_months(enum sql_unit);

/*
 * Each returns NULL, or what is wrong: static text, with an example.
 *
 * A number: digits alone are INT or BIGINT, and DECIMAL beyond, with a point
 * DECIMAL, with an exponent DOUBLE.
 */
const char *
sql_literal_number(struct span, bool negative, struct type *, struct value *);

/*
 * The text of DATE '…', TIME '…' or TIMESTAMP '…', as type->kind says; sets
 * the type's precision: the digits of the fraction.
 */
const char *sql_literal_time(struct span, struct type *, struct value *);

/* INTERVAL '…' from TO to; one unit: from == to. */
const char *sql_literal_interval(struct span, bool negative, enum sql_unit from,
    enum sql_unit to, struct type *, struct value *);

#endif
