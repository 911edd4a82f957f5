/* lib_wide - arithmetic on 384 bits, against vectors and against itself.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/wide.h"

/* In hexadecimal; the product is modulo 2^384, as a signed number. */
struct vector {
	const char *a, *b, *product, *trunc, *half_up;
	int digits; /* of a, in decimal */
};

/* Computed with the integers of Python 3. */
static const struct vector vectors[] = {
	{ "40000000000000000000000000000000000000000000000000000000000"
	  "000000000000032899387269e0d37f2a74d",
	    "892f902bd23f0824",
	    "9000000000000000000000000000000000000000000000000000000001b"
	    "1503ab7313c5ff5601e5c384df7ec94ceed4",
	    "776de506e6843fde33aff167af8c01c49697cc7b5be4c0bcdc84bb531cf"
	    "cd605f19cb8e2160ef0",
	    "776de506e6843fde33aff167af8c01c49697cc7b5be4c0bcdc84bb531cf"
	    "cd605f19cb8e2160ef1",
	    113 },
	{ "40000000000000000000000000000000000000000000000000000000000"
	  "000000000000074712eca0ed90475953198",
	    "6f03675a1600a35a",
	    "-297fffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "cd8160605391f7310ffc1e464f73dd9af8c890",
	    "9395ff36b6caa3255df5b2d312774d9391f71224bc0750a6900a7c13dd1"
	    "393625e826b2245bdb5",
	    "9395ff36b6caa3255df5b2d312774d9391f71224bc0750a6900a7c13dd1"
	    "393625e826b2245bdb5",
	    113 },
	{ "fffffffffffffffffffffffffffffffffffffffffffffffffff9352b5d9"
	  "72ee9131e8c708",
	    "fffffffffffffffffffffd7d5e8f4cc7",
	    "-282a170b33900000000000000000006cad4a268d116ece1738f6ef30e3"
	    "37ca2d43f9a113014cfb7ee8c8",
	    "1000000000000000000000282a170b339000000000",
	    "1000000000000000000000282a170b339000000000", 88 },
	{ "-ffffffff8000000000000001ffffffff00000000ffffffff000000",
	    "7ffffffffffffffffffffdace59e241d",
	    "-7fffffffbffffffffffffdade59e25460d30edf1fffffb594b3c4a8d1a"
	    "61d98fe59e26701a61dbe3000000",
	    "-1ffffffff00000000000009", "-1ffffffff00000000000009", 66 },
	{ "100000000000000000000000000000000000000000000000461c7d9418f135",
	    "-1a5cdaef9e7769b1",
	    "-1a5cdaef9e7769b10000000000000000000000000000000073852f40eb"
	    "11a43acc38375d082a5",
	    "-9b5ef6200a770bcf4860773a95737745dd189947e25174",
	    "-9b5ef6200a770bcf4860773a95737745dd189947e25175", 74 },
	{ "ffffffffff0000000100000001800000008000000000000001",
	    "-5d57ee05cde00902c77ebff206867347214cdd2055930d6eaf",
	    "11fa327d4eeb3df1c828f5e7278ac50eae8e78758ad6bd69653564d6566"
	    "43a787e3d57c8300601873322dfaa6cf29151",
	    "-2", "-3", 61 },
	{ "8000000000000000000000009be4bcfc",
	    "-c1d3fcff2a3af4d46b0a18e8830e07bc",
	    "-60e9fe7f951d7a6a35850c74b78f8df04c4bbcef87d371c7bea97c4d06"
	    "edad10",
	    "0", "-1", 39 },
	{ "-7ffffffffffffffffffffe0b1115341d", "ab1031d0f646e1f4",
	    "-558818e87b2370f9fffffeb144b8c083a8bacd0008f128a4",
	    "-bf8e0bbf348fc635", "-bf8e0bbf348fc636", 39 },
	{ "-8000000000005712", "80000000", "-4000000000002b8900000000",
	    "-100000000", "-100000000", 19 },
	{ "20000000000000000000000000000000000000000000000000000000000"
	  "00000000000005502f08db2715945795e82",
	    "-c586749b774eb5248db40af72158370d269a9a5ae658f33fe3b890b93f"
	    "448b3a5aa3c814f426dcbb394fb36bb2d420f",
	    "7fd8d028056eae318700c500ca4e8336884f37ef5cc83bb3a5eace8f137"
	    "6f7ba90f15466c882cbed5e76141110abf262",
	    "0", "0", 113 },
	{ "126548e6c4aaeac137dc76fb0f17a3007e62aa0a1df9fd789c6539382b0"
	  "537e65affb2297631a992f0ce58",
	    "-ffffffffffffffff9a2360af",
	    "3ecf7559455d2433a9dc959b31c962e1f61e9c324f385441c1cee1c0b33"
	    "99d5b74d56d7f6f11d24a1bf1514519f9f1d8",
	    "-126548e6c4aaeac13f2e473b7b5379aadc44854c88a263a0721c2a902b2b6a",
	    "-126548e6c4aaeac13f2e473b7b5379aadc44854c88a263a0721c2a902b2b6b",
	    103 },
	{ "1800000000000000180000000ffffffff000000018000000080000000ff"
	  "ffffff000000",
	    "1ffffffffffffffffeac183d5",
	    "30000000000000002e02245c17ffffffde02245c26ac183d6153e7c2ce0"
	    "2245bd7560c1ea6ac183d5153e7c2b000000",
	    "c000000000000000c7f76e909fffffff884c0d7eca222f",
	    "c000000000000000c7f76e909fffffff884c0d7eca2230", 85 },
	{ "-3fffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	  "fffffffe74b7b0c4441615576b7376c49e7a",
	    "fffffffffffffffffffffffffff6fa6cbcbca33a",
	    "31800000000000000000000000018b484f3bbbe9eaa8948c893b617811d"
	    "96af8cae531f496fd3148dfd186f9ecf46a5c",
	    "-40000000000000000000000000024164d0d0d73180000000000000",
	    "-40000000000000000000000000024164d0d0d73180000000000000", 113 },
	{ "-ffffffffffffffffe94bfec10",
	    "80000000000000000000000000000000000000000000000000000000586"
	    "20203626f3fe39c0",
	    "b5a009f7fffffffffffffffffffffffffffffffa79dfdfc9d90c01c6bd6"
	    "9183d6f747ee24124c9f6400",
	    "0", "0", 31 },
	{ "-4000000000000000000000000000000000000000000000000000000000"
	  "00000000000000000000000000000000000000",
	    "ffffffffffffffff",
	    "40000000000000000000000000000000000000000000000000000000000"
	    "0000000000000000000000000000000000000",
	    "-4000000000000000400000000000000040000000000000004000000000"
	    "0000004000000000000000",
	    "-4000000000000000400000000000000040000000000000004000000000"
	    "0000004000000000000000",
	    115 },
	{ "3ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	  "fffffffffffffffffffffffffffffffffffff",
	    "-ffffffffffffffffffffffffffffffffffffffffffffffffffffffffff"
	    "ffffffffffffffffffffff",
	    "4000000000000000fffffffffffffffffffffffffffffffffffffffffff"
	    "fffffffffffffffffffffffffffffffffffff",
	    "-4000000000000000", "-4000000000000000", 115 },
	{ "7fffffff800000010000000000000000", "800000008000000200000005",
	    "400000000000000140000001ffffffff800000050000000000000000",
	    "fffffffd", "fffffffe", 39 },
	{ "800000000000000000000003000000000000000000000000",
	    "800000000000000000000001",
	    "40000000000000000000000200000000000000000000000300000000000"
	    "0000000000000",
	    "1000000000000000000000003", "1000000000000000000000004", 58 },
	{ "5", "2", "a", "2", "3", 1 },
	{ "-5", "2", "-a", "-2", "-3", 1 },
	{ "19", "a", "fa", "2", "3", 2 },
	{ "-18", "a", "-f0", "-2", "-2", 2 },
	{ "0", "7", "0", "0", "0", 1 },
};

/* The least limb is the last of the text's. */
static struct wide
of_hex(const char *text)
{
	struct wide w = { 0 };
	bool negative = *text == '-';

	for (text += negative; *text != '\0'; text++) {
		int digit = *text <= '9' ? *text - '0' : *text - 'a' + 10;

		for (int i = WIDE_LIMBS - 1; i > 0; i--)
			w.limb[i] = w.limb[i] << 4 | w.limb[i - 1] >> 60;
		w.limb[0] = w.limb[0] << 4 | (uint64_t)digit;
	}
	if (negative)
		wide_negate(&w);
	return w;
}

static void
assert_same(const struct wide *a, const struct wide *b)
{
	assert_memory_equal(a->limb, b->limb, sizeof a->limb);
}

static void
products_and_quotients_are_pythons(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
		const struct vector *v = &vectors[i];
		struct wide a = of_hex(v->a), b = of_hex(v->b), got, want;

		got = wide_mul(&a, &b);
		want = of_hex(v->product);
		assert_same(&got, &want);
		got = wide_div_trunc(&a, &b);
		want = of_hex(v->trunc);
		assert_same(&got, &want);
		got = wide_div_half_up(&a, &b);
		want = of_hex(v->half_up);
		assert_same(&got, &want);
		assert_int_equal(wide_digits(&a), v->digits);
	}
}

static uint64_t
draw(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Up to so many limbs, short of the sign; runs of ones and zeros are usual. */
static struct wide
draw_wide(uint64_t *state, unsigned limbs)
{
	struct wide w = { 0 };
	unsigned n = (unsigned)(draw(state) % limbs) + 1;

	for (unsigned i = 0; i < n; i++) {
		uint64_t kind = draw(state) % 4;

		w.limb[i] = kind == 0   ? 0
		            : kind == 1 ? UINT64_MAX
		                        : draw(state);
	}
	w.limb[n - 1] >>= draw(state) % 63 + 1;
	if (draw(state) % 2 == 0)
		wide_negate(&w);
	return w;
}

static void
a_product_divided_by_a_factor_is_the_other(void **state)
{
	uint64_t random = 88172645463325252u;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct wide a = draw_wide(&random, 4);
		struct wide b = draw_wide(&random, 2);
		struct wide product = wide_mul(&a, &b), back;

		if (wide_is_zero(&b))
			continue;
		back = wide_div_trunc(&product, &b);
		assert_same(&back, &a);
		back = wide_div_half_up(&product, &b);
		assert_same(&back, &a);
	}
}

static void
quotient_times_divisor_plus_rest_is_the_dividend(void **state)
{
	uint64_t random = 1234567890123456789u;

	(void)state;
	for (int i = 0; i < 20000; i++) {
		struct wide a = draw_wide(&random, 6);
		struct wide b = draw_wide(&random, 6), q, rest, back;

		if (wide_is_zero(&b))
			continue;
		q = wide_div_trunc(&a, &b);
		back = wide_mul(&q, &b);
		rest = a;
		wide_sub(&rest, &back);
		/* The rest has the dividend's sign and is below b. */
		assert_true(wide_is_zero(&rest) ||
			    wide_is_negative(&rest) == wide_is_negative(&a));
		if (wide_is_negative(&rest))
			wide_negate(&rest);
		if (wide_is_negative(&b))
			wide_negate(&b);
		assert_true(wide_order(&rest, &b) < 0);
	}
}

static void
halves_go_away_from_zero(void **state)
{
	static const int cases[][3] = { { 5, 2, 3 }, { -5, 2, -3 },
		{ 5, -2, -3 }, { -5, -2, 3 }, { 4, 10, 0 }, { -4, 10, 0 },
		{ 14, 10, 1 }, { 15, 10, 2 }, { 1, 3, 0 }, { 2, 3, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct wide a = wide_of(cases[i][0]), b = wide_of(cases[i][1]);
		struct wide q = wide_div_half_up(&a, &b);
		struct wide want = wide_of(cases[i][2]);

		assert_same(&q, &want);
	}
}

static void
sums_carry_and_come_back(void **state)
{
	struct wide a = of_hex("ffffffffffffffffffffffffffffffff"), b = a;
	struct wide want = of_hex("100000000000000000000000000000000");

	(void)state;
	wide_add_i128(&a, 1);
	assert_same(&a, &want);
	wide_add_i128(&a, -1);
	assert_same(&a, &b);
	wide_sub(&a, &want);
	want = wide_of(-1);
	assert_same(&a, &want);
	wide_add(&a, &b);
	wide_sub(&a, &b);
	assert_same(&a, &want);
	wide_negate(&a);
	want = wide_of(1);
	assert_same(&a, &want);
}

static void
what_fits_128_bits_is_told(void **state)
{
	int128 most = (int128)(~(uint128)0 >> 1), least = -most - 1, out = 0;
	struct wide w = wide_of(most);

	(void)state;
	assert_true(wide_fits(&w, &out));
	assert_true(out == most);
	wide_add_i128(&w, 1);
	assert_false(wide_fits(&w, &out));
	w = wide_of(least);
	assert_true(wide_is_negative(&w));
	assert_true(wide_fits(&w, &out));
	assert_true(out == least);
	wide_add_i128(&w, -1);
	assert_false(wide_fits(&w, &out));
}

static void
order_is_by_value(void **state)
{
	static const char *const up[] = { "-100000000000000000000000000000001",
		"-100000000000000000000000000000000", "-2", "-1", "0", "1",
		"ffffffffffffffff", "10000000000000000",
		"100000000000000000000000000000000000000000000000000" };

	(void)state;
	for (int i = 0; i < 9; i++)
		for (int j = 0; j < 9; j++) {
			struct wide a = of_hex(up[i]), b = of_hex(up[j]);

			assert_int_equal(wide_order(&a, &b), (i > j) - (i < j));
		}
}

static void
digits_and_powers_of_ten_agree(void **state)
{
	(void)state;
	for (int n = 0; n <= 115; n++) {
		struct wide w = wide_of(-1);

		wide_scale_up(&w, n);
		assert_int_equal(wide_digits(&w), n + 1);
		wide_add_i128(&w, 1);
		assert_int_equal(wide_digits(&w), n == 0 ? 1 : n);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(products_and_quotients_are_pythons),
		cmocka_unit_test(a_product_divided_by_a_factor_is_the_other),
		cmocka_unit_test(
		    quotient_times_divisor_plus_rest_is_the_dividend),
		cmocka_unit_test(halves_go_away_from_zero),
		cmocka_unit_test(sums_carry_and_come_back),
		cmocka_unit_test(what_fits_128_bits_is_told),
		cmocka_unit_test(order_is_by_value),
		cmocka_unit_test(digits_and_powers_of_ten_agree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
