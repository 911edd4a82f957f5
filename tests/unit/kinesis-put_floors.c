/* Tests of kinesis-put/floors: behind what in each shard a doubt is.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/floors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool
covers(struct floors *f, const char *shard, const char *sequence)
{
	return floors_cover(f, span_of(shard), span_of(sequence));
}

static void
assert_text(struct buf *b, const char *text)
{
	assert_string_equal(buf_text(b), text);
	buf_clear(b);
}

static void
what_is_known_at_a_mark_is_the_floor(void **state)
{
	struct floors f = { 0 };

	(void)state;
	assert_int_equal(floors_init(&f), 0);
	floors_see(&f, span_of("s-1"), span_of("99"));
	floors_see(&f, span_of("s-1"), span_of("98"));
	assert_false(covers(&f, "s-1", "1"));
	floors_raise(&f);
	floors_see(&f, span_of("s-1"), span_of("200"));
	assert_true(covers(&f, "s-1", "99"));
	assert_false(covers(&f, "s-1", "100"));
	assert_false(covers(&f, "s-2", "1"));
	floors_free(&f);
}

static void
floors_are_the_same_after_a_kill(void **state)
{
	struct floors f = { 0 }, next = { 0 };
	struct buf floors = { 0 }, last = { 0 };

	(void)state;
	assert_int_equal(floors_init(&f), 0);
	assert_int_equal(floors_init(&next), 0);
	for (int i = 0; i < 100; i++) {
		char name[8];

		snprintf(name, sizeof name, "s-%d", i);
		floors_see(&f, span_of(name), span_of("5"));
	}
	floors_raise(&f);
	floors_take_new(&f, &last);
	buf_clear(&last);
	floors_see(&f, span_of("s-7"), span_of("8"));
	floors_write(&f, &floors);
	floors_take_new(&f, &last);
	assert_true(floors_read(&next, buf_span(&floors), true));
	assert_true(floors_read(&next, buf_span(&last), false));
	assert_true(covers(&next, "s-7", "5"));
	assert_false(covers(&next, "s-7", "6"));
	floors_raise(&next);
	assert_true(covers(&next, "s-7", "8"));
	assert_true(covers(&next, "s-99", "5"));
	assert_text(&last, "s-7 8\n");
	floors_take_new(&f, &last);
	assert_text(&last, "");
	buf_free(&floors);
	buf_free(&last);
	floors_free(&f);
	floors_free(&next);
}

static void
what_is_no_floor_is_refused(void **state)
{
	static const char *const bad[] = { "s-1 5", "s-1\n", "\n" };
	struct floors f = { 0 };

	(void)state;
	assert_int_equal(floors_init(&f), 0);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(floors_read(&f, span_of(bad[i]), true));
	/* Not digits: such a number is nothing to go by. */
	assert_true(floors_read(&f, span_of("s-1 x\n"), true));
	assert_false(covers(&f, "s-1", "0"));
	floors_free(&f);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_known_at_a_mark_is_the_floor),
		cmocka_unit_test(floors_are_the_same_after_a_kill),
		cmocka_unit_test(what_is_no_floor_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
