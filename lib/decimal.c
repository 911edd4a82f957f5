/* decimal - exact scaled decimals of up to 38 digits.
 * SPDX-License-Identifier: ISC */
#include "lib/decimal.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/digits.h"
#include "lib/number.h"

/* 10^18 is the largest power of ten that fits an int64_t. */
enum { DIGITS64 = 18 };
#define TEN19 ((int128)UINT64_C(10000000000000000000))

static const uint64_t small_pow10[] = { UINT64_C(1), UINT64_C(10),
	UINT64_C(100), UINT64_C(1000), UINT64_C(10000), UINT64_C(100000),
	UINT64_C(1000000), UINT64_C(10000000), UINT64_C(100000000),
	UINT64_C(1000000000), UINT64_C(10000000000), UINT64_C(100000000000),
	UINT64_C(1000000000000), UINT64_C(10000000000000),
	UINT64_C(100000000000000), UINT64_C(1000000000000000),
	UINT64_C(10000000000000000), UINT64_C(100000000000000000),
	UINT64_C(1000000000000000000), UINT64_C(10000000000000000000) };

int128
decimal_pow10(int n)
{
	if (n <= 19)
		return (int128)small_pow10[n];
	return TEN19 * (int128)small_pow10[n - 19];
}

int
decimal_digits(uint128 v)
{
	uint64_t high = (uint64_t)(v >> 64);
	int bits = high != 0 ? 128 - __builtin_clzll(high)
	                     : 64 - __builtin_clzll((uint64_t)v | 1);
	/* log10(2) = 1233 / 4096, and a little less: one too few, or right. */
	int digits = bits * 1233 >> 12;

	return digits + ((v | 1) >= (uint128)decimal_pow10(digits));
}

static uint128
magnitude(int128 v)
{
	return v < 0 ? -(uint128)v : (uint128)v;
}

/* v / 10^digits, HALF_UP; 0 <= digits <= 38. */
static int128
cut(int128 v, int digits)
{
	uint128 m = magnitude(v), q;

	if (digits <= DIGITS64 && m <= INT64_MAX) {
		uint64_t by = small_pow10[digits];
		uint64_t m64 = (uint64_t)m + by / 2;

		q = m64 / by;
	} else {
		uint128 by = (uint128)decimal_pow10(digits);

		q = m / by;
		q += m % by >= by - m % by;
	}
	return v < 0 ? -(int128)q : (int128)q;
}

/* Any int128 at scale from; |from - to| <= 38. */
static bool
change_scale(int128 units, int from, int precision, int to, struct decimal *out)
{
	uint128 room;

	if (to >= from) {
		/* Asked before it is multiplied, which could overflow. */
		int digits = precision - (to - from);

		room = digits < 0 ? 1 : (uint128)decimal_pow10(digits);
		if (magnitude(units) >= room)
			return false;
		units *= decimal_pow10(to - from);
	} else {
		units = cut(units, from - to);
		room = (uint128)decimal_pow10(precision);
		if (magnitude(units) >= room)
			return false;
	}
	*out = (struct decimal){ units, to };
	return true;
}

bool
decimal_rescale(struct decimal d, int precision, int scale, struct decimal *out)
{
	return change_scale(d.units, d.scale, precision, scale, out);
}

struct decimal
decimal_strip(struct decimal d)
{
	while (d.scale > 0 && (d.units > INT64_MAX || d.units < INT64_MIN)) {
		if (d.units % 10 != 0)
			return d;
		d.units /= 10;
		d.scale--;
	}
	if (d.scale > 0) {
		int64_t units = (int64_t)d.units;

		for (; d.scale > 0 && units % 10 == 0; d.scale--)
			units /= 10;
		d.units = units;
	}
	return d;
}

/* --- from text ----------------------------------------------------------- */

/*
 * The usual text, [-]digits[.digits] of at most 18 digits, strictly as JSON
 * has it.  False where it is anything else, which need not be wrong.
 */
static bool
parse_plain(struct span s, struct decimal *out)
{
	const char *p = s.p, *end, *whole;
	bool negative;
	uint64_t v = 0;
	ptrdiff_t digits, scale = 0;

	if (s.n == 0)
		return false;
	end = p + s.n;
	negative = *p == '-';
	p += negative;
	if (end - p > DIGITS64 + 1)
		return false;
	for (whole = p; p < end && (unsigned char)(*p - '0') <= 9; p++)
		v = v * 10 + (uint64_t)(*p - '0');
	digits = p - whole;
	if (digits == 0 || (*whole == '0' && digits > 1))
		return false;
	if (p < end && *p == '.') {
		const char *part = ++p;

		for (; p < end && (unsigned char)(*p - '0') <= 9; p++)
			v = v * 10 + (uint64_t)(*p - '0');
		scale = p - part;
		if (scale == 0)
			return false;
	}
	if (p != end || digits + scale > DIGITS64)
		return false;
	*out =
	    (struct decimal){ negative ? -(int128)v : (int128)v, (int)scale };
	return true;
}

/* The first count digits, rounded by the next; count <= 38. */
static int128
leading(const struct number *n, int count)
{
	int128 units = 0;

	for (int i = 0; i < count; i++)
		units = units * 10 + (int)number_digit(n, (size_t)i);
	/* Half away from zero: no digit behind this one can matter. */
	units += number_digit(n, (size_t)count) >= 5;
	return n->is_negative ? -units : units;
}

enum decimal_parsed
decimal_parse(
    struct span s, bool lenient, int precision, int scale, struct decimal *out)
{
	struct number n;
	struct decimal d = { 0, scale };

	if (parse_plain(s, &d))
		return change_scale(d.units, d.scale, precision, scale, out)
		           ? DECIMAL_OK
		           : DECIMAL_NULL;
	if (!number_scan(s, lenient, &n))
		return DECIMAL_BAD;
	if (n.point > precision - scale)
		return DECIMAL_NULL;
	d.scale = scale;
	d.units = 0;
	if (n.point + scale >= 0)
		d.units = leading(&n, (int)n.point + scale);
	if (magnitude(d.units) >= (uint128)decimal_pow10(precision))
		return DECIMAL_NULL;
	*out = d;
	return DECIMAL_OK;
}

enum decimal_parsed
decimal_parse_any(struct span s, bool lenient, struct decimal *out)
{
	struct number n;
	struct decimal d = { 0 };
	int64_t scale;

	if (parse_plain(s, &d)) {
		*out = decimal_strip(d);
		return DECIMAL_OK;
	}
	if (!number_scan(s, lenient, &n))
		return DECIMAL_BAD;
	if (n.point > DECIMAL_DIGITS_MAX)
		return DECIMAL_NULL;
	/* As many decimals as it has, or as there is room for. */
	scale = (int64_t)number_digits(&n) - n.point;
	if (scale > DECIMAL_DIGITS_MAX - n.point)
		scale = DECIMAL_DIGITS_MAX - n.point;
	if (scale > DECIMAL_DIGITS_MAX)
		scale = DECIMAL_DIGITS_MAX;
	if (scale < 0)
		scale = 0;
	d.scale = (int)scale;
	if (n.point + scale >= 0)
		d.units = leading(&n, (int)(n.point + scale));
	/* 99.99… became 100: one digit too many, but it is a zero. */
	d = decimal_strip(d);
	if (magnitude(d.units) >= (uint128)decimal_pow10(DECIMAL_DIGITS_MAX))
		return DECIMAL_NULL;
	*out = d;
	return DECIMAL_OK;
}

/* --- from wide ----------------------------------------------------------- */

bool
decimal_of_wide(const struct wide *units, int units_scale, int precision,
    int scale, struct decimal *out)
{
	int up = scale - units_scale;
	/* Every wide is below 10^116: beyond that, it is cut to nothing. */
	int wide_digits_max = 116;
	struct wide w = *units, power = wide_of(1);
	int128 v;

	if (up >= -DECIMAL_DIGITS_MAX && up <= DECIMAL_DIGITS_MAX &&
	    wide_fits(&w, &v))
		return change_scale(v, units_scale, precision, scale, out);
	if (up >= 0 && !wide_is_zero(&w)) {
		if (wide_digits(&w) + up > DECIMAL_DIGITS_MAX)
			return false;
		wide_scale_up(&w, up);
	} else if (up <= -wide_digits_max) {
		w = wide_of(0);
	} else if (up < 0) {
		wide_scale_up(&power, -up);
		w = wide_div_half_up(&w, &power);
	}
	return wide_fits(&w, &v) &&
	       change_scale(v, scale, precision, scale, out);
}

/*
 * One rounding is enough, and 128 bits, where the quotient's digits before the
 * last place and those of den are at most 38 together: then the 38 significant
 * digits cannot round to a half what lies below one.
 */
static bool
quotient_short(const struct wide *num, int num_scale, const struct wide *den,
    int scale, struct decimal *out)
{
	int up = scale - num_scale, digits = DECIMAL_DIGITS_MAX - 1;
	int128 n, d;
	uint128 rest, q, by;

	if (up < 0 || up > digits || !wide_fits(num, &n) ||
	    !wide_fits(den, &d) ||
	    magnitude(n) >= (uint128)decimal_pow10(digits - up) ||
	    magnitude(d) >= (uint128)decimal_pow10(digits))
		return false;
	n *= decimal_pow10(up);
	by = magnitude(d);
	q = magnitude(n) / by;
	rest = magnitude(n) % by;
	q += rest >= by - rest;
	*out = (struct decimal){ (n < 0) != (d < 0) ? -(int128)q : (int128)q,
		scale };
	return true;
}

bool
decimal_quotient(const struct wide *num, int num_scale, const struct wide *den,
    int scale, struct decimal *out)
{
	struct wide n, d, q;
	int places;

	if (quotient_short(num, num_scale, den, scale, out))
		return true;
	places = DECIMAL_DIGITS_MAX - wide_digits(num) + wide_digits(den);
	/* places decimals make 38 or 39 digits; 39 are one too many. */
	for (;; places--) {
		n = *num;
		d = *den;
		wide_scale_up(&n, places > 0 ? places : 0);
		wide_scale_up(&d, places < 0 ? -places : 0);
		q = wide_div_trunc(&n, &d);
		if (wide_digits(&q) <= DECIMAL_DIGITS_MAX)
			break;
	}
	q = wide_div_half_up(&n, &d);
	return decimal_of_wide(
	    &q, num_scale + places, DECIMAL_DIGITS_MAX, scale, out);
}

int
decimal_order(struct decimal a, struct decimal b)
{
	struct wide x, y;

	if (a.scale == b.scale)
		return (a.units > b.units) - (a.units < b.units);
	x = wide_of(a.units);
	y = wide_of(b.units);
	if (a.scale < b.scale)
		wide_scale_up(&x, b.scale - a.scale);
	else
		wide_scale_up(&y, a.scale - b.scale);
	return wide_order(&x, &y);
}

/* --- decimals to text and to binary floating point ---------------------- */

/* A sign, "0.", an exponent beside the digits. */
enum { TEXT_MAX = DIGITS_MAX + 16 };

void
decimal_write(struct buf *b, struct decimal d)
{
	char text[TEXT_MAX], *end;

	d = decimal_strip(d);
	end = digits_wide(text, d.units, d.scale);
	buf_add(b, text, (size_t)(end - text));
}

/* Source: the contract of java.math.BigDecimal.toString, Java 11. */
void
decimal_write_flink(struct buf *b, struct decimal d)
{
	char digits[TEXT_MAX], text[TEXT_MAX], *end;
	int n =
	    (int)(digits_wide(digits, (int128)magnitude(d.units), 0) - digits);
	int exponent;

	for (; n > 1 && digits[n - 1] == '0'; n--)
		d.scale--;
	if (d.units == 0)
		d.scale = 0;
	exponent = n - 1 - d.scale;
	if (d.scale >= 0 && exponent >= -6) {
		end = digits_point(
		    text, digits, (size_t)n, d.units < 0, (size_t)d.scale);
		buf_add(b, text, (size_t)(end - text));
		return;
	}
	end = digits_point(text, digits, (size_t)n, d.units < 0, (size_t)n - 1);
	buf_add(b, text, (size_t)(end - text));
	buf_addf(b, "E%+d", exponent);
}

/* Without a point: no locale changes how strtod() reads it. */
static void
exponent_text(char text[TEXT_MAX], struct decimal d)
{
	char *end = digits_wide(text, d.units, 0);

	snprintf(end, 8, "e-%d", d.scale);
}

double
decimal_to_double(struct decimal d)
{
	char text[TEXT_MAX];

	/* Both are exact as they are: one rounding, in the division. */
	if (magnitude(d.units) <= UINT64_C(1) << 53 && d.scale <= 18)
		return (double)(int64_t)d.units /
		       (double)(int64_t)decimal_pow10(d.scale);
	exponent_text(text, d);
	return strtod(text, NULL);
}

float
decimal_to_float(struct decimal d)
{
	char text[TEXT_MAX];

	if (magnitude(d.units) <= UINT64_C(1) << 24 && d.scale <= 10)
		return (float)(int64_t)d.units /
		       (float)(int64_t)decimal_pow10(d.scale);
	exponent_text(text, d);
	return strtof(text, NULL);
}
