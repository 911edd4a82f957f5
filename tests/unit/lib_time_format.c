/* lib_time_format - times by a format in strptime's letters.
 * SPDX-License-Identifier: ISC */
#include "lib/time_format.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* 2026-11-28T21:00:00Z */
static const int64_t now_ms = 1795899600000;

static int
read_by(const char *format, const char *text, int64_t now, int64_t *ms,
    bool *zoned, struct fault *f)
{
	struct time_format *t = time_format_new(format, f);
	int rc;

	if (t == NULL)
		fail_msg("'%s': %s", format, f->what);
	rc = time_format_read(t, span_of(text), now, ms, zoned, f);
	free(t);
	return rc;
}

static void
assert_read(
    const char *format, const char *text, int64_t want_ms, bool want_zoned)
{
	int64_t ms = 0;
	bool zoned = !want_zoned;
	struct fault f = { "none", 0 };

	if (read_by(format, text, now_ms, &ms, &zoned, &f) == -1)
		fail_msg("'%s' of '%s': %s", format, text, f.what);
	assert_int_equal(ms, want_ms);
	assert_int_equal(zoned, want_zoned);
}

static void
assert_refused(const char *format, const char *text, size_t at)
{
	int64_t ms;
	bool zoned;
	struct fault f = { NULL, 0 };

	if (read_by(format, text, now_ms, &ms, &zoned, &f) == 0)
		fail_msg("'%s' was taken by '%s'", text, format);
	assert_non_null(f.what);
	assert_int_equal(f.at, at);
}

static void
reads_what_logs_and_protocols_write(void **state)
{
	(void)state;
	assert_read(
	    "%d/%b/%Y:%H:%M:%S %z", "28/Nov/2026:22:00:00 +0100", now_ms, true);
	assert_read(
	    "%d/%b/%Y:%T %z", "28/Nov/2026:22:00:00 +01:00", now_ms, true);
	assert_read("%a, %d %b %Y %T %Z", "Sat, 28 Nov 2026 21:00:00 GMT",
	    now_ms, true);
	assert_read("%a, %d %b %Y %T %z", "Sat, 28 Nov 2026 21:00:00 -0000",
	    now_ms, true);
	assert_read("%a %b %d %T %z %Y", "Sat Nov 28 21:00:00 +0000 2026",
	    now_ms, true);
	assert_read("%c", "Sat Nov 28 21:00:00 2026", now_ms, false);
	assert_read("%A, %d-%b-%y %T %Z", "Saturday, 28-Nov-26 21:00:00 UTC",
	    now_ms, true);
	assert_read("%b %e %H:%M:%S", "Nov 28 21:00:00", now_ms, false);
	assert_read("%d.%m.%Y %R", "28.11.2026 21:00", now_ms, false);
	assert_read("%D %r", "11/28/26 09:00:00 pm", now_ms, false);
	assert_read("%F", "2026-11-28", now_ms - 75600000, false);
	assert_read("%Y%m%d%H%M%S", "20261128210000", now_ms, false);
	assert_read("%Y-%jT%T", "2026-332T21:00:00", now_ms, false);
	assert_read("[%B %d, %Y %l:%M %p]", "[november 28, 2026  9:00 PM]",
	    now_ms, false);
}

static void
reads_each_letter_as_it_says(void **state)
{
	(void)state;
	assert_read(
	    "%F %T.%f", "2026-11-28 21:00:00.1239", now_ms + 123, false);
	assert_read(
	    "%F %T,%f", "2026-11-28 21:00:00,123456789", now_ms + 123, false);
	assert_read("%s", "1795899600", now_ms, true);
	assert_read("%s.%f", "1795899600.5", now_ms + 500, true);
	assert_read("%s.%f", "-0.0001", -1, true);
	assert_read("%s.%f", "-1.5", -1500, true);
	assert_read("%s %z", "1795899600 +0100", now_ms, true);
	assert_read("%d/%m/%y", "1/1/69", -31536000000, false);
	assert_read("%d/%m/%y", "1/1/68", 3092601600000, false);
	assert_read("%-d/%_m/%0Y", " 1/ 1/1970", 0, false);
	assert_read("%F %I%p", "1970-01-01 12AM", 0, false);
	assert_read("%F %I%p", "1970-01-01 12pm", 43200000, false);
	assert_read("%F%n%T", "1970-01-01 \t 00:00:01", 1000, false);
	assert_read("%F %T", "1970-01-0100:00:01", 1000, false);
	assert_read("%%%F%%", "%1970-01-01%", 0, false);
	assert_read(
	    "%x %X day %u, %w", "01/01/70 00:00:01 day 4, 7", 1000, false);
	assert_read("%F %T%z", "1970-01-01 00:00:00Z", 0, true);
	assert_read("%F %T%z", "1970-01-01 00:00:00-01", 3600000, true);
	assert_read("%Y-%j", "2024-366", 1735603200000, false);
	assert_read("%F", "0001-01-01", -62135596800000, false);
	assert_read("%F", "9999-12-31", 253402214400000, false);
}

static void
says_where_a_text_does_not_fit(void **state)
{
	static const char nginx[] = "%d/%b/%Y:%T %z";

	(void)state;
	assert_refused(nginx, "", 0);
	assert_refused(nginx, "28/Noz/2026:22:00:00 +0100", 3);
	assert_refused(nginx, "28/Nov/226:22:00:00 +0100", 7);
	assert_refused(nginx, "28/Nov/2026 22:00:00 +0100", 11);
	assert_refused(nginx, "28/Nov/2026:24:00:00 +0100", 12);
	assert_refused(nginx, "28/Nov/2026:22:60:00 +0100", 15);
	assert_refused(nginx, "28/Nov/2026:22:00:60 +0100", 18);
	assert_refused(nginx, "28/Nov/2026:22:00:00", 20);
	assert_refused(nginx, "28/Nov/2026:22:00:00 CET", 21);
	assert_refused(nginx, "28/Nov/2026:22:00:00 +2500", 21);
	assert_refused(nginx, "28/Nov/2026:22:00:00 +0100 ", 26);
	assert_refused(nginx, "31/Nov/2026:22:00:00 +0100", 0);
	assert_refused(nginx, "00/Nov/2026:22:00:00 +0100", 0);
	assert_refused("%a %F", "Sax 2026-11-28", 0);
	assert_refused("%F %u", "2026-11-28 8", 11);
	assert_refused("%F", "0000-01-01", 0);
	assert_refused("%F", "2023-02-29", 8);
	assert_refused("%Y-%j", "2023-366", 5);
	assert_refused("%F %T.%f", "2026-11-28 21:00:00.", 20);
	assert_refused("%F %T.%f", "2026-11-28 21:00:00.1234567890", 29);
	assert_refused("%F %I %p", "2026-11-28 13 PM", 11);
	assert_refused("%F %I %p", "2026-11-28 1 XM", 13);
	assert_refused("%F %H", "2026-11-28   ", 13);
	assert_refused("%F %T %Z", "2026-11-28 21:00:00 CET", 20);
	assert_refused("%s", "253402300800", 0);
	assert_refused("%s", "-62135596801", 0);
	assert_refused("%b %d", "Feb 30", 4);
}

/* The latest year that puts it no more than a day ahead of the clock. */
static void
takes_the_year_from_the_clock(void **state)
{
	static const struct {
		int64_t now, want;
		const char *text;
	} known[] = {
		/* by 2026-11-28T21:00:00 */
		{ 1795899600000, 1795899600000, "Nov 28 21:00:00" },
		{ 1795899600000, 1795986000000, "Nov 29 21:00:00" },
		{ 1795899600000, 1764450001000, "Nov 29 21:00:01" },
		{ 1795899600000, 1767139200000, "Dec 31 00:00:00" },
		{ 1795899600000, 1767225600000, "Jan  1 00:00:00" },
		{ 1795899600000, 1709164800000, "Feb 29 00:00:00" },
		/* by 2026-12-31T23:59:59 and 2027-01-01T00:00:01 */
		{ 1798761599000, 1798761600000, "Jan  1 00:00:00" },
		{ 1798761601000, 1798761599000, "Dec 31 23:59:59" },
		/* by 2104-02-28 and 2104-02-26, where 2100 had no such day */
		{ 4233600000000, 4233686400000, "Feb 29 00:00:00" },
		{ 4233427200000, 3981312000000, "Feb 29 00:00:00" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		int64_t ms;
		bool zoned;
		struct fault f;

		assert_int_equal(read_by("%b %e %T", known[i].text,
				     known[i].now, &ms, &zoned, &f),
		    0);
		assert_int_equal(ms, known[i].want);
	}
}

static void
refuses_a_format_that_is_no_time(void **state)
{
	static const struct {
		const char *format;
		size_t at;
		const char *what;
	} wrong[] = {
		{ "", 0, "a date is missing" },
		{ "%d/%q/%Y", 3, "unknown letter" },
		{ "%F %", 3, "a letter is missing" },
		{ "%F %-", 3, "a letter is missing" },
		{ "%F %E", 3, "unknown letter" },
		{ "%F %Y", 3, "given twice" },
		{ "%F %D", 3, "given twice" },
		{ "%F %H %I %p", 6, "given twice" },
		{ "%F %z %Z", 6, "given twice" },
		{ "%H:%M", 5, "a date is missing" },
		{ "%Y-%m", 5, "a date is missing" },
		{ "%j", 2, "a date is missing" },
		{ "%F %j", 5, "a date is missing" },
		{ "%F %I", 5, "%I and %p go together" },
		{ "%F %H %p", 8, "%I and %p go together" },
		{ "%s %H", 5, "%s is a whole time" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct fault f = { "none", 0 };

		assert_null(time_format_new(wrong[i].format, &f));
		if (strstr(f.what, wrong[i].what) == NULL)
			fail_msg("'%s': %s", wrong[i].format, f.what);
		assert_int_equal(f.at, wrong[i].at);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_what_logs_and_protocols_write),
		cmocka_unit_test(reads_each_letter_as_it_says),
		cmocka_unit_test(says_where_a_text_does_not_fit),
		cmocka_unit_test(takes_the_year_from_the_clock),
		cmocka_unit_test(refuses_a_format_that_is_no_time),
	};

	return cmocka_run_group_tests_name(
	    "lib_time_format", tests, NULL, NULL);
}
