/* Tests of lib/hash.
 * SPDX-License-Identifier: ISC */
#include "lib/hash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
another_seed_gives_other_hashes(void **state)
{
	uint64_t before = hash_bytes(span_of("k"));

	(void)state;
	hash_seed(1, 2);
	assert_true(hash_bytes(span_of("k")) != before);
	/* A bad seed still tells keys apart. */
	hash_seed(0, 0);
	assert_true(hash_bytes(span_of("k")) != hash_bytes(span_of("l")));
}

static void
a_seed_is_drawn_anew_each_time(void **state)
{
	uint64_t before;

	(void)state;
	assert_int_equal(hash_seed_draw(), 0);
	before = hash_bytes(span_of("k"));
	assert_int_equal(hash_seed_draw(), 0);
	assert_true(hash_bytes(span_of("k")) != before);
}

/* Of every length, each byte counts, and so does the length. */
static void
all_bytes_count(void **state)
{
	char text[80] = { 0 };

	(void)state;
	hash_seed(0x0123456789abcdef, 0xfedcba9876543210);
	for (size_t n = 1; n <= sizeof text; n++) {
		uint64_t before = hash_bytes((struct span){ text, n });

		assert_true(hash_bytes((struct span){ text, n - 1 }) != before);
		for (size_t i = 0; i < n; i++) {
			text[i] = 1;
			assert_true(
			    hash_bytes((struct span){ text, n }) != before);
			text[i] = 0;
		}
	}
}

static void
short_keys_hash_as_all_do(void **state)
{
	char text[15] = { 0 };

	(void)state;
	hash_seed(0x0123456789abcdef, 0xfedcba9876543210);
	for (size_t n = 0; n <= sizeof text; n++) {
		assert_true(hash_padded(text, n) ==
			    hash_bytes((struct span){ text, n }));
		if (n < sizeof text)
			text[n] = (char)(n * 37 + 1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(another_seed_gives_other_hashes),
		cmocka_unit_test(a_seed_is_drawn_anew_each_time),
		cmocka_unit_test(all_bytes_count),
		cmocka_unit_test(short_keys_hash_as_all_do),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
