/* wide - signed integers of 384 bits, for sums and quotients that must not
 * overflow or round on the way.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_WIDE_H
#define LIB_WIDE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Two's complement, least significant limb first.  384 bits hold the product
 * of two 38-digit numbers (2^253) times 2^64, with room; callers keep within
 * that, so nothing here reports overflow.
 */
enum { WIDE_LIMBS = 6 };
struct wide {
	uint64_t limb[WIDE_LIMBS];
};

typedef __int128 int128;
typedef unsigned __int128 uint128;

struct wide wide_of(int128);
bool wide_is_negative(const struct wide *);
bool wide_is_zero(const struct wide *);
int wide_order(const struct wide *, const struct wide *);
/* True and *out set if the value fits 128 bits. */
bool wide_fits(const struct wide *, int128 *out);

void wide_add(struct wide *, const struct wide *);
void wide_sub(struct wide *, const struct wide *);
void wide_negate(struct wide *);
void wide_add_i128(struct wide *, int128);
struct wide wide_mul(const struct wide *, const struct wide *);
/* Times 10^digits, digits >= 0. */
void wide_scale_up(struct wide *, int digits);

/* Quotients by a divisor that is not 0: toward zero; half away from zero. */
struct wide wide_div_trunc(const struct wide *, const struct wide *divisor);
struct wide wide_div_half_up(const struct wide *, const struct wide *divisor);

/* Decimal digits of the magnitude; 0 has 1. */
int wide_digits(const struct wide *);

#endif
