/* floating - DOUBLE and FLOAT from text and to text.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_FLOATING_H
#define LIB_FLOATING_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/decimal.h"
#include "lib/span.h"

/*
 * A JSON number, or with lenient set the text of one (see lib/decimal.h for
 * what that allows), rounded once, to nearest, ties to even.  False where it
 * is no number or is out of range (what rounds to infinity); underflow to 0 is
 * fine, "-0" and what rounds to it is -0.0.
 */
bool floating_parse_double(struct span, bool lenient, double *out);
bool floating_parse_float(struct span, bool lenient, float *out);

/*
 * The fewest digits that read back as the same value, in Java's shape:
 * "100.0", "1.0E7", "1.0E-4", "-0.0": plain where 1e-3 <= |v| < 1e7, else one
 * digit before the point and E.  NaN and infinities in quotes: "NaN",
 * "Infinity", "-Infinity".
 */
void floating_write_double(struct buf *, double);
void floating_write_float(struct buf *, float);

/*
 * To DECIMAL(precision, scale) through the shortest decimal text, then
 * HALF_UP, as Flink casts; a FLOAT is widened to DOUBLE by the caller first.
 * False where it does not fit or is not finite (null).
 */
bool floating_to_decimal(double, int precision, int scale, struct decimal *out);

/* The same through the shortest text of a FLOAT, which is not widened. */
bool
floating_float_to_decimal(float, int precision, int scale, struct decimal *out);

#endif
