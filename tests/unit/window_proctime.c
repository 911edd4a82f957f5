/* window_proctime - the clock of processing time over steps of the wall clock.
 * SPDX-License-Identifier: ISC */
#include "window/proctime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/random.h"

static void
it_follows_the_wall_clock(void **state)
{
	struct proctime p = { 0 };

	(void)state;
	assert_int_equal(proctime_ms(&p, 1000, 5), 1000);
	assert_int_equal(proctime_ms(&p, 1250, 255), 1250);
	assert_int_equal(proctime_ms(&p, 1250, 255), 1250);
}

static void
a_step_forward_is_followed_at_once(void **state)
{
	struct proctime p = { 0 };

	(void)state;
	proctime_ms(&p, 1000, 0);
	assert_int_equal(proctime_ms(&p, 3601000, 1), 3601000);
	assert_int_equal(proctime_ms(&p, 3601010, 11), 3601010);
}

static void
a_step_back_is_made_good_a_tenth_slower(void **state)
{
	struct proctime p = { 0 };
	int64_t last = 100000;

	(void)state;
	proctime_ms(&p, 100000, 0);
	/* Put back by 10 s: 100 s later they are equal again. */
	for (int64_t mono = 1000; mono <= 200000; mono += 1000) {
		int64_t wall = 90000 + mono;
		int64_t now = proctime_ms(&p, wall, mono);

		assert_true(now > last);
		assert_true(now - last >= 900 && now - last <= 1000);
		assert_true(now >= wall);
		if (mono >= 101000)
			assert_int_equal(now, wall);
		last = now;
	}
}

static void
it_slows_down_though_asked_every_millisecond(void **state)
{
	struct proctime p = { 0 };
	int64_t now = 0;

	(void)state;
	proctime_ms(&p, 100000, 0);
	for (int64_t mono = 1; mono <= 20000; mono++)
		now = proctime_ms(&p, 99000 + mono, mono);
	assert_int_equal(now, 119000);
}

static void
it_never_goes_back(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct proctime p = { 0 };
		int64_t wall = random_from(-1000000, 1000000), mono = 0;
		int64_t last = INT64_MIN;

		for (int i = 0; i < 500; i++) {
			int64_t step = random_from(0, 50), now;

			mono += step;
			wall += step;
			if (random_from(0, 9) == 0)
				wall += random_from(-5000, 5000);
			now = proctime_ms(&p, wall, mono);
			assert_true(now >= last);
			assert_true(now >= wall);
			last = now;
		}
	}
}

/* --- windows ------------------------------------------------------------- */

enum { WINDOW_MS = 10000, WINDOWS = 500000 };

/* Each is open once: a time whose window was left before is the failure. */
struct windows {
	bool seen[WINDOWS];
	int64_t open;
	size_t told[4];
};

static void
fill(struct windows *w, const struct proctime *p, int64_t t)
{
	int64_t window = t / WINDOW_MS;

	w->told[p->step]++;
	if (window == w->open)
		return;
	assert_in_range(window, 0, WINDOWS - 1);
	assert_false(w->seen[window]);
	w->seen[window] = true;
	w->open = window;
}

static void
a_clock_that_was_wrong_for_a_moment_is_followed_back(void **state)
{
	const int64_t day = 86400000, start = 100 * WINDOW_MS;
	struct windows *w = calloc(1, sizeof *w);
	struct proctime p = { .reach_ms = WINDOW_MS };
	int64_t ahead = 0;

	(void)state;
	assert_non_null(w);
	for (int64_t mono = 0; mono < 2 * day; mono += 100) {
		bool wrong = mono >= 300000 && mono < 301500;
		int64_t wall = start + mono + (wrong ? day : 0);
		int64_t t = proctime_ms(&p, wall, mono);

		fill(w, &p, t);
		if (p.step == PROCTIME_FORWARD && mono < day)
			assert_int_equal(p.by_ms, day);
		if (p.step == PROCTIME_BACK) {
			assert_int_equal(p.by_ms, day);
			assert_int_equal(p.until_ms, wall + 600000);
		}
		if (mono >= 301500 && mono < 901500)
			assert_true(t - wall > day - 61000);
		if (mono >= 901500 && mono < 301500 + day - 2 * WINDOW_MS)
			assert_int_equal(t, wall);
		ahead = t - wall;
	}
	/* A day later it leaps over the windows that had been dated ahead. */
	assert_int_equal(w->told[PROCTIME_FORWARD], 2);
	assert_int_equal(w->told[PROCTIME_BACK], 1);
	assert_int_equal(w->told[PROCTIME_RETURN], 1);
	assert_int_equal(ahead, 0);
	free(w);
}

static void
a_clock_that_is_right_again_within_ten_minutes_is_not_followed_back(
    void **state)
{
	struct proctime p = { .reach_ms = WINDOW_MS };

	(void)state;
	for (int64_t mono = 0; mono < 2000000; mono += 500) {
		bool wrong = mono >= 300000 && mono < 800000;
		int64_t wall = 7200000 + mono - (wrong ? 3600000 : 0);
		int64_t t = proctime_ms(&p, wall, mono);

		assert_true(p.step != PROCTIME_RETURN);
		assert_true(t >= 7200000 + mono - 50000);
		if (!wrong)
			assert_int_equal(t, wall);
	}
}

/* It was wrong from the start on, so by its time all windows are new. */
static void
a_clock_that_begins_wrong_is_followed_back(void **state)
{
	struct windows *w = calloc(1, sizeof *w);
	struct proctime p = { .reach_ms = WINDOW_MS };

	(void)state;
	assert_non_null(w);
	for (int64_t mono = 0; mono < 6000000; mono += 100) {
		int64_t wall = 1000000 + mono + (mono < 50000 ? 3600000 : 0);
		int64_t t = proctime_ms(&p, wall, mono);

		fill(w, &p, t);
		if (mono == 660000)
			assert_int_equal(t, wall);
	}
	assert_int_equal(w->told[PROCTIME_RETURN], 1);
	free(w);
}

static void
no_window_is_open_twice_however_the_clock_steps(void **state)
{
	struct windows *w = malloc(sizeof *w);

	(void)state;
	assert_non_null(w);
	for (int round = 0; round < 100; round++) {
		struct proctime p = { .reach_ms = WINDOW_MS };
		int64_t base = 1000000000, mono = 0, wrong = 0;

		*w = (struct windows){ .open = -1 };
		for (int i = 0; i < 20000; i++) {
			mono += random_from(0, 3000);
			if (random_from(0, 2000) == 0)
				wrong = random_from(-1, 1) *
				        random_from(0, 50000000);
			fill(w, &p, proctime_ms(&p, base + mono + wrong, mono));
			/* A restart. */
			if (random_from(0, 3000) == 0)
				p.goes_on = true;
		}
	}
	free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(it_follows_the_wall_clock),
		cmocka_unit_test(a_step_forward_is_followed_at_once),
		cmocka_unit_test(a_step_back_is_made_good_a_tenth_slower),
		cmocka_unit_test(it_slows_down_though_asked_every_millisecond),
		cmocka_unit_test(it_never_goes_back),
		cmocka_unit_test(
		    a_clock_that_was_wrong_for_a_moment_is_followed_back),
		cmocka_unit_test(
		    a_clock_that_is_right_again_within_ten_minutes_is_not_followed_back),
		cmocka_unit_test(a_clock_that_begins_wrong_is_followed_back),
		cmocka_unit_test(
		    no_window_is_open_twice_however_the_clock_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
