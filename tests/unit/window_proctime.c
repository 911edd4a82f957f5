/* window_proctime - the clock of processing time over steps of the wall clock.
 * SPDX-License-Identifier: ISC */
#include "window/proctime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "tests/unit/random.h"

static void
it_follows_the_wall_clock(void **state)
{
	struct proctime p = { 0 };

	(void)state;
	assert_int_equal(proctime_ms(&p, 1000, 5), 1000);
	assert_int_equal(proctime_ms(&p, 1250, 255), 1250);
	assert_int_equal(proctime_ms(&p, 1250, 255), 1250);
}

static void
a_step_forward_is_followed_at_once(void **state)
{
	struct proctime p = { 0 };

	(void)state;
	proctime_ms(&p, 1000, 0);
	assert_int_equal(proctime_ms(&p, 3601000, 1), 3601000);
	assert_int_equal(proctime_ms(&p, 3601010, 11), 3601010);
}

static void
a_step_back_is_made_good_a_tenth_slower(void **state)
{
	struct proctime p = { 0 };
	int64_t last = 100000;

	(void)state;
	proctime_ms(&p, 100000, 0);
	/* Put back by 10 s: 100 s later they are equal again. */
	for (int64_t mono = 1000; mono <= 200000; mono += 1000) {
		int64_t wall = 90000 + mono;
		int64_t now = proctime_ms(&p, wall, mono);

		assert_true(now > last);
		assert_true(now - last >= 900 && now - last <= 1000);
		assert_true(now >= wall);
		if (mono >= 101000)
			assert_int_equal(now, wall);
		last = now;
	}
}

static void
it_slows_down_though_asked_every_millisecond(void **state)
{
	struct proctime p = { 0 };
	int64_t now = 0;

	(void)state;
	proctime_ms(&p, 100000, 0);
	for (int64_t mono = 1; mono <= 20000; mono++)
		now = proctime_ms(&p, 99000 + mono, mono);
	assert_int_equal(now, 119000);
}

static void
it_never_goes_back(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct proctime p = { 0 };
		int64_t wall = random_from(-1000000, 1000000), mono = 0;
		int64_t last = INT64_MIN;

		for (int i = 0; i < 500; i++) {
			int64_t step = random_from(0, 50), now;

			mono += step;
			wall += step;
			if (random_from(0, 9) == 0)
				wall += random_from(-5000, 5000);
			now = proctime_ms(&p, wall, mono);
			assert_true(now >= last);
			assert_true(now >= wall);
			last = now;
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_follows_the_wall_clock),
		cmocka_unit_test(a_step_forward_is_followed_at_once),
		cmocka_unit_test(a_step_back_is_made_good_a_tenth_slower),
		cmocka_unit_test(it_slows_down_though_asked_every_millisecond),
		cmocka_unit_test(it_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
