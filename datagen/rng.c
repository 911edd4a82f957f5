/* rng - pseudo-random numbers of known quality.
 * SPDX-License-Identifier: ISC */
#include "datagen/rng.h"

#include "lib/random.h"

void
rng_seed(struct rng *r, uint64_t seed)
{
	struct random of_seed = { seed };

	for (int i = 0; i < 4; i++)
		r->s[i] = random_next(&of_seed);
}

/* The polynomials are those of the paper's reference code. */
static void
advance(struct rng *r, const uint64_t polynomial[4])
{
	uint64_t s[4] = { 0 };

	for (int i = 0; i < 4; i++) {
		for (int bit = 0; bit < 64; bit++) {
			if (polynomial[i] >> bit & 1) {
				for (int k = 0; k < 4; k++)
					s[k] ^= r->s[k];
			}
			(void)rng_next(r);
		}
	}
	for (int k = 0; k < 4; k++)
		r->s[k] = s[k];
}

void
rng_jump(struct rng *r)
{
	static const uint64_t jump[4] = { 0x180ec6d33cfd0aba,
		0xd5a61266f0c9392c, 0xa9582618e03fc9aa, 0x39abdc4529b1661c };

	advance(r, jump);
}

void
rng_leap(struct rng *r)
{
	static const uint64_t leap[4] = { 0x76e15d3efefdcbbf,
		0xc5004e441c522fb3, 0x77710069854ee241, 0x39109bb02acbe635 };

	advance(r, leap);
}

uint64_t
rng_below_again(struct rng *r, uint64_t n, uint64_t low, uint64_t high)
{
	uint64_t first_fair = -n % n;

	while (low < first_fair) {
		uint128 product = (uint128)rng_next(r) * n;

		low = (uint64_t)product;
		high = (uint64_t)(product >> 64);
	}
	return high;
}

uint128
rng_below_wide(struct rng *r, uint128 n)
{
	uint128 mask = n - 1;
	uint128 x;

	if (n <= UINT64_MAX)
		return rng_below(r, (uint64_t)n);
	/* As many bits as n has, drawn again while they are n or more. */
	for (int shift = 1; shift < 128; shift *= 2)
		mask |= mask >> shift;
	do {
		uint64_t high = rng_next(r);

		x = ((uint128)high << 64 | rng_next(r)) & mask;
	} while (x >= n);
	return x;
}

/* --- normally distributed ------------------------------------------------ */

enum { NORMAL_MAX = 10 };

/*
 * True with probability exp(-1/2): algorithm H, von Neumann's: the length of
 * the falling run of uniform numbers that begins with one below 1/2 is even.
 */
static bool
half_exponential(struct rng *r)
{
	uint64_t last = rng_next(r);

	if (last >> 63)
		return true;
	for (;;) {
		uint64_t next = rng_next(r);

		if (next >= last)
			return false;
		last = rng_next(r);
		if (last >= next)
			return true;
	}
}

/* True with probability exp(-n/2). */
static bool
half_exponentials(struct rng *r, unsigned n)
{
	while (n > 0) {
		if (!half_exponential(r))
			return false;
		n--;
	}
	return true;
}

/* True with probability exp(-x (2k + x) / (2k + 2)): algorithm B. */
static bool
bend(struct rng *r, unsigned k, uint64_t x)
{
	uint64_t last = x, parts = 2 * k + 2;
	unsigned n;

	for (n = 0;; n++) {
		uint64_t next = rng_next(r), pick;

		if (next >= last)
			break;
		/* Goes on with probability (2k + x) / (2k + 2). */
		pick = rng_below(r, parts);
		if (pick > 2 * k || (pick == 2 * k && rng_next(r) >= x))
			break;
		last = next;
	}
	return n % 2 == 0;
}

int64_t
rng_normal(struct rng *r)
{
	for (;;) {
		unsigned k = 0, trials;
		uint64_t x;
		int64_t size;

		while (half_exponential(r))
			k++;
		if (k >= NORMAL_MAX || !half_exponentials(r, k * (k - 1)))
			continue;
		x = rng_next(r);
		for (trials = 0; trials <= k; trials++) {
			if (!bend(r, k, x))
				break;
		}
		if (trials <= k)
			continue;
		size = (int64_t)k << NORMAL_BITS |
		       (int64_t)(x >> (64 - NORMAL_BITS));
		return rng_next(r) >> 63 ? -size : size;
	}
}
