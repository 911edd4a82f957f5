/* floating - DOUBLE and FLOAT from text and to text.
 * SPDX-License-Identifier: ISC */
#include "lib/floating.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/digits.h"
#include "lib/number.h"

/*
 * strtod() and strtof() do the rounding.  They get digits and an exponent but
 * never a point, so that no locale changes what they read, and at most
 * TEXT_DIGITS_MAX digits: no value halfway between two doubles has more than
 * 767, so a single 1 can stand for all that follow.
 */
enum { TEXT_DIGITS_MAX = 800 };

/* Beyond this any double is infinite or zero, whatever its 800 digits. */
enum { EXPONENT_MAX = 9999 };

/* Digits of 17 places fit 64 bits. */
enum { SHORT_DIGITS = 17 };

/* What a format of IEEE 754 holds. */
struct format {
	double (*of_text)(const char *);
	uint64_t exact;  /* integers up to here are exact, */
	int exact_pow10; /* and powers of ten up to here */
	int digits_kept; /* decimals of so many digits survive: DBL_DIG */
	int digits_told; /* so many tell any two values apart */
	double normal;   /* the least of full precision */
};

/* A finite number, not negative: digits x 10^exponent. */
struct scaled {
	uint64_t digits;
	int exponent;
};

static double
double_of_text(const char *text)
{
	return strtod(text, NULL);
}

static double
float_of_text(const char *text)
{
	return (double)strtof(text, NULL);
}

static const struct format as_double = { double_of_text, UINT64_C(1) << 53, 22,
	15, 17, 0x1p-1022 };
static const struct format as_float = { float_of_text, UINT64_C(1) << 24, 10, 6,
	9, 0x1p-126 };

static const double pow10_of[] = { 1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8,
	1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19, 1e20,
	1e21, 1e22 };

static double
round_to(const struct format *f, double v)
{
	return f == &as_float ? (double)(float)v : v;
}

static double
value_of(const struct format *f, struct scaled s)
{
	char text[SHORT_DIGITS + 16];

	/*
	 * Both are exact in the format, so that the one operation rounds, and
	 * rounds right; for FLOAT too, as DOUBLE has more than twice its
	 * digits and two: rounding twice is then as good as once.
	 */
	if (s.digits <= f->exact && abs(s.exponent) <= f->exact_pow10) {
		double v = (double)s.digits, by = pow10_of[abs(s.exponent)];

		return round_to(f, s.exponent < 0 ? v / by : v * by);
	}
	snprintf(text, sizeof text, "%llue%d", (unsigned long long)s.digits,
	    s.exponent);
	return f->of_text(text);
}

/* --- from text ----------------------------------------------------------- */

/* More than 17 digits. */
static double
value_of_long(const struct format *f, const struct number *n, int point)
{
	char text[TEXT_DIGITS_MAX + 32];
	size_t digits = number_digits(n);
	int count = digits > TEXT_DIGITS_MAX ? TEXT_DIGITS_MAX : (int)digits;

	for (int i = 0; i < count; i++)
		text[i] = (char)('0' + number_digit(n, (size_t)i));
	/* What is cut off is not zero: the last digit never is. */
	if (digits > TEXT_DIGITS_MAX)
		text[count++] = '1';
	snprintf(text + count, 32, "e%d", point - count);
	return f->of_text(text);
}

static bool
parse(const struct format *f, struct span s, bool lenient, double *out)
{
	struct number n;
	struct scaled short_one = { 0 };
	double v;
	int point;

	if (!number_scan(s, lenient, &n))
		return false;
	point = n.point > EXPONENT_MAX    ? EXPONENT_MAX
	        : n.point < -EXPONENT_MAX ? -EXPONENT_MAX
	                                  : (int)n.point;
	if (number_digits(&n) <= SHORT_DIGITS) {
		int count = (int)number_digits(&n);

		for (int i = 0; i < count; i++)
			short_one.digits =
			    short_one.digits * 10 + number_digit(&n, (size_t)i);
		short_one.exponent = point - count;
		v = value_of(f, short_one);
	} else {
		v = value_of_long(f, &n, point);
	}
	*out = n.is_negative ? -v : v;
	return isfinite(v);
}

bool
floating_parse_double(struct span s, bool lenient, double *out)
{
	return parse(&as_double, s, lenient, out);
}

bool
floating_parse_float(struct span s, bool lenient, float *out)
{
	double v = 0;
	bool ok = parse(&as_float, s, lenient, &v);

	*out = (float)v;
	return ok;
}

/* --- to text ------------------------------------------------------------- */

/*
 * Of the usual values, money and measurements, v x 10^k is a short integer for
 * a small k.  What reads back with so few digits is the only one that does.
 */
static bool
shortest_usual(const struct format *f, double v, struct scaled *out)
{
	double limit = pow10_of[f->digits_kept];

	for (int k = 0; k <= f->exact_pow10; k++) {
		double product = v * pow10_of[k] + 0.5;

		if (product >= limit)
			return false;
		*out = (struct scaled){ (uint64_t)product, -k };
		if (value_of(f, *out) == v)
			return true;
	}
	return false;
}

/* The decimal of count digits that is nearest to v. */
static struct scaled
nearest(double v, int count)
{
	char text[SHORT_DIGITS + 32];
	struct scaled s = { 0 };
	const char *p = text;

	snprintf(text, sizeof text, "%.*e", count - 1, v);
	/* Steps over the point, whatever the locale has for one. */
	for (; *p != 'e'; p++)
		if (*p >= '0' && *p <= '9')
			s.digits = s.digits * 10 + (uint64_t)(*p - '0');
	s.exponent = (int)strtol(p + 1, NULL, 10) - (count - 1);
	return s;
}

static struct scaled
shortest(const struct format *f, double v)
{
	struct scaled s = { 0 };
	/*
	 * Nothing shorter reads back than what the first of these gives once
	 * its zeros are cut, but for subnormals, which have less precision.
	 */
	int count = v < f->normal ? 1 : f->digits_kept, exponent;
	bool uneven;

	if (v == 0)
		return s;
	if (shortest_usual(f, v, &s))
		return s;
	/*
	 * Below a power of two values lie closer than above it: the nearest
	 * may fail where its neighbour above reads back.
	 */
	uneven = frexp(v, &exponent) == 0.5;
	for (;; count++) {
		s = nearest(v, count);
		if (count == f->digits_told || value_of(f, s) == v)
			return s;
		s.digits++;
		if (uneven && value_of(f, s) == v)
			return s;
	}
}

static void
write_value(struct buf *b, const struct format *f, double v)
{
	char text[DIGITS_MAX], *end;
	struct scaled s;

	if (isnan(v)) {
		buf_add_text(b, "\"NaN\"");
		return;
	}
	if (isinf(v)) {
		buf_add_text(b, v < 0 ? "\"-Infinity\"" : "\"Infinity\"");
		return;
	}
	s = shortest(f, fabs(v));
	end = digits_floating(text, s.digits, signbit(v), -s.exponent);
	buf_add(b, text, (size_t)(end - text));
}

void
floating_write_double(struct buf *b, double v)
{
	write_value(b, &as_double, v);
}

void
floating_write_float(struct buf *b, float v)
{
	write_value(b, &as_float, (double)v);
}

static bool
to_decimal(const struct format *f, double v, int precision, int scale,
    struct decimal *out)
{
	struct scaled s;
	struct wide units;

	if (!isfinite(v))
		return false;
	s = shortest(f, fabs(v));
	units = wide_of(v < 0 ? -(int128)s.digits : (int128)s.digits);
	return decimal_of_wide(&units, -s.exponent, precision, scale, out);
}

bool
floating_to_decimal(double v, int precision, int scale, struct decimal *out)
{
	return to_decimal(&as_double, v, precision, scale, out);
}

bool
floating_float_to_decimal(
    float v, int precision, int scale, struct decimal *out)
{
	return to_decimal(&as_float, (double)v, precision, scale, out);
}
