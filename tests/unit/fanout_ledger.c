/* fanout_ledger - every output gets every byte once, in order.
 * SPDX-License-Identifier: ISC */
#include "fanout/ledger.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { OUTPUTS_MAX = 6 };

static void
the_last_one_takes_away_what_the_others_copied(void **state)
{
	struct ledger l;
	uint64_t n;

	(void)state;
	assert_int_equal(ledger_init(&l, 3), 0);
	assert_int_equal(ledger_next(&l, 0, &n), LEDGER_WAIT);
	ledger_filled(&l, 100);
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(ledger_next(&l, i, &n), LEDGER_COPY);
		assert_int_equal(n, 100);
		ledger_took(&l, i, LEDGER_COPY, 100);
		assert_int_equal(ledger_next(&l, i, &n), LEDGER_WAIT);
	}
	assert_false(ledger_is_even(&l));
	assert_int_equal(ledger_next(&l, 2, &n), LEDGER_MOVE);
	assert_int_equal(n, 100);
	ledger_took(&l, 2, LEDGER_MOVE, 100);
	assert_int_equal(l.front, 100);
	assert_true(ledger_is_even(&l));
	ledger_free(&l);
}

static void
one_output_is_always_the_last_one(void **state)
{
	struct ledger l;
	uint64_t n;

	(void)state;
	assert_int_equal(ledger_init(&l, 1), 0);
	ledger_filled(&l, 7);
	assert_int_equal(ledger_next(&l, 0, &n), LEDGER_MOVE);
	assert_int_equal(n, 7);
	ledger_free(&l);
}

/* tee(2) would give it bytes again that it has. */
static void
who_is_ahead_waits_until_the_front_has_come_to_it(void **state)
{
	struct ledger l;
	uint64_t n;

	(void)state;
	assert_int_equal(ledger_init(&l, 2), 0);
	ledger_filled(&l, 100);
	ledger_took(&l, 0, LEDGER_COPY, 60);
	assert_int_equal(ledger_next(&l, 0, &n), LEDGER_WAIT);
	assert_int_equal(ledger_next(&l, 1, &n), LEDGER_MOVE);
	assert_int_equal(n, 60);
	ledger_took(&l, 1, LEDGER_MOVE, 10);
	assert_int_equal(ledger_next(&l, 0, &n), LEDGER_WAIT);
	assert_int_equal(ledger_next(&l, 1, &n), LEDGER_MOVE);
	assert_int_equal(n, 50);
	ledger_took(&l, 1, LEDGER_MOVE, 50);
	assert_int_equal(ledger_next(&l, 0, &n), LEDGER_COPY);
	assert_int_equal(n, 40);
	assert_int_equal(ledger_next(&l, 1, &n), LEDGER_COPY);
	ledger_free(&l);
}

static void
what_only_a_lost_output_lacked_is_taken_away(void **state)
{
	struct ledger l;
	uint64_t n;

	(void)state;
	assert_int_equal(ledger_init(&l, 3), 0);
	ledger_filled(&l, 100);
	ledger_took(&l, 0, LEDGER_COPY, 100);
	ledger_took(&l, 1, LEDGER_COPY, 30);
	assert_int_equal(ledger_drop(&l, 2), 30);
	assert_int_equal(ledger_lack(&l, 2), 0);
	assert_int_equal(ledger_next(&l, 2, &n), LEDGER_WAIT);
	assert_int_equal(ledger_next(&l, 1, &n), LEDGER_MOVE);
	assert_int_equal(n, 70);
	assert_int_equal(ledger_drop(&l, 0), 0);
	assert_true(ledger_has_live(&l));
	assert_int_equal(ledger_drop(&l, 1), 70);
	assert_false(ledger_has_live(&l));
	assert_true(ledger_is_even(&l));
	ledger_free(&l);
}

static void
it_is_known_who_holds_others_back(void **state)
{
	struct ledger l;

	(void)state;
	assert_int_equal(ledger_init(&l, 3), 0);
	assert_false(ledger_holds_back(&l, 0, true));
	ledger_filled(&l, 100);
	/* All lack the same: nobody waits for anybody. */
	assert_false(ledger_holds_back(&l, 0, true));
	ledger_took(&l, 0, LEDGER_COPY, 100);
	/* 0 has all there is; it could get more only if more came in. */
	assert_false(ledger_holds_back(&l, 1, false));
	assert_true(ledger_holds_back(&l, 1, true));
	ledger_filled(&l, 1);
	assert_true(ledger_holds_back(&l, 1, false));
	assert_true(ledger_holds_back(&l, 2, false));
	assert_false(ledger_holds_back(&l, 0, false));
	(void)ledger_drop(&l, 0);
	assert_false(ledger_holds_back(&l, 1, false));
	ledger_free(&l);
}

/* xorshift64: any numbers will do. */
static uint64_t
draw(uint64_t *seed, uint64_t below)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed % below;
}

/*
 * A random step of one output.  A copy starts at the front, so it must be where
 * the output is; what is taken away nobody may lack.
 */
static void
step(struct ledger *l, size_t i, uint64_t *seed, uint64_t *got)
{
	uint64_t most, n;
	enum ledger_way way = ledger_next(l, i, &most);

	if (way == LEDGER_WAIT)
		return;
	assert_true(l->marks[i].is_live);
	assert_int_equal(l->marks[i].at, l->front);
	assert_true(most > 0 && l->front + most <= l->end);
	n = 1 + draw(seed, most);
	ledger_took(l, i, way, n);
	got[i] += n;
	for (size_t j = 0; j < l->n; j++) {
		if (l->marks[j].is_live)
			assert_true(l->marks[j].at >= l->front);
	}
}

static void
run_at_random(uint64_t seed)
{
	uint64_t got[OUTPUTS_MAX] = { 0 }, most;
	struct ledger l;

	assert_int_equal(ledger_init(&l, 1 + draw(&seed, OUTPUTS_MAX)), 0);
	for (int turn = 0; turn < 300; turn++) {
		size_t i = draw(&seed, l.n);

		if (draw(&seed, 4) == 0)
			ledger_filled(&l, 1 + draw(&seed, 1000));
		if (draw(&seed, 200) == 0 && l.marks[i].is_live)
			(void)ledger_drop(&l, i);
		step(&l, i, &seed, got);
	}
	/* Whoever is left gets the rest, however it is served. */
	while (!ledger_is_even(&l)) {
		bool can = false;

		for (size_t i = 0; i < l.n; i++)
			can |= ledger_next(&l, i, &most) != LEDGER_WAIT;
		assert_true(can);
		step(&l, draw(&seed, l.n), &seed, got);
	}
	for (size_t i = 0; i < l.n; i++) {
		if (l.marks[i].is_live)
			assert_int_equal(got[i], l.end);
	}
	if (ledger_has_live(&l))
		assert_int_equal(l.front, l.end);
	ledger_free(&l);
}

static void
however_they_are_served_all_get_all_once(void **state)
{
	(void)state;
	for (uint64_t seed = 1; seed <= 2000; seed++)
		run_at_random(seed * UINT64_C(0x9e3779b97f4a7c15));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_last_one_takes_away_what_the_others_copied),
		cmocka_unit_test(one_output_is_always_the_last_one),
		cmocka_unit_test(
		    who_is_ahead_waits_until_the_front_has_come_to_it),
		cmocka_unit_test(what_only_a_lost_output_lacked_is_taken_away),
		cmocka_unit_test(it_is_known_who_holds_others_back),
		cmocka_unit_test(however_they_are_served_all_get_all_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
