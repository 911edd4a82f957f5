/* lib_take - words off the beginning of a text.
 * SPDX-License-Identifier: ISC */
#include "lib/take.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
what_is_not_there_takes_nothing(void **state)
{
	struct span s = span_of("ab"), part;

	(void)state;
	assert_false(take_text(&s, "abc"));
	assert_false(take_text(&s, "b"));
	assert_true(span_is(s, "ab"));
	assert_true(take_text(&s, "a") && take_text(&s, ""));
	assert_true(take_part(&s, ',', &part));
	assert_true(span_is(part, "b") && s.n == 0);
	assert_false(take_part(&s, ',', &part));
	assert_int_equal(part.n, 0);
	assert_false(take_part(&(struct span){ NULL, 0 }, ',', &part));
}

static void
numbers_are_below_2_to_the_64(void **state)
{
	static const struct {
		const char *text;
		bool good;
		uint64_t number;
		const char *rest;
	} want[] = {
		{ "0", true, 0, "" },
		{ "007x", true, 7, "x" },
		{ "18446744073709551615 ", true, UINT64_MAX, " " },
		{ "18446744073709551616", false, 0, "18446744073709551616" },
		{ "184467440737095516150", false, 0, "184467440737095516150" },
		{ "", false, 0, "" },
		{ "-1", false, 0, "-1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct span s = span_of(want[i].text);
		uint64_t n;

		assert_int_equal(take_number(&s, &n), want[i].good);
		if (want[i].good)
			assert_true(n == want[i].number);
		assert_true(span_is(s, want[i].rest));
	}
}

static void
parts_are_what_stands_between(void **state)
{
	static const char *const want[] = { "a", "", "bc" };
	struct span s = span_of("a\n\nbc\n"), part;
	size_t n = 0;

	(void)state;
	while (take_part(&s, '\n', &part))
		assert_true(span_is(part, want[n++]));
	assert_int_equal(n, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_there_takes_nothing),
		cmocka_unit_test(numbers_are_below_2_to_the_64),
		cmocka_unit_test(parts_are_what_stands_between),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
