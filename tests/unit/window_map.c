/* window_map - the hash table against a naive one.
 * SPDX-License-Identifier: ISC */
#include "window/map.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"
#include "window/eight.h"

static uint64_t *
count_of(struct entry *e)
{
	return (uint64_t *)(void *)e->data;
}

/* Key number i: short ones inline, long ones outside. */
static struct span
key_of(uint32_t i, char room[64])
{
	int n = i % 3 == 0 ? snprintf(room, 64, "key-%u-which-is-a-long-one", i)
	                   : snprintf(room, 64, "k%u", i);

	return (struct span){ room, (size_t)n };
}

/* The quick way for short keys, the plain one for the others. */
static struct entry *
put_quickly(struct map *t, struct span key, bool *made)
{
	struct short_key k = { .n = (unsigned char)key.n };

	if (key.n > KEY_INLINE_MAX)
		return map_put(t, key, hash_bytes(key), made);
	memcpy(k.bytes, key.p, key.n);
	return map_put_short(t, &k, hash_padded(k.bytes, k.n), made);
}

static void
a_million_keys_are_found_again(void **state)
{
	enum { KEYS = 1000000 };
	struct map t;
	struct entry *first = NULL;
	char room[64];
	bool made;

	(void)state;
	map_init(&t, sizeof(uint64_t));
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < KEYS; i++) {
			struct span key = key_of(i, room);
			struct entry *e =
			    round == i % 2
				? put_quickly(&t, key, &made)
				: map_put(&t, key, hash_bytes(key), &made);

			if (e == NULL || made != (round == 0))
				fail();
			if (i == 0 && round == 0)
				first = e;
			*count_of(e) += i;
		}
	assert_int_equal(t.n, KEYS);
	for (uint32_t i = 0; i < KEYS; i++) {
		struct span key = key_of(i, room);
		struct entry *e = map_get(&t, key, hash_bytes(key));

		/* In the order of their coming, never moved. */
		if (e == NULL || e != map_at(&t, i) ||
		    !span_equal(entry_key(e), key) ||
		    *count_of(e) != 2 * (uint64_t)i)
			fail();
	}
	assert_ptr_equal(first, map_at(&t, 0));
	assert_null(map_get(&t, span_of("none"), hash_bytes(span_of("none"))));
	map_free(&t);
	assert_int_equal(t.n, 0);
	assert_null(map_get(&t, span_of("k1"), hash_bytes(span_of("k1"))));
}

static void
growing_takes_memory_in_proportion(void **state)
{
	struct map t;
	char room[64];

	(void)state;
	map_init(&t, 16);
	for (uint32_t i = 0; i < 100000; i++) {
		struct span key = key_of(3 * i + 1, room);

		assert_non_null(map_put(&t, key, hash_bytes(key), NULL));
	}
	/* An entry is 32 bytes, its slot 8, a slot in two or three taken. */
	assert_true(t.bytes > 100000 * 40);
	assert_true(t.bytes < 100000 * 64);
	map_free(&t);
}

enum { FEW = 5000 };

/* What the map should hold: counts by key number; 0: not there. */
static uint64_t naive[FEW];

static void
check_all(const struct map *t)
{
	char room[64];
	size_t n = 0;

	for (uint32_t i = 0; i < FEW; i++) {
		struct span key = key_of(i, room);
		struct entry *e = map_get(t, key, hash_bytes(key));

		assert_int_equal(e != NULL, naive[i] != 0);
		if (e != NULL)
			assert_int_equal(*count_of(e), naive[i]);
		n += e != NULL;
	}
	assert_int_equal(t->n, n);
}

static void
entries_come_and_go_as_in_a_naive_map(void **state)
{
	struct map t;
	char room[64];

	(void)state;
	memset(naive, 0, sizeof naive);
	map_init(&t, sizeof(uint64_t));
	t.removes = true;
	for (int round = 0; round < 400000; round++) {
		/* By turns mostly growing and mostly shrinking. */
		bool grows = random_from(0, 9) < (round / 50000 % 2 ? 3 : 7);
		uint32_t i = (uint32_t)random_from(0, FEW - 1);
		struct span key = key_of(i, room);
		uint64_t hash = hash_bytes(key);

		if (grows) {
			bool made;
			struct entry *e = map_put(&t, key, hash, &made);

			assert_non_null(e);
			assert_int_equal(made, naive[i] == 0);
			/* A place that is used anew is zeroed. */
			assert_int_equal(*count_of(e), naive[i]);
			*count_of(e) = ++naive[i];
		} else if (naive[i] != 0) {
			map_remove(&t, map_get(&t, key, hash));
			naive[i] = 0;
		}
		if (round % 50000 == 0)
			check_all(&t);
	}
	check_all(&t);
	/* Places are used anew: no more than were ever taken at once. */
	assert_true(t.used <= FEW);
	map_free(&t);
}

/* More than the largest segment has, all of eight homes. */
static void
keys_whose_hashes_are_alike_are_told_apart(void **state)
{
	struct map t;
	char room[64];

	(void)state;
	map_init(&t, sizeof(uint64_t));
	for (uint32_t round = 0; round < 2; round++)
		for (uint32_t i = 0; i < FEW; i++) {
			struct span key = key_of(i, room);
			bool made;
			struct entry *e =
			    map_put(&t, key, hash_bytes(key) % 8, &made);

			if (e == NULL || made != (round == 0) ||
			    e != map_at(&t, i) ||
			    e != map_get(&t, key, hash_bytes(key) % 8))
				fail();
		}
	assert_int_equal(t.n, FEW);
	map_free(&t);
	assert_int_equal(map_memory(), 0);
}

static void
eight_numbers_are_compared_as_one_by_one(void **state)
{
	(void)state;
	for (int round = 0; round < 1000; round++) {
		uint32_t v[8];

		for (int i = 0; i < 8; i++)
			v[i] = (uint32_t)random_from(0, 2) * 0x7fffffffU;
		for (uint32_t k = 0; k < 3; k++)
			assert_int_equal(eight_same(v, k * 0x7fffffffU),
			    eight_same_plain(v, k * 0x7fffffffU));
	}
}

static void
a_freed_table_may_be_used_again(void **state)
{
	struct map t;
	struct span key = span_of("a key of more than sixteen bytes");

	(void)state;
	map_init(&t, 8);
	t.removes = true;
	for (int i = 0; i < 3; i++) {
		bool made = false;

		assert_non_null(map_put(&t, key, hash_bytes(key), &made));
		assert_true(made);
		map_free(&t);
		assert_true(t.removes);
	}
}

static void
the_empty_key_is_a_key(void **state)
{
	struct map t;
	struct span none = { NULL, 0 };
	struct entry *e;

	(void)state;
	map_init(&t, 0);
	e = map_put(&t, none, hash_bytes(none), NULL);
	assert_non_null(e);
	assert_int_equal(entry_key(e).n, 0);
	assert_ptr_equal(map_get(&t, none, hash_bytes(none)), e);
	map_free(&t);
}

static void
keys_differ_by_length_and_by_zero_bytes(void **state)
{
	static const char zeros[32];
	struct map t;

	(void)state;
	map_init(&t, 0);
	for (size_t n = 0; n <= sizeof zeros; n++) {
		struct span key = { zeros, n };
		bool made;

		assert_non_null(map_put(&t, key, hash_bytes(key), &made));
		assert_true(made);
	}
	assert_int_equal(t.n, sizeof zeros + 1);
	map_free(&t);
}

static void
memory_of_the_table_is_aligned_and_apart(void **state)
{
	struct map t;
	char *last = NULL;

	(void)state;
	map_init(&t, 0);
	for (size_t n = 1; n < 5000; n += 37) {
		char *p = map_alloc(&t, n);

		assert_non_null(p);
		assert_int_equal((uintptr_t)p % 8, 0);
		memset(p, (int)(n & 0xff), n);
		if (last != NULL)
			assert_int_equal((unsigned char)*last, (n - 37) & 0xff);
		last = p;
	}
	map_free(&t);
}

/* Few entries, whose places are kept, and many, whose are not. */
static void
a_cleared_map_is_as_a_new_one(void **state)
{
	static const uint32_t sizes[] = { 0, 1, 12, 13, 16, 17, 40, 5000 };

	(void)state;
	for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct map t;
		char room[64];

		map_init(&t, sizeof(uint64_t));
		for (uint32_t round = 0; round < 2; round++) {
			for (uint32_t k = round; k < sizes[i]; k++) {
				struct span key = key_of(3 * k + 1, room);
				struct entry *e =
				    map_put(&t, key, hash_bytes(key), NULL);

				assert_non_null(e);
				assert_int_equal(++*count_of(e), 1);
			}
			/* The one that was only there before. */
			if (round == 1) {
				struct span key = key_of(1, room);

				assert_null(map_get(&t, key, hash_bytes(key)));
			}
			map_clear(&t);
			assert_int_equal(t.n, 0);
		}
		map_free(&t);
		assert_int_equal(map_memory(), 0);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_million_keys_are_found_again),
		cmocka_unit_test(growing_takes_memory_in_proportion),
		cmocka_unit_test(entries_come_and_go_as_in_a_naive_map),
		cmocka_unit_test(keys_whose_hashes_are_alike_are_told_apart),
		cmocka_unit_test(eight_numbers_are_compared_as_one_by_one),
		cmocka_unit_test(a_freed_table_may_be_used_again),
		cmocka_unit_test(the_empty_key_is_a_key),
		cmocka_unit_test(keys_differ_by_length_and_by_zero_bytes),
		cmocka_unit_test(memory_of_the_table_is_aligned_and_apart),
		cmocka_unit_test(a_cleared_map_is_as_a_new_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
