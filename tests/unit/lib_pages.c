/* lib_pages - small and large pieces of memory.
 * SPDX-License-Identifier: ISC */
#include "lib/pages.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void
what_is_given_is_zero_and_all_of_it_ours(void **state)
{
	static const size_t sizes[] = { 1, 4096, PAGES_HUGE - 1, PAGES_HUGE,
		PAGES_HUGE + 1, 2 * (size_t)PAGES_HUGE + 12345 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		size_t n = sizes[i];
		char *p = pages_new(n);

		assert_non_null(p);
		if (n >= PAGES_HUGE)
			assert_int_equal((uintptr_t)p % PAGES_HUGE, 0);
		for (size_t k = 0; k < n; k += 512)
			assert_int_equal(p[k], 0);
		p[0] = p[n - 1] = 1;
		pages_free(p, n);
	}
	pages_free(NULL, 1);
	pages_free(NULL, PAGES_HUGE);
}

static void
more_than_there_is_is_refused(void **state)
{
	(void)state;
	assert_null(pages_new(SIZE_MAX / 4));
	assert_null(pages_new(SIZE_MAX));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_given_is_zero_and_all_of_it_ours),
		cmocka_unit_test(more_than_there_is_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
