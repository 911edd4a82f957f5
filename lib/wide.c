/* wide - signed integers of 384 bits.
 * SPDX-License-Identifier: ISC */
#include "lib/wide.h"

/* Division works on half limbs, so that each of its steps fits 64 bits. */
enum { HALVES = WIDE_LIMBS * 2 };

/* 10^19 is the largest power of ten that fits a limb. */
enum { LIMB_DIGITS = 19 };
#define TEN19 UINT64_C(10000000000000000000)

struct halves {
	uint32_t h[HALVES + 1]; /* one more: normalising may carry into it */
	int n;                  /* without leading zeros */
};

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

/* Shifted left by 0..31 bits. */
static struct halves
halves_of(const struct wide *w, int shift)
{
	struct halves out = { 0 };
	uint64_t carry = 0;

	for (int i = 0; i < HALVES; i++) {
		uint64_t half = w->limb[i / 2] >> (i % 2 * 32) & UINT32_MAX;

		half = half << shift | carry;
		out.h[i] = (uint32_t)half;
		carry = half >> 32;
	}
	out.h[HALVES] = (uint32_t)carry;
	out.n = HALVES + 1;
	while (out.n > 0 && out.h[out.n - 1] == 0)
		out.n--;
	return out;
}

/* n -= d * q at position at; returns whether that went below zero. */
static bool
sub_times(struct halves *n, const struct halves *d, uint64_t q, int at)
{
	uint64_t carry = 0, borrow = 0;

	for (int i = 0; i < d->n; i++) {
		uint64_t t = d->h[i] * q + carry;
		uint64_t diff = (uint64_t)n->h[at + i] - (uint32_t)t - borrow;

		n->h[at + i] = (uint32_t)diff;
		carry = t >> 32;
		borrow = diff >> 63;
	}
	uint64_t diff = (uint64_t)n->h[at + d->n] - carry - borrow;

	n->h[at + d->n] = (uint32_t)diff;
	return diff >> 63 != 0;
}

static void
add_back(struct halves *n, const struct halves *d, int at)
{
	uint64_t carry = 0;

	for (int i = 0; i < d->n; i++) {
		carry += (uint64_t)n->h[at + i] + d->h[i];
		n->h[at + i] = (uint32_t)carry;
		carry >>= 32;
	}
	n->h[at + d->n] += (uint32_t)carry;
}

/* The next half limb of the quotient, at most one too high. */
static uint64_t
guess(const struct halves *n, const struct halves *d, int at)
{
	uint64_t top = (uint64_t)n->h[at + d->n] << 32 | n->h[at + d->n - 1];
	uint64_t high = d->h[d->n - 1], next = d->h[d->n - 2];
	uint64_t q = top / high, rest = top % high;

	while (
	    q > UINT32_MAX || q * next > (rest << 32 | n->h[at + d->n - 2])) {
		q--;
		rest += high;
		if (rest > UINT32_MAX)
			break;
	}
	return q;
}

/*
 * Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm D, in
 * base 2^32.  The divisor has more than one limb; *rest is set.
 * Every variance of decimals comes here, and sums of more than 38 digits do;
 * dividing bit by bit is shorter, but made some queries take twice as long.
 */
static struct wide
div_long(const struct wide *num, const struct wide *den, struct wide *rest)
{
	struct halves d = halves_of(den, 0);
	int shift = __builtin_clz(d.h[d.n - 1]);
	struct halves n = halves_of(num, shift);
	struct wide quotient = { 0 };

	d = halves_of(den, shift);
	for (int at = HALVES - d.n; at >= 0; at--) {
		uint64_t q = guess(&n, &d, at);

		if (sub_times(&n, &d, q, at)) {
			q--;
			add_back(&n, &d, at);
		}
		quotient.limb[at / 2] |= q << (at % 2 * 32);
	}
	*rest = (struct wide){ 0 };
	for (int i = 0; i < d.n; i++) {
		uint64_t half = (uint64_t)n.h[i + 1] << 32 | n.h[i];

		half = half >> shift & UINT32_MAX;
		rest->limb[i / 2] |= half << (i % 2 * 32);
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
