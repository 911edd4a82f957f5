/* Tests of lib/array.
 * SPDX-License-Identifier: ISC */
#include "lib/array.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static void
an_array_grows_and_keeps_what_it_holds(void **state)
{
	uint32_t *p = NULL;
	size_t cap = 0;

	(void)state;
	for (uint32_t i = 0; i < 1000; i++) {
		assert_int_equal(array_room(p, cap, i + 1), 0);
		assert_true(cap > i && cap < 2 * i + 9);
		p[i] = i;
	}
	for (uint32_t i = 0; i < 1000; i++)
		assert_int_equal(p[i], i);
	free(p);
}

static void
without_memory_all_is_as_it_was(void **state)
{
	uint64_t *p = NULL, *before;
	size_t cap = 0;

	(void)state;
	assert_int_equal(array_room(p, cap, 1), 0);
	before = p;
	/* More bytes than a size_t counts. */
	assert_int_equal(array_room(p, cap, SIZE_MAX / 4), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(array_room(p, cap, SIZE_MAX), -1);
	assert_ptr_equal(p, before);
	assert_int_equal(cap, 8);
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_array_grows_and_keeps_what_it_holds),
		cmocka_unit_test(without_memory_all_is_as_it_was),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
