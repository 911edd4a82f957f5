/* aws_retry - back-off with full jitter, and the server's hint.
 * SPDX-License-Identifier: ISC */
#include "aws/errors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct retry_steps usual = { RETRY_TRANSIENT_BASE_MS,
	RETRY_CAP_MS };

static void
the_most_doubles_up_to_the_cap(void **state)
{
	static const int64_t most[] = { 49, 99, 199, 399, 799, 1599, 3199, 6399,
		12799, 19999, 19999 };

	(void)state;
	for (unsigned n = 1; n <= sizeof most / sizeof *most; n++)
		assert_int_equal(
		    retry_wait_ms(usual, n, UINT64_MAX, RETRY_NO_HINT),
		    most[n - 1]);
	assert_int_equal(
	    retry_wait_ms(usual, 4000000000u, UINT64_MAX, RETRY_NO_HINT),
	    19999);
}

static void
jitter_takes_a_share_from_nothing_on(void **state)
{
	struct retry_steps s = { 1000, 5000 };

	(void)state;
	assert_int_equal(retry_wait_ms(s, 1, 0, RETRY_NO_HINT), 0);
	assert_int_equal(
	    retry_wait_ms(s, 1, UINT64_MAX / 2 + 1, RETRY_NO_HINT), 500);
	assert_int_equal(
	    retry_wait_ms(s, 3, UINT64_MAX / 4 + 1, RETRY_NO_HINT), 1000);
}

static void
a_hint_holds_within_five_seconds_above(void **state)
{
	struct retry_steps s = { 1000, 5000 };
	uint64_t half = UINT64_MAX / 2 + 1;

	(void)state;
	assert_int_equal(retry_wait_ms(s, 1, half, 100), 500);
	assert_int_equal(retry_wait_ms(s, 1, half, 3000), 3000);
	assert_int_equal(retry_wait_ms(s, 1, half, 5500), 5500);
	assert_int_equal(retry_wait_ms(s, 1, half, 86400000), 5500);
	assert_int_equal(retry_wait_ms(s, 1, half, INT64_MAX), 5500);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_most_doubles_up_to_the_cap),
		cmocka_unit_test(jitter_takes_a_share_from_nothing_on),
		cmocka_unit_test(a_hint_holds_within_five_seconds_above),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
