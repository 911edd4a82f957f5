/* decimal_text - decimals to text and to binary floating point.
 * SPDX-License-Identifier: ISC */
#include "lib/decimal.h"

#include <stdio.h>
#include <stdlib.h>

/* The digits of an int128, a sign, a point, an exponent. */
enum { TEXT_MAX = 64 };

#define TEN19 ((uint128)UINT64_C(10000000000000000000))

static uint128
magnitude(int128 v)
{
	return v < 0 ? -(uint128)v : (uint128)v;
}

/* Writes the digits so that they end before end; returns the first. */
static char *
put_digits(char *end, uint128 v)
{
	uint64_t low;

	while (v > UINT64_MAX) {
		low = (uint64_t)(v % TEN19);
		v /= TEN19;
		for (int i = 0; i < 19; i++, low /= 10)
			*--end = (char)('0' + low % 10);
	}
	low = (uint64_t)v;
	do {
		*--end = (char)('0' + low % 10);
		low /= 10;
	} while (low != 0);
	return end;
}

/* The digits with a point before the last scale of them. */
static void
write_plain(struct buf *b, const char *digits, int n, int scale)
{
	if (n <= scale) {
		buf_add_text(b, "0.");
		for (int i = n; i < scale; i++)
			buf_add_char(b, '0');
		buf_add(b, digits, (size_t)n);
		return;
	}
	buf_add(b, digits, (size_t)(n - scale));
	if (scale > 0) {
		buf_add_char(b, '.');
		buf_add(b, digits + n - scale, (size_t)scale);
	}
}

void
decimal_write(struct buf *b, struct decimal d)
{
	char text[TEXT_MAX], *digits;

	d = decimal_strip(d);
	digits = put_digits(text + sizeof text, magnitude(d.units));
	if (d.units < 0)
		buf_add_char(b, '-');
	write_plain(b, digits, (int)(text + sizeof text - digits), d.scale);
}

/* Source: the contract of java.math.BigDecimal.toString, Java 11. */
void
decimal_write_flink(struct buf *b, struct decimal d)
{
	char text[TEXT_MAX], *digits;
	int n, exponent;

	digits = put_digits(text + sizeof text, magnitude(d.units));
	n = (int)(text + sizeof text - digits);
	for (; n > 1 && digits[n - 1] == '0'; n--)
		d.scale--;
	if (d.units == 0)
		d.scale = 0;
	if (d.units < 0)
		buf_add_char(b, '-');
	exponent = n - 1 - d.scale;
	if (d.scale >= 0 && exponent >= -6) {
		write_plain(b, digits, n, d.scale);
		return;
	}
	write_plain(b, digits, n, n - 1);
	buf_addf(b, "E%+d", exponent);
}

/* Without a point: no locale changes how strtod() reads it. */
static void
exponent_text(char text[TEXT_MAX], struct decimal d)
{
	char digits[TEXT_MAX], *p;

	digits[TEXT_MAX - 1] = '\0';
	p = put_digits(digits + TEXT_MAX - 1, magnitude(d.units));
	snprintf(
	    text, TEXT_MAX, "%s%.40se-%d", d.units < 0 ? "-" : "", p, d.scale);
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
