/* normal - normally distributed numbers without floating point.
 * SPDX-License-Identifier: ISC */
#include "datagen/normal.h"

#include <stdbool.h>

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
normal_next(struct rng *r)
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
