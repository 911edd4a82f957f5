/* Tests of kinesis-get/gunzip.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/gunzip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>
#include <zlib.h>

/* Adds a member of gzip. */
static void
pack(struct buf *b, const char *p, size_t n)
{
	z_stream z = { 0 };

	assert_int_equal(
	    deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 9, Z_DEFAULT_STRATEGY),
	    Z_OK);
	z.next_in = (z_const unsigned char *)p;
	z.avail_in = (unsigned)n;
	z.next_out = (unsigned char *)buf_room(b, n + 100);
	z.avail_out = (unsigned)n + 100;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	b->n += z.total_out;
	deflateEnd(&z);
}

/* Lengths around those of its pieces. */
static void
what_was_packed_comes_back(void **state)
{
	static const size_t sizes[] = { 0, 1, 65535, 65536, 65537, 300000 };
	struct buf packed = { 0 }, out = { 0 };
	char *bytes = calloc(1, 300000);
	struct fault f;

	(void)state;
	for (size_t i = 0; i < 300000; i++)
		bytes[i] = (char)(i * i >> 5);
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		buf_clear(&packed);
		pack(&packed, bytes, sizes[i]);
		assert_true(gunzip_is(buf_span(&packed)));
		assert_int_equal(gunzip(buf_span(&packed), &out, &f), 0);
		assert_int_equal(out.n, sizes[i]);
		assert_memory_equal(out.p, bytes, sizes[i]);
	}
	free(bytes);
	buf_free(&packed);
	buf_free(&out);
}

static void
members_are_one_after_the_other(void **state)
{
	struct buf packed = { 0 }, out = { 0 };
	struct fault f;

	(void)state;
	pack(&packed, "one\n", 4);
	pack(&packed, "two\n", 4);
	assert_int_equal(gunzip(buf_span(&packed), &out, &f), 0);
	assert_true(span_is(buf_span(&out), "one\ntwo\n"));
	buf_free(&packed);
	buf_free(&out);
}

static void
damage_is_told(void **state)
{
	struct buf packed = { 0 }, out = { 0 };
	struct fault f;

	(void)state;
	pack(&packed, "some text, some text, some text", 31);
	for (size_t n = 3; n < packed.n; n++) {
		assert_int_equal(
		    gunzip((struct span){ packed.p, n }, &out, &f), -1);
		assert_string_equal(f.what, "gzip data are cut off");
	}
	packed.p[packed.n - 6] ^= 1; /* of its checksum */
	assert_int_equal(gunzip(buf_span(&packed), &out, &f), -1);
	assert_string_equal(f.what, "gzip data are damaged");
	packed.p[packed.n - 6] ^= 1;
	buf_add_text(&packed, "more");
	assert_int_equal(gunzip(buf_span(&packed), &out, &f), -1);
	assert_string_equal(f.what, "gzip data are damaged");
	buf_free(&packed);
	buf_free(&out);
}

static void
a_bomb_does_not_fill_the_memory(void **state)
{
	size_t n = GUNZIP_MAX_BYTES + 1;
	struct buf packed = { 0 }, out = { 0 };
	char *zeros = calloc(1, n);
	struct fault f;

	(void)state;
	assert_non_null(zeros);
	pack(&packed, zeros, n);
	free(zeros);
	assert_int_equal(gunzip(buf_span(&packed), &out, &f), -1);
	assert_string_equal(f.what, "it holds more than 64 MiB");
	buf_free(&packed);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_packed_comes_back),
		cmocka_unit_test(members_are_one_after_the_other),
		cmocka_unit_test(damage_is_told),
		cmocka_unit_test(a_bomb_does_not_fill_the_memory),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
