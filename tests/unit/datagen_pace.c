/* datagen_pace - rows leave evenly, also after a stall.
 * SPDX-License-Identifier: ISC */
#include "datagen/pace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "datagen/rng.h"

static const int64_t ms = 1000000, second = 1000000000;
static const int64_t start = 77 * INT64_C(1000000000);

static struct pace
pace_of(uint64_t rows, uint64_t seconds)
{
	struct pace p = { .rate = { rows, seconds } };

	pace_start(&p, start);
	return p;
}

static void
rows_leave_some_500_at_once_and_at_least_each_50_ms(void **state)
{
	static const struct {
		uint64_t rate, rows;
		int64_t tick_ms;
	} of[] = { { 200, 10, 50 }, { 10000, 500, 50 }, { 20000, 500, 25 },
		{ 50000, 500, 10 }, { 100000, 500, 5 }, { 1000000, 1000, 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof of / sizeof *of; i++) {
		struct pace p = pace_of(of[i].rate, 1);

		assert_int_equal(pace_take(&p, start), 1);
		for (int64_t tick = 1; tick < 5000; tick++) {
			int64_t at = start + tick * of[i].tick_ms * ms;

			assert_int_equal(pace_wake_ns(&p), at);
			assert_int_equal(pace_take(&p, at - 1), 0);
			assert_int_equal(pace_take(&p, at), of[i].rows);
		}
	}
}

/* So that a row comes as a window of the wall clock ends. */
static void
ticks_are_multiples_of_the_clock_and_its_phase(void **state)
{
	struct pace p = { .rate = { 10000, 1 }, .phase_ns = 7 * ms };

	(void)state;
	pace_start(&p, start + 3 * ms);
	(void)pace_take(&p, start + 3 * ms);
	assert_int_equal(pace_wake_ns(&p), start + 43 * ms);
	assert_int_equal(pace_take(&p, start + 43 * ms), 401);
	assert_int_equal(pace_wake_ns(&p), start + 93 * ms);
	/* The wall clock was set forward by 2 ms. */
	p.phase_ns = 9 * ms;
	(void)pace_take(&p, start + 93 * ms);
	assert_int_equal(pace_wake_ns(&p), start + 141 * ms);
}

static void
half_a_row_a_second_is_one_each_two_seconds(void **state)
{
	struct pace p = pace_of(1, 2);

	(void)state;
	assert_int_equal(pace_take(&p, start), 1);
	assert_int_equal(pace_wake_ns(&p), start + 2 * second);
	assert_int_equal(pace_take(&p, start + second), 0);
	assert_int_equal(pace_take(&p, start + 2 * second + 1000), 1);
	assert_int_equal(pace_wake_ns(&p), start + 4 * second);
	assert_int_equal(pace_take(&p, start + 4 * second), 1);
}

static void
a_rate_that_no_tick_divides_is_kept_exactly(void **state)
{
	struct pace p = pace_of(30000, 7);
	uint64_t rows = 0;

	(void)state;
	while (pace_wake_ns(&p) <= start + 700 * second)
		rows += pace_take(&p, pace_wake_ns(&p));
	assert_int_equal(rows, 3000001);
	assert_int_equal(pace_due_ns(&p, 3000000), 700 * second);
	assert_int_equal(pace_rows(&p, 700 * second), 3000001);
	assert_int_equal(pace_rows(&p, 700 * second - 1), 3000000);
}

/* Wakes at the asked time; the rows from..to, both in ns since start. */
static uint64_t
run(struct pace *p, int64_t until_ns)
{
	uint64_t rows = 0;

	while (pace_wake_ns(p) <= start + until_ns)
		rows += pace_take(p, pace_wake_ns(p));
	return rows;
}

static void
a_stall_is_caught_up_with_at_twice_the_rate(void **state)
{
	struct pace p = pace_of(10000, 1);
	uint64_t rows = run(&p, second);

	(void)state;
	assert_int_equal(rows, 10001);
	/* Three seconds without a wake-up: a tick's rows and 6 ms of them,
	 * twice over; from then on twice as many each tick. */
	assert_int_equal(pace_take(&p, start + 4 * second), 620);
	rows += 620;
	assert_int_equal(run(&p, 4 * second + 49 * ms), 0);
	assert_int_equal(run(&p, 4 * second + 50 * ms), 880);
	rows += 880;
	for (int i = 1; i <= 25; i++) {
		uint64_t part = run(&p, 4 * second + (50 + i * 100) * ms);

		assert_in_range(part, 1980, 2020);
		rows += part;
	}
	rows += run(&p, 8 * second);
	assert_int_equal(rows, 80001);
	assert_int_equal(run(&p, 9 * second), 10000);
}

static void
no_time_of_any_length_sees_more_than_twice_the_rate(void **state)
{
	struct rng rng;
	struct pace p = pace_of(50000, 1);
	int64_t now = start, at[20000];
	uint64_t total[20000], rows = 0;
	int n = 0;

	(void)state;
	rng_seed(&rng, 3);
	while (n < 20000) {
		int64_t late = (int64_t)rng_below(&rng, (uint64_t)ms);

		if (rng_below(&rng, 100) == 0)
			late = (int64_t)rng_below(&rng, 80) * ms;
		now = (pace_wake_ns(&p) > now ? pace_wake_ns(&p) : now) + late;
		rows += pace_take(&p, now);
		at[n] = now;
		total[n++] = rows;
	}
	for (int i = 1; i < n; i++) {
		for (int k = i; k < n && k < i + 60; k++) {
			/* Rows of the wake-ups i..k, since wake-up i - 1. */
			uint64_t some = total[k] - total[i - 1];
			int64_t ns = at[k] - at[i - 1];

			assert_true(
			    some <= (uint64_t)ns * 2 * 50000 / 1000000000 + 1);
			/* From wake-up i on: that of two ticks more. */
			ns = at[k] - at[i] + 2 * p.tick_ns;
			if (ns > 12 * ms)
				assert_in_range(some, 0, ns / 10000 + 1);
		}
	}
	/* The time lost has been made good. */
	assert_true(
	    rows + 50000 / 5 > (uint64_t)(now - start) * 50000 / 1000000000);
}

static void
after_every_so_much_there_is_a_silence(void **state)
{
	struct pace p = { .rate = { 1000, 1 },
		.every_ns = 2 * second,
		.pause_ns = 5 * second };

	(void)state;
	pace_start(&p, start);
	assert_int_equal(run(&p, 2 * second), 2000);
	assert_int_equal(pace_silences(&p), 0);
	assert_int_equal(pace_wake_ns(&p), start + 7 * second);
	assert_int_equal(pace_rows(&p, 6 * second), 2000);
	assert_int_equal(run(&p, 7 * second), 1);
	assert_int_equal(pace_silences(&p), 1);
	assert_int_equal(run(&p, 14 * second), 2000);
	assert_int_equal(pace_due_ns(&p, 4000), 14 * second);
	assert_int_equal(pace_silences(&p), 2);
}

/* Falling behind for good, it must not wait: 40 rows take a microsecond. */
static void
a_rate_beyond_the_machine_never_sleeps(void **state)
{
	struct pace p = pace_of(50000000, 1);
	int64_t now = start + ms;

	(void)state;
	(void)pace_take(&p, start);
	for (int i = 0; i < 1000; i++) {
		uint64_t rows = pace_take(&p, now);

		assert_true(rows > 0);
		now += (int64_t)rows * 25;
		assert_true(pace_wake_ns(&p) <= now);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    rows_leave_some_500_at_once_and_at_least_each_50_ms),
		cmocka_unit_test(
		    ticks_are_multiples_of_the_clock_and_its_phase),
		cmocka_unit_test(half_a_row_a_second_is_one_each_two_seconds),
		cmocka_unit_test(a_rate_that_no_tick_divides_is_kept_exactly),
		cmocka_unit_test(a_stall_is_caught_up_with_at_twice_the_rate),
		cmocka_unit_test(
		    no_time_of_any_length_sees_more_than_twice_the_rate),
		cmocka_unit_test(after_every_so_much_there_is_a_silence),
		cmocka_unit_test(a_rate_beyond_the_machine_never_sleeps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
