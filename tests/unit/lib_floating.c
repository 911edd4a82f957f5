/* lib_floating - DOUBLE and FLOAT are rounded once and read back as written.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include <float.h>
#include <locale.h>
#include <math.h>

#include "lib/floating.h"

#define N(table) (sizeof(table) / sizeof *(table))

/* By bits, so that 0.0 is not -0.0. */
static void
assert_double(double a, double b)
{
	assert_memory_equal(&a, &b, sizeof a);
}

static void
assert_float(float a, float b)
{
	assert_memory_equal(&a, &b, sizeof a);
}

static const struct {
	const char *text;
	double d;
	float f;
} numbers[] = {
	{ "0", 0, 0 },
	{ "-0", -0.0, -0.0f },
	{ "-0.000e5", -0.0, -0.0f },
	{ "1", 1, 1 },
	{ "-12.5", -12.5, -12.5f },
	{ "0.1", 0.1, 0.1f },
	{ "1e10", 1e10, 1e10f },
	{ "1E+2", 100, 100 },
	{ "1e-400", 0, 0 },
	{ "-1e-400", -0.0, -0.0f },
	{ "1e-99999999999999999999", 0, 0 },
	{ "0e99999999999999999999", 0, 0 },
	{ "9007199254740993", 0x1p53, 0x1p53f },
	{ "9007199254740993.0000000000000000000000001", 0x1p53 + 2, 0x1p53f },
	{ "9007199254740995", 0x1p53 + 4, 0x1p53f },
	{ "1e23", 1e23, 1e23f },
	{ "4.9e-324", 0x1p-1074, 0 },
	{ "1e-45", 1e-45, 0x1p-149f },
	{ "2.2250738585072011e-308", 0x0.fffffffffffffp-1022, 0 },
	{ "16777217", 16777217, 16777216 },
	{ "16777217.0000001", 16777217.0000001, 16777218 },
	/* Halfway for FLOAT but for a digit that DOUBLE loses. */
	{ "1.00000005960464477539062500000000001", 1.000000059604644775390625,
	    0x1.000002p0f },
	{ "0.000000000000000000000000000000000000000000001e45", 1, 1 },
	{ "1000000000000000000000000000000000000000000000e-45", 1, 1 },
	{ "3.4028235677973365e38", 0x1.ffffffp127, FLT_MAX },
};

static void
a_number_is_rounded_once_to_nearest_even(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(numbers); i++)
		for (int lenient = 0; lenient < 2; lenient++) {
			struct span s = span_of(numbers[i].text);
			double d;
			float f;

			assert_true(floating_parse_double(s, lenient, &d));
			assert_double(d, numbers[i].d);
			assert_true(floating_parse_float(s, lenient, &f));
			assert_float(f, numbers[i].f);
		}
}

static void
what_rounds_to_infinity_is_no_value(void **state)
{
	double d;
	float f;

	(void)state;
	assert_true(floating_parse_double(
	    span_of("1.7976931348623158e308"), false, &d));
	assert_double(d, DBL_MAX);
	assert_false(floating_parse_double(
	    span_of("1.7976931348623159e308"), false, &d));
	assert_false(floating_parse_double(span_of("-1e400"), false, &d));
	assert_false(floating_parse_double(
	    span_of("1e99999999999999999999"), false, &d));
	assert_false(
	    floating_parse_float(span_of("3.4028235677973367e38"), false, &f));
	assert_false(floating_parse_float(span_of("1e39"), true, &f));
	assert_false(floating_parse_float(span_of("-1e39"), true, &f));
}

static void
the_grammar_is_json_s_and_a_text_may_be_laxer(void **state)
{
	static const char *const only_text[] = { "+1", ".5", "5.", " 2.00 ",
		"\t5.e1\n", "007" };
	static const char *const nowhere[] = { "", " ", ".", "-", "e5", "1e",
		"0x10", "2d", "2f", "1_0", "NaN", "nan", "inf", "Infinity",
		"1,5", "1 2", "--1" };
	double d;
	float f;

	(void)state;
	for (size_t i = 0; i < N(only_text); i++) {
		struct span s = span_of(only_text[i]);

		assert_false(floating_parse_double(s, false, &d));
		assert_false(floating_parse_float(s, false, &f));
		assert_true(floating_parse_double(s, true, &d));
		assert_true(floating_parse_float(s, true, &f));
	}
	for (size_t i = 0; i < N(nowhere); i++)
		for (int lenient = 0; lenient < 2; lenient++) {
			struct span s = span_of(nowhere[i]);

			assert_false(floating_parse_double(s, lenient, &d));
			assert_false(floating_parse_float(s, lenient, &f));
		}
	/* The text ends where the span ends. */
	assert_true(
	    floating_parse_double((struct span){ "12345", 2 }, false, &d));
	assert_double(d, 12);
}

/* 2^53 + 1 lies halfway: what stands 50,000 digits behind it decides. */
static void
a_digit_however_far_decides_a_tie(void **state)
{
	static char text[50000];
	struct span s = { text, sizeof text };
	double d;

	(void)state;
	memset(text, '0', sizeof text);
	memcpy(text, "9007199254740993.", 17);
	assert_true(floating_parse_double(s, false, &d));
	assert_double(d, 0x1p53);
	text[sizeof text - 1] = '1';
	assert_true(floating_parse_double(s, false, &d));
	assert_double(d, 0x1p53 + 2);
	/* The same without a point. */
	memmove(text + 16, text + 17, sizeof text - 17);
	memcpy(text + 40000, "1e-39985", 8);
	s.n = 40008;
	assert_true(floating_parse_double(s, false, &d));
	assert_double(d, 0x1p53 + 2);
	text[40000] = '0';
	assert_true(floating_parse_double(s, false, &d));
	assert_double(d, 0x1p53);
}

static const struct {
	double v;
	const char *text;
} doubles[] = {
	{ 0, "0.0" },
	{ -0.0, "-0.0" },
	{ 1, "1.0" },
	{ 100, "100.0" },
	{ 0.1, "0.1" },
	{ -12.5, "-12.5" },
	{ 0.1 + 0.2, "0.30000000000000004" },
	{ 0.001, "0.001" },
	{ 0.0010000000000000002, "0.0010000000000000002" },
	{ 0.0009999999999999998, "9.999999999999998E-4" },
	{ 1e-4, "1.0E-4" },
	{ 9999999, "9999999.0" },
	{ 9999999.999999998, "9999999.999999998" },
	{ 1e7, "1.0E7" },
	{ 12345678, "1.2345678E7" },
	{ 1e10, "1.0E10" },
	{ 1e22, "1.0E22" },
	{ 1e23, "1.0E23" },
	{ 2e23, "2.0E23" },
	{ 0x1p53, "9.007199254740992E15" },
	{ 0x1p63, "9.223372036854776E18" },
	{ 123456789012345680, "1.2345678901234568E17" },
	/* Powers of two whose nearest decimal of 16 digits reads back as the
	 * value below. */
	{ 0x1p-44, "5.684341886080802E-14" },
	{ 0x1p-1022, "2.2250738585072014E-308" },
	{ 5e-324, "5.0E-324" },
	{ 1e-323, "1.0E-323" },
	{ -DBL_MAX, "-1.7976931348623157E308" },
	{ (double)NAN, "\"NaN\"" },
	{ (double)INFINITY, "\"Infinity\"" },
	{ -(double)INFINITY, "\"-Infinity\"" },
};

static void
a_double_has_the_fewest_digits_in_javas_shape(void **state)
{
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < N(doubles); i++) {
		buf_clear(&b);
		floating_write_double(&b, doubles[i].v);
		assert_string_equal(buf_text(&b), doubles[i].text);
	}
	buf_free(&b);
}

static void
a_float_has_the_fewest_digits_in_javas_shape(void **state)
{
	static const struct {
		float v;
		const char *text;
	} floats[] = {
		{ 0, "0.0" },
		{ -0.0f, "-0.0" },
		{ 0.1f, "0.1" },
		{ 49.73f, "49.73" },
		{ 0.3f, "0.3" },
		{ 0.001f, "0.001" },
		{ 9.999e-4f, "9.999E-4" },
		{ 1e-4f, "1.0E-4" },
		{ 9999999, "9999999.0" },
		{ 1e7f, "1.0E7" },
		{ 1e10f, "1.0E10" },
		{ 16777216, "1.6777216E7" },
		{ 0x1p-149f, "1.0E-45" },
		{ FLT_MIN, "1.1754944E-38" },
		{ FLT_MAX, "3.4028235E38" },
		{ 0x1p-96f, "1.2621775E-29" },
		{ NAN, "\"NaN\"" },
		{ -INFINITY, "\"-Infinity\"" },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < N(floats); i++) {
		buf_clear(&b);
		floating_write_float(&b, floats[i].v);
		assert_string_equal(buf_text(&b), floats[i].text);
	}
	buf_free(&b);
}

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

static void
what_is_written_reads_back(void **state)
{
	uint64_t random = 88172645463325252u, bits;
	struct buf b = { 0 };

	(void)state;
	for (int i = 0; i < 20000; i++) {
		double d, d_back;
		float f, f_back;
		uint32_t low;

		bits = draw(&random);
		low = (uint32_t)bits;
		memcpy(&d, &bits, sizeof d);
		memcpy(&f, &low, sizeof f);
		if (isfinite(d)) {
			buf_clear(&b);
			floating_write_double(&b, d);
			assert_true(floating_parse_double(
			    buf_span(&b), false, &d_back));
			assert_double(d_back, d);
		}
		if (isfinite(f)) {
			buf_clear(&b);
			floating_write_float(&b, f);
			assert_true(
			    floating_parse_float(buf_span(&b), false, &f_back));
			assert_float(f_back, f);
		}
	}
	buf_free(&b);
}

static void
a_cast_to_decimal_goes_through_the_shortest_text(void **state)
{
	static const struct {
		double v;
		int precision, scale;
		bool fits;
		int64_t units;
	} cases[] = {
		{ 1.005, 6, 2, true, 101 },
		{ (double)1.005f, 6, 2, true, 100 },
		{ -1.005, 6, 2, true, -101 },
		{ -0.0, 6, 2, true, 0 },
		{ 0.1, 38, 18, true, 100000000000000000 },
		{ 9999.994, 6, 2, true, 999999 },
		{ 9999.995, 6, 2, false, 0 },
		{ 1e300, 38, 0, false, 0 },
		{ -DBL_MAX, 38, 38, false, 0 },
		{ 5e-324, 38, 38, true, 0 },
		{ 1e18, 38, 0, true, 1000000000000000000 },
		{ (double)NAN, 38, 0, false, 0 },
		{ (double)INFINITY, 38, 0, false, 0 },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct decimal d;
		bool fits = floating_to_decimal(
		    cases[i].v, cases[i].precision, cases[i].scale, &d);

		assert_int_equal(fits, cases[i].fits);
		if (fits) {
			assert_true(d.units == cases[i].units);
			assert_int_equal(d.scale, cases[i].scale);
		}
	}
}

static void
no_locale_changes_a_number(void **state)
{
	static const char *const names[] = { "de_DE.UTF-8", "fr_FR.UTF-8",
		"de_DE", "fr_FR" };
	struct buf b = { 0 };
	size_t i = 0;
	double d;

	(void)state;
	while (i < N(names) && setlocale(LC_ALL, names[i]) == NULL)
		i++;
	if (i == N(names)) {
		print_message("no locale with a decimal comma here\n");
		skip();
	}
	floating_write_double(&b, 0.1 + 0.2);
	assert_string_equal(buf_text(&b), "0.30000000000000004");
	assert_true(floating_parse_double(buf_span(&b), false, &d));
	assert_double(d, 0.1 + 0.2);
	setlocale(LC_ALL, "C");
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_number_is_rounded_once_to_nearest_even),
		cmocka_unit_test(what_rounds_to_infinity_is_no_value),
		cmocka_unit_test(the_grammar_is_json_s_and_a_text_may_be_laxer),
		cmocka_unit_test(a_digit_however_far_decides_a_tie),
		cmocka_unit_test(a_double_has_the_fewest_digits_in_javas_shape),
		cmocka_unit_test(a_float_has_the_fewest_digits_in_javas_shape),
		cmocka_unit_test(what_is_written_reads_back),
		cmocka_unit_test(
		    a_cast_to_decimal_goes_through_the_shortest_text),
		cmocka_unit_test(no_locale_changes_a_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
