/* Tests of lib/wal.
 * SPDX-License-Identifier: ISC */
#include "lib/wal.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const struct wal_record one = {
	.seq = 7,
	.line = 1234567890123,
	.key = { "key", 3 },
	.hash = { "42", 2 },
	.data = { "the data", 8 },
	.flags = 2,
};

static void
a_record_comes_back(void **state)
{
	struct wal_record r = { 0 };
	struct buf b = { 0 };
	size_t used = 0;

	(void)state;
	wal_write(&b, &one);
	assert_int_equal(b.n, WAL_RECORD_BYTES + 13);
	assert_int_equal(wal_read(buf_span(&b), 0, &r, &used), WAL_RECORD);
	assert_int_equal(used, b.n);
	assert_int_equal(r.seq, one.seq);
	assert_int_equal(r.line, one.line);
	assert_int_equal(r.flags, one.flags);
	assert_true(span_equal(r.key, one.key));
	assert_true(span_equal(r.hash, one.hash));
	assert_true(span_equal(r.data, one.data));
	buf_free(&b);
}

/* What a key may be at the most must not look like damage. */
static void
the_longest_keys_come_back(void **state)
{
	static const char hash[] = "340282366920938463463374607431768211455";
	char key[WAL_KEY_MAX];
	struct wal_record w = one, r = { 0 };
	struct buf b = { 0 };
	size_t used = 0;

	(void)state;
	memset(key, 'k', sizeof key);
	w.key = (struct span){ key, sizeof key };
	w.hash = span_of(hash);
	wal_write(&b, &w);
	assert_int_equal(wal_read(buf_span(&b), 0, &r, &used), WAL_RECORD);
	assert_true(span_equal(r.key, w.key));
	assert_true(span_equal(r.hash, w.hash));
	buf_free(&b);
}

static void
a_part_of_a_record_is_none(void **state)
{
	struct wal_record r;
	struct buf b = { 0 };
	size_t used;

	(void)state;
	wal_write(&b, &one);
	for (size_t n = 0; n < b.n; n++) {
		char *copy = malloc(n == 0 ? 1 : n);

		memcpy(copy, b.p, n);
		assert_int_equal(
		    wal_read((struct span){ copy, n }, 0, &r, &used), WAL_MORE);
		free(copy);
	}
	buf_free(&b);
}

static void
any_changed_bit_is_seen(void **state)
{
	struct wal_record r;
	struct buf b = { 0 };
	size_t used;

	(void)state;
	wal_write(&b, &one);
	for (size_t i = 0; i < 8 * b.n; i++) {
		b.p[i / 8] ^= (char)(1 << i % 8);
		assert_int_not_equal(
		    wal_read(buf_span(&b), 0, &r, &used), WAL_RECORD);
		b.p[i / 8] ^= (char)(1 << i % 8);
	}
	buf_free(&b);
}

static void
a_record_does_not_follow_itself(void **state)
{
	struct wal_record r;
	struct buf b = { 0 };
	size_t used;

	(void)state;
	wal_write(&b, &one);
	assert_int_equal(wal_read(buf_span(&b), 6, &r, &used), WAL_RECORD);
	assert_int_equal(wal_read(buf_span(&b), 7, &r, &used), WAL_BAD);
	buf_free(&b);
}

static void
heads_and_notes_come_back_and_others_do_not(void **state)
{
	struct buf b = { 0 };
	uint64_t first = 0;
	uint32_t from, n;

	(void)state;
	wal_write_head(&b, 99);
	assert_int_equal(wal_read_head(buf_span(&b), &first), 0);
	assert_int_equal(first, 99);
	b.n--;
	assert_int_equal(wal_read_head(buf_span(&b), &first), -1);
	buf_clear(&b);
	wal_write_note(&b, 5, 500);
	assert_int_equal(b.n, WAL_NOTE_BYTES);
	assert_int_equal(wal_read_note(b.p, &from, &n), 0);
	assert_int_equal(from, 5);
	assert_int_equal(n, 500);
	b.p[3] ^= 1;
	assert_int_equal(wal_read_note(b.p, &from, &n), -1);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_comes_back),
		cmocka_unit_test(the_longest_keys_come_back),
		cmocka_unit_test(a_part_of_a_record_is_none),
		cmocka_unit_test(any_changed_bit_is_seen),
		cmocka_unit_test(a_record_does_not_follow_itself),
		cmocka_unit_test(heads_and_notes_come_back_and_others_do_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
