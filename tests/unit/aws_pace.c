/* Tests of aws/pace.
 * SPDX-License-Identifier: ISC */
#include "aws/pace.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

enum { MB = 1024 * 1024 };

static void
four_times_a_second_at_the_most(void **state)
{
	struct pace p = { 0 };

	(void)state;
	pace_answered(&p, 100, 2 * MB, 5000);
	assert_int_equal(p.due_ms, 5250);
}

/* 10 MiB at 2 MiB a second: five seconds. */
static void
a_large_answer_is_made_up_for(void **state)
{
	struct pace p = { 0 };

	(void)state;
	pace_answered(&p, 10 * MB, 2 * MB, 1000);
	assert_int_equal(p.due_ms, 6000);
	pace_answered(&p, 0, 2 * MB, 6000);
	assert_int_equal(p.due_ms, 6250);
}

static void
throttles_halve_it_and_answers_double_it_again(void **state)
{
	struct pace p = { 0 };
	int64_t now_ms = 0;

	(void)state;
	for (int64_t least = 500; least < PACE_MOST_MS; least *= 2) {
		pace_throttled(&p, 0, now_ms);
		assert_int_equal(p.due_ms, now_ms + least / 2);
		now_ms = p.due_ms;
	}
	pace_throttled(&p, UINT64_MAX, now_ms);
	assert_true(p.due_ms >= now_ms + PACE_MOST_MS / 2);
	assert_true(p.due_ms < now_ms + 3 * PACE_MOST_MS / 2);
	for (int64_t least = PACE_MOST_MS / 2; least > PACE_LEAST_MS;
	     least /= 2) {
		pace_answered(&p, 0, 2 * MB, now_ms);
		assert_int_equal(p.due_ms, now_ms + least);
	}
	for (int i = 0; i < 3; i++)
		pace_answered(&p, 0, 2 * MB, now_ms);
	assert_int_equal(p.due_ms, now_ms + PACE_LEAST_MS);
}

static void
a_second_is_asked_for_at_once(void **state)
{
	(void)state;
	assert_int_equal(pace_limit(1000 * 1024, 1000, 2 * MB), 2048);
	assert_int_equal(pace_limit(100 * 1000, 1000, 2 * MB), 10000);
	assert_int_equal(pace_limit(0, 17, 2 * MB), 10000);
	assert_int_equal(pace_limit(10 * MB, 2, 2 * MB), 1);
	assert_int_equal(pace_limit(3 * MB, 1, 2 * MB), 1);
	/* Whatever the rate, an answer has room for 10 MiB. */
	assert_int_equal(pace_limit(1 * MB, 1, INT64_C(1) << 40), 10);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(four_times_a_second_at_the_most),
		cmocka_unit_test(a_large_answer_is_made_up_for),
		cmocka_unit_test(
		    throttles_halve_it_and_answers_double_it_again),
		cmocka_unit_test(a_second_is_asked_for_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
