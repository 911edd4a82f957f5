/* cast - a value of one type becomes one of another.
 * SPDX-License-Identifier: ISC */
#include "sql/cast.h"

#include <math.h>
#include <strings.h>

#include "lib/ascii.h"
#include "lib/floating.h"
#include "lib/timestamp.h"
#include "lib/utf8.h"
#include "sql/clock.h"

/* --- what may be cast ----------------------------------------------------- */

bool
sql_cast_allowed(struct type from, struct type to)
{
	enum type_kind a = from.kind, b = to.kind;

	if (a == b || a == SQL_NULL || a == TYPE_ANY || type_is_text(b))
		return a != SQL_WORD;
	if (type_is_text(a))
		return true;
	if (a == TYPE_BOOLEAN)
		return type_is_number(b);
	if (b == TYPE_BOOLEAN)
		return type_is_number(a);
	if (type_is_number(a))
		return type_is_number(b);
	if (!sql_type_is_time(a) || !sql_type_is_time(b))
		return false;
	return !(a == TYPE_DATE && b == TYPE_TIME) &&
	       !(a == TYPE_TIME && b == TYPE_DATE);
}

/* --- texts of values ------------------------------------------------------ */

/* All the decimals that the type has. */
static void
write_decimal(struct buf *b, const struct value *v, struct type type)
{
	struct decimal d = value_decimal(v);
	uint128 m;
	char text[48], *p = text + sizeof text;
	int scale;

	if (type.kind == TYPE_DECIMAL && d.scale != type.scale)
		decimal_rescale(d, DECIMAL_DIGITS_MAX, type.scale, &d);
	scale = d.scale;
	m = d.units < 0 ? -(uint128)d.units : (uint128)d.units;
	do {
		if (scale-- == 0 && d.scale > 0)
			*--p = '.';
		*--p = (char)('0' + (int)(m % 10));
		m /= 10;
	} while (m != 0 || scale >= 0);
	if (d.units < 0)
		*--p = '-';
	buf_add(b, p, (size_t)(text + sizeof text - p));
}

static void
write_double(struct buf *b, double d, enum type_kind kind)
{
	/* Not in quotes, as JSON has them. */
	if (isnan(d))
		buf_add_text(b, "NaN");
	else if (isinf(d))
		buf_add_text(b, d < 0 ? "-Infinity" : "Infinity");
	else if (kind == TYPE_FLOAT)
		floating_write_float(b, (float)d);
	else
		floating_write_double(b, d);
}

static void
write_ms_interval(struct buf *b, int64_t ms)
{
	uint64_t m = ms < 0 ? 0 - (uint64_t)ms : (uint64_t)ms;

	buf_addf(b, "%c%llu %02u:%02u:%02u.%03u", ms < 0 ? '-' : '+',
	    (unsigned long long)(m / 86400000), (unsigned)(m / 3600000 % 24),
	    (unsigned)(m / 60000 % 60), (unsigned)(m / 1000 % 60),
	    (unsigned)(m % 1000));
}

static void
write_months(struct buf *b, int64_t months)
{
	int64_t m = months < 0 ? -months : months;

	buf_addf(b, "%c%lld-%02d", months < 0 ? '-' : '+', (long long)(m / 12),
	    (int)(m % 12));
}

static void
write_int(struct buf *b, int64_t i, struct type type, const struct zone *zone)
{
	if (type.kind == TYPE_DATE)
		timestamp_write_date(b, i);
	else if (type.kind == TYPE_TIME)
		sql_clock_write_time(b, i, type.precision);
	else if (type.kind == TYPE_TIMESTAMP)
		sql_clock_write(b, i, type.precision);
	else if (type.kind == TYPE_TIMESTAMP_LTZ)
		sql_clock_write(b, zone_local_ms(zone, i), type.precision);
	else if (type.kind == SQL_MS)
		write_ms_interval(b, i);
	else if (type.kind == SQL_MONTHS)
		write_months(b, i);
	else
		buf_add_i64(b, i);
}

void
sql_cast_write(struct buf *b, const struct value *v, struct type type,
    const struct zone *zone)
{
	switch (v->kind) {
	case VALUE_NULL:
		break;
	case VALUE_BOOL:
		buf_add_text(b, v->i != 0 ? "TRUE" : "FALSE");
		break;
	case VALUE_INT:
		write_int(b, v->i, type, zone);
		break;
	case VALUE_DOUBLE:
		write_double(b, v->d, type.kind);
		break;
	case VALUE_DECIMAL:
		write_decimal(b, v, type);
		break;
	case VALUE_TEXT:
		buf_add_span(b, v->text);
		break;
	}
}

/* Cuts to as many characters as the type has; CHAR is filled with blanks. */
static enum sql_step
fit_text(struct sql_run *r, struct span s, struct type to, struct value *out)
{
	const char *p = s.p, *end = s.p + s.n;
	int chars = 0;
	size_t missing;
	char *copy;

	out->kind = VALUE_TEXT;
	out->text = s;
	if (to.kind == TYPE_STRING)
		return SQL_NEXT;
	for (; p < end && chars < to.precision; chars++) {
		size_t n = utf8_length(p, end);

		p += n == 0 ? 1 : n;
	}
	out->text.n = (size_t)(p - s.p);
	if (to.kind != TYPE_CHAR || chars == to.precision)
		return SQL_NEXT;
	missing = (size_t)(to.precision - chars);
	copy = sql_room(r, out->text.n + missing);
	if (copy == NULL)
		return SQL_FAIL;
	if (out->text.n > 0)
		memcpy(copy, s.p, out->text.n);
	memset(copy + out->text.n, ' ', missing);
	out->text = (struct span){ copy, out->text.n + missing };
	return SQL_NEXT;
}

static enum sql_step
to_text(struct sql_run *r, const struct value *v, struct type from,
    struct type to, struct value *out)
{
	struct buf b = { 0 };
	char *p;
	size_t n;

	if (v->kind == VALUE_TEXT)
		return fit_text(r, v->text, to, out);
	/* An undeclared number is as a result is written. */
	if (from.kind == TYPE_ANY && v->kind == VALUE_DECIMAL)
		decimal_write(&b, value_decimal(v));
	else
		sql_cast_write(&b, v, from, r->env->zone);
	n = b.n;
	p = b.failed ? NULL : sql_room(r, n);
	if (p != NULL)
		memcpy(p, b.p, n);
	buf_free(&b);
	return p == NULL ? sql_fail(r, "out of memory")
	                 : fit_text(r, (struct span){ p, n }, to, out);
}

/* --- from texts ----------------------------------------------------------- */

/* Without the blanks around it. */
static struct span
unblanked(struct span s)
{
	while (s.n > 0 && *s.p == ' ') {
		s.p++;
		s.n--;
	}
	while (s.n > 0 && s.p[s.n - 1] == ' ')
		s.n--;
	return s;
}

/* Digits with a sign perhaps, and perhaps a fraction, which is cut. */
static bool
read_integer(struct span s, enum type_kind kind, int64_t *out)
{
	bool negative = s.n > 0 && *s.p == '-';
	size_t i = negative || (s.n > 0 && *s.p == '+');
	int64_t v = 0;

	if (i == s.n)
		return false;
	for (; i < s.n && ascii_is_digit(s.p[i]); i++)
		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_sub_overflow(v, s.p[i] - '0', &v))
			return false;
	if (i < s.n && s.p[i] != '.')
		return false;
	while (++i < s.n)
		if (!ascii_is_digit(s.p[i]))
			return false;
	if (!negative && __builtin_sub_overflow(0, v, &v))
		return false;
	*out = v;
	return type_wrap(v, kind) == v;
}

static bool
read_bool(struct span s, int64_t *out)
{
	static const struct {
		const char *word;
		bool truth;
	} words[] = { { "t", true }, { "true", true }, { "y", true },
		{ "yes", true }, { "1", true }, { "f", false },
		{ "false", false }, { "n", false }, { "no", false },
		{ "0", false } };

	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (s.n == strlen(words[i].word) &&
		    strncasecmp(s.p, words[i].word, s.n) == 0) {
			*out = words[i].truth;
			return true;
		}
	return false;
}

/* As Java reads a double: NaN, Infinity and a letter behind it, too. */
static bool
read_double(struct span s, enum type_kind kind, double *out)
{
	float f;
	double sign = s.n > 0 && *s.p == '-' ? -1 : 1;
	struct span bare = s;

	if (bare.n > 0 && (*bare.p == '-' || *bare.p == '+')) {
		bare.p++;
		bare.n--;
	}
	if (span_is(bare, "NaN") || span_is(bare, "Infinity")) {
		*out = *bare.p == 'N' ? (double)NAN : sign * (double)INFINITY;
		return true;
	}
	/* Not behind a blank, which may stand at the end alone. */
	if (s.n > 1 && memchr("dDfF", s.p[s.n - 1], 4) != NULL &&
	    s.p[s.n - 2] > ' ')
		s.n--;
	if (kind == TYPE_FLOAT) {
		if (floating_parse_float(s, true, &f)) {
			*out = (double)f;
			return true;
		}
		*out = sign * (double)INFINITY;
		return isinf(f) != 0;
	}
	return floating_parse_double(s, true, out) || isinf(*out);
}

/*
 * Flink reads a text of up to 18 bytes as a DECIMAL of up to 18 digits by a
 * loop of its own: the character that ends the digits does not count ("1f" is
 * 1, "x" is 0), and zeros in front take the room of digits.
 */
static bool
read_short_decimal(struct span s, struct type to, struct decimal *d)
{
	bool negative = s.n > 0 && *s.p == '-', down;
	size_t i = negative || (s.n > 0 && *s.p == '+');
	int64_t units = 0;
	int digits = 0, point = -1, exponent = 0, scale;
	char c = 0;

	if (i == s.n)
		return false;
	while (i < s.n && (ascii_is_digit(c = s.p[i++]) || c == '.')) {
		if (c != '.') {
			units = units * 10 + (c - '0');
			digits++;
		} else if (point >= 0) {
			return false;
		} else {
			point = digits;
		}
	}
	if ((c == 'e' || c == 'E') && i < s.n) {
		down = s.p[i] == '-';
		if ((down || s.p[i] == '+') && ++i == s.n)
			return false;
		while (i < s.n && ascii_is_digit(s.p[i++]))
			if (exponent < 40)
				exponent = exponent * 10 + (s.p[i - 1] - '0');
		exponent = down ? -exponent : exponent;
	}
	scale = (point < 0 ? 0 : digits - point) - exponent;
	if (i < s.n || digits - scale + to.scale > to.precision)
		return false;
	*d = (struct decimal){ negative ? -units : units, scale };
	if (scale < 0) {
		d->units *= decimal_pow10(-scale);
		d->scale = 0;
	} else if (scale > DECIMAL_DIGITS_MAX) {
		*d = (struct decimal){ 0, 0 };
	}
	return decimal_rescale(*d, to.precision, to.scale, d);
}

static bool
read_decimal(struct span s, struct type to, struct decimal *d)
{
	if (to.precision <= 18 && s.n <= 18)
		return read_short_decimal(s, to, d);
	return decimal_parse(s, true, to.precision, to.scale, d) == DECIMAL_OK;
}

static enum sql_step
text_to_number(
    struct sql_run *r, const struct value *v, struct type to, struct value *out)
{
	struct span s = sql_trimmed(v->text);
	struct decimal d;
	double f = 0;
	int64_t i = 0;

	if (to.kind == TYPE_DECIMAL) {
		if (!read_decimal(s, to, &d))
			return sql_fail_at(r, "no number of its type", v);
		out->kind = VALUE_DECIMAL;
		out->scale = d.scale;
		out->units = d.units;
		return SQL_NEXT;
	}
	if (type_is_integer(to.kind)) {
		if (!read_integer(unblanked(v->text), to.kind, &i))
			return sql_fail_at(r, "no integer of its type", v);
		out->kind = VALUE_INT;
		out->i = i;
		return SQL_NEXT;
	}
	if (!read_double(s, to.kind, &f))
		return sql_fail_at(r, "no number", v);
	out->kind = VALUE_DOUBLE;
	out->d = f;
	return SQL_NEXT;
}

static enum sql_step
of_text(
    struct sql_run *r, const struct value *v, struct type to, struct value *out)
{
	int64_t i = 0;
	bool ok;

	if (type_is_number(to.kind))
		return text_to_number(r, v, to, out);
	switch (to.kind) {
	case TYPE_BOOLEAN:
		if (!read_bool(v->text, &i))
			return sql_fail_at(r,
			    "no truth: true, false, t, f,"
			    " yes, no, 1, 0 are read",
			    v);
		out->kind = VALUE_BOOL;
		out->i = i;
		return SQL_NEXT;
	case TYPE_DATE:
		ok = sql_clock_read_date(v->text, &i);
		break;
	case TYPE_TIME:
		ok = sql_clock_read_time(v->text, &i);
		break;
	default:
		ok = sql_clock_read(v->text, to.precision, &i);
		if (ok && to.kind == TYPE_TIMESTAMP_LTZ)
			i = zone_instant_ms(r->env->zone, i);
		break;
	}
	if (!ok)
		return sql_fail_at(r, "no time as SQL writes it", v);
	out->kind = VALUE_INT;
	out->i = i;
	return SQL_NEXT;
}

/* --- numbers -------------------------------------------------------------- */

/* As Java narrows: cut, and held within int or long; NaN is 0. */
static int64_t
cut_double(double d, enum type_kind to)
{
	int64_t i;

	if (isnan(d))
		return 0;
	if (d >= 0x1p63)
		i = INT64_MAX;
	else if (d < -0x1p63)
		i = INT64_MIN;
	else
		i = (int64_t)d;
	if (to == TYPE_BIGINT)
		return i;
	i = i > INT32_MAX ? INT32_MAX : i < INT32_MIN ? INT32_MIN : i;
	return type_wrap(i, to);
}

static enum sql_step
set_decimal(struct decimal d, struct type to, struct value *out)
{
	if (!decimal_rescale(d, to.precision, to.scale, &d)) {
		out->kind = VALUE_NULL;
		return SQL_NEXT;
	}
	out->kind = VALUE_DECIMAL;
	out->scale = d.scale;
	out->units = d.units;
	return SQL_NEXT;
}

static enum sql_step
to_decimal(
    struct sql_run *r, const struct value *v, struct type to, struct value *out)
{
	struct decimal d;

	if (v->kind == VALUE_BOOL)
		return set_decimal((struct decimal){ v->i, 0 }, to, out);
	if (v->kind != VALUE_DOUBLE)
		return set_decimal(sql_as_decimal(v), to, out);
	if (!isfinite(v->d))
		return sql_fail(r, "NaN and Infinity are no DECIMAL");
	if (floating_to_decimal(v->d, to.precision, to.scale, &d))
		return set_decimal(d, to, out);
	out->kind = VALUE_NULL;
	return SQL_NEXT;
}

static enum sql_step
number_to_number(struct sql_run *r, const struct value *v, struct type from,
    struct type to, struct value *out)
{
	double d;
	int128 whole;

	if (to.kind == TYPE_DECIMAL)
		return to_decimal(r, v, to, out);
	if (type_is_integer(to.kind)) {
		if (v->kind == VALUE_DOUBLE) {
			out->i = cut_double(v->d, to.kind);
		} else if (v->kind == VALUE_DECIMAL) {
			whole = v->units / decimal_pow10(v->scale);
			out->i = type_wrap((int64_t)whole, to.kind);
		} else {
			out->i = type_wrap(v->i, to.kind);
		}
		out->kind = VALUE_INT;
		return SQL_NEXT;
	}
	d = v->kind == VALUE_BOOL ? (double)v->i : sql_as_double(v, from);
	if (to.kind == TYPE_FLOAT)
		d = v->kind == VALUE_INT ? (double)(float)v->i
		                         : (double)(float)d;
	out->kind = VALUE_DOUBLE;
	out->d = d;
	return SQL_NEXT;
}

/* --- times ---------------------------------------------------------------- */

enum { DAY_MS = 86400000 };

static int64_t
floor_day(int64_t ms)
{
	int64_t days = ms / DAY_MS;

	return ms % DAY_MS < 0 ? days - 1 : days;
}

static enum sql_step
time_to_time(struct sql_run *r, const struct value *v, struct type from,
    struct type to, struct value *out)
{
	const struct zone *zone = r->env->zone;
	bool was_zoned = from.kind == TYPE_TIMESTAMP_LTZ;
	int64_t local = v->i;

	if (from.kind == TYPE_DATE && to.kind != TYPE_DATE)
		local = v->i * DAY_MS;
	else if (was_zoned && to.kind != TYPE_TIMESTAMP_LTZ)
		local = zone_local_ms(zone, v->i);
	switch (to.kind) {
	case TYPE_DATE:
		if (from.kind != TYPE_DATE)
			local = was_zoned ? floor_day(local) : local / DAY_MS;
		break;
	case TYPE_TIME:
		if (was_zoned)
			local -= floor_day(local) * DAY_MS;
		else
			local %= DAY_MS;
		break;
	default:
		if (!was_zoned && to.kind == TYPE_TIMESTAMP_LTZ)
			local = zone_instant_ms(zone, local);
		local = sql_clock_cut(local, to.precision);
		break;
	}
	out->kind = VALUE_INT;
	out->i = local;
	return SQL_NEXT;
}

/* --- all ------------------------------------------------------------------ */

/* An undeclared value has the type that its kind says. */
static struct type
type_of_any(const struct value *v)
{
	if (v->kind == VALUE_BOOL)
		return sql_type(TYPE_BOOLEAN);
	if (v->kind == VALUE_TEXT)
		return sql_type(TYPE_STRING);
	return sql_decimal_type(DECIMAL_DIGITS_MAX, v->scale);
}

enum sql_step
sql_cast(struct sql_run *r, const struct value *v, struct type from,
    struct type to, struct value *out)
{
	struct type was = from.kind == TYPE_ANY ? type_of_any(v) : from;

	if (type_is_text(to.kind))
		return to_text(r, v, from, to, out);
	if (!sql_cast_allowed(was, to))
		return sql_fail_at(r, "a value that its type cannot be", v);
	if (v->kind == VALUE_TEXT)
		return of_text(r, v, to, out);
	if (to.kind == TYPE_BOOLEAN) {
		out->i = v->kind == VALUE_DOUBLE    ? v->d != 0
		         : v->kind == VALUE_DECIMAL ? v->units != 0
		                                    : v->i != 0;
		out->kind = VALUE_BOOL;
		return SQL_NEXT;
	}
	if (type_is_number(to.kind))
		return number_to_number(r, v, was, to, out);
	if (sql_type_is_time(to.kind))
		return time_to_time(r, v, was, to, out);
	*out = *v;
	return SQL_NEXT;
}

/* A declared value as an undeclared one: numbers are decimals, times texts. */
static enum sql_step
to_any(struct sql_run *r, const struct value *v, struct type from,
    struct value *out)
{
	struct decimal d;

	if (v->kind == VALUE_DOUBLE) {
		for (int scale = DECIMAL_DIGITS_MAX; scale >= 0; scale--)
			if (floating_to_decimal(
				v->d, DECIMAL_DIGITS_MAX, scale, &d)) {
				d = decimal_strip(d);
				out->kind = VALUE_DECIMAL;
				out->scale = d.scale;
				out->units = d.units;
				return SQL_NEXT;
			}
		out->kind = VALUE_NULL;
		return SQL_NEXT;
	}
	if (v->kind == VALUE_INT && !type_is_integer(from.kind))
		return to_text(r, v, from, sql_type(TYPE_STRING), out);
	*out = *v;
	if (v->kind == VALUE_INT || v->kind == VALUE_DECIMAL) {
		d = decimal_strip(sql_as_decimal(v));
		out->kind = VALUE_DECIMAL;
		out->scale = d.scale;
		out->units = d.units;
	}
	return SQL_NEXT;
}

/* Whether an undeclared value is of a declared type's kind. */
static bool
is_of_kind(const struct value *v, enum type_kind k)
{
	if (v->kind == VALUE_BOOL)
		return k == TYPE_BOOLEAN;
	if (v->kind == VALUE_DECIMAL)
		return type_is_number(k);
	return v->kind == VALUE_TEXT &&
	       (type_is_text(k) || sql_type_is_time(k));
}

/* The text of an undeclared time, as the event time of a row is read. */
static enum sql_step
any_to_time(
    struct sql_run *r, const struct value *v, struct type to, struct value *out)
{
	int64_t ms;
	bool zoned = false;
	struct value instant = { .kind = VALUE_INT };

	if (to.kind == TYPE_TIME ||
	    timestamp_parse(v->text, &ms, &zoned, NULL) == -1) {
		out->kind = VALUE_NULL;
		r->mixed++;
		return SQL_NEXT;
	}
	instant.i = ms;
	return time_to_time(r, &instant,
	    (struct type){ .kind = zoned ? TYPE_TIMESTAMP_LTZ : TYPE_TIMESTAMP,
		.precision = 3 },
	    to, out);
}

enum sql_step
sql_convert(struct sql_run *r, const struct value *v, struct type from,
    struct type to, struct value *out)
{
	if (to.kind == from.kind && to.kind != TYPE_DECIMAL) {
		*out = *v;
		return SQL_NEXT;
	}
	if (to.kind == TYPE_ANY)
		return to_any(r, v, from, out);
	if (from.kind == TYPE_ANY && !is_of_kind(v, to.kind)) {
		out->kind = VALUE_NULL;
		r->mixed++;
		return SQL_NEXT;
	}
	if (from.kind == TYPE_ANY && sql_type_is_time(to.kind))
		return any_to_time(r, v, to, out);
	if (type_is_text(from.kind) && type_is_text(to.kind)) {
		*out = *v;
		return SQL_NEXT;
	}
	/* A text beside a time that is none is unknown. */
	if (type_is_text(from.kind) && sql_type_is_time(to.kind) &&
	    sql_cast(r, v, from, to, out) == SQL_FAIL) {
		out->kind = VALUE_NULL;
		return SQL_NEXT;
	}
	return type_is_text(from.kind) && sql_type_is_time(to.kind)
	           ? SQL_NEXT
	           : sql_cast(r, v, from, to, out);
}
