/* datagen_row - rows: their shape, and the distributions of their values.
 * SPDX-License-Identifier: ISC */
#include "datagen/row.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/json.h"
#include "lib/timestamp.h"
#include "tests/unit/datagen_rows.h"

static const int64_t june =
    INT64_C(1718000000123); /* 2024-06-10T06:13:20.123Z */

static void
check_row(const char *notation, int64_t ms, const char *expected)
{
	struct table t = rows_table(notation, 1);
	char *row = rows_next(&t, ms);

	assert_string_equal(row, expected);
	free(row);
	table_free(&t);
}

static void
values_have_the_shape_of_their_type(void **state)
{
	(void)state;
	check_row("a INT 7..7, b DECIMAL(6,2) 49.7..49.7", 0,
	    "{\"a\":7,\"b\":49.70}");
	check_row("a BIGINT -9223372036854775808..-9223372036854775808", 0,
	    "{\"a\":-9223372036854775808}");
	check_row("a DOUBLE 100..100, b FLOAT 1e7..1e7, c DOUBLE 0..0", 0,
	    "{\"a\":100.0,\"b\":1.0E7,\"c\":0.0}");
	check_row("a DOUBLE 1.7e308..1.7e308, b FLOAT 3.4e38..3.4e38", 0,
	    "{\"a\":1.7E308,\"b\":3.4E38}");
	check_row("a BOOLEAN one-of true, b STRING one-of 'a\"b'", 0,
	    "{\"a\":true,\"b\":\"a\\\"b\"}");
	check_row("a FLOAT one-of 0.1, b STRING one-of '0123456789012345678901"
		  "234567890123456789012345678901234567890123456789'",
	    0,
	    "{\"a\":0.1,\"b\":\"012345678901234567890123456789012345678901234"
	    "5678901234567890123456789\"}");
	check_row("a INT null 100%, t TIMESTAMP(3) null 100%, b INT 1..1", june,
	    "{\"a\":null,\"t\":null,\"b\":1}");
	check_row("a STRING sequence 5..6, b DECIMAL(4,1) sequence -3..9, c"
		  " DOUBLE sequence 7..7",
	    0, "{\"a\":\"5\",\"b\":-3.0,\"c\":7.0}");
	check_row(
	    "a STRING length 0, b INT normal 3 0", 0, "{\"a\":\"\",\"b\":3}");
	check_row("a DATE 2024-02-29..2024-02-29, b TIME(1) 23:59:59.9.."
		  "23:59:59.9",
	    0, "{\"a\":\"2024-02-29\",\"b\":\"23:59:59.9\"}");
}

static void
times_have_the_fraction_of_their_type(void **state)
{
	(void)state;
	check_row("a TIMESTAMP(3), b TIMESTAMP(0), c TIMESTAMP(1), d TIMESTAMP,"
		  " e TIMESTAMP_LTZ(2), f DATE, g TIME, h TIME(9)",
	    june,
	    "{\"a\":\"2024-06-10T06:13:20.123\",\"b\":\"2024-06-10T06:13:20\","
	    "\"c\":\"2024-06-10T06:13:20.1\",\"d\":\"2024-06-10T06:13:20.123\","
	    "\"e\":\"2024-06-10T06:13:20.12Z\",\"f\":\"2024-06-10\","
	    "\"g\":\"06:13:20\",\"h\":\"06:13:20.123\"}");
	check_row("a TIMESTAMP(3)", -1, "{\"a\":\"1969-12-31T23:59:59.999\"}");
	check_row("a TIMESTAMP(3)", TIMESTAMP_LAST_MS,
	    "{\"a\":\"9999-12-31T23:59:59.999\"}");
	check_row("a TIMESTAMP(3)", TIMESTAMP_LAST_MS + 1,
	    "{\"a\":\"9999-12-31T23:59:59.999\"}");
	check_row(
	    "a TIMESTAMP(3)", INT64_MIN, "{\"a\":\"0001-01-01T00:00:00.000\"}");
}

static void
times_are_numbers_of_their_unit(void **state)
{
	(void)state;
	check_row("a BIGINT epoch s, b BIGINT epoch ms, c BIGINT epoch us,"
		  " d BIGINT epoch ns, e DECIMAL(13,3) epoch s,"
		  " f DECIMAL(14,1) epoch s, g DECIMAL(20,2) epoch ms",
	    june,
	    "{\"a\":1718000000,\"b\":1718000000123,\"c\":1718000000123000,"
	    "\"d\":1718000000123000000,\"e\":1718000000.123,"
	    "\"f\":1718000000.1,\"g\":1718000000123.00}");
	check_row(
	    "a BIGINT epoch s, b BIGINT epoch ms, c DECIMAL(11,1) epoch s", -1,
	    "{\"a\":-1,\"b\":-1,\"c\":-0.1}");
}

static void
names_with_dots_are_objects(void **state)
{
	(void)state;
	check_row("a INT 1..1, o.x INT 2..2, b INT 3..3, o.p.q INT 4..4,"
		  " \"o.y\" INT 5..5, o.z INT 6..6, \"q\"\"\" INT 7..7",
	    0,
	    "{\"a\":1,\"o\":{\"x\":2,\"p\":{\"q\":4},\"z\":6},\"b\":3,"
	    "\"o.y\":5,\"q\\\"\":7}");
}

static void
names_that_cannot_be_together_are_told(void **state)
{
	static const struct {
		const char *notation;
		size_t bad;
	} cases[] = { { "a INT, a.b INT", 1 }, { "a.b INT, x INT, a INT", 2 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct columns columns;
		struct literals literals = { 0 };
		struct buf why = { 0 };
		char *message;
		size_t bad = 99;

		assert_int_equal(columns_parse(span_of(cases[i].notation),
				     &columns, &message),
		    0);
		assert_int_equal(
		    literals_make(&columns, &literals, &why, &bad), -1);
		assert_int_equal(bad, cases[i].bad);
		assert_true(why.n > 0);
		literals_free(&literals);
		buf_free(&why);
		columns_free(&columns);
	}
}

/* The line's object is level 1 of 1000. */
static void
names_may_nest_as_deep_as_readers_read(void **state)
{
	(void)state;
	for (int dots = 999; dots <= 1000; dots++) {
		struct columns columns;
		struct literals literals = { 0 };
		struct buf name = { 0 }, why = { 0 };
		char *message;
		size_t bad = 99;

		for (int i = 0; i < dots; i++)
			buf_add_text(&name, "o.");
		buf_add_text(&name, "o INT");
		assert_int_equal(
		    columns_parse(buf_span(&name), &columns, &message), 0);
		assert_int_equal(literals_make(&columns, &literals, &why, &bad),
		    dots < 1000 ? 0 : -1);
		if (dots == 1000)
			assert_string_equal(
			    buf_text(&why), "nested more than 1000 deep");
		literals_free(&literals);
		buf_free(&name);
		buf_free(&why);
		columns_free(&columns);
	}
}

/* Each of n values of column v, which is first + i, is seen so often. */
static void
check_even(const char *notation, int64_t first, size_t n, bool ends_halved)
{
	struct table t = rows_table(notation, 42);
	uint64_t *seen = calloc(n, sizeof *seen);
	double *expected = calloc(n, sizeof *expected);
	size_t draws = n * 50 > 100000 ? n * 50 : 100000;

	for (size_t i = 0; i < draws; i++) {
		char *row = rows_next(&t, 0);
		const char *value = rows_value(row, "v");
		int64_t v = 0;
		bool minus = *value == '-';

		for (value += minus; *value != '}'; value++)
			v = *value == '.' ? v : v * 10 + (*value - '0');
		v = (minus ? -v : v) - first;
		assert_in_range(v, 0, n - 1);
		seen[v]++;
		free(row);
	}
	for (size_t i = 0; i < n; i++) {
		expected[i] = (double)draws / (double)(ends_halved ? n - 1 : n);
		if (ends_halved && (i == 0 || i == n - 1))
			expected[i] /= 2;
	}
	assert_true(rows_chi(seen, expected, n) < rows_chi_limit(n));
	free(seen);
	free(expected);
	table_free(&t);
}

static void
ranges_are_even_and_have_both_ends(void **state)
{
	(void)state;
	check_even("v INT 10..20", 10, 11, false);
	check_even("v TINYINT", -128, 256, false);
	check_even("v SMALLINT -40..20000", -40, 20041, false);
}

/* Flink's: the hundredths of a real number of 0..100, rounded. */
static void
ends_of_decimals_are_half_as_likely(void **state)
{
	(void)state;
	check_even("v DECIMAL(6,2) 0..100", 0, 10001, true);
	check_even("v DECIMAL(3,1) -1..1", -10, 21, true);
	check_even("v DECIMAL(9,4) 0..2", 0, 20001, true);
	check_even("v DECIMAL(38,0) 0..10", 0, 11, true);
}

/* By which eighth of its range each value lies in. */
static void
check_eighths(const char *notation, double lo, double hi, bool quoted)
{
	struct table t = rows_table(notation, 43);
	uint64_t seen[8] = { 0 };
	double expected[8];

	for (int i = 0; i < 80000; i++) {
		char *row = rows_next(&t, 0);
		double v = strtod(rows_value(row, "v") + quoted, NULL);
		int cell = (int)((v - lo) / (hi - lo) * 8);

		assert_true(v >= lo && v <= hi);
		seen[cell > 7 ? 7 : cell]++;
		free(row);
	}
	for (int i = 0; i < 8; i++)
		expected[i] = 10000;
	assert_true(rows_chi(seen, expected, 8) < rows_chi_limit(8));
	table_free(&t);
}

static void
wide_ranges_are_even(void **state)
{
	(void)state;
	check_eighths("v INT", INT32_MIN, INT32_MAX, false);
	check_eighths("v BIGINT", (double)INT64_MIN, (double)INT64_MAX, false);
	check_eighths("v DOUBLE -5..1e9", -5, 1e9, false);
	check_eighths("v FLOAT 0..1", 0, 1, false);
	check_eighths("v DECIMAL(38,10)", 0, 1e28, false);
	check_eighths("v DECIMAL(38,0) -99999999999999999999999999999999999999"
		      "..99999999999999999999999999999999999999",
	    -1e38, 1e38, false);
	check_eighths("v DECIMAL(20,18) 0..50", 0, 50, false);
}

static void
nulls_and_texts_have_their_share(void **state)
{
	struct table t =
	    rows_table("n INT null 5%, o STRING one-of a|b|b|c, b BOOLEAN", 44);
	uint64_t seen[7] = { 0 };
	double expected[] = { 5000, 95000, 25000, 50000, 25000, 50000, 50000 };

	(void)state;
	for (int i = 0; i < 100000; i++) {
		char *row = rows_next(&t, 0);

		seen[*rows_value(row, "n") == 'n' ? 0 : 1]++;
		seen[2 + rows_value(row, "o")[1] - 'a']++;
		seen[*rows_value(row, "b") == 't' ? 5 : 6]++;
		free(row);
	}
	assert_true(rows_chi(seen, expected, 2) < rows_chi_limit(2));
	assert_true(rows_chi(seen + 2, expected + 2, 3) < rows_chi_limit(3));
	assert_true(rows_chi(seen + 5, expected + 5, 2) < rows_chi_limit(2));
	table_free(&t);
}

static void
hex_texts_have_even_digits_and_lengths(void **state)
{
	struct table t = rows_table("v STRING length 3..7", 45);
	uint64_t digits[16] = { 0 }, lengths[5] = { 0 };
	double even[16], even_lengths[5];

	(void)state;
	for (int i = 0; i < 50000; i++) {
		char *row = rows_next(&t, 0);
		const char *v = rows_value(row, "v") + 1;
		size_t n = strcspn(v, "\"");

		assert_in_range(n, 3, 7);
		lengths[n - 3]++;
		for (size_t k = 0; k < n; k++) {
			const char *all = "0123456789abcdef";

			assert_non_null(strchr(all, v[k]));
			digits[strchr(all, v[k]) - all]++;
		}
		free(row);
	}
	for (int i = 0; i < 16; i++) {
		even[i] = 0;
		for (int k = 0; k < 5; k++)
			even[i] += (double)lengths[k] * (k + 3) / 16;
	}
	for (int i = 0; i < 5; i++)
		even_lengths[i] = 10000;
	assert_true(rows_chi(digits, even, 16) < rows_chi_limit(16));
	assert_true(rows_chi(lengths, even_lengths, 5) < rows_chi_limit(5));
	table_free(&t);
}

/* 11 values of INT around 15 by 2, and nothing outside of the range. */
static void
normal_values_are_rounded_and_bounded(void **state)
{
	struct table t = rows_table("v INT 10..20 normal 15 2", 46);
	uint64_t seen[11] = { 0 };
	double expected[11], all = 0;

	(void)state;
	for (int i = 0; i < 11; i++) {
		expected[i] = erfc((i - 5.5) / 2 / sqrt(2)) / 2 -
		              erfc((i - 4.5) / 2 / sqrt(2)) / 2;
		all += expected[i];
	}
	for (int i = 0; i < 11; i++)
		expected[i] *= 200000 / all;
	for (int i = 0; i < 200000; i++) {
		char *row = rows_next(&t, 0);
		long v = strtol(rows_value(row, "v"), NULL, 10);

		assert_in_range(v, 10, 20);
		seen[v - 10]++;
		free(row);
	}
	assert_true(rows_chi(seen, expected, 11) < rows_chi_limit(11));
	table_free(&t);
}

static void
normal_holds_for_every_number_type(void **state)
{
	static const char *const types[] = { "DECIMAL(9,3)", "DOUBLE", "FLOAT",
		"BIGINT", "DECIMAL(20,6)" };

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		char notation[64] = "v ";
		struct table t;
		double sum = 0, squares = 0;

		strcat(notation, types[i]);
		strcat(notation, " normal -1000.5 40");
		t = rows_table(notation, 47);
		for (int k = 0; k < 100000; k++) {
			char *row = rows_next(&t, 0);
			double v = strtod(rows_value(row, "v"), NULL) + 1000.5;

			sum += v;
			squares += v * v;
			free(row);
		}
		assert_true(fabs(sum / 100000) < 0.6);
		assert_true(fabs(sqrt(squares / 100000) - 40) < 0.4);
		table_free(&t);
	}
}

static void
max_past_has_both_ends(void **state)
{
	struct table t = rows_table("v TIMESTAMP(3) max-past 10ms", 48);
	uint64_t seen[11] = { 0 };
	double expected[11];

	(void)state;
	for (int i = 0; i < 110000; i++) {
		char *row = rows_next(&t, june);
		const char *v = rows_value(row, "v");
		long ms = strtol(v + 21, NULL, 10);

		assert_in_range(ms, 113, 123);
		seen[ms - 113]++;
		free(row);
	}
	for (int i = 0; i < 11; i++)
		expected[i] = 10000;
	assert_true(rows_chi(seen, expected, 11) < rows_chi_limit(11));
	table_free(&t);
}

static void
numbers_lie_back_by_max_past(void **state)
{
	struct table t = rows_table("v BIGINT epoch ms max-past 10ms", 48);
	uint64_t seen[11] = { 0 };
	double expected[11];

	(void)state;
	assert_true(t.row->has_time);
	for (int i = 0; i < 110000; i++) {
		char *row = rows_next(&t, june);
		long long back = june - strtoll(rows_value(row, "v"), NULL, 10);

		assert_in_range(back, 0, 10);
		seen[back]++;
		free(row);
	}
	for (int i = 0; i < 11; i++)
		expected[i] = 10000;
	assert_true(rows_chi(seen, expected, 11) < rows_chi_limit(11));
	table_free(&t);
}

/* A column's values hang on seed and place alone, not on its neighbours. */
static void
a_column_keeps_its_values_when_another_changes(void **state)
{
	struct table a = rows_table("x INT 1..9, v INT, y DOUBLE", 9);
	struct table b = rows_table("x.x STRING, v INT, x.y INT null 5%", 9);

	(void)state;
	for (int i = 0; i < 100; i++) {
		char *one = rows_next(&a, 0), *two = rows_next(&b, 0);

		assert_int_equal(strtol(rows_value(one, "v"), NULL, 10),
		    strtol(rows_value(two, "v"), NULL, 10));
		free(one);
		free(two);
	}
	table_free(&a);
	table_free(&b);
}

static void
blocks_hold_the_same_rows_as_single_ones(void **state)
{
	static const char notation[] =
	    "a INT 10..20, b DECIMAL(6,2) 0..100 null 9%, t TIMESTAMP(3),"
	    " s STRING length 0..300, l STRING one-of x|y, n INT normal 0 9";
	struct table one = rows_table(notation, 5), two;
	struct rowtime t1 = { .start_ms = june }, t2;
	struct buf single = { 0 };
	char *block;
	uint64_t left = 5000;

	(void)state;
	two = rows_table(notation, 5);
	rowtime_set_ns(&t1, 333333);
	rowtime_start(&t1);
	t2 = t1;
	for (uint64_t i = 0; i < left; i++) {
		char *row = rows_next(&one, rowtime_next(&t1));

		assert_int_equal(json_check(span_of(row), NULL), 0);
		buf_add_text(&single, row);
		buf_add_char(&single, '\n');
		free(row);
	}
	block = malloc(1000 + two.row->room);
	for (size_t at = 0; left > 0;) {
		uint64_t rows = left;
		char *end = row_fill(two.row, &t2, block, block + 1000, &rows);

		assert_true(rows > 0 && end[-1] == '\n');
		assert_memory_equal(
		    block, single.p + at, (size_t)(end - block));
		at += (size_t)(end - block);
		left -= rows;
	}
	free(block);
	buf_free(&single);
	table_free(&one);
	table_free(&two);
}

static void
a_sequence_ends_the_rows(void **state)
{
	struct table t = rows_table("a INT sequence 5..9, b BIGINT sequence"
				    " -9223372036854775808.."
				    "9223372036854775807",
	    1);

	(void)state;
	assert_int_equal(t.row->count, 5);
	assert_false(t.row->has_time);
	table_free(&t);
	t = rows_table("a INT, t TIMESTAMP(3) max-past 1s", 1);
	assert_true(t.row->count == UINT64_MAX);
	assert_true(t.row->has_time);
	table_free(&t);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_have_the_shape_of_their_type),
		cmocka_unit_test(times_have_the_fraction_of_their_type),
		cmocka_unit_test(times_are_numbers_of_their_unit),
		cmocka_unit_test(names_with_dots_are_objects),
		cmocka_unit_test(names_that_cannot_be_together_are_told),
		cmocka_unit_test(names_may_nest_as_deep_as_readers_read),
		cmocka_unit_test(ranges_are_even_and_have_both_ends),
		cmocka_unit_test(ends_of_decimals_are_half_as_likely),
		cmocka_unit_test(wide_ranges_are_even),
		cmocka_unit_test(nulls_and_texts_have_their_share),
		cmocka_unit_test(hex_texts_have_even_digits_and_lengths),
		cmocka_unit_test(normal_values_are_rounded_and_bounded),
		cmocka_unit_test(normal_holds_for_every_number_type),
		cmocka_unit_test(max_past_has_both_ends),
		cmocka_unit_test(numbers_lie_back_by_max_past),
		cmocka_unit_test(
		    a_column_keeps_its_values_when_another_changes),
		cmocka_unit_test(blocks_hold_the_same_rows_as_single_ones),
		cmocka_unit_test(a_sequence_ends_the_rows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
