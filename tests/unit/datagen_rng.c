/* datagen_rng - the generator against its authors' numbers, and no bias.
 * SPDX-License-Identifier: ISC */
#include "datagen/rng.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "lib/random.h"
#include "tests/unit/datagen_rows.h"

/* The first numbers from the state 1, 2, 3, 4; of seed 1234567. */
static void
gives_the_numbers_of_the_reference(void **state)
{
	static const uint64_t xoshiro[] = { 11520, 0, 1509978240,
		1215971899390074240, 1216172134540287360, 607988272756665600,
		16172922978634559625U, 8476171486693032832,
		10595114339597558777U, 2904607092377533576 };
	static const uint64_t splitmix[] = { 6457827717110365317,
		3203168211198807973, 9817491932198370423U, 4593380528125082431,
		16408922859458223821U };
	struct rng r = { { 1, 2, 3, 4 } };
	struct random seed = { 1234567 };

	(void)state;
	for (size_t i = 0; i < sizeof xoshiro / sizeof *xoshiro; i++)
		assert_true(rng_next(&r) == xoshiro[i]);
	for (size_t i = 0; i < sizeof splitmix / sizeof *splitmix; i++)
		assert_true(random_next(&seed) == splitmix[i]);
}

/* A step of the state is linear over two elements: 256 columns of 256 bits. */
static struct rng matrix[256], square[256];

static struct rng
apply(const struct rng *m, const struct rng *v)
{
	struct rng sum = { { 0 } };

	for (int bit = 0; bit < 256; bit++) {
		if (v->s[bit / 64] >> bit % 64 & 1) {
			for (int k = 0; k < 4; k++)
				sum.s[k] ^= m[bit].s[k];
		}
	}
	return sum;
}

static void
squarings(int times)
{
	while (times-- > 0) {
		for (int i = 0; i < 256; i++)
			square[i] = apply(matrix, &matrix[i]);
		memcpy(matrix, square, sizeof matrix);
	}
}

static void
jumps_by_2_to_128_and_leaps_by_2_to_192(void **state)
{
	const struct rng start = { { 1, 22, 333, 4444 } };
	struct rng r, far;

	(void)state;
	for (int i = 0; i < 256; i++) {
		matrix[i] = (struct rng){ { 0 } };
		matrix[i].s[i / 64] = (uint64_t)1 << i % 64;
		(void)rng_next(&matrix[i]);
	}
	squarings(128);
	r = start;
	rng_jump(&r);
	far = apply(matrix, &start);
	assert_memory_equal(&r, &far, sizeof r);
	squarings(64);
	r = start;
	rng_leap(&r);
	far = apply(matrix, &start);
	assert_memory_equal(&r, &far, sizeof r);
}

/* Of 3/4 of 2^64 a plain product would give each third number twice. */
static void
is_fair_where_the_range_does_not_divide_2_to_64(void **state)
{
	const uint64_t n = (uint64_t)3 << 62;
	uint64_t seen[3] = { 0 };
	double expected[3] = { 100000, 100000, 100000 };
	struct rng r;

	(void)state;
	rng_seed(&r, 5);
	for (int i = 0; i < 300000; i++)
		seen[rng_below(&r, n) % 3]++;
	assert_true(rows_chi(seen, expected, 3) < rows_chi_limit(3));
}

static void
stays_below_its_bound(void **state)
{
	uint128 wide = ((uint128)1 << 100) + 12345;
	uint64_t seen[7] = { 0 }, halves[2] = { 0 };
	double expected[7], expected_halves[2] = { 35000, 35000 };
	struct rng r;

	(void)state;
	rng_seed(&r, 6);
	for (int i = 0; i < 7; i++)
		expected[i] = 10000;
	for (int i = 0; i < 70000; i++) {
		uint128 v = rng_below_wide(&r, wide);

		assert_true(v < wide);
		halves[v > wide / 2]++;
		seen[rng_below_wide(&r, 7)]++;
		assert_true(rng_below(&r, 1) == 0);
	}
	assert_true(rows_chi(seen, expected, 7) < rows_chi_limit(7));
	assert_true(rows_chi(halves, expected_halves, 2) < rows_chi_limit(2));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_the_numbers_of_the_reference),
		cmocka_unit_test(jumps_by_2_to_128_and_leaps_by_2_to_192),
		cmocka_unit_test(
		    is_fair_where_the_range_does_not_divide_2_to_64),
		cmocka_unit_test(stays_below_its_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
