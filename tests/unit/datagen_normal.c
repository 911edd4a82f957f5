/* datagen_normal - the normal distribution, by its quantiles.
 * SPDX-License-Identifier: ISC */
#include "datagen/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/datagen_rows.h"

enum { DRAWS = 1000000, CELLS = 40 };

/* Cells of a fifth of a deviation from -4 to 4, the tails with the last. */
static void
cells_hold_what_the_error_function_says(void **state)
{
	uint64_t seen[CELLS] = { 0 };
	double expected[CELLS];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 11);
	for (int i = 0; i < CELLS; i++) {
		double low = i == 0 ? -INFINITY : -4 + i / 5.0;
		double high = i == CELLS - 1 ? INFINITY : -4 + (i + 1) / 5.0;

		expected[i] = DRAWS * (erfc(low / -sqrt(2)) / 2 -
					  erfc(high / -sqrt(2)) / 2);
		if (expected[i] < 0)
			expected[i] = -expected[i];
	}
	for (int i = 0; i < DRAWS; i++) {
		double z = (double)rng_normal(&rng) /
		           (double)(INT64_C(1) << NORMAL_BITS);
		int cell = (int)floor((z + 4) * 5);

		seen[cell < 0 ? 0 : cell >= CELLS ? CELLS - 1 : cell]++;
	}
	assert_true(rows_chi(seen, expected, CELLS) < rows_chi_limit(CELLS));
}

static void
the_tails_are_there_and_end_at_ten(void **state)
{
	int64_t one = INT64_C(1) << NORMAL_BITS, largest = 0;
	uint64_t seen[2] = { 0 };
	double expected[2];
	struct rng rng;

	(void)state;
	rng_seed(&rng, 12);
	expected[0] = DRAWS * erfc(3.5 / sqrt(2)) / 2;
	expected[1] = expected[0];
	for (int i = 0; i < DRAWS; i++) {
		int64_t z = rng_normal(&rng);

		seen[0] += z > one / 2 * 7;
		seen[1] += z < -(one / 2 * 7);
		if (z > largest)
			largest = z;
	}
	assert_true(rows_chi(seen, expected, 2) < rows_chi_limit(3));
	assert_true(largest > one * 4 && largest < one * 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cells_hold_what_the_error_function_says),
		cmocka_unit_test(the_tails_are_there_and_end_at_ten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
