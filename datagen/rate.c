/* rate - rows a second as an exact fraction.
 * SPDX-License-Identifier: ISC */
#include "datagen/rate.h"

uint64_t
rate_gcd(uint64_t a, uint64_t b)
{
	while (b != 0) {
		uint64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

int
rate_parse(struct span text, struct rate *rate, struct fault *why)
{
	const uint64_t most = 1000000000;
	uint64_t rows = 0, seconds = 1, common;
	size_t digits = 0;
	int decimals = -1;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '.' && decimals == -1) {
			decimals = 0;
			continue;
		}
		if (c < '0' || c > '9')
			return fault_set(
			    why, i, "not a number of rows a second");
		if (decimals == 9)
			return fault_set(why, i, "more than 9 decimals");
		if (decimals >= 0) {
			decimals++;
			seconds *= 10;
		}
		rows = rows * 10 + (uint64_t)(c - '0');
		if (rows / seconds > most ||
		    (rows / seconds == most && rows % seconds != 0))
			return fault_set(
			    why, i, "more than 1000000000 rows a second");
		digits++;
	}
	if (digits == 0)
		return fault_set(why, 0, "not a number of rows a second");
	common = rate_gcd(rows, seconds);
	*rate = (struct rate){ rows / common, seconds / common };
	return 0;
}
