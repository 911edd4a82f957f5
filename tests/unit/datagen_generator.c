/* datagen_generator - the notation of generators, right and wrong.
 * SPDX-License-Identifier: ISC */
#include "datagen/generator.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "datagen/rate.h"

/* What is wrong with the one column of a notation, "" for nothing. */
static const char *
wrong(const char *notation, struct generator *g, size_t *at)
{
	static struct buf why;
	struct columns columns;
	char *message;
	int rc;

	assert_int_equal(
	    columns_parse(span_of(notation), &columns, &message), 0);
	buf_clear(&why);
	rc = generator_parse(&columns.col[0], g, &why, at);
	assert_int_equal(rc, why.n == 0 ? 0 : -1);
	columns_free(&columns);
	return buf_text(&why);
}

static void
errors_say_where_and_what_and_give_an_example(void **state)
{
	static const struct {
		const char *notation;
		size_t at; /* from 0 */
		const char *part;
	} cases[] = {
		{ "sensor_id INT 10..", 14,
		    "sensor_id INT: '10..' lacks its upper end; example:"
		    " sensor_id INT 10..20" },
		{ "a INT ..20", 6, "lacks its lower end" },
		{ "a INT 10", 6, "'10' is not a range" },
		{ "a INT 20..10", 6, "the wrong way round" },
		{ "a INT 1.5..3", 6, "'1.5' is not a whole number" },
		{ "a INT 1..x", 9, "'x' is not a number" },
		{ "a TINYINT 0..128", 13, "'128' does not fit its type" },
		{ "a SMALLINT -32769..0", 11, "does not fit" },
		{ "a INT 0..2147483648", 9, "does not fit" },
		{ "a BIGINT 0..9223372036854775808", 12, "does not fit" },
		{ "a DECIMAL(6,2) 0..10000", 18, "does not fit its type" },
		{ "a DECIMAL(6,2) 0..0.001", 18, "more decimals" },
		{ "a INT 1..2 3..4", 11, "is a second range" },
		{ "a INT uniform 1 2", 6, "'uniform' is not a generator" },
		{ "a INT sequence 5", 15, "is not a range" },
		{ "a INT sequence 9..5", 15, "the wrong way round" },
		{ "a TINYINT sequence 0..200", 22, "does not fit" },
		{ "a DECIMAL(3,2) sequence 0..10", 15, "does not fit" },
		{ "a VARCHAR(2) sequence 1..100", 13, "does not fit" },
		{ "a FLOAT sequence 0..16777217", 8, "does not fit" },
		{ "a DATE sequence 0..1", 7, "for numbers or texts" },
		{ "a INT length 5", 6, "length is for texts only" },
		{ "a STRING length", 15, "is not a length" },
		{ "a STRING length x", 16, "'x' is not a length" },
		{ "a STRING length 9..4", 16, "longer than the greatest" },
		{ "a STRING length 1000001", 16, "longer than" },
		{ "a VARCHAR(4) length 5", 20, "longer than its type" },
		{ "a STRING 1..5", 9,
		    "is a range, which its type does not have" },
		{ "a INT null", 6, "null lacks its share" },
		{ "a INT null 5", 11, "'5' is not a share" },
		{ "a INT null 101%", 11, "is not a share" },
		{ "a INT null -1%", 11, "is not a share" },
		{ "a INT NOT NULL 1..2 null 5%", 25, "it is NOT NULL" },
		{ "a INT null 5% null 6%", 19, "a second share" },
		{ "a INT max-past 5s", 6, "for timestamps only" },
		{ "a TIMESTAMP(3) max-past", 23, "lacks its duration" },
		{ "a TIMESTAMP(3) max-past 5", 24, "needs a unit" },
		{ "a TIMESTAMP(3) max-past -5s", 24, "" },
		{ "a STRING normal 1 2", 9, "normal is for numbers only" },
		{ "a INT normal 15", 15, "lacks its mean or its deviation" },
		{ "a INT normal x 2", 6, "its mean is not a number" },
		{ "a INT normal 1 -2", 6, "its deviation is below 0" },
		{ "a INT 0..10 normal 11 1", 12, "outside the range" },
		{ "a TINYINT normal 0 300", 10, "larger than the range" },
		{ "a DECIMAL(38,30) normal 1 1", 17, "at most 17 digits" },
		{ "a DECIMAL(38,3) 1e34..2e34 normal 1 1", 27,
		    "outside the range" },
		{ "a INT normal 1 1 sequence 1..2", 17, "two generators" },
		{ "a INT 1..5 sequence 1..5", 11, "goes with normal only" },
		{ "a INT one-of 1||2", 15,
		    "one-of lacks a value here; example: a INT one-of 1|2|3" },
		{ "a INT one-of 1|x", 15, "'x' is not a number" },
		{ "a BOOLEAN one-of true|no", 22,
		    "neither true nor false; example: a BOOLEAN one-of "
		    "true|true|false" },
		{ "a CHAR(2) one-of ab|abc", 20, "'abc' is longer" },
		{ "a TIMESTAMP(3) 2024-01-01T..2024-12-31T00:00", 15,
		    "'2024-01-01T' not a time, HH:MM:SS; example: a "
		    "TIMESTAMP(3)"
		    " 2024-01-01T00:00..2024-12-31T23:59" },
		{ "a STRING one-of |b", 16, "example: a STRING one-of a|b|c" },
		{ "a DATE one-of 2024", 14,
		    "example: a DATE one-of 2024-01-01|2024-12-31" },
		{ "a TIME one-of 7", 14,
		    "example: a TIME(0) one-of 08:00|17:30" },
		{ "a TIMESTAMP one-of x", 19,
		    "one-of 2024-01-01T00:00|2024-12-31T23:59" },
		{ "a DATE 2024-02-30..2024-03-01", 7, "" },
		{ "a TIME 25:00..26:00", 7, "" },
		{ "a DOUBLE 0..1e309", 9, "does not fit its type" },
		{ "a FLOAT 1e-32..2e-32", 8, "too close to 0" },
		{ "a INT epoch s", 6, "epoch is for BIGINT and DECIMAL only" },
		{ "a BIGINT epoch", 14,
		    "lacks its unit: s, ms, us or ns; example: a BIGINT "
		    "epoch" },
		{ "a BIGINT epoch min", 15, "'min' is not a unit: s, ms" },
		{ "a DECIMAL(12,3) epoch s", 22, "needs more digits" },
		{ "a DECIMAL(12,0) epoch ms", 22, "needs more digits" },
		{ "a BIGINT epoch ms epoch ms", 18, "two generators" },
		{ "a BIGINT max-past 5s epoch ms", 9, "or after epoch" },
		{ "a BIGINT epoch s max-past 1s max-past 1s", 29,
		    "two generators" },
		{ "a DECIMAL(38,0) 0..1e39", 19, "'1e39' is too large" },
		{ "a DECIMAL(38,10) 0..1e30", 20, "'1e30' is too large" },
		{ "a FLOAT 0..3.5e38", 8, "does not fit its type" },
		{ "a DOUBLE normal 1e300 1", 9, "at most 17 digits" },
		{ "a DOUBLE normal 1 1e300", 9, "at most 17 digits" },
		{ "a FLOAT .x..1", 8, "'.x..1' is not a number" },
		{ "a FLOAT one-of 1e39", 15, "is not a number that fits" },
		{ "a DOUBLE one-of 1|x", 18, "'x' is not a number" },
		{ "a INT normal 1 x", 6, "its deviation is not a number" },
		{ "a INT normal 1 1 normal 2 2", 17, "two generators" },
		{ "a INT sequence x..9", 15, "'x' is not a number" },
		{ "a INT sequence 1..x", 18, "'x' is not a number" },
		{ "a TIMESTAMP(3) max-past 30000000000d", 24,
		    "is out of range" },
		{ "a BOOLEAN 0..1", 10,
		    "which its type does not have; example: a BOOLEAN one-of "
		    "true" },
		{ "a CHAR(2) 0..1", 10,
		    "which its type does not have; example: a CHAR(2) one-of "
		    "a" },
		{ "a", 0, "a has no type; example: a INT 10..20" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct generator g;
		size_t at = 9999;
		const char *why = wrong(cases[i].notation, &g, &at);

		if (*why == '\0' || strstr(why, cases[i].part) == NULL ||
		    strstr(why, "; example: ") == NULL || at != cases[i].at) {
			print_error(
			    "%s: %zu: %s\n", cases[i].notation, at, why);
			fail();
		}
		generator_free(&g);
	}
}

static struct generator
right(const char *notation)
{
	struct generator g;
	size_t at;
	const char *why = wrong(notation, &g, &at);

	assert_string_equal(why, "");
	return g;
}

static void
ranges_are_in_units_of_their_type(void **state)
{
	static const struct {
		const char *notation;
		int64_t lo, hi;
		int scale;
	} cases[] = {
		{ "a INT 10..20", 10, 20, 0 },
		{ "a INT -5 .. -5", -5, -5, 0 },
		{ "a TINYINT", -128, 127, 0 },
		{ "a SMALLINT", -32768, 32767, 0 },
		{ "a INT", INT32_MIN, INT32_MAX, 0 },
		{ "a BIGINT", INT64_MIN, INT64_MAX, 0 },
		{ "a INT 1e1..2E1", 10, 20, 0 },
		{ "a DECIMAL(6,2) 0..100", 0, 10000, 2 },
		{ "a DECIMAL(6,2) -.5..+9.99", -50, 999, 2 },
		{ "a DECIMAL(4,2)", 0, 9999, 2 },
		{ "a DOUBLE", 0, INT64_C(1000000000000000), 15 },
		{ "a FLOAT", 0, 1000000, 6 },
		{ "a DOUBLE 0..100", 0, INT64_C(1000000000000000), 13 },
		{ "a FLOAT -2..1e3", -2000, 1000000, 3 },
		/* Ends finer than the type are moved inward. */
		{ "a FLOAT 0.12345678..9.8765432", 12346, 987654, 5 },
		{ "a FLOAT -9.8765432..-0.12345678", -987654, -12346, 5 },
		{ "a DOUBLE 1e300..2e300", INT64_C(100000000000000),
		    INT64_C(200000000000000), -286 },
		{ "a DOUBLE 0..1.7e308", 0, INT64_C(170000000000000), -294 },
		{ "a FLOAT 1e38..3.4e38", 100000, 340000, -33 },
		{ "a DATE 1970-01-02..1970-02-01", 1, 31, 0 },
		{ "a TIME 00:01..23:59:59", 60, 86399, 0 },
		{ "a TIME(2) 00:01..00:02:00.129", 6000, 12012, 2 },
		{ "a TIMESTAMP(6) 1970-01-01T00:00..1970-01-01T00:00:01.5", 0,
		    1500, 3 },
		{ "a TIMESTAMP_LTZ(0) '1970-01-01 01:00Z'..'1970-01-01 "
		  "02:00+01:00'",
		    3600, 3600, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct generator g = right(cases[i].notation);

		assert_int_equal(g.kind, GENERATOR_RANGE);
		if (g.lo != cases[i].lo || g.hi != cases[i].hi ||
		    g.scale != cases[i].scale) {
			print_error("%s: %lld %lld %d\n", cases[i].notation,
			    (long long)g.lo, (long long)g.hi, g.scale);
			fail();
		}
		generator_free(&g);
	}
}

static void
parts_stand_in_any_order_and_case(void **state)
{
	struct generator g = right("a INT NULL 5% Normal 15 2.5 0..30");

	(void)state;
	assert_int_equal(g.kind, GENERATOR_NORMAL);
	assert_true(g.lo == 0 && g.hi == 30);
	assert_int_equal(g.mean, 150);
	assert_int_equal(g.deviation, 25);
	assert_int_equal(g.finer, 1);
	assert_true(g.null_below == UINT64_MAX / 20);
	generator_free(&g);
	g = right("a STRING one-of 'it''s' | b | 'x, y'|'' null 0.5%");
	assert_int_equal(g.ntexts, 4);
	assert_memory_equal(g.texts.p, "\"it's\"\"b\"\"x, y\"\"\"", g.texts.n);
	generator_free(&g);
	g = right("a DECIMAL(5,2) one-of 1|2.5|-.25");
	assert_memory_equal(g.texts.p, "1.002.50-0.25", g.texts.n);
	generator_free(&g);
	g = right("a TIMESTAMP_LTZ(1) one-of 2024-01-01T05:00+05:00");
	assert_memory_equal(g.texts.p, "\"2024-01-01T00:00:00.0Z\"", g.texts.n);
	generator_free(&g);
	g = right("a STRING length 4..8");
	assert_true(g.length_min == 4 && g.length_max == 8);
	generator_free(&g);
	g = right("a CHAR(7)");
	assert_true(g.length_min == 7 && g.length_max == 7);
	generator_free(&g);
	g = right("a TIMESTAMP(3) max-past 5s null 100%");
	assert_int_equal(g.past_ms, 5000);
	assert_true(g.always_null);
	generator_free(&g);
}

/* Range, sequence, normal, length, max-past, epoch; one-of and null all have.
 */
static void
each_type_has_its_generators_and_no_others(void **state)
{
	static const struct {
		const char *type, *range, *value, *has;
	} types[] = {
		{ "BOOLEAN", "0..1", "true", "" },
		{ "TINYINT", "-9..9", "-9", "rsn" },
		{ "SMALLINT", "1..300", "300", "rsn" },
		{ "INT", "10..20", "10", "rsn" },
		{ "BIGINT", "0..9223372036854775807", "1", "rsne" },
		{ "FLOAT", "0..1.5", "0.1", "rsn" },
		{ "DOUBLE", "-1e9..1e-3", "1e9", "rsn" },
		{ "DECIMAL(16,2)", "0..100", "9.99", "rsne" },
		{ "CHAR(3)", "1..2", "abc", "sl" },
		{ "VARCHAR(3)", "1..2", "abc", "sl" },
		{ "STRING", "1..2", "abc", "sl" },
		{ "DATE", "2024-01-01..2024-02-29", "2024-02-29", "r" },
		{ "TIME(3)", "08:00..17:30", "12:00:00.5", "r" },
		{ "TIMESTAMP(3)", "2024-01-01T00:00..2024-01-02T00:00",
		    "2024-01-01T00:00", "rp" },
		{ "TIMESTAMP_LTZ(3)", "2024-01-01T00:00Z..2024-01-02T00:00Z",
		    "2024-01-01T00:00Z", "rp" },
	};
	static const char *const words[] = { "r", "ssequence 1..3",
		"nnormal 1 0.5", "llength 2", "pmax-past 5s", "eepoch ms",
		"*null 5%", "*", "*one-of " };

	(void)state;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
		for (size_t k = 0; k < sizeof words / sizeof *words; k++) {
			bool is_range = *words[k] == 'r';
			bool is_one_of = k + 1 == sizeof words / sizeof *words;
			char notation[128];
			struct generator g;
			size_t at;
			const char *why;

			snprintf(notation, sizeof notation,
			    "a %s %s%s null 1%%", types[i].type, words[k] + 1,
			    is_range    ? types[i].range
			    : is_one_of ? types[i].value
					: "");
			if (*words[k] == '*' && !is_one_of)
				*strstr(notation, " null 1%") = '\0';
			why = wrong(notation, &g, &at);
			if ((*why == '\0') !=
			    (*words[k] == '*' ||
				strchr(types[i].has, *words[k]))) {
				print_error("%s: '%s'\n", notation, why);
				fail();
			}
			generator_free(&g);
		}
	}
}

static void
shares_are_read_exactly(void **state)
{
	static const struct {
		const char *text;
		uint64_t below;
	} good[] = {
		{ "0%", 0 },
		{ "50%", (uint64_t)1 << 63 },
		{ "25.0%", (uint64_t)1 << 62 },
		{ ".5%", UINT64_MAX / 200 },
		{ "0.000000001%", UINT64_MAX / 100000000000 },
	};
	static const char *const bad[] = { "", "%", "5", "5 %", ".%", "1e1%",
		"100.1%", "0.0000000001%", "5%%", "-0%" };
	uint64_t below;
	bool always;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		assert_true(
		    rate_percent(span_of(good[i].text), &below, &always));
		assert_true(below == good[i].below && !always);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(rate_percent(span_of(bad[i]), &below, &always));
	assert_true(rate_percent(span_of("100%"), &below, &always));
	assert_true(always);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(errors_say_where_and_what_and_give_an_example),
		cmocka_unit_test(ranges_are_in_units_of_their_type),
		cmocka_unit_test(parts_stand_in_any_order_and_case),
		cmocka_unit_test(each_type_has_its_generators_and_no_others),
		cmocka_unit_test(shares_are_read_exactly),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
