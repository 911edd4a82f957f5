/* Tests of kinesis-get/shards.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/shards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/*
 * Shards of one letter: "a", "b<a" (child of a), "c<ab" (of both), "a!" is
 * closed.
 */
static void
list(struct shards *all, const struct options *o, const char *text)
{
	struct listed l[16] = { 0 };
	struct page p = { .shards = l };

	for (; *text != '\0'; text += *text == ' ') {
		struct listed *one = &l[p.n++];

		one->id = (struct span){ text++, 1 };
		one->first = span_of("1");
		if (*text == '!') {
			one->closed = true;
			text++;
		}
		if (*text == '<')
			text++;
		for (int i = 0; *text != ' ' && *text != '\0'; i++)
			one->parents[i] = (struct span){ text++, 1 };
	}
	shards_list_begin(all);
	assert_int_equal(shards_list_add(all, &p), 0);
	shards_list_end(all, o, NULL);
	while (shards_open(all) > 0)
		continue;
}

/* "abc" are open, all others are not. */
static void
assert_open(const struct shards *all, const char *ids)
{
	char got[32] = "";

	for (size_t i = 0; i < all->n; i++)
		if (all->list[i]->state == SHARD_OPEN)
			strcat(got, all->list[i]->id);
	assert_string_equal(got, ids);
}

static void
end(struct shards *all, const char *ids, bool cut)
{
	for (; *ids != '\0'; ids++) {
		struct shard *s = shards_find(all, (struct span){ ids, 1 });

		assert_non_null(s);
		s->state = SHARD_DONE;
		s->cut = cut;
	}
	while (shards_open(all) > 0)
		continue;
}

static void
children_follow_all_of_their_parents(void **state)
{
	const struct options o = { .from = FROM_HORIZON };
	struct shards all = { 0 };

	(void)state;
	list(&all, &o, "a! b! c!<a d!<a e<cd f<bz");
	assert_open(&all, "ab");
	end(&all, "a", false);
	assert_open(&all, "bcd");
	end(&all, "c", false);
	assert_open(&all, "bd");
	end(&all, "db", false);
	assert_open(&all, "ef");
	shards_free(&all);
}

static void
latest_leaves_out_what_was_closed_and_takes_what_comes(void **state)
{
	const struct options o = { .from = FROM_LATEST };
	struct shards all = { 0 };

	(void)state;
	list(&all, &o, "a! b<a c");
	assert_open(&all, "bc");
	assert_int_equal(shards_find(&all, span_of("b"))->place, PLACE_LATEST);
	list(&all, &o, "a! b!<a c d<b e<b");
	assert_open(&all, "bc");
	end(&all, "b", false);
	assert_open(&all, "cde");
	assert_int_equal(shards_find(&all, span_of("d"))->place, PLACE_HORIZON);
	shards_free(&all);
}

static void
a_sequence_number_stands_for_its_shard_and_its_children(void **state)
{
	const struct options o = { .from = FROM_SEQUENCE,
		.from_shard = { "b", 1 },
		.from_sequence = { "17", 2 } };
	struct shards all = { 0 };

	(void)state;
	list(&all, &o, "a! b! c<a d!<b e<d f<z");
	assert_open(&all, "b");
	assert_true(span_is(
	    buf_span(&shards_find(&all, span_of("b"))->sequence), "17"));
	end(&all, "b", false);
	end(&all, "d", false);
	assert_open(&all, "e");
	/* A later child of what is not read is not read either. */
	list(&all, &o, "c!<a e!<d g<c h<ce");
	end(&all, "e", false);
	assert_open(&all, "h");
	shards_free(&all);
}

static void
shards_that_are_named_stand_alone(void **state)
{
	const struct options o = { .from = FROM_HORIZON, .shards = "c,ab,a" };
	struct shards all = { 0 };

	(void)state;
	list(&all, &o, "a b c<a d<b");
	assert_open(&all, "a");
	end(&all, "a", false);
	assert_open(&all, "c");
	list(&all, &o, "a b c e<c");
	end(&all, "c", false);
	assert_true(shards_are_done(&all));
	shards_free(&all);
}

static void
children_of_what_was_cut_are_not_read(void **state)
{
	const struct options o = { .from = FROM_HORIZON };
	struct shards all = { 0 };

	(void)state;
	list(&all, &o, "a! b c<a d<c e<ab");
	end(&all, "a", true);
	assert_open(&all, "b");
	end(&all, "b", false);
	assert_true(shards_are_done(&all));
	shards_free(&all);
}

static void
a_record_is_known_until_one_behind_it(void **state)
{
	const struct options o = { .from = FROM_HORIZON };
	struct answer_record r = { .sequence = { "99", 2 } };
	struct shards all = { 0 };
	struct shard *s;

	(void)state;
	list(&all, &o, "a");
	s = shards_find(&all, span_of("a"));
	assert_false(shard_has(s, &r));
	assert_int_equal(shard_note(s, &r, 0), 0);
	assert_true(shard_has(s, &r));
	r.sequence = span_of("100");
	assert_false(shard_has(s, &r));
	/* Of a pack, three are written. */
	assert_int_equal(shard_note(s, &r, 3), 0);
	assert_false(shard_has(s, &r));
	r.sequence = span_of("99");
	assert_true(shard_has(s, &r));
	shards_free(&all);
}

/* An answer comes, with the records of those numbers, each one digit. */
static void
come(struct shard *s, const char *numbers)
{
	struct fault f;
	char text[128];

	answer_add(&s->coming, span_of("{\"Records\":["));
	for (const char *p = numbers; *p != '\0'; p++) {
		snprintf(text, sizeof text,
		    "%s{\"Data\":\"\",\"SequenceNumber\":\"%c\"}",
		    p == numbers ? "" : ",", *p);
		answer_add(&s->coming, span_of(text));
	}
	answer_add(&s->coming, span_of("]}"));
	assert_int_equal(answer_end(&s->coming, &f), 0);
}

/* The first record that is to be written is that one. */
static void
assert_next(const struct shard *s, const char *number)
{
	assert_true(shard_is_holding(s));
	assert_true(span_is(answer_first(&s->answer).sequence, number));
}

static void
write_rest(struct shard *s)
{
	for (; shard_is_holding(s); answer_drop(&s->answer)) {
		struct answer_record r = answer_first(&s->answer);

		assert_int_equal(shard_note(s, &r, 0), 0);
	}
}

static void
one_answer_is_read_ahead_and_what_comes_twice_is_left_out(void **state)
{
	const struct options o = { .from = FROM_HORIZON };
	struct shards all = { 0 };
	struct shard *s;

	(void)state;
	list(&all, &o, "a");
	s = shards_find(&all, span_of("a"));
	assert_int_equal(shard_last(s).n, 0);
	come(s, "123");
	assert_true(shard_take(s));
	assert_next(s, "1");
	assert_true(shard_has_room(s));
	assert_true(span_is(shard_last(s), "3"));
	come(s, "2345");
	assert_false(shard_take(s));
	assert_next(s, "1");
	assert_false(shard_has_room(s));
	assert_true(span_is(shard_last(s), "5"));
	write_rest(s);
	assert_true(shard_advance(s));
	assert_next(s, "4");
	assert_true(shard_has_room(s));
	/* Nothing new, and nothing at all. */
	come(s, "45");
	assert_false(shard_take(s));
	write_rest(s);
	assert_false(shard_advance(s));
	come(s, "");
	assert_false(shard_take(s));
	assert_true(span_is(shard_last(s), "5"));
	s->at_end = true;
	assert_false(shard_has_room(s));
	shards_free(&all);
}

static void
a_shard_is_waited_for_while_it_owes_an_answer(void **state)
{
	enum { MERGE_MS = 1000 };
	const struct options o = { .from = FROM_HORIZON };
	struct shards all = { 0 };
	struct shard *s;

	(void)state;
	list(&all, &o, "a! b<a");
	/* One that waits for its parent is waited for by nobody. */
	s = shards_find(&all, span_of("b"));
	assert_int_equal(shard_wait_ms(s, 0, MERGE_MS), 0);
	/* Not asked yet: that is no silence of its own. */
	s = shards_find(&all, span_of("a"));
	assert_int_equal(shard_wait_ms(s, 99999, MERGE_MS), INT64_MAX);
	assert_int_equal(shard_wait_ms(s, 99999, 0), 0);
	s->silent_ms = 500;
	assert_int_equal(shard_wait_ms(s, 600, MERGE_MS), 900);
	assert_int_equal(shard_wait_ms(s, 1499, MERGE_MS), 1);
	assert_int_equal(shard_wait_ms(s, 1500, MERGE_MS), 0);
	come(s, "1");
	assert_true(shard_take(s));
	assert_int_equal(shard_wait_ms(s, 600, MERGE_MS), 0);
	write_rest(s);
	assert_false(shard_advance(s));
	assert_int_equal(shard_wait_ms(s, 600, MERGE_MS), 900);
	s->behind = false;
	assert_int_equal(shard_wait_ms(s, 600, MERGE_MS), 0);
	/* Nor for one that had nothing more, unless that is long ago. */
	s->known_ms = 4000;
	s->owing_ms = 5000;
	assert_int_equal(shard_wait_ms(s, 5999, 30000), 0);
	assert_int_equal(shard_wait_ms(s, 6000, 30000), 29000);
	assert_int_equal(shard_wait_ms(s, 34999, 30000), 1);
	assert_int_equal(shard_wait_ms(s, 35000, 30000), 0);
	s->owing_ms = -1;
	assert_int_equal(shard_wait_ms(s, 35000, 30000), 0);
	shards_free(&all);
}

static void
one_that_has_ended_lacks_its_children_until_they_are_listed(void **state)
{
	const struct options o = { .from = FROM_HORIZON };
	struct shards all = { 0 };

	(void)state;
	list(&all, &o, "a b");
	assert_false(shards_lack_heirs(&all));
	end(&all, "a", false);
	assert_true(shards_lack_heirs(&all));
	list(&all, &o, "a! b c<a");
	assert_false(shards_lack_heirs(&all));
	end(&all, "b", true); /* by --until: its children are not read */
	assert_false(shards_lack_heirs(&all));
	shards_free(&all);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(children_follow_all_of_their_parents),
		cmocka_unit_test(
		    latest_leaves_out_what_was_closed_and_takes_what_comes),
		cmocka_unit_test(
		    a_sequence_number_stands_for_its_shard_and_its_children),
		cmocka_unit_test(shards_that_are_named_stand_alone),
		cmocka_unit_test(children_of_what_was_cut_are_not_read),
		cmocka_unit_test(a_record_is_known_until_one_behind_it),
		cmocka_unit_test(
		    one_answer_is_read_ahead_and_what_comes_twice_is_left_out),
		cmocka_unit_test(a_shard_is_waited_for_while_it_owes_an_answer),
		cmocka_unit_test(
		    one_that_has_ended_lacks_its_children_until_they_are_listed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
