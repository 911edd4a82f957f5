/* datagen_rowtime - event times row by row, and rates as fractions.
 * SPDX-License-Identifier: ISC */
#include "datagen/rowtime.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/timestamp.h"

static struct rate
rate_of(const char *text)
{
	struct rate rate = { 0 };

	assert_int_equal(rate_parse(span_of(text), &rate, NULL), 0);
	return rate;
}

static void
rates_are_exact_fractions(void **state)
{
	static const struct {
		const char *text;
		struct rate rate;
	} good[] = {
		{ "10000", { 10000, 1 } },
		{ "0.5", { 1, 2 } },
		{ ".25", { 1, 4 } },
		{ "0", { 0, 1 } },
		{ "0.0", { 0, 1 } },
		{ "33.333", { 33333, 1000 } },
		{ "1000000000", { 1000000000, 1 } },
		{ "0.000000001", { 1, 1000000000 } },
	};
	static const char *const bad[] = { "", ".", "-1", "1e3", "1/s", " 1",
		"1.0000000001", "1000000000.1", "99999999999999999999" };
	struct rate rate;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		rate = rate_of(good[i].text);
		assert_true(rate.rows == good[i].rate.rows &&
			    rate.seconds == good[i].rate.seconds);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(rate_parse(span_of(bad[i]), &rate, NULL), -1);
}

/* The formula itself, in integers of 128 bits: start + floor(i x num / den). */
static void
check_steps(struct rowtime t, uint64_t num, uint64_t den)
{
	rowtime_start(&t);
	for (uint64_t i = 0; i < 200000; i++) {
		int64_t passed = (int64_t)((unsigned __int128)i * num / den);

		assert_true(rowtime_at_ms(&t, i) == t.start_ms + passed);
		assert_true(rowtime_next(&t) == t.start_ms + passed);
	}
}

static void
a_row_lies_at_its_whole_multiple_of_the_step(void **state)
{
	static const char *const rates[] = { "10000", "0.5", "3", "7.77",
		"999999.999999999", "1000000000", "0.000000001" };
	static const int64_t steps[] = { 0, 1, 999999, 1000001, 333333333,
		2500000 };
	struct rowtime t = { .start_ms = -12345 };

	(void)state;
	for (size_t i = 0; i < sizeof rates / sizeof *rates; i++) {
		struct rate rate = rate_of(rates[i]);

		rowtime_set_rate(&t, rate);
		check_steps(t, rate.seconds * 1000, rate.rows);
	}
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		rowtime_set_ns(&t, steps[i]);
		check_steps(t, (uint64_t)steps[i], 1000000);
	}
}

static void
nothing_drifts_in_a_million_million_rows(void **state)
{
	struct rowtime t = { .start_ms = 0 };

	(void)state;
	rowtime_set_rate(&t, rate_of("3"));
	assert_int_equal(rowtime_at_ms(&t, 3000000000000), 1000000000000000);
	assert_int_equal(rowtime_at_ms(&t, 2999999999999), 999999999999666);
}

static void
a_silence_moves_what_follows_it(void **state)
{
	struct rowtime t = { .every_ms = 10, .pause_ms = 100 };
	int64_t last = -1;

	(void)state;
	rowtime_set_ns(&t, 3000000);
	rowtime_start(&t);
	for (uint64_t i = 0; i < 1000; i++) {
		int64_t passed = (int64_t)i * 3;
		int64_t at = rowtime_next(&t);

		assert_int_equal(at, passed + passed / 10 * 100);
		assert_int_equal(rowtime_at_ms(&t, i), at);
		assert_true(at > last);
		last = at;
	}
	assert_int_equal(t.pauses, 299);
}

static void
the_rows_end_with_the_year_9999(void **state)
{
	struct rowtime t = { .start_ms = TIMESTAMP_LAST_MS - 10 };

	(void)state;
	rowtime_set_ns(&t, 4000000);
	assert_int_equal(rowtime_rows(&t), 3);
	t.every_ms = 4;
	t.pause_ms = 1;
	assert_int_equal(rowtime_rows(&t), 3);
	t.pause_ms = 7;
	assert_int_equal(rowtime_rows(&t), 1);
	t.every_ms = 0;
	rowtime_set_ns(&t, 0);
	assert_true(rowtime_rows(&t) == UINT64_MAX);
	rowtime_set_ns(&t, INT64_MAX);
	assert_int_equal(rowtime_rows(&t), 1);
	t.start_ms = -62135596800000;
	rowtime_set_rate(&t, rate_of("0.000000001"));
	assert_int_equal(rowtime_rows(&t), 316);
}

static void
the_clock_never_goes_back(void **state)
{
	struct rowtime t = { .start_ms = INT64_MIN, .parts = 1 };

	(void)state;
	rowtime_start(&t);
	rowtime_clock(&t, 1000);
	assert_int_equal(rowtime_next(&t), 1000);
	rowtime_clock(&t, 900);
	assert_int_equal(rowtime_next(&t), 1000);
	rowtime_clock(&t, 1001);
	assert_int_equal(rowtime_next(&t), 1001);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rates_are_exact_fractions),
		cmocka_unit_test(a_row_lies_at_its_whole_multiple_of_the_step),
		cmocka_unit_test(nothing_drifts_in_a_million_million_rows),
		cmocka_unit_test(a_silence_moves_what_follows_it),
		cmocka_unit_test(the_rows_end_with_the_year_9999),
		cmocka_unit_test(the_clock_never_goes_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
