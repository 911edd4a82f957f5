/* wide - signed integers of 384 bits.
 * SPDX-License-Identifier: ISC */
#include "lib/wide.h"

/* 10^19 is the largest power of ten that fits a limb. */
enum { LIMB_DIGITS = 19 };
#define TEN19 UINT64_C(10000000000000000000)

struct wide
wide_of(int128 v)
{
	uint64_t sign = v < 0 ? UINT64_MAX : 0;

	return (struct wide){ {
	    (uint64_t)v,
	    (uint64_t)((uint128)v >> 64),
	    sign,
	    sign,
	    sign,
	    sign,
	} };
}

bool
wide_is_negative(const struct wide *w)
{
	return w->limb[WIDE_LIMBS - 1] >> 63 != 0;
}

bool
wide_is_zero(const struct wide *w)
{
	uint64_t any = 0;

	for (int i = 0; i < WIDE_LIMBS; i++)
		any |= w->limb[i];
	return any == 0;
}

/* The order of the limbs as unsigned numbers. */
static int
order_magnitudes(const struct wide *a, const struct wide *b)
{
	for (int i = WIDE_LIMBS - 1; i >= 0; i--)
		if (a->limb[i] != b->limb[i])
			return a->limb[i] < b->limb[i] ? -1 : 1;
	return 0;
}

int
wide_order(const struct wide *a, const struct wide *b)
{
	bool negative = wide_is_negative(a);

	if (negative != wide_is_negative(b))
		return negative ? -1 : 1;
	return order_magnitudes(a, b);
}

static uint128
low_half(const struct wide *w)
{
	return (uint128)w->limb[1] << 64 | w->limb[0];
}

bool
wide_fits(const struct wide *w, int128 *out)
{
	int128 low = (int128)low_half(w);
	struct wide same = wide_of(low);

	if (order_magnitudes(w, &same) != 0)
		return false;
	*out = low;
	return true;
}

void
wide_add(struct wide *w, const struct wide *other)
{
	uint64_t carry = 0;

	for (int i = 0; i < WIDE_LIMBS; i++) {
		uint128 sum = (uint128)w->limb[i] + other->limb[i] + carry;

		w->limb[i] = (uint64_t)sum;
		carry = (uint64_t)(sum >> 64);
	}
}

void
wide_negate(struct wide *w)
{
	uint64_t carry = 1;

	for (int i = 0; i < WIDE_LIMBS; i++) {
		w->limb[i] = ~w->limb[i] + carry;
		carry &= w->limb[i] == 0;
	}
}

void
wide_sub(struct wide *w, const struct wide *other)
{
	struct wide negated = *other;

	wide_negate(&negated);
	wide_add(w, &negated);
}

void
wide_add_i128(struct wide *w, int128 v)
{
	struct wide other = wide_of(v);

	wide_add(w, &other);
}

/* Two's complement: the low limbs of a product do not depend on the signs. */
struct wide
wide_mul(const struct wide *a, const struct wide *b)
{
	struct wide product = { 0 };

	for (int i = 0; i < WIDE_LIMBS; i++) {
		uint64_t carry = 0;

		for (int j = 0; i + j < WIDE_LIMBS; j++) {
			uint128 t = (uint128)a->limb[i] * b->limb[j] +
			            product.limb[i + j] + carry;

			product.limb[i + j] = (uint64_t)t;
			carry = (uint64_t)(t >> 64);
		}
	}
	return product;
}

static void
mul_limb(struct wide *w, uint64_t by)
{
	uint64_t carry = 0;

	for (int i = 0; i < WIDE_LIMBS; i++) {
		uint128 t = (uint128)w->limb[i] * by + carry;

		w->limb[i] = (uint64_t)t;
		carry = (uint64_t)(t >> 64);
	}
}

void
wide_scale_up(struct wide *w, int digits)
{
	uint64_t power = 1;

	for (; digits >= LIMB_DIGITS; digits -= LIMB_DIGITS)
		mul_limb(w, TEN19);
	for (; digits > 0; digits--)
		power *= 10;
	mul_limb(w, power);
}

/* The number without its sign; -2^383 too, read as unsigned. */
static struct wide
magnitude(const struct wide *w)
{
	struct wide m = *w;

	if (wide_is_negative(w))
		wide_negate(&m);
	return m;
}

static bool
fits_limbs(const struct wide *w, int n)
{
	for (int i = n; i < WIDE_LIMBS; i++)
		if (w->limb[i] != 0)
			return false;
	return true;
}

/* Divides in place; returns the rest. */
static uint64_t
div_limb(struct wide *w, uint64_t by)
{
	uint128 rest = 0;

	for (int i = WIDE_LIMBS - 1; i >= 0; i--) {
		rest = rest << 64 | w->limb[i];
		w->limb[i] = (uint64_t)(rest / by);
		rest %= by;
	}
	return (uint64_t)rest;
}

/*
 * Bit by bit, as on paper.  It takes microseconds, which only sums of more than
 * 38 digits cost.
 */
static struct wide
div_long(const struct wide *num, const struct wide *den, struct wide *rest)
{
	struct wide quotient = { 0 };
	int limbs = WIDE_LIMBS;

	*rest = (struct wide){ 0 };
	while (limbs > 0 && fits_limbs(num, limbs - 1))
		limbs--;
	for (int bit = limbs * 64 - 1; bit >= 0; bit--) {
		uint64_t one = UINT64_C(1) << bit % 64;

		wide_add(rest, rest);
		rest->limb[0] |= (num->limb[bit / 64] & one) != 0;
		if (order_magnitudes(rest, den) >= 0) {
			wide_sub(rest, den);
			quotient.limb[bit / 64] |= one;
		}
	}
	return quotient;
}

/* Both as unsigned numbers; den is not 0. */
static struct wide
divide(const struct wide *num, const struct wide *den, struct wide *rest)
{
	struct wide quotient = *num;

	if (fits_limbs(num, 2) && fits_limbs(den, 2)) {
		uint128 n = low_half(num), d = low_half(den);

		*rest = wide_of((int128)(n % d));
		quotient = wide_of((int128)(n / d));
		/* wide_of() took the top bit for a sign. */
		for (int i = 2; i < WIDE_LIMBS; i++)
			quotient.limb[i] = rest->limb[i] = 0;
		return quotient;
	}
	if (fits_limbs(den, 1)) {
		uint64_t r = div_limb(&quotient, den->limb[0]);

		*rest = (struct wide){ { r } };
		return quotient;
	}
	return div_long(num, den, rest);
}

struct wide
wide_div_trunc(const struct wide *num, const struct wide *den)
{
	struct wide n = magnitude(num), d = magnitude(den), rest;
	struct wide quotient = divide(&n, &d, &rest);

	if (wide_is_negative(num) != wide_is_negative(den))
		wide_negate(&quotient);
	return quotient;
}

struct wide
wide_div_half_up(const struct wide *num, const struct wide *den)
{
	struct wide n = magnitude(num), d = magnitude(den), rest;
	struct wide quotient = divide(&n, &d, &rest);

	/* 2 * rest >= d, without a doubling that could overflow. */
	wide_sub(&d, &rest);
	if (order_magnitudes(&rest, &d) >= 0)
		wide_add_i128(&quotient, 1);
	if (wide_is_negative(num) != wide_is_negative(den))
		wide_negate(&quotient);
	return quotient;
}

int
wide_digits(const struct wide *w)
{
	struct wide m = magnitude(w);
	int digits = 0;

	while (!fits_limbs(&m, 1)) {
		div_limb(&m, TEN19);
		digits += LIMB_DIGITS;
	}
	do {
		digits++;
		m.limb[0] /= 10;
	} while (m.limb[0] != 0);
	return digits;
}
