/* lib_digits - digits against printf, floating against lib/floating.
 * SPDX-License-Identifier: ISC */
#include "lib/digits.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "lib/random.h"
#include "lib/floating.h"

static char text[DIGITS_MAX];

static const char *
ended(char *end)
{
	*end = '\0';
	return text;
}

static void
numbers_have_their_decimals(void **state)
{
	static const struct {
		uint64_t v;
		bool negative;
		int scale;
		const char *text;
	} cases[] = {
		{ 0, false, 0, "0" },
		{ 0, false, 2, "0.00" },
		{ 5, true, 2, "-0.05" },
		{ 4970, false, 2, "49.70" },
		{ 10000, false, 2, "100.00" },
		{ 7, false, 1, "0.7" },
		{ 123, true, 0, "-123" },
		{ UINT64_MAX, false, 0, "18446744073709551615" },
		{ UINT64_MAX, true, 20, "-0.18446744073709551615" },
		{ 1, false, 30, "0.000000000000000000000000000001" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_string_equal(ended(digits_fixed(text, cases[i].v,
					cases[i].negative, cases[i].scale)),
		    cases[i].text);
	for (uint64_t v = 0; v < 20000; v++) {
		char expected[32];

		snprintf(expected, sizeof expected, "%" PRIu64 ".%02" PRIu64,
		    v / 100, v % 100);
		assert_string_equal(
		    ended(digits_fixed(text, v, false, 2)), expected);
	}
}

static void
wide_numbers_too(void **state)
{
	int128 v = 0;

	(void)state;
	for (int i = 0; i < 38; i++)
		v = v * 10 + 9;
	assert_string_equal(ended(digits_wide(text, v, 0)),
	    "99999999999999999999999999999999999999");
	assert_string_equal(ended(digits_wide(text, -v, 38)),
	    "-0.99999999999999999999999999999999999999");
	v = (int128)10000000000000000000U * 100 + 7;
	assert_string_equal(
	    ended(digits_wide(text, v, 3)), "1000000000000000000.007");
	assert_string_equal(
	    ended(digits_wide(text, INT64_MIN, 0)), "-9223372036854775808");
}

/* DOUBLE and FLOAT of so few digits read back and are written the same. */
static void
floating_is_what_java_writes(void **state)
{
	struct random random = { 8 };
	struct buf plain = { 0 }, ours = { 0 };

	(void)state;
	for (int i = 0; i < 200000; i++) {
		bool is_float = i % 2 == 0;
		uint64_t bound = is_float ? 1000000 : 1000000000000000;
		int64_t v = (int64_t)(random_next(&random) % (bound + 1));
		int scale =
		    (int)(random_next(&random) % (is_float ? 61 : 561)) -
		    (is_float ? 30 : 280);
		double wide;
		float narrow;

		for (uint64_t cut = random_next(&random) % 16; cut > 0; cut--)
			v /= 10;
		if (random_next(&random) % 2 == 0 && v != 0)
			v = -v;
		buf_clear(&plain);
		buf_addf(&plain, "%" PRId64 "e%d", v, -scale);
		buf_clear(&ours);
		if (is_float) {
			assert_true(floating_parse_float(
			    buf_span(&plain), false, &narrow));
			floating_write_float(&ours, narrow);
		} else {
			assert_true(floating_parse_double(
			    buf_span(&plain), false, &wide));
			floating_write_double(&ours, wide);
		}
		assert_string_equal(
		    ended(digits_floating(
			text, (uint64_t)(v < 0 ? -v : v), v < 0, scale)),
		    buf_text(&ours));
	}
	buf_free(&plain);
	buf_free(&ours);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_have_their_decimals),
		cmocka_unit_test(wide_numbers_too),
		cmocka_unit_test(floating_is_what_java_writes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
