/* type - the types of expressions, and how one follows from others.
 * SPDX-License-Identifier: ISC */
#include "sql/type.h"

#include <stdio.h>

static int
least(int a, int b)
{
	return a < b ? a : b;
}

static int
most(int a, int b)
{
	return a > b ? a : b;
}

const char *
sql_type_name(char out[SQL_TYPE_NAME_MAX], struct type t)
{
	const char *name = t.kind == SQL_NULL     ? "NULL"
	                   : t.kind == SQL_MONTHS ? "INTERVAL YEAR TO MONTH"
	                   : t.kind == SQL_MS     ? "INTERVAL DAY TO SECOND"
	                   : t.kind == SQL_WORD   ? "a keyword"
	                   : t.kind == SQL_POISON ? "?"
	                                          : type_kind_name(t.kind);

	if (t.kind == TYPE_DECIMAL)
		snprintf(out, SQL_TYPE_NAME_MAX, "%s(%d,%d)", name, t.precision,
		    t.scale);
	else if (t.kind == TYPE_CHAR || t.kind == TYPE_VARCHAR ||
		 sql_type_is_instant(t.kind))
		snprintf(out, SQL_TYPE_NAME_MAX, "%s(%d)", name, t.precision);
	else
		snprintf(out, SQL_TYPE_NAME_MAX, "%s", name);
	return out;
}

bool
sql_type_is_interval(enum type_kind k)
{
	return k == SQL_MONTHS || k == SQL_MS;
}

bool
sql_type_is_instant(enum type_kind k)
{
	return k == TYPE_TIMESTAMP || k == TYPE_TIMESTAMP_LTZ;
}

bool
sql_type_is_time(enum type_kind k)
{
	return k >= TYPE_DATE && k <= TYPE_TIMESTAMP_LTZ;
}

static bool
is_open(enum type_kind k)
{
	return k == TYPE_ANY || k == SQL_NULL || k == SQL_POISON;
}

bool
sql_type_comparable(struct type a, struct type b)
{
	if (is_open(a.kind) || is_open(b.kind) || a.kind == b.kind)
		return true;
	if (type_is_number(a.kind))
		return type_is_number(b.kind);
	/* A text is read as the time that it stands beside. */
	if (type_is_text(a.kind))
		return type_is_text(b.kind) || sql_type_is_time(b.kind);
	if (type_is_text(b.kind))
		return sql_type_is_time(a.kind);
	return sql_type_is_time(a.kind) && sql_type_is_time(b.kind) &&
	       a.kind != TYPE_TIME && b.kind != TYPE_TIME;
}

struct type
sql_type_as_decimal(struct type t)
{
	static const int digits[] = { [TYPE_TINYINT] = 3,
		[TYPE_SMALLINT] = 5,
		[TYPE_INT] = 10,
		[TYPE_BIGINT] = 19 };

	return type_is_integer(t.kind) ? sql_decimal_type(digits[t.kind], 0)
	                               : t;
}

static bool
is_floating(enum type_kind k)
{
	return k == TYPE_FLOAT || k == TYPE_DOUBLE;
}

/* More than 38 digits: decimals go first, but six of them stay. */
static struct type
fit(int precision, int scale)
{
	int whole = precision - scale;

	if (precision <= 38)
		return sql_decimal_type(precision, scale);
	return sql_decimal_type(38, most(38 - whole, least(scale, 6)));
}

static struct type
decimal_arithmetic(char op, struct type a, struct type b)
{
	int p1 = a.precision, s1 = a.scale, p2 = b.precision, s2 = b.scale;
	int scale = most(s1, s2);

	switch (op) {
	case '*':
		return fit(p1 + p2 + 1, s1 + s2);
	case '/':
		scale = most(6, s1 + p2 + 1);
		return fit(p1 - s1 + s2 + scale, scale);
	case '%':
		return fit(least(p1 - s1, p2 - s2) + scale, scale);
	default:
		return fit(most(p1 - s1, p2 - s2) + scale + 1, scale);
	}
}

struct type
sql_type_arithmetic(char op, struct type a, struct type b)
{
	struct type common;

	if (a.kind == SQL_NULL)
		a = b;
	if (b.kind == SQL_NULL)
		b = a;
	if ((a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL) &&
	    !is_floating(a.kind) && !is_floating(b.kind)) {
		if (op == '%' && a.scale == 0 && b.scale == 0)
			return b;
		return decimal_arithmetic(
		    op, sql_type_as_decimal(a), sql_type_as_decimal(b));
	}
	/* The remainder is smaller than the divisor, and of its type. */
	if (op == '%' && type_is_integer(a.kind) && type_is_integer(b.kind))
		return sql_type(b.kind);
	sql_type_common(a, b, &common);
	return common;
}

static struct type
common_number(struct type a, struct type b)
{
	int whole, scale;

	if (type_is_integer(a.kind) && type_is_integer(b.kind))
		return sql_type(a.kind > b.kind ? a.kind : b.kind);
	/* Of two kinds of floating point the first is the result's. */
	if (is_floating(a.kind) && is_floating(b.kind))
		return sql_type(a.kind);
	if (is_floating(a.kind) || is_floating(b.kind))
		return sql_type(a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL
				    ? TYPE_DOUBLE
				: is_floating(a.kind) ? a.kind
						      : b.kind);
	a = sql_type_as_decimal(a);
	b = sql_type_as_decimal(b);
	whole = least(38, most(a.precision - a.scale, b.precision - b.scale));
	scale = least(most(a.scale, b.scale), 38 - whole);
	return sql_decimal_type(whole + scale, scale);
}

bool
sql_type_common(struct type a, struct type b, struct type *out)
{
	bool texts = type_is_text(a.kind) && type_is_text(b.kind);
	bool times = sql_type_is_time(a.kind) && sql_type_is_time(b.kind);

	a.not_null = b.not_null = false;
	if (a.kind == SQL_POISON || b.kind == SQL_NULL) {
		*out = a;
	} else if (b.kind == SQL_POISON || a.kind == SQL_NULL) {
		*out = b;
	} else if (a.kind == TYPE_ANY || b.kind == TYPE_ANY) {
		*out = sql_type(TYPE_ANY);
	} else if (type_is_number(a.kind) && type_is_number(b.kind)) {
		*out = common_number(a, b);
	} else if (texts) {
		*out = sql_type(TYPE_STRING);
	} else if (a.kind == b.kind) {
		*out = a;
		out->precision = most(a.precision, b.precision);
	} else if (times && a.kind != TYPE_TIME && b.kind != TYPE_TIME) {
		/* Flink's: a DATE wins, then TIMESTAMP_LTZ. */
		*out = a.kind == TYPE_DATE || (a.kind == TYPE_TIMESTAMP_LTZ &&
						  b.kind != TYPE_DATE)
		           ? a
		           : b;
	} else {
		return false;
	}
	return true;
}

bool
sql_type_merged(struct type a, struct type b, struct type *out)
{
	if (!sql_type_common(a, b, out))
		return false;
	if (type_is_number(a.kind) && type_is_number(b.kind)) {
		if (a.kind == TYPE_DOUBLE || b.kind == TYPE_DOUBLE)
			*out = sql_type(TYPE_DOUBLE);
		else if (a.kind == TYPE_DECIMAL && b.kind == TYPE_FLOAT)
			*out = sql_type(TYPE_FLOAT);
	}
	return true;
}

struct type
sql_type_rounded(struct type t, int decimals)
{
	int whole = t.precision - t.scale;

	if (decimals >= t.scale)
		return t;
	if (decimals < 0)
		return sql_decimal_type(least(38, whole + 1), 0);
	return sql_decimal_type(least(38, whole + decimals + 1), decimals);
}

/* Source: Apache Flink 1.20, LogicalTypeCasts, the implicit ones. */
bool
sql_type_assignable(struct type from, struct type to)
{
	bool floats = to.kind == TYPE_FLOAT || to.kind == TYPE_DOUBLE;

	if (from.kind == to.kind || from.kind == TYPE_ANY ||
	    to.kind == TYPE_ANY || from.kind == SQL_NULL ||
	    from.kind == SQL_POISON || to.kind == SQL_POISON)
		return true;
	if (type_is_text(from.kind))
		return type_is_text(to.kind);
	if (sql_type_is_instant(from.kind))
		return sql_type_is_instant(to.kind);
	if (type_is_integer(from.kind) && type_is_integer(to.kind))
		return from.kind < to.kind;
	if (type_is_integer(from.kind) || from.kind == TYPE_DECIMAL)
		return to.kind == TYPE_DECIMAL || floats;
	if (from.kind == TYPE_FLOAT)
		return to.kind == TYPE_DOUBLE || to.kind == TYPE_DECIMAL;
	return from.kind == TYPE_DOUBLE && to.kind == TYPE_DECIMAL;
}
