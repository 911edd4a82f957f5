/* lib_decimal - what is a decimal, how it is rounded, divided and written.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/decimal.h"

#define N(table) (sizeof(table) / sizeof *(table))
#define TEN10    "0000000000"
#define NINES    "99999999999999999999999999999999999999" /* 38 */

static int128
units_of(const char *text)
{
	bool negative = *text == '-';
	int128 v = 0;

	for (text += negative; *text != '\0'; text++)
		v = v * 10 + (*text - '0');
	return negative ? -v : v;
}

static struct wide
wide_of_text(const char *text)
{
	bool negative = *text == '-';
	struct wide w = { 0 };

	for (text += negative; *text != '\0'; text++) {
		wide_scale_up(&w, 1);
		wide_add_i128(&w, *text - '0');
	}
	if (negative)
		wide_negate(&w);
	return w;
}

static void
assert_decimal(struct decimal d, const char *units, int scale)
{
	assert_true(d.units == units_of(units));
	assert_int_equal(d.scale, scale);
}

struct declared {
	const char *text;
	int precision, scale;
	const char *units; /* NULL: null */
};

/* None of these differs between JSON numbers and texts. */
static const struct declared declared[] = {
	{ "0", 6, 2, "0" },
	{ "-0", 6, 2, "0" },
	{ "-0.00", 6, 2, "0" },
	{ "49.73", 6, 2, "4973" },
	{ "-49.7", 6, 2, "-4970" },
	{ "12.345", 6, 2, "1235" },
	{ "12.344999999999999999999999999999999999999999", 6, 2, "1234" },
	{ "12.345000000000000000000000000000000000000001", 6, 2, "1235" },
	{ "-12.345", 6, 2, "-1235" },
	{ "-0.005", 6, 2, "-1" },
	{ "-0.004", 6, 2, "0" },
	{ "9999.99", 6, 2, "999999" },
	{ "9999.994", 6, 2, "999999" },
	{ "9999.995", 6, 2, NULL },
	{ "-9999.995", 6, 2, NULL },
	{ "12345.67", 6, 2, NULL },
	{ "1e2", 6, 2, "10000" },
	{ "1.5E1", 6, 2, "1500" },
	{ "1e+3", 6, 2, "100000" },
	{ "1e4", 6, 2, NULL },
	{ "1e2000", 6, 2, NULL },
	{ "1e-2000", 6, 2, "0" },
	{ "-1e-2000", 6, 2, "0" },
	{ "1e-99999999999999999999999999", 6, 2, "0" },
	{ "1e99999999999999999999999999", 6, 2, NULL },
	{ "0e999999999999", 6, 2, "0" },
	{ "0.0000e99999999999999999999999", 6, 2, "0" },
	{ "5e-3", 6, 2, "1" },
	{ "4.9e-3", 6, 2, "0" },
	{ "0.5e-2", 6, 2, "1" },
	{ "0.05e-1", 6, 2, "1" },
	{ "0.5", 2, 2, "50" },
	{ "0.995", 2, 2, NULL },
	{ "1.0", 2, 2, NULL },
	{ "0.0000000000000000000000000000000000000000000000012345e48", 6, 2,
	    "123" },
	{ "123450000000000000000000000000000000000000000000000e-48", 6, 2,
	    "12345" },
	{ "123456789012345678", 18, 0, "123456789012345678" },
	{ "1234567890123456789", 18, 0, NULL },
	{ "1234567890123456789", 19, 0, "1234567890123456789" },
	{ "999999999999999999", 18, 0, "999999999999999999" },
	{ "0.999999999999999999", 38, 18, "999999999999999999" },
	{ "0.9999999999999999995", 38, 18, "1000000000000000000" },
	{ NINES, 38, 0, NINES },
	{ "-" NINES, 38, 0, "-" NINES },
	{ NINES ".4", 38, 0, NINES },
	{ NINES ".5", 38, 0, NULL },
	{ "1", 38, 38, NULL },
	{ "1", 38, 37, "10000000000000000000000000000000000000" },
	{ "0." NINES "4", 38, 38, NINES },
	{ "0." NINES "5", 38, 38, NULL },
};

static void
a_declared_decimal_is_rounded_once_and_null_without_room(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(declared); i++)
		for (int lenient = 0; lenient < 2; lenient++) {
			const struct declared *c = &declared[i];
			struct decimal d;
			enum decimal_parsed got =
			    decimal_parse(span_of(c->text), lenient,
				c->precision, c->scale, &d);

			if (c->units == NULL) {
				assert_int_equal(got, DECIMAL_NULL);
				continue;
			}
			assert_int_equal(got, DECIMAL_OK);
			assert_decimal(d, c->units, c->scale);
		}
}

static const char *const only_text[] = { "+1", ".5", "-.5", "+.5e+2", "5.",
	"+5.", "5.e1", " 2.00 ", "\t\n\r 1", "1\x01", "007", "00", "-00.50" };

static const char *const nowhere[] = { "", " ", "-", "+", ".", "-.", "e5",
	".e5", "1e", "1e+", "1e-", "1e1.5", "1e 5", "0x10", "2d", "2f", "1_0",
	"NaN", "Infinity", "-Infinity", "1,5", "1.2.3", "--1", "+-1", "-+1",
	"1-", "1 2", "- 1", "abc", "\xd9\xa1", "1ee5", "1e5e5" };

static enum decimal_parsed
parse(const char *text, bool lenient)
{
	struct decimal d, any;
	enum decimal_parsed got =
	    decimal_parse(span_of(text), lenient, 38, 2, &d);

	assert_int_equal(decimal_parse_any(span_of(text), lenient, &any), got);
	return got;
}

static void
the_grammar_is_json_s_and_a_text_may_be_laxer(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(only_text); i++) {
		assert_int_equal(parse(only_text[i], false), DECIMAL_BAD);
		assert_int_equal(parse(only_text[i], true), DECIMAL_OK);
	}
	for (size_t i = 0; i < N(nowhere); i++) {
		assert_int_equal(parse(nowhere[i], false), DECIMAL_BAD);
		assert_int_equal(parse(nowhere[i], true), DECIMAL_BAD);
	}
	assert_int_equal(decimal_parse((struct span){ 0 }, true, 6, 2,
			     &(struct decimal){ 0 }),
	    DECIMAL_BAD);
}

static void
hundreds_of_digits_are_read_exactly(void **state)
{
	static char text[70000];
	struct span s = { text, sizeof text };
	struct decimal d;

	(void)state;
	memcpy(text, "0.004", 5);
	memset(text + 5, '9', sizeof text - 5);
	assert_int_equal(decimal_parse(s, false, 6, 2, &d), DECIMAL_OK);
	assert_decimal(d, "0", 2);
	text[4] = '5';
	assert_int_equal(decimal_parse(s, false, 6, 2, &d), DECIMAL_OK);
	assert_decimal(d, "1", 2);
	/* 65,000 zeros, taken back by the exponent. */
	memset(text + 2, '0', sizeof text - 2);
	memcpy(text + 65002, "4250000e65001", 13);
	s.n = 65002 + 13;
	assert_int_equal(decimal_parse(s, false, 6, 2, &d), DECIMAL_OK);
	assert_decimal(d, "425", 2);
}

static void
an_undeclared_number_keeps_38_digits(void **state)
{
	static const struct {
		const char *text, *units;
		int scale;
	} cases[] = {
		{ "0", "0", 0 },
		{ "-0.000", "0", 0 },
		{ "0e99999999999999999999", "0", 0 },
		{ "1.50", "15", 1 },
		{ "100", "100", 0 },
		{ "1e2", "100", 0 },
		{ "100.0", "100", 0 },
		{ "-12.345", "-12345", 3 },
		{ "15e-1", "15", 1 },
		{ "1e37", "1" TEN10 TEN10 TEN10 "0000000", 0 },
		{ NINES, NINES, 0 },
		{ NINES ".4", NINES, 0 },
		{ "0." NINES, NINES, 38 },
		{ "0." NINES "9", "1", 0 },
		{ "9." NINES, "10", 0 },
		{ "1.2345678901234567890123456789012345678944",
		    "12345678901234567890123456789012345679", 37 },
		{ "1e-38", "1", 38 },
		{ "5e-39", "1", 38 },
		{ "4e-39", "0", 0 },
		{ "1e-99999999999999", "0", 0 },
		{ "1234567890123456789.5", "12345678901234567895", 1 },
	};
	static const char *const null[] = { NINES ".5", NINES "0", "1e38",
		"-1e38", "1e99999999999999999999" };
	struct decimal d;

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		assert_int_equal(
		    decimal_parse_any(span_of(cases[i].text), false, &d),
		    DECIMAL_OK);
		assert_decimal(d, cases[i].units, cases[i].scale);
	}
	for (size_t i = 0; i < N(null); i++)
		assert_int_equal(decimal_parse_any(span_of(null[i]), false, &d),
		    DECIMAL_NULL);
}

static void
a_scale_changes_half_up_or_not_at_all(void **state)
{
	static const struct {
		const char *units;
		int scale, precision, to;
		const char *want;
	} cases[] = {
		{ "4999500", 9, 38, 6, "5000" },
		{ "-50025", 3, 6, 2, "-5003" },
		{ "125", 2, 6, 2, "125" },
		{ "125", 2, 6, 5, "125000" },
		{ "125", 2, 5, 5, NULL },
		{ "999995", 3, 5, 2, NULL },
		{ "999994", 3, 5, 2, "99999" },
		{ NINES, 38, 38, 0, "1" },
		{ "49999999999999999999999999999999999999", 38, 38, 0, "0" },
		{ "-" NINES, 1, 38, 0,
		    "-10000000000000000000000000000000000000" },
		{ NINES, 0, 38, 1, NULL },
		{ "0", 0, 38, 38, "0" },
		{ "0", 0, 1, 1, "0" },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct decimal from = { units_of(cases[i].units),
			cases[i].scale },
			       d = { 0 };
		struct wide w = wide_of(from.units);
		bool ok =
		    decimal_rescale(from, cases[i].precision, cases[i].to, &d);

		assert_int_equal(ok, cases[i].want != NULL);
		if (ok)
			assert_decimal(d, cases[i].want, cases[i].to);
		d = (struct decimal){ 0 };
		assert_int_equal(decimal_of_wide(&w, from.scale,
				     cases[i].precision, cases[i].to, &d),
		    ok);
		if (ok)
			assert_decimal(d, cases[i].want, cases[i].to);
	}
}

static void
a_wide_becomes_a_decimal_if_it_has_room(void **state)
{
	struct wide w = wide_of_text(NINES NINES NINES);
	struct decimal d;

	(void)state;
	assert_true(decimal_of_wide(&w, 114, 38, 2, &d));
	assert_decimal(d, "100", 2);
	assert_true(decimal_of_wide(&w, 200, 38, 2, &d));
	assert_decimal(d, "0", 2);
	assert_true(decimal_of_wide(&w, 77, 38, 0, &d));
	assert_decimal(d, "10000000000000000000000000000000000000", 0);
	assert_false(decimal_of_wide(&w, 76, 38, 0, &d));
	w = wide_of(12);
	assert_true(decimal_of_wide(&w, -36, 38, 0, &d));
	assert_decimal(d, "12" TEN10 TEN10 TEN10 "000000", 0);
	assert_false(decimal_of_wide(&w, -300, 38, 0, &d));
	w = wide_of(0);
	assert_true(decimal_of_wide(&w, -300, 38, 4, &d));
	assert_decimal(d, "0", 4);
}

struct quotient {
	const char *num;
	int num_scale;
	const char *den;
	int scale;
	const char *want; /* NULL: null */
};

static const struct quotient quotients[] = {
	{ "10005", 2, "2", 6, "50025000" },
	{ "-10005", 2, "2", 6, "-50025000" },
	{ "10005", 2, "-2", 6, "-50025000" },
	{ "2", 2, "3", 6, "6667" },
	{ "1000", 2, "3", 6, "3333333" },
	{ "5000", 2, "10001", 6, "5000" },
	{ "0", 2, "7", 6, "0" },
	/* 38 significant digits first: 0.4999…96 becomes a half. */
	{ "4999999999999999999999999999999999999996", 40, "1", 0, "1" },
	{ "4999999999999999999999999999999999999944", 40, "1", 0, "0" },
	{ "49999999999999999999999999999999999999", 38, "1", 0, "0" },
	{ NINES, 0, "1", 0, NINES },
	{ NINES, 0, "1", 1, NULL },
	{ NINES "5", 0, "10", 0, NULL },
	{ NINES "4", 0, "10", 0, NINES },
	{ "1", 0, "3", 38, "33333333333333333333333333333333333333" },
	{ "2", 0, "3", 38, "66666666666666666666666666666666666667" },
	{ "10", 0, "3", 38, NULL },
};

static void
a_quotient_is_rounded_as_flink_does(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(quotients); i++) {
		const struct quotient *c = &quotients[i];
		struct wide num = wide_of_text(c->num);
		struct wide den = wide_of_text(c->den);
		struct decimal d;
		bool ok =
		    decimal_quotient(&num, c->num_scale, &den, c->scale, &d);

		assert_int_equal(ok, c->want != NULL);
		if (ok)
			assert_decimal(d, c->want, c->scale);
	}
}

/* 1.00, 2.50, 4.25, all steps at scale 6: seen on Flink 1.20. */
static void
a_variance_is_flinks(void **state)
{
	static const int x[] = { 1000000, 2500000, 4250000 };
	struct wide sum = wide_of(0), squares = sum, square, n = wide_of(3);
	struct wide less = wide_of(2);
	struct decimal d;

	(void)state;
	for (int i = 0; i < 3; i++) {
		square = wide_of((int128)x[i] * x[i]);
		assert_true(decimal_of_wide(&square, 12, 38, 6, &d));
		wide_add_i128(&squares, d.units);
		wide_add_i128(&sum, x[i]);
	}
	square = wide_mul(&sum, &sum);
	assert_true(decimal_of_wide(&square, 12, 38, 6, &d));
	square = wide_of(d.units);
	assert_true(decimal_quotient(&square, 6, &n, 6, &d));
	wide_add_i128(&squares, -d.units);
	assert_true(decimal_quotient(&squares, 6, &n, 6, &d));
	assert_decimal(d, "1763889", 6);
	assert_true(decimal_quotient(&squares, 6, &less, 6, &d));
	assert_decimal(d, "2645834", 6);
}

/* Against the integer form of the two roundings. */
static void
averages_are_rounded_twice(void **state)
{
	(void)state;
	for (int64_t n = 1; n < 400; n++)
		for (int64_t sum = -500; sum < 500; sum += 7) {
			int64_t m = sum < 0 ? -sum : sum;
			int64_t q6 = (2 * m * 10000 + n) / (2 * n);
			int64_t q2 = (q6 + 5000) / 10000;
			struct wide num = wide_of(sum), den = wide_of(n);
			struct decimal d;

			assert_true(decimal_quotient(&num, 2, &den, 6, &d));
			assert_true(d.units == (sum < 0 ? -q6 : q6));
			assert_true(decimal_rescale(d, 6, 2, &d));
			assert_true(d.units == (sum < 0 ? -q2 : q2));
		}
}

static void
order_is_by_value_whatever_the_scale(void **state)
{
	struct decimal up[] = {
		{ units_of("-" NINES), 0 },
		{ -1, 0 },
		{ units_of("-" NINES), 38 }, /* above -1 by 10^-38 */
		{ 0, 3 },
		{ 1, 38 },
		{ 15, 1 },
		{ 151, 2 },
		{ units_of(NINES), 0 },
	};

	(void)state;
	for (int i = 0; i < (int)N(up); i++)
		for (int j = 0; j < (int)N(up); j++)
			assert_int_equal(
			    decimal_order(up[i], up[j]), (i > j) - (i < j));
	assert_int_equal(decimal_order((struct decimal){ 150, 2 },
			     (struct decimal){ 15, 1 }),
	    0);
}

static void
digits_are_counted(void **state)
{
	(void)state;
	assert_int_equal(decimal_digits(0), 1);
	for (int i = 0; i < DECIMAL_DIGITS_MAX; i++) {
		uint128 power = (uint128)decimal_pow10(i);

		assert_int_equal(decimal_digits(power), i + 1);
		assert_int_equal(decimal_digits(power * 10 - 1), i + 1);
	}
}

static void
zeros_of_the_fraction_are_cut(void **state)
{
	struct decimal d = { 15000, 3 };

	(void)state;
	assert_decimal(decimal_strip(d), "15", 0);
	d.scale = 4;
	assert_decimal(decimal_strip(d), "15", 1);
	d = (struct decimal){ decimal_pow10(37), 38 };
	assert_decimal(decimal_strip(d), "1", 1);
	d = (struct decimal){ -decimal_pow10(37), 36 };
	assert_decimal(decimal_strip(d), "-10", 0);
	d = (struct decimal){ 0, 38 };
	assert_decimal(decimal_strip(d), "0", 0);
}

static const struct {
	const char *units;
	int scale;
	const char *plain, *flink;
} texts[] = {
	{ "4973", 2, "49.73", "49.73" },
	{ "1250", 2, "12.5", "12.5" },
	{ "1200", 2, "12", "12" },
	{ "100", 2, "1", "1" },
	{ "5", 2, "0.05", "0.05" },
	{ "0", 2, "0", "0" },
	{ "0", 38, "0", "0" },
	{ "1000", 2, "10", "1E+1" },
	{ "5000", 2, "50", "5E+1" },
	{ "10000", 2, "100", "1E+2" },
	{ "11000", 2, "110", "1.1E+2" },
	{ "999000", 2, "9990", "9.99E+3" },
	{ "-2000", 2, "-20", "-2E+1" },
	{ "-50", 2, "-0.5", "-0.5" },
	{ "-5", 2, "-0.05", "-0.05" },
	{ "101", 0, "101", "101" },
	{ "120", 9, "0.00000012", "1.2E-7" },
	{ "12", 7, "0.0000012", "0.0000012" },
	{ "1", 6, "0.000001", "0.000001" },
	{ "1", 7, "0.0000001", "1E-7" },
	{ "-1", 38, "-0.00000000000000000000000000000000000001", "-1E-38" },
	{ "1" TEN10 TEN10 "00", 0, "1" TEN10 TEN10 "00", "1E+22" },
	{ "123" TEN10 TEN10 TEN10 "00000", 0, "123" TEN10 TEN10 TEN10 "00000",
	    "1.23E+37" },
	{ NINES, 0, NINES, NINES },
	{ "-" NINES, 38, "-0." NINES, "-0." NINES },
	{ "1" TEN10 TEN10 TEN10 "0000001", 19,
	    "1000000000000000000.0000000000000000001",
	    "1000000000000000000.0000000000000000001" },
};

static void
texts_are_plain_or_flinks(void **state)
{
	(void)state;
	for (size_t i = 0; i < N(texts); i++) {
		struct decimal d = { units_of(texts[i].units), texts[i].scale },
			       back;
		struct buf b = { 0 };

		decimal_write(&b, d);
		assert_string_equal(buf_text(&b), texts[i].plain);
		assert_int_equal(
		    decimal_parse_any(buf_span(&b), false, &back), DECIMAL_OK);
		assert_int_equal(decimal_order(back, d), 0);
		buf_clear(&b);
		decimal_write_flink(&b, d);
		assert_string_equal(buf_text(&b), texts[i].flink);
		assert_int_equal(
		    decimal_parse_any(buf_span(&b), false, &back), DECIMAL_OK);
		assert_int_equal(decimal_order(back, d), 0);
		buf_free(&b);
	}
}

static void
binary_numbers_are_correctly_rounded(void **state)
{
	static const struct {
		const char *units;
		int scale;
		double d;
		float f;
	} cases[] = {
		{ "0", 2, 0, 0 },
		{ "1", 1, 0.1, 0.1f },
		{ "-4973", 2, -49.73, -49.73f },
		{ "9007199254740993", 0, 9007199254740992.0, 0x1p53f },
		{ "9007199254740995", 0, 9007199254740996.0, 0x1p53f },
		{ "16777217", 0, 16777217, 16777216 },
		{ "16777219", 0, 16777219, 16777220 },
		{ "1", 38, 1e-38, 1e-38f },
		{ NINES, 0, 1e38, 1e38f },
		{ NINES, 38, 1, 1 },
		{ "1234567890123456789", 10, 123456789.0123456789,
		    123456789.0123456789f },
		/* Halfway for a float, but for the last digit. */
		{ "100000005960464477539062500000000001", 35,
		    1.00000005960464477539062500000000001, 0x1.000002p0f },
	};

	(void)state;
	for (size_t i = 0; i < N(cases); i++) {
		struct decimal d = { units_of(cases[i].units), cases[i].scale };
		double got = decimal_to_double(d);
		float got_float = decimal_to_float(d);

		assert_memory_equal(&got, &cases[i].d, sizeof got);
		assert_memory_equal(&got_float, &cases[i].f, sizeof got_float);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_declared_decimal_is_rounded_once_and_null_without_room),
		cmocka_unit_test(the_grammar_is_json_s_and_a_text_may_be_laxer),
		cmocka_unit_test(hundreds_of_digits_are_read_exactly),
		cmocka_unit_test(an_undeclared_number_keeps_38_digits),
		cmocka_unit_test(a_scale_changes_half_up_or_not_at_all),
		cmocka_unit_test(a_wide_becomes_a_decimal_if_it_has_room),
		cmocka_unit_test(a_quotient_is_rounded_as_flink_does),
		cmocka_unit_test(a_variance_is_flinks),
		cmocka_unit_test(averages_are_rounded_twice),
		cmocka_unit_test(order_is_by_value_whatever_the_scale),
		cmocka_unit_test(digits_are_counted),
		cmocka_unit_test(zeros_of_the_fraction_are_cut),
		cmocka_unit_test(texts_are_plain_or_flinks),
		cmocka_unit_test(binary_numbers_are_correctly_rounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
