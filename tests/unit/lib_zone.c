/* lib_zone - instants and clocks, with and against the system's tzdata.
 * SPDX-License-Identifier: ISC */
#include "lib/zone.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "lib/timestamp.h"

enum { HOUR_MS = 3600000, MINUTE_MS = 60000 };
#define DAY_MS INT64_C(86400000)

static const char *const zones[] = { "America/New_York", "Asia/Kolkata",
	"Australia/Lord_Howe", "America/Sao_Paulo", "Europe/Dublin",
	"Pacific/Apia", "Africa/Casablanca", "Asia/Shanghai",
	"America/St_Johns", "Europe/Berlin", "Antarctica/Troll", "America/Nuuk",
	"Asia/Gaza", "Etc/GMT+5" };
enum { ZONES = sizeof zones / sizeof *zones };

/* The text of the clock's reading or the instant, without zone. */
static int64_t
ms_of(const char *text)
{
	int64_t ms = 0;
	bool zoned;
	struct fault f;

	if (timestamp_parse(span_of(text), &ms, &zoned, &f) == -1)
		fail_msg("'%s': %s", text, f.what);
	return ms;
}

static struct zone *
load(const char *name)
{
	struct zone *z = NULL;
	const char *what;

	if (zone_load(name, &z, &what) == -1)
		fail_msg("%s: %s", name, what);
	return z;
}

static void
assert_ms(const char *what, const char *of, int64_t got, const char *want)
{
	struct buf b = { 0 };

	timestamp_write(&b, got, false);
	if (strcmp(buf_text(&b), want) != 0)
		fail_msg("%s of %s: %s, not %s", what, of, b.p, want);
	buf_free(&b);
}

/* --- known values ------------------------------------------------------- */

/*
 * Values of Python's zoneinfo, of the past only: what is to come changes with
 * every edition of tzdata, and the other tests see to it.
 */
static const struct {
	const char *zone;
	const char *instant;
	const char *local;
} known[] = {
	{ "America/New_York", "1850-06-01T00:00:00", "1850-05-31T19:03:58" },
	{ "America/New_York", "1900-01-01T00:00:00", "1899-12-31T19:00:00" },
	{ "America/New_York", "1942-07-01T12:00:00", "1942-07-01T08:00:00" },
	{ "America/New_York", "1989-07-01T00:00:00", "1989-06-30T20:00:00" },
	{ "America/New_York", "2011-12-30T12:00:00", "2011-12-30T07:00:00" },
	{ "America/New_York", "2018-12-01T00:00:00", "2018-11-30T19:00:00" },
	{ "Asia/Kolkata", "1850-06-01T00:00:00", "1850-06-01T05:53:28" },
	{ "Asia/Kolkata", "1900-01-01T00:00:00", "1900-01-01T05:21:10" },
	{ "Asia/Kolkata", "1942-07-01T12:00:00", "1942-07-01T17:30:00" },
	{ "Asia/Kolkata", "1989-07-01T00:00:00", "1989-07-01T05:30:00" },
	{ "Asia/Kolkata", "2011-12-30T12:00:00", "2011-12-30T17:30:00" },
	{ "Asia/Kolkata", "2018-12-01T00:00:00", "2018-12-01T05:30:00" },
	{ "Australia/Lord_Howe", "1850-06-01T00:00:00", "1850-06-01T10:36:20" },
	{ "Australia/Lord_Howe", "1900-01-01T00:00:00", "1900-01-01T10:00:00" },
	{ "Australia/Lord_Howe", "1942-07-01T12:00:00", "1942-07-01T22:00:00" },
	{ "Australia/Lord_Howe", "1989-07-01T00:00:00", "1989-07-01T10:30:00" },
	{ "Australia/Lord_Howe", "2011-12-30T12:00:00", "2011-12-30T23:00:00" },
	{ "Australia/Lord_Howe", "2018-12-01T00:00:00", "2018-12-01T11:00:00" },
	{ "America/Sao_Paulo", "1850-06-01T00:00:00", "1850-05-31T20:53:32" },
	{ "America/Sao_Paulo", "1900-01-01T00:00:00", "1899-12-31T20:53:32" },
	{ "America/Sao_Paulo", "1942-07-01T12:00:00", "1942-07-01T09:00:00" },
	{ "America/Sao_Paulo", "1989-07-01T00:00:00", "1989-06-30T21:00:00" },
	{ "America/Sao_Paulo", "2011-12-30T12:00:00", "2011-12-30T10:00:00" },
	{ "America/Sao_Paulo", "2018-12-01T00:00:00", "2018-11-30T22:00:00" },
	{ "Europe/Dublin", "1850-06-01T00:00:00", "1850-05-31T23:34:39" },
	{ "Europe/Dublin", "1900-01-01T00:00:00", "1899-12-31T23:34:39" },
	{ "Europe/Dublin", "1942-07-01T12:00:00", "1942-07-01T13:00:00" },
	{ "Europe/Dublin", "1989-07-01T00:00:00", "1989-07-01T01:00:00" },
	{ "Europe/Dublin", "2011-12-30T12:00:00", "2011-12-30T12:00:00" },
	{ "Europe/Dublin", "2018-12-01T00:00:00", "2018-12-01T00:00:00" },
	{ "Pacific/Apia", "1850-06-01T00:00:00", "1850-06-01T12:33:04" },
	{ "Pacific/Apia", "1900-01-01T00:00:00", "1899-12-31T12:33:04" },
	{ "Pacific/Apia", "1942-07-01T12:00:00", "1942-07-01T00:30:00" },
	{ "Pacific/Apia", "1989-07-01T00:00:00", "1989-06-30T13:00:00" },
	{ "Pacific/Apia", "2011-12-30T12:00:00", "2011-12-31T02:00:00" },
	{ "Pacific/Apia", "2018-12-01T00:00:00", "2018-12-01T14:00:00" },
	{ "Africa/Casablanca", "1850-06-01T00:00:00", "1850-05-31T23:29:40" },
	{ "Africa/Casablanca", "1900-01-01T00:00:00", "1899-12-31T23:29:40" },
	{ "Africa/Casablanca", "1942-07-01T12:00:00", "1942-07-01T13:00:00" },
	{ "Africa/Casablanca", "1989-07-01T00:00:00", "1989-07-01T00:00:00" },
	{ "Africa/Casablanca", "2011-12-30T12:00:00", "2011-12-30T12:00:00" },
	{ "Africa/Casablanca", "2018-12-01T00:00:00", "2018-12-01T01:00:00" },
	{ "Asia/Shanghai", "1850-06-01T00:00:00", "1850-06-01T08:05:43" },
	{ "Asia/Shanghai", "1900-01-01T00:00:00", "1900-01-01T08:05:43" },
	{ "Asia/Shanghai", "1942-07-01T12:00:00", "1942-07-01T21:00:00" },
	{ "Asia/Shanghai", "1989-07-01T00:00:00", "1989-07-01T09:00:00" },
	{ "Asia/Shanghai", "2011-12-30T12:00:00", "2011-12-30T20:00:00" },
	{ "Asia/Shanghai", "2018-12-01T00:00:00", "2018-12-01T08:00:00" },
	{ "America/St_Johns", "1850-06-01T00:00:00", "1850-05-31T20:29:08" },
	{ "America/St_Johns", "1900-01-01T00:00:00", "1899-12-31T20:29:08" },
	{ "America/St_Johns", "1942-07-01T12:00:00", "1942-07-01T09:30:00" },
	{ "America/St_Johns", "1989-07-01T00:00:00", "1989-06-30T21:30:00" },
	{ "America/St_Johns", "2011-12-30T12:00:00", "2011-12-30T08:30:00" },
	{ "America/St_Johns", "2018-12-01T00:00:00", "2018-11-30T20:30:00" },
};

static void
agrees_with_known_values(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		struct zone *z = load(known[i].zone);

		assert_ms(known[i].zone, known[i].instant,
		    zone_local_ms(z, ms_of(known[i].instant)), known[i].local);
		zone_free(z);
	}
}

static const struct {
	const char *zone;
	const char *local;
	const char *instant;
	const char *timer;
} bounds[] = {
	{ "America/New_York", "2024-11-03T00:59:59.999",
	    "2024-11-03T04:59:59.999", "2024-11-03T04:59:59.999" },
	{ "America/New_York", "2024-11-03T01:00:00", "2024-11-03T05:00:00",
	    "2024-11-03T06:00:00" },
	{ "America/New_York", "2024-11-03T01:59:59.999",
	    "2024-11-03T05:59:59.999", "2024-11-03T06:59:59.999" },
	{ "America/New_York", "2024-11-03T02:00:00", "2024-11-03T07:00:00",
	    "2024-11-03T07:00:00" },
	{ "America/New_York", "2024-03-10T01:59:59.999",
	    "2024-03-10T06:59:59.999", "2024-03-10T06:59:59.999" },
	{ "America/New_York", "2024-03-10T02:00:00", "2024-03-10T07:00:00",
	    "2024-03-10T07:00:00" },
	{ "America/New_York", "2024-03-10T02:30:00", "2024-03-10T07:30:00",
	    "2024-03-10T07:00:00" },
	{ "America/New_York", "2024-03-10T03:00:00", "2024-03-10T07:00:00",
	    "2024-03-10T07:00:00" },
	{ "America/New_York", "2024-06-10T00:00:00", "2024-06-10T04:00:00",
	    "2024-06-10T04:00:00" },
	{ "Australia/Lord_Howe", "2024-04-07T01:45:00", "2024-04-06T14:45:00",
	    "2024-04-06T15:15:00" },
	{ "Australia/Lord_Howe", "2024-10-06T02:15:00", "2024-10-05T15:45:00",
	    "2024-10-05T15:30:00" },
	/* The whole of 30 December 2011 was left out. */
	{ "Pacific/Apia", "2011-12-30T12:00:00", "2011-12-30T22:00:00",
	    "2011-12-30T10:00:00" },
	{ "Pacific/Apia", "2011-12-31T00:00:00", "2011-12-30T10:00:00",
	    "2011-12-30T10:00:00" },
	/* In Ireland winter time is the exception, an hour back. */
	{ "Europe/Dublin", "2040-10-28T01:30:00", "2040-10-28T00:30:00",
	    "2040-10-28T01:30:00" },
	{ "Europe/Dublin", "2040-03-25T01:30:00", "2040-03-25T01:30:00",
	    "2040-03-25T01:00:00" },
	{ "Asia/Kolkata", "2024-06-10T00:00:00", "2024-06-09T18:30:00",
	    "2024-06-09T18:30:00" },
};

static void
bounds_and_timers_differ_where_the_clock_is_changed(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bounds / sizeof *bounds; i++) {
		struct zone *z = load(bounds[i].zone);
		int64_t local_ms = ms_of(bounds[i].local);

		assert_ms("instant", bounds[i].local,
		    zone_instant_ms(z, local_ms), bounds[i].instant);
		assert_ms("timer", bounds[i].local, zone_timer_ms(z, local_ms),
		    bounds[i].timer);
		zone_free(z);
	}
}

/* --- names -------------------------------------------------------------- */

static void
utc_is_null_by_all_its_names(void **state)
{
	static const char *const names[] = { "UTC", "Z", "GMT", "Etc/UTC",
		"Etc/GMT+0", "Zulu", "+00", "-00:00", "+0000" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_null(load(names[i]));
	assert_int_equal(zone_local_ms(NULL, 42), 42);
	assert_int_equal(zone_instant_ms(NULL, 42), 42);
	assert_int_equal(zone_timer_ms(NULL, 42), 42);
	zone_free(NULL);
}

static void
offsets_are_zones(void **state)
{
	static const struct {
		const char *name;
		int minutes;
	} offsets[] = { { "+05:30", 330 }, { "-0300", -180 }, { "+09", 540 },
		{ "-23:59", -1439 }, { "+0001", 1 } };

	(void)state;
	for (size_t i = 0; i < sizeof offsets / sizeof *offsets; i++) {
		struct zone *z = load(offsets[i].name);
		int64_t offset_ms = offsets[i].minutes * (int64_t)MINUTE_MS;
		int64_t from, until;

		assert_int_equal(
		    zone_offset_ms(z, 0, &from, &until), offset_ms);
		assert_true(from == INT64_MIN && until == INT64_MAX);
		assert_int_equal(zone_local_ms(z, 1000), 1000 + offset_ms);
		assert_int_equal(zone_instant_ms(z, 1000), 1000 - offset_ms);
		assert_int_equal(zone_timer_ms(z, 1000), 1000 - offset_ms);
		zone_free(z);
	}
}

static void
assert_no_zone(const char *name, const char *want)
{
	struct zone *z;
	const char *what;

	if (zone_load(name, &z, &what) == 0)
		fail_msg("'%s' was taken", name);
	assert_string_equal(what, want);
	assert_null(z);
}

static void
other_names_are_refused(void **state)
{
	static const char *const names[] = { "", "Europe", "Europe/",
		"Europe/Nowhere", "/etc/passwd", "../zoneinfo/Europe/Berlin",
		"Europe/../UTC", "Europe//Berlin", "zone.tab", "Europe/Ber lin",
		"+5", "+24:00", "+05:60", "+05-30", "+5:30", "-", "+05:30:00",
		"Europe/Berlin/x" };

	(void)state;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		assert_no_zone(names[i], "no such zone");
	assert_no_zone("leapseconds", "the zone's file is damaged");
}

static void
the_folder_of_zones_may_be_another(void **state)
{
	(void)state;
	assert_int_equal(setenv("TZDIR", "/nowhere", 1), 0);
	assert_no_zone(
	    "Europe/Berlin", "no zone data on this system: install tzdata");
	assert_null(load("UTC"));
	zone_free(load("+01"));
	assert_int_equal(setenv("TZDIR", "/usr/share/zoneinfo/Europe", 1), 0);
	zone_free(load("Berlin"));
	assert_no_zone("Europe/Berlin", "no such zone");
	assert_int_equal(setenv("TZDIR", "", 1), 0);
	zone_free(load("Europe/Berlin"));
	assert_int_equal(unsetenv("TZDIR"), 0);
	/* TZ is libc's own affair. */
	assert_int_equal(setenv("TZ", "Asia/Tokyo", 1), 0);
	assert_null(load("UTC"));
	assert_int_equal(unsetenv("TZ"), 0);
}

/* --- against libc ------------------------------------------------------- */

static uint64_t
draw(uint64_t *x)
{
	*x ^= *x << 13; /* xorshift64 */
	*x ^= *x >> 7;
	*x ^= *x << 17;
	return *x;
}

static int64_t
libc_local_s(int64_t instant_s)
{
	time_t t = (time_t)instant_s;
	struct tm tm;

	assert_non_null(localtime_r(&t, &tm));
	return timestamp_days(
		   tm.tm_year + INT64_C(1900), tm.tm_mon + 1, tm.tm_mday) *
	           86400 +
	       tm.tm_hour * 3600 + tm.tm_min * 60 + tm.tm_sec;
}

static void
agrees_with_libc(void **state)
{
	uint64_t x = 88172645463325252;
	int64_t first = timestamp_days(1880, 1, 1) * 86400;
	int64_t last = timestamp_days(2500, 1, 1) * 86400;

	(void)state;
	for (size_t i = 0; i < ZONES; i++) {
		struct zone *z = load(zones[i]);

		assert_int_equal(setenv("TZ", zones[i], 1), 0);
		tzset();
		for (int n = 0; n < 20000; n++) {
			int64_t t = first + (int64_t)(draw(&x) %
						      (uint64_t)(last - first));

			if (zone_local_ms(z, t * 1000) !=
			    libc_local_s(t) * 1000)
				fail_msg("%s at %lld", zones[i], (long long)t);
		}
		zone_free(z);
	}
	assert_int_equal(unsetenv("TZ"), 0);
	tzset();
}

/* --- laws --------------------------------------------------------------- */

/* A local time, near a change of the clock as often as not. */
static int64_t
draw_local_ms(const struct zone *z, uint64_t *x)
{
	static const int64_t first = -2840140800000; /* 1880 */
	int64_t from, until;
	int64_t t = first + (int64_t)(draw(x) % 9000000000000);

	if (draw(x) % 2 == 0) {
		zone_offset_ms(z, t, &from, &until);
		if (until != INT64_MAX)
			t = until - 2 * DAY_MS +
			    (int64_t)(draw(x) % 16) * 15 * MINUTE_MS +
			    DAY_MS * (int64_t)(draw(x) % 4);
		if (until != INT64_MAX && draw(x) % 4 != 0)
			t = zone_local_ms(z, until) +
			    ((int64_t)(draw(x) % 25) - 12) * 15 * MINUTE_MS +
			    (int64_t)(draw(x) % 3) - 1;
	}
	return t;
}

/*
 * Walks over the stretches around: before due the clock was last not past
 * local_ms, from due on it is not before it.
 */
static void
check_timer(const struct zone *z, int64_t local_ms)
{
	int64_t due_ms = zone_timer_ms(z, local_ms);
	int64_t at = local_ms - 3 * DAY_MS;
	int64_t from, until, last = INT64_MIN;

	while (at < local_ms + 3 * DAY_MS) {
		int64_t offset_ms = zone_offset_ms(z, at, &from, &until);
		int64_t when = local_ms - offset_ms;

		assert_true(from <= at && at < until);
		assert_int_equal(zone_local_ms(z, at), at + offset_ms);
		/* The last instant here at which the clock reads at most it. */
		if (when >= from)
			last = when < until ? when : until - 1;
		at = until;
	}
	if (zone_local_ms(z, last) == local_ms)
		assert_int_equal(due_ms, last);
	else
		assert_int_equal(due_ms, last + 1); /* it was skipped */
	assert_true(zone_local_ms(z, due_ms) >= local_ms);
}

static void
check_instant(const struct zone *z, int64_t local_ms)
{
	int64_t at = local_ms - 3 * DAY_MS;
	int64_t from, until;
	int64_t instant_ms = zone_instant_ms(z, local_ms);

	while (at < local_ms + 3 * DAY_MS) {
		int64_t when = local_ms - zone_offset_ms(z, at, &from, &until);

		if (when >= from && when < until) {
			assert_int_equal(instant_ms, when);
			return;
		}
		at = until;
	}
	/* Skipped: later by what was skipped, never by more than a day. */
	assert_true(zone_local_ms(z, instant_ms) > local_ms);
	assert_true(zone_local_ms(z, instant_ms) - local_ms <= DAY_MS);
	assert_true(zone_timer_ms(z, local_ms) <= instant_ms);
}

static void
check_laws(const struct zone *z, int rounds)
{
	uint64_t x = 1234567;

	for (int n = 0; n < rounds; n++) {
		int64_t local_ms = draw_local_ms(z, &x);
		int64_t later_ms =
		    local_ms + (int64_t)(draw(&x) % (3 * HOUR_MS));

		check_timer(z, local_ms);
		check_instant(z, local_ms);
		assert_true(
		    zone_timer_ms(z, local_ms) <= zone_timer_ms(z, later_ms));
		assert_true(zone_instant_ms(z, local_ms) <=
			    zone_timer_ms(z, local_ms) + DAY_MS);
	}
}

static void
laws_hold_in_every_zone(void **state)
{
	(void)state;
	for (size_t i = 0; i < ZONES; i++) {
		struct zone *z = load(zones[i]);

		check_laws(z, 5000);
		zone_free(z);
	}
}

static void
the_ends_of_time_are_no_trouble(void **state)
{
	(void)state;
	for (size_t i = 0; i < ZONES; i++) {
		struct zone *z = load(zones[i]);
		int64_t from, until;

		zone_local_ms(z, INT64_MAX);
		zone_local_ms(z, INT64_MIN);
		zone_instant_ms(z, INT64_MAX);
		zone_instant_ms(z, INT64_MIN);
		zone_timer_ms(z, INT64_MAX);
		zone_timer_ms(z, INT64_MIN);
		zone_offset_ms(z, INT64_MIN, &from, &until);
		assert_true(from == INT64_MIN);
		zone_offset_ms(z, INT64_MAX, &from, &until);
		assert_true(from < INT64_MAX);
		zone_free(z);
	}
}

/* --- files -------------------------------------------------------------- */

/* The C library takes what it cannot read for UTC. */
static void
a_file_that_is_no_zone_is_refused(void **state)
{
	static const char *const bytes[] = { "", "TZ", "TZif", "UTC0",
		"TZif2 and then something that goes on for longer than what a"
		" file of UTC has, so that it cannot be one; and that is some"
		" two hundred bytes, which takes a while to write down here,"
		" but this may do." };
	char folder[] = "/tmp/lib_zone-XXXXXX", path[64];

	(void)state;
	assert_non_null(mkdtemp(folder));
	snprintf(path, sizeof path, "%s/Zone", folder);
	assert_int_equal(setenv("TZDIR", folder, 1), 0);
	for (size_t i = 0; i < sizeof bytes / sizeof *bytes; i++) {
		FILE *f = fopen(path, "w");

		assert_non_null(f);
		assert_true(fputs(bytes[i], f) >= 0);
		assert_int_equal(fclose(f), 0);
		if (i != 2) /* no longer than UTC's */
			assert_no_zone("Zone", "the zone's file is damaged");
	}
	assert_int_equal(unsetenv("TZDIR"), 0);
	assert_int_equal(remove(path), 0);
	assert_int_equal(remove(folder), 0);
}

/* The next zone's blocks are not filled from the one before. */
static void
zones_may_take_turns(void **state)
{
	struct zone *berlin = load("Europe/Berlin");
	struct zone *kolkata = load("Asia/Kolkata");

	(void)state;
	for (int64_t t = 0; t < 4000 * DAY_MS; t += 40 * DAY_MS) {
		int64_t offset_ms = zone_local_ms(berlin, t) - t;

		assert_true(offset_ms == HOUR_MS || offset_ms == 2 * HOUR_MS);
		assert_int_equal(
		    zone_local_ms(kolkata, t) - t, 330 * MINUTE_MS);
	}
	zone_free(kolkata);
	zone_free(berlin);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(agrees_with_known_values),
		cmocka_unit_test(
		    bounds_and_timers_differ_where_the_clock_is_changed),
		cmocka_unit_test(utc_is_null_by_all_its_names),
		cmocka_unit_test(offsets_are_zones),
		cmocka_unit_test(other_names_are_refused),
		cmocka_unit_test(the_folder_of_zones_may_be_another),
		cmocka_unit_test(agrees_with_libc),
		cmocka_unit_test(laws_hold_in_every_zone),
		cmocka_unit_test(the_ends_of_time_are_no_trouble),
		cmocka_unit_test(a_file_that_is_no_zone_is_refused),
		cmocka_unit_test(zones_may_take_turns),
	};

	return cmocka_run_group_tests_name("lib_zone", tests, NULL, NULL);
}
