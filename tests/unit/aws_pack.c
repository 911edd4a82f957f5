/* Tests of aws/pack.
 * SPDX-License-Identifier: ISC */
#include "aws/pack.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <openssl/evp.h>

#include "lib/buf.h"

/* Keys k1, k2, k1; source: npm's aws-kinesis-agg 4.2.8 reads it so. */
static const unsigned char vector[] = { 0xf3, 0x89, 0x9a, 0xc2, 0x0a, 0x02,
	0x6b, 0x31, 0x0a, 0x02, 0x6b, 0x32, 0x1a, 0x0c, 0x08, 0x00, 0x1a, 0x08,
	0x7b, 0x22, 0x61, 0x22, 0x3a, 0x31, 0x7d, 0x0a, 0x1a, 0x0c, 0x08, 0x01,
	0x1a, 0x08, 0x7b, 0x22, 0x61, 0x22, 0x3a, 0x32, 0x7d, 0x0a, 0x1a, 0x0c,
	0x08, 0x00, 0x1a, 0x08, 0x7b, 0x22, 0x61, 0x22, 0x3a, 0x33, 0x7d, 0x0a,
	0x65, 0xc8, 0x0d, 0x74, 0x73, 0x7e, 0xc0, 0x52, 0x90, 0xa9, 0x16, 0xd8,
	0x25, 0x96, 0x29, 0xa5 };

static void
assert_next(struct pack *p, const char *key, const char *data)
{
	struct span k, d;

	assert_true(pack_next(p, &k, &d));
	assert_true(span_is(k, key));
	assert_true(span_is(d, data));
}

static void
the_records_of_another_s_pack(void **state)
{
	struct pack p = { 0 };
	struct span k, d;
	struct fault f;

	(void)state;
	/* Twice: nothing of the first is left. */
	for (int i = 0; i < 2; i++) {
		assert_int_equal(
		    pack_open(&p,
			(struct span){ (const char *)vector, sizeof vector },
			&f),
		    PACK_GOOD);
		assert_next(&p, "k1", "{\"a\":1}\n");
		assert_next(&p, "k2", "{\"a\":2}\n");
		assert_next(&p, "k1", "{\"a\":3}\n");
		assert_false(pack_next(&p, &k, &d));
	}
	pack_free(&p);
}

static void
other_data_are_no_pack(void **state)
{
	struct pack p = { 0 };
	struct fault f;

	(void)state;
	assert_int_equal(pack_open(&p, span_of("{\"a\":1}"), &f), PACK_NONE);
	assert_int_equal(pack_open(&p, span_of(""), &f), PACK_NONE);
	assert_int_equal(
	    pack_open(&p, span_of("\xf3\x89\x9a\xc2"), &f), PACK_NONE);
	pack_free(&p);
}

static void
any_other_byte_is_damage(void **state)
{
	struct pack p = { 0 };
	struct fault f;

	(void)state;
	for (size_t i = 4; i < sizeof vector; i++) {
		char bytes[sizeof vector];

		memcpy(bytes, vector, sizeof bytes);
		bytes[i] ^= 1;
		assert_int_equal(
		    pack_open(&p, (struct span){ bytes, sizeof bytes }, &f),
		    PACK_BAD);
		assert_string_equal(f.what, "its checksum is wrong");
	}
	pack_free(&p);
}

/* A message with the checksum that it ought to have. */
static enum pack_kind
open_message(struct pack *p, const char *message, size_t n, struct fault *f)
{
	static char bytes[256];
	unsigned char md5[16];
	unsigned have;

	assert_true(n + 20 <= sizeof bytes);
	memcpy(bytes, "\xf3\x89\x9a\xc2", 4);
	memcpy(bytes + 4, message, n);
	EVP_Digest(message, n, md5, &have, EVP_md5(), NULL);
	memcpy(bytes + 4 + n, md5, 16);
	return pack_open(p, (struct span){ bytes, n + 20 }, f);
}

#define MESSAGE(text) text, sizeof text - 1

static void
fields_that_nobody_knows_are_passed_over(void **state)
{
	struct pack p = { 0 };
	struct fault f;

	(void)state;
	/* A hash key, tags, and kinds of fields of other versions; the record
	 * before the table of keys. */
	assert_int_equal(
	    open_message(&p,
		MESSAGE("\x1a\x0b\x10\x00\x08\x00\x1a\x01x\x22\x02\x0a\x00"
			"\x12\x01"
			"7\x0a\x01k\x20\x05\x29"
			"12345678\x35"
			"1234"),
		&f),
	    PACK_GOOD);
	assert_next(&p, "k", "x");
	pack_free(&p);
}

static void
nonsense_with_a_good_checksum_is_damage(void **state)
{
	static const struct {
		const char *message;
		size_t n;
		const char *what;
	} c[] = {
		{ MESSAGE("\x0a"), "it is no protobuf" },
		{ MESSAGE("\x0a\x05k"), "it is no protobuf" },
		{ MESSAGE("\x0b"), "it is no protobuf" },
		{ MESSAGE("\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"),
		    "it is no protobuf" },
		{ MESSAGE("\x0a\x01\xff"), "a key is not UTF-8" },
		{ MESSAGE("\x0a\x01k\x1a\x02\x08\x00"),
		    "a record in it lacks data or key" },
		{ MESSAGE("\x0a\x01k\x1a\x05\x08\x01\x1a\x01x"),
		    "a record in it names a key that is not there" },
		{ MESSAGE("\x0a\x01k\x1a\x05\x08\x00\x1a\x05x"),
		    "a record in it lacks data or key" },
	};
	struct pack p = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof c / sizeof *c; i++) {
		struct fault f = { 0 };

		assert_int_equal(
		    open_message(&p, c[i].message, c[i].n, &f), PACK_BAD);
		assert_string_equal(f.what, c[i].what);
	}
	pack_free(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_records_of_another_s_pack),
		cmocka_unit_test(other_data_are_no_pack),
		cmocka_unit_test(any_other_byte_is_damage),
		cmocka_unit_test(fields_that_nobody_knows_are_passed_over),
		cmocka_unit_test(nonsense_with_a_good_checksum_is_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
