/* lib_clock - the clocks agree with libc's.
 * SPDX-License-Identifier: ISC */
#include "lib/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <time.h>

#include <cmocka.h>

static void
wall_time_is_that_of_the_system(void **state)
{
	int64_t before_s = (int64_t)time(NULL) - 1, ms = clock_wall_ms();

	(void)state;
	assert_true(ms >= before_s * 1000);
	assert_true(ms <= ((int64_t)time(NULL) + 1) * 1000);
}

static void
monotonic_time_never_steps_back(void **state)
{
	int64_t last = clock_mono_ns();

	(void)state;
	for (int i = 0; i < 10000; i++) {
		int64_t now = clock_mono_ns();

		assert_true(now >= last);
		last = now;
	}
	assert_true(clock_mono_ms() >= last / 1000000);
	assert_true(clock_mono_ms() <= clock_mono_ns() / 1000000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wall_time_is_that_of_the_system),
		cmocka_unit_test(monotonic_time_never_steps_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
