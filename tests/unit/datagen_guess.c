/* datagen_guess - the generators that --like finds for values.
 * SPDX-License-Identifier: ISC */
#include "datagen/guess.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/json.h"

/* What is guessed from a JSON array of values; null counts as a row too. */
static void
check(const char *values, const char *expected)
{
	struct span all = span_of(values);
	struct fault why;
	struct json_scan s = { all.p + 1, all.p + all.n, all.p, 0, &why };
	struct guess g = { 0 };
	struct buf out = { 0 }, scratch = { 0 };
	uint64_t rows = 0;

	while (*s.p != ']') {
		struct cell value;

		json_scan_blanks(&s);
		assert_int_equal(json_scan_value(&s, &value), 0);
		rows++;
		if (value.kind != CELL_NULL)
			guess_add(&g, &value, &scratch);
		json_scan_blanks(&s);
		if (*s.p == ',')
			s.p++;
	}
	if (expected == NULL)
		assert_false(guess_write(&g, rows, &out));
	else {
		assert_true(guess_write(&g, rows, &out));
		assert_string_equal(buf_text(&out), expected);
	}
	guess_free(&g);
	buf_free(&out);
	buf_free(&scratch);
}

static void
numbers_get_their_type_and_range(void **state)
{
	(void)state;
	check("[10,20,15]", "INT 10..20");
	check("[-7]", "INT -7..-7");
	check("[999999999,1]", "INT 1..999999999");
	check("[2147483647,-2147483648]", "INT -2147483648..2147483647");
	check("[9223372036854775807,0]", "BIGINT 0..9223372036854775807");
	check(
	    "[9223372036854775808,0]", "DECIMAL(19,0) 0..9223372036854775808");
	check("[1,3000000000]", "BIGINT 1..3000000000");
	check("[1,12345678901234567890123]",
	    "DECIMAL(23,0) 1..12345678901234567890123");
	check("[1.5,20.25,3]", "DECIMAL(4,2) 1.50..20.25");
	check("[0.001,0]", "DECIMAL(3,3) 0.000..0.001");
	check("[20.50,-1]", "DECIMAL(4,2) -1.00..20.50");
	check("[1e3,2.5]", "DOUBLE 2.5..1000.0");
	check("[0.123456789012345,1]", "DOUBLE 0.123456789012345..1.0");
	check("[1e-300,-2e-320]", "DOUBLE one-of -2.0E-320|1.0E-300");
	check("[3.141592653589793]",
	    "DOUBLE one-of 3.141592653589793|3.141592653589793");
	check("[-1e308,1e308]", "DOUBLE -1.0E308..1.0E308");
	check("[1,2,3,4]", "BIGINT sequence 1..9223372036854775807");
	check("[7,8]", "INT 7..8");
	check("[1,2,4,5]", "INT 1..5");
}

static void
numbers_that_are_times_go_on_as_times(void **state)
{
	(void)state;
	check("[1718000000123,1718000000125,null]",
	    "BIGINT epoch ms null 33.3333%");
	check("[1718000000123,1718000002000,1718000001500]",
	    "BIGINT epoch ms max-past 501ms");
	check("[1718000000123456]", "BIGINT epoch us");
	check("[1718000000123456789]", "BIGINT epoch ns");
	check("[1718000000,1718000000,1718000007]", "BIGINT epoch s");
	check("[1718000000.5,1718000000.25,1718000007]",
	    "DECIMAL(12,2) 1718000000.25..1718000007.00");
	check(
	    "[1718000000.25,1718000000.5,1718000007]", "DECIMAL(12,2) epoch s");
	/* Too few of them, not in order, one by one, too far apart. */
	check("[1718000000,1718000007]", "INT 1718000000..1718000007");
	check(
	    "[1718000000,1718000009,1718000007]", "INT 1718000000..1718000009");
	check("[1718000000123,1718000000124,1718000000125]",
	    "BIGINT sequence 1718000000123..9223372036854775807");
	check("[1718009999999,1718000000123]",
	    "BIGINT 1718000000123..1718009999999");
	check("[718000000123,1718000000123]",
	    "BIGINT 718000000123..1718000000123");
}

static void
nulls_and_missing_values_have_their_share(void **state)
{
	(void)state;
	check("[1,null,4,5]", "INT 1..5 null 25%");
	check("[1,1,null]", "INT 1..1 null 33.3333%");
	check("[null,null]", "STRING null 100%");
}

static void
texts_are_listed_or_measured(void **state)
{
	(void)state;
	check("[\"a\",\"b\",\"a\",\"b\"]", "STRING one-of a|b");
	check("[\"x y\",\"it's\",\"x y\",\"it's\",\"\",\"\"]",
	    "STRING one-of 'x y'|'it''s'|''");
	check("[\"a--b\",\"a--b\"]", "STRING one-of 'a--b'");
	check("[\"abc\",\"b\",\"defgh\"]", "STRING length 1..5");
	check("[\"\\u00e9\",\"z\",\"y\"]", "STRING length 1");
	check("[\"a\\nb\",\"a\\nb\"]", "STRING length 3");
	check("[\"abc\",7]", "STRING length 3");
	check("[true,7]", "STRING length 4");
	check("[\"1\",\"2\",\"3\",\"4\",\"5\",\"6\",\"7\",\"8\",\"9\",\"10\","
	      "\"11\",\"12\",\"13\",\"14\",\"15\",\"16\",\"17\",\"1\",\"1\","
	      "\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\","
	      "\"1\",\"1\",\"1\",\"1\",\"1\",\"1\",\"1\"]",
	    "STRING length 1..2");
}

static void
times_get_their_precision_and_disorder(void **state)
{
	(void)state;
	check("[\"2024-06-10T06:13:20\",\"2024-06-10T06:13:21\"]",
	    "TIMESTAMP(0)");
	check("[\"2024-06-10T06:13:20.5Z\",\"2024-06-10T06:13:19.75Z\","
	      "\"2024-06-10T06:13:21Z\"]",
	    "TIMESTAMP_LTZ(2) max-past 750ms");
	check("[\"2024-06-10\",\"2024-01-31\"]", "DATE 2024-01-31..2024-06-10");
	check("[\"12:30\",\"08:00:00.5\"]", "TIME(1) 08:00:00.5..12:30:00.0");
	check("[\"2024-06-10\",\"soon\"]", "STRING length 4..10");
}

static void
booleans_are_coins_or_always_one(void **state)
{
	(void)state;
	check("[true,false]", "BOOLEAN");
	check("[true,true]", "BOOLEAN one-of true");
	check("[false,null]", "BOOLEAN one-of false null 50%");
}

static void
arrays_have_no_generator(void **state)
{
	(void)state;
	check("[[1]]", NULL);
	check("[1,[1]]", NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_get_their_type_and_range),
		cmocka_unit_test(numbers_that_are_times_go_on_as_times),
		cmocka_unit_test(nulls_and_missing_values_have_their_share),
		cmocka_unit_test(texts_are_listed_or_measured),
		cmocka_unit_test(times_get_their_precision_and_disorder),
		cmocka_unit_test(booleans_are_coins_or_always_one),
		cmocka_unit_test(arrays_have_no_generator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
