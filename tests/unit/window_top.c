/* window_top - the first N of each group against a sorted list of all.
 * SPDX-License-Identifier: ISC */
#include "window/top.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/random.h"

enum { MOST = 400, GROUPS = 5 };

/* What a result is told by: one byte each, but for the key, which differs. */
struct offer {
	unsigned char group, rank;
	uint16_t key;
};

struct given {
	const struct offer *all;
	size_t n, at;
	size_t most;
	int64_t rank;
	size_t stop_at;
};

static int
order(const void *x, const void *y)
{
	return memcmp(x, y, sizeof(struct offer));
}

static struct span
bytes(const void *p, size_t n)
{
	return (struct span){ p, n };
}

/* The next of all that is among the first of its group. */
static int
take(void *ctx, const struct engine_result *r, int64_t rank)
{
	struct given *g = ctx;

	if (g->at == g->stop_at)
		return -1;
	if (rank == 1)
		while (g->at > 0 && g->at < g->n &&
		       g->all[g->at].group == g->all[g->at - 1].group)
			g->at++;
	else
		assert_int_equal(rank, g->rank + 1);
	assert_in_range(rank, 1, g->most);
	assert_true(g->at < g->n);
	assert_memory_equal(r->key.p, &g->all[g->at].key, sizeof g->all->key);
	g->rank = rank;
	g->at++;
	return 0;
}

static void
offer_all(struct top *top, const struct offer *all, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct offer *o = &all[i];
		struct engine_result r = { .key =
					       bytes(&o->key, sizeof o->key) };

		assert_int_equal(
		    top_offer(top, bytes(&o->group, 1), bytes(&o->rank, 1), &r),
		    0);
	}
}

/* How many of each group are given: all up to most. */
static size_t
expected(const struct offer *sorted, size_t n, size_t most)
{
	size_t count = 0, run = 0;

	for (size_t i = 0; i < n; i++) {
		run = i > 0 && sorted[i].group == sorted[i - 1].group ? run + 1
		                                                      : 1;
		count += run <= most;
	}
	return count;
}

static size_t given_count;

static int
count(void *ctx, const struct engine_result *r, int64_t rank)
{
	given_count++;
	return take(ctx, r, rank);
}

static void
gives_what_a_sorted_list_begins_with(void **state)
{
	static const size_t mosts[] = { 1, 2, 3, 10, MOST, 2 * MOST };
	struct offer all[MOST], sorted[MOST];

	(void)state;
	for (size_t k = 0; k < 6 * sizeof mosts / sizeof *mosts; k++) {
		size_t most = mosts[k / 6];
		size_t n = k % 6 == 0 ? 0 : (size_t)random_from(1, MOST);
		struct given g = { sorted, n, 0, most, 0, SIZE_MAX };
		struct top top;

		for (size_t i = 0; i < n; i++)
			all[i] = (struct offer){
				(unsigned char)random_from(1, GROUPS),
				(unsigned char)random_from(0, 20),
				(uint16_t)__builtin_bswap16((uint16_t)i),
			};
		memcpy(sorted, all, sizeof all);
		qsort(sorted, n, sizeof *sorted, order);
		top_init(&top, most);
		/* Twice: what was given is forgotten. */
		for (int again = 0; again < 2; again++) {
			g.at = 0;
			given_count = 0;
			offer_all(&top, all, n);
			assert_int_equal(top_give(&top, count, &g), 0);
			assert_int_equal(
			    given_count, expected(sorted, n, most));
		}
		top_free(&top);
	}
}

static void
stops_where_it_is_told_to(void **state)
{
	const struct offer all[] = { { 1, 1, 0 }, { 1, 2, 1 }, { 1, 3, 2 } };
	struct given g = { all, 3, 0, 3, 0, 2 };
	struct top top;

	(void)state;
	top_init(&top, 3);
	offer_all(&top, all, 3);
	assert_int_equal(top_give(&top, take, &g), 1);
	assert_int_equal(g.at, 2);
	top_free(&top);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gives_what_a_sorted_list_begins_with),
		cmocka_unit_test(stops_where_it_is_told_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
