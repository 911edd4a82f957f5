/* decimal - exact scaled decimals of up to 38 digits: from text, to text,
 * rounding HALF_UP (half away from zero).
 * SPDX-License-Identifier: ISC */
#ifndef LIB_DECIMAL_H
#define LIB_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"
#include "lib/wide.h"

enum { DECIMAL_DIGITS_MAX = 38 };

/* units / 10^scale, 0 <= scale <= 38, |units| < 10^38. */
struct decimal {
	int128 units;
	int scale;
};

/* 10^n for 0 <= n <= 38. */
int128 decimal_pow10(int n);

/* How many digits a number below 10^38 has; 0 has 1. */
int decimal_digits(uint128);

enum decimal_parsed {
	DECIMAL_OK,
	DECIMAL_NULL, /* a number that has no room: SQL's null */
	DECIMAL_BAD,  /* no number */
};

/*
 * Reads a JSON number, or with lenient set the text of a number: a sign '+'
 * too, ".5", "5.", an exponent of any number of digits; characters up to
 * U+0020 around it are skipped.  No hex, no suffix, no NaN.
 *
 * decimal_parse: into DECIMAL(precision, scale): rounded HALF_UP to scale;
 * DECIMAL_NULL where more than precision - scale digits stand before the
 * point then.  out->scale == scale.
 *
 * decimal_parse_any: for a column with no declared type: all digits up to 38;
 * decimals beyond them are cut HALF_UP; DECIMAL_NULL with more than 38 before
 * the point.  Trailing zeros of the fraction are cut, so that equal numbers
 * have equal out.
 */
enum decimal_parsed decimal_parse(
    struct span, bool lenient, int precision, int scale, struct decimal *out);
enum decimal_parsed
decimal_parse_any(struct span, bool lenient, struct decimal *out);

/*
 * Changes the scale, HALF_UP where digits are cut.  False where the result has
 * more than precision digits (it is null then).
 */
bool
decimal_rescale(struct decimal, int precision, int scale, struct decimal *out);

/* Cuts trailing zeros of the fraction. */
struct decimal decimal_strip(struct decimal);

/* The same value for a wide: to precision digits at scale. */
bool decimal_of_wide(const struct wide *units, int units_scale, int precision,
    int scale, struct decimal *out);

/*
 * The quotient (num / 10^num_scale) / den as Flink's DECIMAL division gives
 * it: first to 38 significant digits, then to scale, both HALF_UP; false where
 * it has more than 38 digits then (null).  den is not 0.
 */
bool decimal_quotient(const struct wide *num, int num_scale,
    const struct wide *den, int scale, struct decimal *out);

int decimal_order(struct decimal, struct decimal);

/*
 * Text without trailing zeros.  Plain: "50", "12.5", "0", "-0.05".
 * Flink's default (Jackson 2.14: BigDecimal stripped of trailing zeros, then
 * toString): "5E+1", "12.5", "1.2E-7".
 */
void decimal_write(struct buf *, struct decimal);
void decimal_write_flink(struct buf *, struct decimal);

double decimal_to_double(struct decimal); /* correctly rounded */
float decimal_to_float(struct decimal);

#endif
