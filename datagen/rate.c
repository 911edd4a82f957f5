/* rate - exact fractions: rows a second, shares of rows.
 * SPDX-License-Identifier: ISC */
#include "datagen/rate.h"

#include "lib/ascii.h"
#include "lib/wide.h"

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

/* Why a text is no fraction. */
struct wrong {
	const char *number, *decimals, *most;
};

/*
 * Digits, with up to 9 decimals, as parts / whole, which is at most most; whole
 * is a power of ten.
 */
static int
read_fraction(struct span text, uint64_t most, uint64_t *parts, uint64_t *whole,
    const struct wrong *wrong, struct fault *why)
{
	bool has_digits = false, has_point = false;

	*parts = 0;
	*whole = 1;
	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (c == '.' && !has_point) {
			has_point = true;
			continue;
		}
		if (!ascii_is_digit(c))
			return fault_set(why, i, wrong->number);
		if (*whole == 1000000000)
			return fault_set(why, i, wrong->decimals);
		if (has_point)
			*whole *= 10;
		*parts = *parts * 10 + (uint64_t)(c - '0');
		if (*parts > most * *whole)
			return fault_set(why, i, wrong->most);
		has_digits = true;
	}
	return has_digits ? 0 : fault_set(why, 0, wrong->number);
}

int
rate_parse(struct span text, struct rate *rate, struct fault *why)
{
	static const struct wrong wrong = { "not a number of rows a second",
		"more than 9 decimals", "more than 1000000000 rows a second" };
	uint64_t rows, seconds, common;

	if (read_fraction(text, 1000000000, &rows, &seconds, &wrong, why) == -1)
		return -1;
	common = rate_gcd(rows, seconds);
	*rate = (struct rate){ rows / common, seconds / common };
	return 0;
}

bool
rate_percent(struct span text, uint64_t *below, bool *always)
{
	static const struct wrong wrong = { NULL, NULL, NULL };
	uint64_t parts, whole;

	if (text.n == 0 || text.p[text.n - 1] != '%')
		return false;
	text.n--;
	if (read_fraction(text, 100, &parts, &whole, &wrong, NULL) == -1)
		return false;
	*always = parts == 100 * whole;
	/* Of 2^64; at 100 always counts. */
	*below = *always ? UINT64_MAX
	                 : (uint64_t)(((uint128)parts << 64) / (100 * whole));
	return true;
}
