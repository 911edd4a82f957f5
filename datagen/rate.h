/* rate - rows a second as an exact fraction.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_RATE_H
#define DATAGEN_RATE_H

#include <stdint.h>

#include "lib/fault.h"
#include "lib/span.h"

/* rows / seconds, in lowest terms; rows == 0: no rate, as fast as it goes. */
struct rate {
	uint64_t rows;
	uint64_t seconds; /* 1..10^9 */
};

/*
 * "10000", "0.5": digits, with up to 9 decimals, at most 10^9 rows a second.
 * Returns 0, or -1 with a fault.
 */
int rate_parse(struct span, struct rate *, struct fault *);

uint64_t rate_gcd(uint64_t, uint64_t);

#endif
