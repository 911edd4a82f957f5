/* Tests of kinesis-put/pool.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

static uint64_t seed = 7;

static size_t
below(size_t n)
{
	seed = seed * 6364136223846793005u + 1442695040888963407u;
	return (size_t)(seed >> 33) % n;
}

static void
a_record_keeps_its_parts(void **state)
{
	struct pool s = { 0 };
	uint32_t i =
	    pool_add(&s, span_of("key"), span_of("17"), span_of("data"), true);
	const struct record *r = &s.rec[i];

	(void)state;
	assert_true(span_is(pool_key(&s, r), "key"));
	assert_true(span_is(pool_hash(&s, r), "17"));
	assert_true(span_is(pool_data(&s, r), "data\n"));
	assert_true(span_is(pool_line(&s, r), "data"));
	assert_int_equal(record_bytes(r), 3 + 2 + 5);
	assert_int_equal(s.live, 1);
	assert_int_equal(pool_bytes(&s), 10 + sizeof *r);
	pool_drop(&s, i);
	assert_int_equal(pool_bytes(&s), 0);
	pool_free(&s);
}

static void
a_key_to_be_drawn_counts_as_if_it_were_there(void **state)
{
	struct pool s = { 0 };
	uint32_t i = pool_add(
	    &s, (struct span){ 0 }, (struct span){ 0 }, span_of("x"), false);

	(void)state;
	s.rec[i].flags |= RECORD_RANDOM_KEY;
	assert_int_equal(record_bytes(&s.rec[i]), RANDOM_KEY_BYTES + 1);
	pool_free(&s);
}

/* Each record says its own number; sizes from empty to beyond a block. */
static void
what_is_put_in_comes_out_whatever_goes_between(void **state)
{
	enum { HELD = 2000, STEPS = 60000 };
	static uint32_t held[HELD], number[HELD];
	static char text[POOL_BLOCK + 100];
	struct pool s = { 0 };
	size_t n = 0;

	(void)state;
	for (uint32_t step = 0; step < STEPS; step++) {
		if (n < HELD && below(5) < 3) {
			size_t size = below(1000) == 0 ? sizeof text
			              : below(20) == 0 ? 0
			                               : below(300);
			int at = snprintf(text, sizeof text, "%u:", step);
			struct span data = { text,
				size < (size_t)at ? (size_t)at : size };

			held[n] = pool_add(
			    &s, span_of("k"), (struct span){ 0 }, data, false);
			assert_int_not_equal(held[n], RECORD_NONE);
			number[n++] = step;
		} else if (n > 0) {
			size_t i = below(n);
			char want[16];
			struct span got = pool_data(&s, &s.rec[held[i]]);
			int len = snprintf(want, sizeof want, "%u:", number[i]);

			assert_true(got.n >= (size_t)len);
			assert_memory_equal(got.p, want, (size_t)len);
			pool_drop(&s, held[i]);
			held[i] = held[--n];
			number[i] = number[n];
		}
	}
	while (n > 0)
		pool_drop(&s, held[--n]);
	assert_int_equal(s.live, 0);
	assert_int_equal(s.live_bytes, 0);
	assert_true(s.block_bytes <= sizeof text + 1 + POOL_BLOCK);
	pool_free(&s);
}

/* One record in a thousand waits for ever. */
static void
records_that_wait_do_not_keep_their_blocks(void **state)
{
	char text[1000] = { 'x' };
	struct pool s = { 0 };

	(void)state;
	for (int i = 0; i < 200 * 1000; i++) {
		uint32_t one =
		    pool_add(&s, (struct span){ 0 }, (struct span){ 0 },
			(struct span){ text, sizeof text }, false);

		text[0] = (char)('a' + i % 26);
		if (i % 1000 != 0)
			pool_drop(&s, one);
		assert_true(s.block_bytes <=
			    2 * s.live_bytes + (size_t)18 * POOL_BLOCK);
	}
	assert_int_equal(s.live, 200);
	pool_free(&s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_keeps_its_parts),
		cmocka_unit_test(a_key_to_be_drawn_counts_as_if_it_were_there),
		cmocka_unit_test(
		    what_is_put_in_comes_out_whatever_goes_between),
		cmocka_unit_test(records_that_wait_do_not_keep_their_blocks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
