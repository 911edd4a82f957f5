/* literal - constants as SQL writes them: numbers, times, intervals.
 * SPDX-License-Identifier: ISC */
#include "sql/literal.h"

#include <strings.h>

#include "lib/ascii.h"
#include "lib/floating.h"
#include "lib/timestamp.h"
#include "sql/clock.h"

static const struct unit {
	const char *name;
	enum sql_unit unit;
} units[] = {
	{ "MILLISECOND", SQL_MILLISECOND },
	{ "SECOND", SQL_SECOND },
	{ "MINUTE", SQL_MINUTE },
	{ "HOUR", SQL_HOUR },
	{ "DAY", SQL_DAY },
	{ "WEEK", SQL_WEEK },
	{ "MONTH", SQL_MONTH },
	{ "QUARTER", SQL_QUARTER },
	{ "YEAR", SQL_YEAR },
	{ "DECADE", SQL_DECADE },
	{ "CENTURY", SQL_CENTURY },
	{ "MILLENNIUM", SQL_MILLENNIUM },
	{ "EPOCH", SQL_EPOCH },
	{ "DOW", SQL_DOW },
	{ "ISODOW", SQL_ISODOW },
	{ "DOY", SQL_DOY },
	{ "ISOYEAR", SQL_ISOYEAR },
	{ "MICROSECOND", SQL_MICROSECOND },
	{ "NANOSECOND", SQL_NANOSECOND },
};

enum sql_unit
sql_unit_of(struct span word)
{
	if (word.n > 8 && strncasecmp(word.p, "SQL_TSI_", 8) == 0) {
		word.p += 8;
		word.n -= 8;
	}
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t n = strlen(units[i].name);

		if (word.n < n || strncasecmp(word.p, units[i].name, n) != 0)
			continue;
		if (word.n == n ||
		    (word.n == n + 1 && (word.p[n] | 0x20) == 's' &&
			units[i].unit <= SQL_YEAR))
			return units[i].unit;
	}
	return SQL_UNIT_NONE;
}

int64_t
sql_unit_ms(enum sql_unit unit)
{
	static const int64_t ms[] = { [SQL_MILLISECOND] = 1,
		[SQL_SECOND] = 1000,
		[SQL_MINUTE] = 60000,
		[SQL_HOUR] = 3600000,
		[SQL_DAY] = 86400000,
		[SQL_WEEK] = 7 * INT64_C(86400000) };

	return unit <= SQL_WEEK ? ms[unit] : 0;
}

int64_t
sql_unit_months(enum sql_unit unit)
{
	static const int64_t months[] = { [SQL_MONTH] = 1,
		[SQL_QUARTER] = 3,
		[SQL_YEAR] = 12,
		[SQL_DECADE] = 120,
		[SQL_CENTURY] = 1200,
		[SQL_MILLENNIUM] = 12000 };

	return unit <= SQL_MILLENNIUM ? months[unit] : 0;
}

/* --- numbers -------------------------------------------------------------- */

const char *
sql_literal_number(
    struct span s, bool negative, struct type *type, struct value *v)
{
	const char *point = memchr(s.p, '.', s.n);
	int scale = point == NULL ? 0 : (int)(s.p + s.n - point - 1);
	int digits = (int)s.n - (point != NULL);
	struct decimal d = { 0 };

	*v = (struct value){ 0 };
	if (memchr(s.p, 'e', s.n) != NULL || memchr(s.p, 'E', s.n) != NULL) {
		*type = sql_type(TYPE_DOUBLE);
		v->kind = VALUE_DOUBLE;
		if (!floating_parse_double(s, true, &v->d))
			return "the number is out of range of DOUBLE, 1.8e308";
		if (negative && v->d != 0)
			v->d = -v->d;
		return NULL;
	}
	if (s.n > 400 || scale > 38 || digits > 38 ||
	    decimal_parse(s, true, 38, scale, &d) != DECIMAL_OK)
		return "a number has at most 38 digits; more are for DOUBLE,"
		       " 1.5e50";
	if (negative)
		d.units = -d.units;
	if (scale > 0 || d.units > INT64_MAX || d.units < INT64_MIN) {
		*type = sql_decimal_type(digits, scale);
		v->kind = VALUE_DECIMAL;
		v->units = d.units;
		v->scale = scale;
		return NULL;
	}
	*type =
	    sql_type(d.units > INT32_MAX || d.units < INT32_MIN ? TYPE_BIGINT
								: TYPE_INT);
	v->kind = VALUE_INT;
	v->i = (int64_t)d.units;
	return NULL;
}

/* --- times ---------------------------------------------------------------- */

/* Digits behind the last point; -1: more than nine, or none. */
static int
fraction_digits(struct span s)
{
	const char *point = s.n == 0 ? NULL : memchr(s.p, '.', s.n);
	size_t n;

	if (point == NULL)
		return 0;
	n = (size_t)(s.p + s.n - point - 1);
	return n >= 1 && n <= 9 ? (int)n : -1;
}

const char *
sql_literal_time(struct span s, struct type *type, struct value *v)
{
	bool zoned = false, ok;
	int digits = fraction_digits(s);

	*v = (struct value){ .kind = VALUE_INT };
	switch (type->kind) {
	case TYPE_DATE:
		return memchr(s.p, ' ', s.n) == NULL &&
		               sql_clock_read_date(s, &v->i)
		           ? NULL
		           : "no date; write DATE '2026-01-31'";
	case TYPE_TIME:
		type->precision = 0;
		return s.n >= 8 && digits >= 0 &&
		               timestamp_parse_time(s, &v->i, NULL) == 0
		           ? NULL
		           : "no time; write TIME '23:59:59'";
	default:
		/* Neither a zone nor a T. */
		ok = (s.n == 10 || (s.n >= 19 && s.p[10] == ' ')) &&
		     digits >= 0 &&
		     timestamp_parse(s, &v->i, &zoned, NULL) == 0 && !zoned;
		type->precision = digits < 0 ? 0 : digits;
		return ok ? NULL
		          : "no timestamp; write"
		            " TIMESTAMP '2026-01-31 23:59:59.000'";
	}
}

/* --- intervals ------------------------------------------------------------ */

static const char wrong_interval[] =
    "this does not fit the interval's units; write INTERVAL '5' SECOND or"
    " INTERVAL '1 02:30:00' DAY TO SECOND";

/* Digits as a number below 10^12; *p moves behind them.  -1: none. */
static int64_t
take_digits(struct span s, size_t *p)
{
	int64_t n = 0;
	size_t begin = *p;

	for (; *p < s.n && ascii_is_digit(s.p[*p]) && *p - begin < 12; ++*p)
		n = n * 10 + (s.p[*p] - '0');
	return *p == begin ? -1 : n;
}

/* ".5" behind seconds, in ms, cut. */
static int64_t
take_fraction(struct span s, size_t *p)
{
	int64_t ms = 0, unit = 100;

	if (*p == s.n || s.p[*p] != '.')
		return 0;
	for (++*p; *p < s.n && ascii_is_digit(s.p[*p]); ++*p, unit /= 10)
		ms += unit * (s.p[*p] - '0');
	return ms;
}

static const char *
read_months(struct span s, enum sql_unit from, enum sql_unit to, int64_t *out)
{
	size_t p = 0;
	int64_t n = take_digits(s, &p), months;

	if (n == -1 || sql_unit_months(to) == 0)
		return wrong_interval;
	*out = n * sql_unit_months(from);
	if (from != to) {
		if (from != SQL_YEAR || to != SQL_MONTH || p == s.n ||
		    s.p[p++] != '-')
			return wrong_interval;
		months = take_digits(s, &p);
		if (months < 0 || months > 11)
			return wrong_interval;
		*out += months;
	}
	return p == s.n && *out <= INT32_MAX ? NULL : wrong_interval;
}

static const char *
read_ms(struct span s, enum sql_unit from, enum sql_unit to, int64_t *out)
{
	static const int64_t below[] = {
		[SQL_SECOND] = 60, [SQL_MINUTE] = 60, [SQL_HOUR] = 24
	};
	size_t p = 0;
	int64_t n = take_digits(s, &p);

	if (n == -1 || to > from || (from != to && from > SQL_DAY))
		return wrong_interval;
	*out = n * sql_unit_ms(from);
	for (enum sql_unit u = from; u > to;) {
		if (p == s.n || s.p[p] != (u-- == SQL_DAY ? ' ' : ':'))
			return wrong_interval;
		p++;
		n = take_digits(s, &p);
		if (n < 0 || n >= below[u])
			return wrong_interval;
		*out += n * sql_unit_ms(u);
	}
	if (to == SQL_SECOND)
		*out += take_fraction(s, &p);
	return p == s.n ? NULL : wrong_interval;
}

const char *
sql_literal_interval(struct span s, bool negative, enum sql_unit from,
    enum sql_unit to, struct type *type, struct value *v)
{
	const char *what;

	*v = (struct value){ .kind = VALUE_INT };
	if (s.n > 0 && (*s.p == '-' || *s.p == '+')) {
		negative = negative != (*s.p == '-');
		s.p++;
		s.n--;
	}
	if (sql_unit_months(from) > 0) {
		*type = sql_type(SQL_MONTHS);
		what = read_months(s, from, to, &v->i);
	} else if (sql_unit_ms(from) > 0 && sql_unit_ms(to) > 0 &&
		   to != SQL_MILLISECOND) {
		*type = sql_type(SQL_MS);
		what = read_ms(s, from, to, &v->i);
	} else {
		return wrong_interval;
	}
	if (negative)
		v->i = -v->i;
	return what;
}
