/* rng - pseudo-random numbers of known quality, without bias, the same
 * everywhere.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_RNG_H
#define DATAGEN_RNG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/wide.h"

/*
 * xoshiro256**: David Blackman, Sebastiano Vigna, "Scrambled Linear
 * Pseudorandom Number Generators", ACM Transactions on Mathematical Software
 * 47(4), 2021.  Period 2^256 - 1, four-dimensionally equidistributed.
 */
struct rng {
	uint64_t s[4];
};

/*
 * Seeds by SplitMix64 (Steele, Lea, Flood, "Fast Splittable Pseudorandom
 * Number Generators", OOPSLA 2014), as the authors of xoshiro advise.
 */
void rng_seed(struct rng *, uint64_t seed);

/*
 * Moves on by 2^128 (jump) or 2^192 (leap) numbers: one seed gives many
 * sequences that do not overlap, one for each column, so that a change of one
 * column leaves the values of the others as they were.
 */
void rng_jump(struct rng *);
void rng_leap(struct rng *);

/* 64 random bits. */
static inline uint64_t
rng_next(struct rng *r)
{
	uint64_t s1 = r->s[1];
	uint64_t by5 = s1 * 5;
	uint64_t result = ((by5 << 7) | (by5 >> 57)) * 9;
	uint64_t s2 = r->s[2] ^ r->s[0];
	uint64_t s3 = r->s[3] ^ s1;

	r->s[1] = s1 ^ s2;
	r->s[0] ^= s3;
	r->s[2] = s2 ^ (s1 << 17);
	r->s[3] = (s3 << 45) | (s3 >> 19);
	return result;
}

/* The rare part of rng_below(): draws again until there is no bias. */
uint64_t rng_below_again(struct rng *, uint64_t n, uint64_t low, uint64_t high);

/*
 * A number in 0..n-1, each equally likely; n == 0 stands for 2^64.
 * Daniel Lemire, "Fast Random Integer Generation in an Interval", ACM
 * Transactions on Modeling and Computer Simulation 29(1), 2019.
 */
static inline uint64_t
rng_below(struct rng *r, uint64_t n)
{
	uint64_t x = rng_next(r);
	uint128 product = (uint128)x * n;
	uint64_t low = (uint64_t)product;

	if (n == 0)
		return x;
	if (__builtin_expect(low < n, 0))
		return rng_below_again(r, n, low, (uint64_t)(product >> 64));
	return (uint64_t)(product >> 64);
}

/* The same for up to 128 bits; n > 0. */
uint128 rng_below_wide(struct rng *, uint128 n);

/* True with the probability threshold / 2^64. */
static inline bool
rng_chance(struct rng *r, uint64_t threshold)
{
	return rng_next(r) < threshold;
}

enum { NORMAL_BITS = 56 };

/*
 * A number from the normal distribution of mean 0 and deviation 1, times 2^56,
 * below 10 x 2^56 in size (the rest, 1 in 10^23, is drawn anew).
 * Charles F. F. Karney, "Sampling Exactly from the Normal Distribution", ACM
 * Transactions on Mathematical Software 42(1), 2016, algorithm N: only whole
 * numbers are compared, so that the result is the same on every machine.
 */
int64_t rng_normal(struct rng *);

#endif
