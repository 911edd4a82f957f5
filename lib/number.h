/* number - the parts of the text of a number, for decimal and floating.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_NUMBER_H
#define LIB_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

/*
 * 0.DDDD x 10^point, D being the digits of whole, then those of part, which
 * borrow from the text.  Neither the first digit nor the last is 0; zero has
 * no digits, and point 0.  An exponent beyond 10^15 counts as 10^15: no text
 * is long enough to make up for that.
 */
struct number {
	bool is_negative;
	struct span whole;
	struct span part;
	int64_t point;
};

/* False where it is no number; what lenient allows: lib/decimal.h. */
bool number_scan(struct span, bool lenient, struct number *);

static inline size_t
number_digits(const struct number *n)
{
	return n->whole.n + n->part.n;
}

/* The digit at i, 0..9; 0 beyond the last. */
static inline unsigned
number_digit(const struct number *n, size_t i)
{
	if (i < n->whole.n)
		return (unsigned)(n->whole.p[i] - '0');
	i -= n->whole.n;
	return i < n->part.n ? (unsigned)(n->part.p[i] - '0') : 0;
}

#endif
