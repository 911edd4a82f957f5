/* Tests of windowpipe/generations: which names a log has had, and their order.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/generations.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
names_of_a_log_and_of_others(void **state)
{
	static const struct {
		const char *base, *name;
		bool is;
	} cases[] = {
		{ "app.log", "app.log", true },
		{ "app.log", "app.log.gz", true },
		{ "app.log", "app.log.1", true },
		{ "app.log", "app.log.12.gz", true },
		{ "app.log", "app.log-20261129", true },
		{ "app.log", "app.log.2026-11-29T10:00.gz", true },
		{ "app.log", "app.log.old", true },
		{ "app.log", "app-20261129.log", true },
		{ "app.log", "app.3.log.gz", true },
		{ "app.log", "app.log.1.bz2", false },
		{ "app.log", "app.log.", false },
		{ "app.log", "app.log.swp", false },
		{ "app.log", "app-errors.log", false },
		{ "app.log", "app.log2", false },
		{ "app.log", "zapp.log.1", false },
		{ "app.log", "app", false },
		{ "data", "data.1", true },
		{ "data", "data-2.json", false },
		{ ".hidden", ".hidden.1", true },
		{ ".hidden", ".1.hidden", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		if (generations_is(cases[i].base, cases[i].name) != cases[i].is)
			fail_msg("%s of %s", cases[i].name, cases[i].base);
}

static void
from_old_to_new(void **state)
{
	/* Each is older than the next. */
	static const char *const names[] = { "a.log.2025", "a-20261128.log",
		"a.log-20261129.gz", "a.log.10", "a.log.2.gz", "a.log.1",
		"a.log.0", "a.log" };
	size_t n = sizeof names / sizeof *names;

	(void)state;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < n; k++) {
			int order =
			    generations_order("a.log", names[i], names[k]);

			assert_int_equal(
			    (order > 0) - (order < 0), (i > k) - (i < k));
		}
	assert_int_equal(
	    generations_order("a.log", "a.log.1", "a.log.1.gz"), 0);
	assert_int_equal(generations_order("a.log", "a.log.old", "a.log.1"), 0);
	assert_int_equal(generations_order("a.log", "a.log.gz", "a.log.0"), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_of_a_log_and_of_others),
		cmocka_unit_test(from_old_to_new),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
