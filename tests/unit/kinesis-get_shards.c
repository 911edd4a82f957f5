/* Tests of kinesis-get/shards.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/shards.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

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
	struct record r = { .sequence = { "99", 2 } };
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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
