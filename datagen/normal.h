/* normal - normally distributed numbers without floating point.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_NORMAL_H
#define DATAGEN_NORMAL_H

#include <stdint.h>

#include "datagen/rng.h"

enum { NORMAL_BITS = 56 };

/*
 * A number from the normal distribution of mean 0 and deviation 1, times 2^56,
 * below 10 x 2^56 in size (the rest, 1 in 10^23, is drawn anew).
 * Charles F. F. Karney, "Sampling Exactly from the Normal Distribution", ACM
 * Transactions on Mathematical Software 42(1), 2016, algorithm N: only whole
 * numbers are compared, so that the result is the same on every machine.
 */
int64_t normal_next(struct rng *);

#endif
