/* random - numbers from a small state, SplitMix64; not for secrets.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_RANDOM_H
#define LIB_RANDOM_H

#include <stdint.h>

/* Any seed will do: nothing secret hangs on what is drawn. */
struct random {
	uint64_t state;
};

/*
 * The next 64 bits.  Source: Steele, Lea, Flood, "Fast splittable
 * pseudorandom number generators" (OOPSLA 2014), SplitMix64.
 */
static inline uint64_t
random_next(struct random *r)
{
	uint64_t z = r->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

#endif
