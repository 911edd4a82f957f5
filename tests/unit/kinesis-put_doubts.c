/* Tests of kinesis-put/doubts: which rows the stream shows to be stored.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/doubts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/random.h"

/* Rows, known and seen are letters; a digit behind one is its record. */
struct doubts_case {
	const char *name;
	const char *rows, *known, *seen;
	const char *stored; /* of the rows, in their order: y or n */
};

static const struct doubts_case cases[] = {
	{ "what is there is stored", "ab", "", "a1", "yn" },
	{ "what is known is another row's", "a", "a1", "a1", "n" },
	{ "one record settles one row", "aa", "", "a1", "yn" },
	{ "two settle two", "aa", "", "a1a2", "yy" },
	{ "a known one does not hide its equal", "a", "a1", "a1a2", "y" },
	{ "a record that is read twice is one", "aa", "", "a1a1", "yn" },
	{ "others are passed over", "a", "b1c2", "b1d5e6", "n" },
	{ "more than were sent are others'", "a", "", "a1a2a3", "y" },
	{ "what is known may not be seen", "ab", "a1b2", "", "nn" },
};

static void
tell(struct doubts *d, const char *s,
    void (*how)(struct doubts *, uint64_t, uint64_t))
{
	for (; *s != '\0'; s += 2)
		how(d, (uint64_t)s[0], (uint64_t)s[1]);
}

static void
each_case_settles_its_rows(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct doubts_case *c = &cases[i];
		struct doubts d = { 0 };
		char got[8] = "";
		uint64_t record;

		for (const char *p = c->rows; *p != '\0'; p++)
			doubts_add(&d, (uint64_t)*p);
		tell(&d, c->known, doubts_know);
		tell(&d, c->seen, doubts_see);
		doubts_settle(&d);
		for (size_t j = 0; j < strlen(c->rows); j++)
			got[j] = doubts_take(&d, (uint64_t)c->rows[j], &record)
			             ? 'y'
			             : 'n';
		if (strcmp(got, c->stored) != 0)
			print_error("%s:\n", c->name);
		assert_string_equal(got, c->stored);
		doubts_free(&d);
	}
}

/*
 * Rows of few kinds are stored or not, and of these some are in doubt: by kind,
 * as many as are stored are found, whatever their order, and no more.
 */
static void
as_many_are_found_as_are_stored(void **state)
{
	enum { ROWS = 60, KINDS = 5 };
	struct random r = { 1 };

	(void)state;
	for (int turn = 0; turn < 300; turn++) {
		unsigned stored[KINDS] = { 0 }, found[KINDS] = { 0 };
		uint64_t kind[ROWS], record;
		bool doubtful[ROWS];
		struct doubts d = { 0 };

		for (unsigned i = 0; i < ROWS; i++) {
			kind[i] = random_next(&r) % KINDS;
			doubtful[i] = random_next(&r) % 2 == 0;
			if (doubtful[i])
				doubts_add(&d, kind[i]);
		}
		for (unsigned i = 0; i < ROWS; i++) {
			bool is = !doubtful[i] || random_next(&r) % 2 == 0;

			if (is)
				doubts_see(&d, kind[i], 1000 + i);
			if (!doubtful[i])
				doubts_know(&d, kind[i], 1000 + i);
			stored[kind[i]] += is && doubtful[i];
		}
		doubts_settle(&d);
		for (unsigned i = ROWS; i-- > 0;)
			found[kind[i]] +=
			    doubtful[i] && doubts_take(&d, kind[i], &record);
		assert_memory_equal(stored, found, sizeof stored);
		doubts_free(&d);
	}
}

static void
a_shard_is_read_where_a_row_may_be(void **state)
{
	struct doubts d = { 0 };
	uint64_t place;

	(void)state;
	assert_false(doubts_may_be(&d, 0, UINT64_MAX));
	/* MD5 of "a" is 0cc175b9c0f1b6a8…. */
	assert_true(doubts_place(span_of("a"), (struct span){ 0 }, &place));
	assert_true(place == 0x0cc175b9c0f1b6a8);
	doubts_add(&d, 1);
	doubts_add_place(&d, place);
	assert_true(doubts_may_be(&d, 0, UINT64_MAX / 2));
	assert_false(doubts_may_be(&d, UINT64_MAX / 2 + 1, UINT64_MAX));
	assert_true(doubts_place(span_of("a"),
	    span_of("340282366920938463463374607431768211455"), &place));
	assert_true(place == UINT64_MAX);
	doubts_add_place(&d, place);
	assert_true(doubts_may_be(&d, UINT64_MAX / 2 + 1, UINT64_MAX));
	doubts_free(&d);
	/* A key that was drawn. */
	assert_false(
	    doubts_place((struct span){ 0 }, (struct span){ 0 }, &place));
	doubts_add(&d, 1);
	d.anywhere = true;
	assert_true(doubts_may_be(&d, 7, 8));
	doubts_free(&d);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_case_settles_its_rows),
		cmocka_unit_test(as_many_are_found_as_are_stored),
		cmocka_unit_test(a_shard_is_read_where_a_row_may_be),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
