/* window_engine - rows and times in, windows out, without input or clock.
 * SPDX-License-Identifier: ISC */
#include "window/engine.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/timestamp.h"
#include "tests/unit/random.h"
#include "window/key.h"

enum { SECOND = 1000, HOUR = 3600 * SECOND };

/* --- an engine that counts rows by key; results as text ------------------ */

struct run {
	struct query q;
	struct engine e;
	struct buf log; /* "KEY COUNT START-END[ rREVISION];" each */
	int stop_after; /* results; -1: never */
};

static int
note(void *ctx, const struct engine_result *r)
{
	struct run *run = ctx;
	struct buf scratch = { 0 };
	struct value key, count;
	bool unfit = false;

	if (run->stop_after >= 0 && run->stop_after-- == 0)
		return -1;
	key_decode(r->key, &key, 1, &scratch);
	agg_result(r->data, &run->q.calls[0], &count, &unfit);
	buf_addf(&run->log, "%lld %lld %lld-%lld", (long long)key.i,
	    (long long)count.i, (long long)r->start_ms, (long long)r->end_ms);
	if (r->revision > 0)
		buf_addf(&run->log, " r%u", r->revision);
	buf_add_char(&run->log, ';');
	buf_free(&scratch);
	return 0;
}

static struct query_words
words(enum window_kind kind, int64_t size, int64_t step)
{
	static const char *keys[] = { "k" };
	static struct query_agg count = { .option = "count" };

	count.agg = agg_find("count");
	return (struct query_words){
		.kind = kind,
		.size_ms = size,
		.slide_ms = kind == KIND_HOP ? step : 0,
		.step_ms = kind == KIND_CUMULATE ? step : 0,
		.event_time = "t",
		.delay_ms = -1,
		.idle_ms = -1,
		.lateness_ms = -1,
		.ahead_ms = -1,
		.jump_ms = -1,
		.unit = TIME_MS,
		.keys = { keys, 1 },
		.aggs = &count,
		.naggs = 1,
		.max_keys = 1000,
		.max_bytes = UINT64_MAX,
		.max_line = 1000,
	};
}

static void
begin(struct run *run, struct query_words w)
{
	*run = (struct run){ .stop_after = -1 };
	assert_int_equal(query_init(&run->q, &w), 0);
	engine_init(&run->e, &run->q, note, run);
}

static void
end(struct run *run)
{
	engine_free(&run->e);
	query_free(&run->q);
	buf_free(&run->log);
}

static enum engine_verdict
row(struct run *run, int64_t key, int64_t t)
{
	struct value v[2] = { { .kind = VALUE_NULL }, { .kind = VALUE_NULL } };
	struct rows rows = { .n = 1, .values = v, .stride = 2, .t_ms = { t } };
	enum engine_verdict verdict;

	for (size_t i = 0; i < run->q.nfields; i++)
		if ((int)i != run->q.time_field)
			v[i] = (struct value){ .kind = VALUE_INT, .i = key };
	assert_int_equal(
	    engine_take(&run->e, &rows, 0, INT64_MAX, &verdict), 1);
	return verdict;
}

/* What has been written since the last time. */
static void
wrote(struct run *run, const char *want)
{
	assert_string_equal(buf_text(&run->log), want);
	buf_clear(&run->log);
}

static int64_t
instant(const char *text)
{
	int64_t ms;
	bool zoned;

	assert_int_equal(timestamp_parse(span_of(text), &ms, &zoned, NULL), 0);
	return ms;
}

/* --- event time ---------------------------------------------------------- */

static void
rows_are_judged_by_the_rows_before_them(void **state)
{
	struct query_words w = words(KIND_TUMBLE, 10, 0);
	struct run run;

	(void)state;
	w.delay_ms = 5;
	begin(&run, w);
	assert_int_equal(run.e.watermark_ms, INT64_MIN);
	assert_int_equal(row(&run, 1, 3), ENGINE_AGGREGATED);
	assert_int_equal(run.e.watermark_ms, -2);
	assert_int_equal(row(&run, 2, 13), ENGINE_AGGREGATED);
	wrote(&run, "");
	assert_int_equal(row(&run, 1, 9), ENGINE_AGGREGATED);
	assert_int_equal(row(&run, 3, 14), ENGINE_AGGREGATED);
	wrote(&run, "1 2 0-10;");
	assert_int_equal(row(&run, 1, 9), ENGINE_LATE);
	assert_int_equal(run.e.watermark_ms, 9);
	assert_int_equal(engine_finish(&run.e), 0);
	wrote(&run, "2 1 10-20;3 1 10-20;");
	assert_int_equal(run.e.aggregated, 4);
	assert_int_equal(run.e.late, 1);
	end(&run);
}

static void
rows_are_late_by_silence_too_but_not_by_delay(void **state)
{
	struct query_words w = words(KIND_TUMBLE, 10, 0);
	struct run run;

	(void)state;
	w.delay_ms = 5;
	begin(&run, w);
	row(&run, 1, 3);
	/* 42 of silence behind the 3, in two steps; then another delay. */
	assert_int_equal(engine_advance(&run.e, 30), 0);
	run.q.delay_ms = 2;
	assert_int_equal(engine_advance(&run.e, 40), 0);
	assert_int_equal(row(&run, 1, 28), ENGINE_LATE);
	assert_int_equal(run.e.late_max_ms, 17);
	assert_int_equal(run.e.latest_ms, 28);
	end(&run);
	w.delay_ms = 17;
	begin(&run, w);
	row(&run, 1, 3);
	assert_int_equal(engine_advance(&run.e, 45 - 17), 0);
	assert_int_equal(row(&run, 1, 28), ENGINE_AGGREGATED);
	end(&run);
}

static void
time_that_is_told_fires_and_never_goes_back(void **state)
{
	struct run run;

	(void)state;
	begin(&run, words(KIND_TUMBLE, 10, 0));
	row(&run, 1, 3);
	assert_int_equal(engine_due_ms(&run.e), 9);
	assert_int_equal(engine_advance(&run.e, 8), 0);
	wrote(&run, "");
	assert_int_equal(engine_advance(&run.e, 9), 0);
	wrote(&run, "1 1 0-10;");
	assert_int_equal(engine_due_ms(&run.e), INT64_MAX);
	assert_int_equal(engine_advance(&run.e, 5), 0);
	assert_int_equal(run.e.watermark_ms, 9);
	assert_int_equal(row(&run, 1, 7), ENGINE_LATE);
	assert_int_equal(row(&run, 1, 10), ENGINE_AGGREGATED);
	end(&run);
}

static void
what_fires_together_is_in_order(void **state)
{
	struct query_words w = words(KIND_HOP, 10, 5);
	struct run run;

	(void)state;
	w.delay_ms = 1000;
	begin(&run, w);
	row(&run, 9, 12);
	row(&run, -1, 12);
	row(&run, 4, 3);
	engine_finish(&run.e);
	wrote(
	    &run, "4 1 -5-5;4 1 0-10;-1 1 5-15;9 1 5-15;-1 1 10-20;9 1 10-20;");
	end(&run);
}

static void
open_windows_and_the_next_one_are_told(void **state)
{
	struct query_words w = words(KIND_HOP, 10, 2);
	struct run run;
	int64_t end_ms;

	(void)state;
	w.delay_ms = 1;
	begin(&run, w);
	assert_false(engine_next_window(&run.e, &end_ms));
	assert_int_equal(engine_open_windows(&run.e), 0);
	row(&run, 1, 1);
	row(&run, 2, 1);
	/* They end at 2, 4, 6, 8, 10: windows, not groups. */
	assert_int_equal(engine_open_windows(&run.e), 5);
	assert_true(engine_next_window(&run.e, &end_ms));
	assert_int_equal(end_ms, 2);
	row(&run, 1, 5);
	/* 2 and 4 have fired; 6, 8, 10, 12, 14. */
	assert_int_equal(engine_open_windows(&run.e), 5);
	assert_true(engine_next_window(&run.e, &end_ms));
	assert_int_equal(end_ms, 6);
	end(&run);
}

static void
sessions_are_told_too(void **state)
{
	struct run run;
	int64_t end_ms;

	(void)state;
	begin(&run, words(KIND_SESSION, 10, 0));
	row(&run, 1, 0);
	row(&run, 2, 5);
	assert_int_equal(engine_open_windows(&run.e), 2);
	assert_true(engine_next_window(&run.e, &end_ms));
	assert_int_equal(end_ms, 10);
	row(&run, 1, 9);
	row(&run, 3, 15);
	wrote(&run, "2 1 5-15;");
	engine_finish(&run.e);
	wrote(&run, "1 2 0-19;3 1 15-25;");
	end(&run);
}

static void
a_row_between_windows_is_outside_and_moves_time(void **state)
{
	struct run run;

	(void)state;
	begin(&run, words(KIND_HOP, 2, 10));
	assert_int_equal(row(&run, 1, 1), ENGINE_AGGREGATED);
	assert_int_equal(row(&run, 1, 2), ENGINE_OUTSIDE);
	wrote(&run, "1 1 0-2;");
	assert_int_equal(row(&run, 1, 5), ENGINE_OUTSIDE);
	assert_int_equal(row(&run, 1, 1), ENGINE_LATE);
	assert_int_equal(run.e.outside, 2);
	end(&run);
}

static void
late_rows_revise(void **state)
{
	struct query_words w = words(KIND_TUMBLE, 10, 0);
	struct run run;

	(void)state;
	w.lateness_ms = 10;
	begin(&run, w);
	row(&run, 1, 5);
	row(&run, 2, 12);
	wrote(&run, "1 1 0-10;");
	row(&run, 1, 6);
	wrote(&run, "1 2 0-10 r1;");
	row(&run, 3, 7);
	wrote(&run, "3 1 0-10;");
	row(&run, 3, 7);
	wrote(&run, "3 2 0-10 r1;");
	row(&run, 2, 18);
	assert_int_equal(row(&run, 1, 6), ENGINE_AGGREGATED);
	wrote(&run, "1 3 0-10 r2;");
	row(&run, 2, 19);
	wrote(&run, "2 3 10-20;");
	assert_int_equal(row(&run, 1, 6), ENGINE_LATE);
	end(&run);
}

static void
a_group_that_was_written_from_another_slice_is_revised(void **state)
{
	struct query_words w = words(KIND_HOP, 10, 5);
	struct run run;

	(void)state;
	w.lateness_ms = 100;
	begin(&run, w);
	row(&run, 1, 1);
	row(&run, 2, 9);
	wrote(&run, "1 1 -5-5;1 1 0-10;2 1 0-10;");
	/* The first row of key 1 in the slice from 5. */
	row(&run, 1, 6);
	wrote(&run, "1 2 0-10 r1;");
	/* Both windows of the slice have fired, one of them with key 2. */
	row(&run, 2, 2);
	wrote(&run, "2 1 -5-5;2 2 0-10 r1;");
	engine_finish(&run.e);
	wrote(&run, "1 1 5-15;2 1 5-15;");
	end(&run);
}

/* --- many slices in a window --------------------------------------------- */

/* The last result is the window that ends behind the n-th row. */
static void
check_last(struct run *run, const int64_t *at, size_t n)
{
	int64_t until = at[n - 1] + 1, from = until - 64, count = 0;
	char want[80];
	size_t length;

	for (size_t i = 0; i < n; i++)
		count += at[i] >= from && at[i] < until;
	(void)snprintf(want, sizeof want, "0 %lld %lld-%lld;", (long long)count,
	    (long long)from, (long long)until);
	length = strlen(want);
	assert_true(run->log.n >= length);
	assert_memory_equal(run->log.p + run->log.n - length, want, length);
}

/*
 * Late rows into slices that windows have merged already, and into slices that
 * were not there then: each window counts what came before it fired.
 */
static void
late_rows_count_in_the_windows_that_are_open(void **state)
{
	enum { SLICES = 64, END = 400, ROWS = 1000 };

	(void)state;
	for (int round = 0; round < 200; round++) {
		static int64_t at[ROWS];
		struct run run;
		size_t n = 0, fired = 0;

		begin(&run, words(KIND_HOP, SLICES, 1));
		for (int64_t t = 0; t < END && n < ROWS;
		     t += random_from(0, 3)) {
			at[n] = t;
			if (n > 0 && random_from(0, 1) == 0)
				at[n] = run.e.watermark_ms -
				        random_from(0, SLICES - 2);
			buf_clear(&run.log);
			assert_int_equal(
			    row(&run, 0, at[n]), ENGINE_AGGREGATED);
			n++;
			if (run.log.n > 0) {
				check_last(&run, at, n);
				fired++;
			}
		}
		assert_true(fired > 50);
		end(&run);
	}
}

/* --- bounds -------------------------------------------------------------- */

static void
at_max_keys_it_stops_or_fires_the_oldest(void **state)
{
	struct query_words w = words(KIND_TUMBLE, 10, 0);
	struct run run;

	(void)state;
	w.delay_ms = 100;
	w.max_keys = 2;
	begin(&run, w);
	row(&run, 1, 1);
	row(&run, 2, 12);
	assert_int_equal(row(&run, 2, 13), ENGINE_AGGREGATED);
	assert_int_equal(row(&run, 3, 14), ENGINE_STOP);
	assert_int_equal(run.e.stop, ENGINE_MAX_KEYS);
	end(&run);

	w.overflow = OVERFLOW_OLDEST;
	begin(&run, w);
	row(&run, 1, 1);
	row(&run, 2, 12);
	assert_int_equal(row(&run, 3, 14), ENGINE_AGGREGATED);
	wrote(&run, "1 1 0-10;");
	assert_int_equal(row(&run, 1, 2), ENGINE_LATE);
	assert_int_equal(run.e.early, 1);
	assert_int_equal(run.e.early_end_ms, 10);
	/* The oldest is the row's own window: then it is late. */
	assert_int_equal(row(&run, 4, 15), ENGINE_LATE);
	wrote(&run, "2 1 10-20;3 1 10-20;");
	end(&run);
}

static void
a_result_that_is_refused_stops_it(void **state)
{
	struct run run;

	(void)state;
	begin(&run, words(KIND_TUMBLE, 10, 0));
	run.stop_after = 1;
	row(&run, 1, 1);
	row(&run, 2, 1);
	assert_int_equal(row(&run, 1, 10), ENGINE_STOP);
	assert_int_equal(run.e.stop, ENGINE_EMIT);
	wrote(&run, "1 1 0-10;");
	end(&run);
}

/* --- processing time ----------------------------------------------------- */

static void
by_the_clock_nothing_is_late_and_windows_wait_for_it(void **state)
{
	struct query_words w = words(KIND_TUMBLE, 10, 0);
	struct run run;

	(void)state;
	w.event_time = NULL;
	w.processing_time = true;
	begin(&run, w);
	for (int64_t now = 1; now <= 30; now++) {
		/* As run.c does: what is due before now fires first. */
		assert_int_equal(engine_advance(&run.e, now - 1), 0);
		assert_int_equal(row(&run, 7, now), ENGINE_AGGREGATED);
	}
	wrote(&run, "7 9 0-10;7 10 10-20;7 10 20-30;");
	assert_int_equal(engine_due_ms(&run.e), 39);
	end(&run);
}

/* --- zones --------------------------------------------------------------- */

static bool
begin_in(struct run *run, struct query_words w, const char *zone)
{
	struct zone *z;
	const char *what;

	if (zone_load(zone, &z, &what) == -1)
		return false;
	zone_free(z);
	w.timezone = zone;
	begin(run, w);
	return true;
}

/* New York, 2024-11-03: from 06:00Z on the clock reads 01:00 again. */
static void
a_repeated_hour_is_one_window_that_fires_when_it_is_over(void **state)
{
	const int64_t base = instant("2024-11-03T01:00:00");
	char want[96];
	struct run run;

	(void)state;
	if (!begin_in(&run, words(KIND_TUMBLE, HOUR, 0), "America/New_York"))
		skip();
	(void)snprintf(want, sizeof want, "1 2 %lld-%lld;", (long long)base,
	    (long long)(base + HOUR));
	row(&run, 1, instant("2024-11-03T05:30:00Z"));
	assert_int_equal(
	    engine_due_ms(&run.e), instant("2024-11-03T06:59:59.999Z"));
	/* 01:59:59.999, but it is to be 01:00 again. */
	engine_advance(&run.e, instant("2024-11-03T05:59:59.999Z"));
	wrote(&run, "");
	engine_advance(&run.e, instant("2024-11-03T06:29:00Z"));
	row(&run, 1, instant("2024-11-03T06:30:00Z"));
	engine_advance(&run.e, instant("2024-11-03T06:59:59.998Z"));
	wrote(&run, "");
	engine_advance(&run.e, instant("2024-11-03T06:59:59.999Z"));
	wrote(&run, want);
	assert_int_equal(
	    row(&run, 1, instant("2024-11-03T06:10:00Z")), ENGINE_LATE);
	end(&run);
}

/* Its first millisecond is repeated too. */
static void
the_first_millisecond_of_a_repeated_hour_comes_again(void **state)
{
	struct query_words w = words(KIND_TUMBLE, 2, 0);
	struct run run;

	(void)state;
	w.offset_ms = -1;
	w.offset_given = true;
	if (!begin_in(&run, w, "America/New_York"))
		skip();
	row(&run, 1, instant("2024-11-03T04:59:59.999Z"));
	assert_int_equal(
	    engine_due_ms(&run.e), instant("2024-11-03T06:00:00Z"));
	engine_advance(&run.e, instant("2024-11-03T05:59:59.999Z"));
	wrote(&run, "");
	assert_int_equal(
	    row(&run, 1, instant("2024-11-03T06:00:00Z")), ENGINE_AGGREGATED);
	assert_int_equal(run.log.n > 0, true);
	assert_int_equal(engine_due_ms(&run.e), INT64_MAX);
	end(&run);
}

/* New York, 2024-03-10: at 07:00Z the clock goes from 02:00 to 03:00. */
static void
a_window_that_ends_in_a_skipped_hour_fires_at_the_change(void **state)
{
	struct run run;
	int64_t end_ms;

	(void)state;
	if (!begin_in(
		&run, words(KIND_HOP, HOUR, HOUR / 2), "America/New_York"))
		skip();
	row(&run, 1, instant("2024-03-10T06:45:00Z"));
	assert_true(engine_next_window(&run.e, &end_ms));
	assert_int_equal(end_ms, instant("2024-03-10T02:00:00"));
	engine_advance(&run.e, instant("2024-03-10T06:59:59.998Z"));
	wrote(&run, "");
	engine_advance(&run.e, instant("2024-03-10T06:59:59.999Z"));
	assert_int_equal(run.log.n > 0, true);
	buf_clear(&run.log);
	assert_true(engine_next_window(&run.e, &end_ms));
	assert_int_equal(end_ms, instant("2024-03-10T02:30:00"));
	assert_int_equal(
	    engine_due_ms(&run.e), instant("2024-03-10T07:00:00Z"));
	engine_advance(&run.e, instant("2024-03-10T07:00:00Z"));
	assert_int_equal(run.log.n > 0, true);
	assert_false(engine_next_window(&run.e, &end_ms));
	end(&run);
}

/* What is due at a time fires when that time is told: no loop waits for ever.
 */
static void
due_times_fire_over_a_year_of_changes(void **state)
{
	static const char *const zones[] = { "America/New_York",
		"Australia/Lord_Howe", "Africa/Casablanca", "America/Sao_Paulo",
		"Asia/Kolkata", "Pacific/Apia" };

	(void)state;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++) {
		struct query_words w = words(KIND_HOP, HOUR, HOUR / 4);
		struct run run;
		int64_t t = instant("2011-12-01T00:00:00Z");

		if (!begin_in(&run, w, zones[i]))
			skip();
		for (int n = 0; n < 3000; n++) {
			int64_t due, end_ms;

			t += random_from(0, 8 * HOUR);
			if (t < run.e.watermark_ms)
				t = run.e.watermark_ms;
			row(&run, 1, t);
			due = engine_due_ms(&run.e);
			if (due == INT64_MAX)
				continue;
			assert_true(engine_next_window(&run.e, &end_ms));
			assert_int_equal(engine_advance(&run.e, due - 1), 0);
			assert_int_equal(run.e.next_end_ms, end_ms);
			assert_int_equal(engine_advance(&run.e, due), 0);
			assert_true(run.e.next_end_ms > end_ms);
		}
		end(&run);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(rows_are_judged_by_the_rows_before_them),
		cmocka_unit_test(rows_are_late_by_silence_too_but_not_by_delay),
		cmocka_unit_test(time_that_is_told_fires_and_never_goes_back),
		cmocka_unit_test(what_fires_together_is_in_order),
		cmocka_unit_test(open_windows_and_the_next_one_are_told),
		cmocka_unit_test(sessions_are_told_too),
		cmocka_unit_test(
		    a_row_between_windows_is_outside_and_moves_time),
		cmocka_unit_test(late_rows_revise),
		cmocka_unit_test(
		    a_group_that_was_written_from_another_slice_is_revised),
		cmocka_unit_test(late_rows_count_in_the_windows_that_are_open),
		cmocka_unit_test(at_max_keys_it_stops_or_fires_the_oldest),
		cmocka_unit_test(a_result_that_is_refused_stops_it),
		cmocka_unit_test(
		    by_the_clock_nothing_is_late_and_windows_wait_for_it),
		cmocka_unit_test(
		    a_repeated_hour_is_one_window_that_fires_when_it_is_over),
		cmocka_unit_test(
		    the_first_millisecond_of_a_repeated_hour_comes_again),
		cmocka_unit_test(
		    a_window_that_ends_in_a_skipped_hour_fires_at_the_change),
		cmocka_unit_test(due_times_fire_over_a_year_of_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
