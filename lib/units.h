/* units - durations and byte sizes as people write them; whole numbers.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_UNITS_H
#define LIB_UNITS_H

#include <stdint.h>

#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/*
 * A whole number in digits with a sign perhaps, nothing around it; -1 with a
 * fault where it is none or does not fit.
 */
int units_integer(struct span, int64_t *out, struct fault *);

/*
 * A whole number and ms, s, m, h or d: "250ms", "10s", "1d".  A leading '-' is
 * taken only by the signed form.  No blanks, no fractions; a bare number's
 * fault is at its end ("a duration needs a unit: ms, s, m, h or d").  Out of
 * int64_t: a fault.
 */
int units_duration_ms(struct span, int64_t *out, struct fault *);
int units_signed_duration_ms(struct span, int64_t *out, struct fault *);

/* As units_duration_ms(), and us and ns too; the result is in nanoseconds. */
int units_duration_ns(struct span, int64_t *out, struct fault *);

/* Adds it in the largest unit of which it is a whole number: "90s"; "0s". */
void units_add_duration(struct buf *, int64_t ms);

/*
 * A byte size: a bare number is bytes; K, M, G and KiB, MiB, GiB (in any case)
 * are powers of 1024.
 */
int units_bytes(struct span, int64_t *out, struct fault *);

#endif
