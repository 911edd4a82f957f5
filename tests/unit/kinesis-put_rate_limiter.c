/* Tests of the rate limiter in kinesis-put/shards.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/shards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void
there_is_no_limit_until_a_shard_throttles(void **state)
{
	struct rate_limiter p = { 0 };

	(void)state;
	for (int64_t ms = 0; ms < 3000; ms += 10) {
		rate_limiter_answer(&p, 500, 0, ms, ms);
		assert_true(rate_limiter_allows(&p, ms));
	}
	assert_true(rate_limiter_due_ms(&p) < 0);
}

static void
it_begins_at_what_was_stored(void **state)
{
	struct rate_limiter p = { 0 };

	(void)state;
	for (int64_t ms = 0; ms < 1000; ms += 100)
		rate_limiter_answer(&p, 500, 0, ms, ms);
	rate_limiter_answer(&p, 100, 400, 990, 990);
	assert_true(p.per_s == 5100);
}

static void
it_doubles_while_nothing_is_throttled_and_is_lifted_after_a_second(void **state)
{
	struct rate_limiter p = { 0 };

	(void)state;
	for (int64_t ms = 0; ms < 1000; ms += 100)
		rate_limiter_answer(&p, 500, 0, ms, ms);
	rate_limiter_answer(&p, 100, 400, 990, 990);
	rate_limiter_answer(&p, 100, 0, 980, 995);
	assert_true(p.per_s == 5100);
	rate_limiter_answer(&p, 100, 0, 990, 1090);
	assert_true(p.per_s == 10200);
	rate_limiter_answer(&p, 100, 0, 1089, 1200);
	assert_true(p.per_s == 10200);
	rate_limiter_answer(&p, 100, 0, 1989, 1990);
	assert_true(p.per_s == 0);
}

/* Stored less and less: it falls, but not below half of the last second. */
static void
it_falls_by_a_tenth_only_while_less_is_stored(void **state)
{
	struct rate_limiter p = { 0 };
	double before;

	(void)state;
	for (int64_t ms = 0; ms < 1000; ms += 100)
		rate_limiter_answer(&p, 1000, 0, ms, ms);
	rate_limiter_answer(&p, 500, 500, 995, 995);
	before = p.per_s;
	rate_limiter_answer(&p, 400, 500, 996, 996);
	assert_true(p.per_s == before * 0.9);
	rate_limiter_answer(&p, 400, 500, 997, 997);
	assert_true(p.per_s == before * 0.9);
	rate_limiter_answer(&p, 450, 500, 998, 998);
	assert_true(p.per_s == before * 0.9);
}

static void
answers_to_older_requests_do_not_make_it_fall_again(void **state)
{
	struct rate_limiter p = { 0 };
	double before;

	(void)state;
	for (int64_t ms = 0; ms < 1000; ms += 100)
		rate_limiter_answer(&p, 1000, 0, ms, ms);
	rate_limiter_answer(&p, 500, 500, 950, 995);
	before = p.per_s;
	rate_limiter_answer(&p, 400, 500, 950, 996);
	rate_limiter_answer(&p, 300, 500, 950, 997);
	assert_true(p.per_s == before);
}

static void
it_never_falls_below_what_a_shard_takes(void **state)
{
	struct rate_limiter p = { 0 };

	(void)state;
	for (int64_t ms = 0; ms < 100000; ms += 50)
		rate_limiter_answer(&p, ms % 100 == 0 ? 1 : 0, 500, ms, ms);
	assert_true(p.per_s == RATE_LEAST);
}

static void
half_of_the_last_second_is_kept(void **state)
{
	struct rate_limiter p = { 0 };

	(void)state;
	for (int64_t ms = 0; ms < 1000; ms += 10)
		rate_limiter_answer(&p, 200, 1, ms, ms);
	for (int64_t ms = 1000; ms < 1200; ms++)
		rate_limiter_answer(
		    &p, (uint64_t)(1200 - ms) / 100, 500, ms, ms);
	assert_true(p.per_s >= 10000);
}

static void
records_go_at_the_pace_after_a_small_burst(void **state)
{
	struct rate_limiter p = { .per_s = 1000, .next_ms = 0 };
	int n = 0;

	(void)state;
	for (int64_t ms = 10000; ms < 11000; ms++) {
		while (rate_limiter_allows(&p, ms))
			n++;
		assert_true(rate_limiter_due_ms(&p) > ms);
		assert_true(
		    rate_limiter_due_ms(&p) <= ms + 1 + RATE_TOGETHER_MS);
	}
	assert_true(n >= 1000);
	assert_true(n <= 1000 + RATE_BURST_MS + 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(there_is_no_limit_until_a_shard_throttles),
		cmocka_unit_test(it_begins_at_what_was_stored),
		cmocka_unit_test(
		    it_doubles_while_nothing_is_throttled_and_is_lifted_after_a_second),
		cmocka_unit_test(it_falls_by_a_tenth_only_while_less_is_stored),
		cmocka_unit_test(
		    answers_to_older_requests_do_not_make_it_fall_again),
		cmocka_unit_test(it_never_falls_below_what_a_shard_takes),
		cmocka_unit_test(half_of_the_last_second_is_kept),
		cmocka_unit_test(records_go_at_the_pace_after_a_small_burst),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
