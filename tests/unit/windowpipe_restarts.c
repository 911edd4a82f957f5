/* Tests of windowpipe/restarts: how often, and after which pause.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/restarts.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
so_many_within_the_time(void **state)
{
	struct restarts r = { .most = 3, .within_ms = 1000 };

	(void)state;
	assert_int_equal(restarts_next(&r, true, 5), 100);
	assert_int_equal(restarts_next(&r, true, 5), 100);
	assert_int_equal(restarts_next(&r, true, 900), 100);
	assert_int_equal(restarts_within(&r, 900), 3);
	assert_int_equal(restarts_next(&r, true, 1004), -1);
	/* The first two are long ago. */
	assert_int_equal(restarts_within(&r, 1005), 1);
	assert_int_equal(restarts_next(&r, true, 1005), 100);
	assert_int_equal(restarts_next(&r, true, 1005), 100);
	assert_int_equal(restarts_next(&r, true, 1005), -1);
	assert_int_equal(r.n, 5);
}

static void
pauses_grow_while_nothing_is_achieved(void **state)
{
	struct restarts r = { .most = RESTARTS_MAX, .within_ms = 1000000 };
	static const int64_t pauses[] = { 100, 200, 400, 800, 1600, 3200, 6400,
		10000, 10000 };

	(void)state;
	for (size_t i = 0; i < sizeof pauses / sizeof *pauses; i++)
		assert_int_equal(restarts_next(&r, false, 0), pauses[i]);
	assert_int_equal(restarts_next(&r, true, 0), 100);
	assert_int_equal(restarts_next(&r, false, 0), 200);
}

static void
none_where_none_are_asked_for(void **state)
{
	struct restarts r = { 0 };

	(void)state;
	assert_int_equal(restarts_next(&r, true, 0), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(so_many_within_the_time),
		cmocka_unit_test(pauses_grow_while_nothing_is_achieved),
		cmocka_unit_test(none_where_none_are_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
