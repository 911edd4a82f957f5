/* CRC-64/XZ: the known value, any cutting, any change; CRC-32C.
 * SPDX-License-Identifier: ISC */
#include "lib/crc.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

/* The value of the catalogue of parametrised CRC algorithms. */
static void
known_value(void **state)
{
	(void)state;
	assert_int_equal(
	    crc64_add(0, "123456789", 9), UINT64_C(0x995dc9bbdf1939fa));
	assert_int_equal(crc64_add(0, "", 0), 0);
}

static void
any_cutting_gives_the_same(void **state)
{
	unsigned char bytes[200];
	uint64_t whole;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (unsigned char)(i * 37 + (i >> 3));
	whole = crc64_add(0, bytes, sizeof bytes);
	for (size_t cut = 0; cut <= sizeof bytes; cut++) {
		uint64_t sum = crc64_add(0, bytes, cut);

		sum = crc64_add(sum, bytes + cut, sizeof bytes - cut);
		assert_int_equal(sum, whole);
	}
}

static void
every_bit_counts(void **state)
{
	unsigned char bytes[64] = { 0 };
	uint64_t whole = crc64_add(0, bytes, sizeof bytes);

	(void)state;
	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
		assert_int_not_equal(crc64_add(0, bytes, sizeof bytes), whole);
		bytes[bit / 8] ^= (unsigned char)(1 << bit % 8);
	}
}

static void
the_checksum_is_that_of_iscsi(void **state)
{
	char zero[32] = { 0 };

	(void)state;
	/* Source: RFC 3720, B.4. */
	assert_int_equal(crc32c(zero, sizeof zero), 0x8a9136aa);
	assert_int_equal(crc32c("123456789", 9), 0xe3069283);
	assert_int_equal(crc32c("", 0), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_value),
		cmocka_unit_test(any_cutting_gives_the_same),
		cmocka_unit_test(every_bit_counts),
		cmocka_unit_test(the_checksum_is_that_of_iscsi),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
