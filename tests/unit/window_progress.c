/* window_progress - the live line, for files and pipes, wide and narrow.
 * SPDX-License-Identifier: ISC */
#include "window/progress.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "lib/diag.h"

static void
says(struct progress *p, struct progress_now now, int columns,
    const char *wanted)
{
	struct buf line = { 0 };

	progress_write(p, &now, &line, columns);
	assert_string_equal(buf_text(&line), wanted);
	buf_free(&line);
}

static void
a_file_has_per_cent_rate_and_time_left(void **state)
{
	struct progress p = { .start_ms = 5000 };

	(void)state;
	says(&p, (struct progress_now){ .mono_ms = 5000, .size = 1000 }, 60,
	    "0 rows 0:00:00 [0 rows/s] [>                            ] 0%");
	says(&p,
	    (struct progress_now){ .mono_ms = 15000,
		.rows = 12300000,
		.bytes = 250,
		.size = 1000 },
	    79,
	    "12300000 rows 0:00:10 [1.23M rows/s] "
	    "[======>                 ] 25% ETA 0:00:30");
	says(&p,
	    (struct progress_now){ .mono_ms = 3645000,
		.rows = 12300500,
		.bytes = 1000,
		.size = 1000 },
	    70,
	    "12300500 rows 1:00:40 [0 rows/s] "
	    "[==================] 100% ETA 0:00:00");
}

static void
a_file_that_grows_ends_at_100_per_cent(void **state)
{
	struct progress p = { .start_ms = 0 };

	(void)state;
	says(&p,
	    (struct progress_now){
		.mono_ms = 1000, .rows = 9, .bytes = 3000, .size = 1000 },
	    79,
	    "9 rows 0:00:01 [9 rows/s] "
	    "[==================================] 100% ETA 0:00:00");
}

static void
where_there_is_no_room_there_is_no_bar(void **state)
{
	struct progress p = { .start_ms = 0 };

	(void)state;
	says(&p,
	    (struct progress_now){
		.mono_ms = 1000, .rows = 950, .bytes = 500, .size = 1000 },
	    45, "950 rows 0:00:01 [950 rows/s] 50% ETA 0:00:01");
}

static void
a_narrow_terminal_keeps_what_one_looks_for(void **state)
{
	static const struct {
		int columns;
		const char *wanted;
	} cases[] = {
		{ 44, "950 rows [950 rows/s] 50% ETA 0:00:01" },
		{ 30, "[950 rows/s] 50% ETA 0:00:01" },
		{ 20, "50% ETA 0:00:01" },
		{ 3, "50% ETA 0:00:01" },
	};
	struct progress_now now = {
		.mono_ms = 1000, .rows = 950, .bytes = 500, .size = 1000
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct progress p = { .start_ms = 0 };

		says(&p, now, cases[i].columns, cases[i].wanted);
	}
	now.size = 0;
	diag_name("east");
	says(&(struct progress){ 0 }, now, 79,
	    "east: 950 rows 0:00:01 [950 rows/s] 0 open");
	says(&(struct progress){ 0 }, now, 40,
	    "east: 950 rows [950 rows/s] 0 open");
	says(&(struct progress){ 0 }, now, 30, "950 rows [950 rows/s] 0 open");
	diag_name(NULL);
}

static void
a_pipe_has_watermark_and_open_windows(void **state)
{
	struct progress p = { .start_ms = 1, .last_rows = 100 };

	(void)state;
	says(&p,
	    (struct progress_now){ .mono_ms = 2001,
		.rows = 21100,
		.has_watermark = true,
		.watermark_ms = 1718000000999,
		.open_windows = 3 },
	    79,
	    "21100 rows 0:00:02 [10.5k rows/s] watermark "
	    "2024-06-10T06:13:20Z, 3 open");
	says(&p,
	    (struct progress_now){ .mono_ms = 3001,
		.rows = 21100,
		.has_watermark = true,
		.watermark_ms = -1 },
	    79,
	    "21100 rows 0:00:03 [0 rows/s] watermark "
	    "1969-12-31T23:59:59Z, 0 open");
}

static void
processing_time_has_no_watermark(void **state)
{
	struct progress p = { .start_ms = 1 };

	(void)state;
	says(&p,
	    (struct progress_now){
		.mono_ms = 1001, .rows = 5, .open_windows = 1 },
	    79, "5 rows 0:00:01 [5 rows/s] 1 open");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_has_per_cent_rate_and_time_left),
		cmocka_unit_test(a_file_that_grows_ends_at_100_per_cent),
		cmocka_unit_test(where_there_is_no_room_there_is_no_bar),
		cmocka_unit_test(a_narrow_terminal_keeps_what_one_looks_for),
		cmocka_unit_test(a_pipe_has_watermark_and_open_windows),
		cmocka_unit_test(processing_time_has_no_watermark),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
