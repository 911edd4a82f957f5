/* rate - exact fractions: rows a second, shares of rows.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_RATE_H
#define DATAGEN_RATE_H

#include <stdbool.h>
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

/*
 * "5%", "0.1%": 0 to 100 in percent, up to 9 decimals, as a threshold for
 * rng_chance(); always is set for 100.  False where it is none.
 */
bool rate_percent(struct span, uint64_t *below, bool *always);

uint64_t rate_gcd(uint64_t, uint64_t);

#endif
