/* lib_units - durations, sizes and whole numbers as people write them.
 * SPDX-License-Identifier: ISC */
#include "lib/units.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

typedef int read_fn(struct span, int64_t *, struct fault *);

struct good {
	read_fn *read;
	const char *text;
	int64_t value;
};

struct bad {
	read_fn *read;
	const char *text;
	size_t at;
	const char *what;
};

#define MS   units_duration_ms
#define SMS  units_signed_duration_ms
#define NS   units_duration_ns
#define SIZE units_bytes
#define INT  units_integer

static const struct good good[] = {
	{ MS, "250ms", 250 },
	{ MS, "0s", 0 },
	{ MS, "10s", 10000 },
	{ MS, "5m", 300000 },
	{ MS, "1h", 3600000 },
	{ MS, "1d", 86400000 },
	{ MS, "9223372036854775807ms", INT64_MAX },
	{ SMS, "-8h", -28800000 },
	{ SMS, "8h", 28800000 },
	{ SMS, "-9223372036854775808ms", INT64_MIN },
	{ NS, "1ns", 1 },
	{ NS, "100us", 100000 },
	{ NS, "1ms", 1000000 },
	{ NS, "2s", 2000000000 },
	{ NS, "1d", INT64_C(86400000000000) },
	{ SIZE, "0", 0 },
	{ SIZE, "77", 77 },
	{ SIZE, "5M", 5 * 1024 * 1024 },
	{ SIZE, "5mib", 5 * 1024 * 1024 },
	{ SIZE, "64K", 64 * 1024 },
	{ SIZE, "64KiB", 64 * 1024 },
	{ SIZE, "3g", INT64_C(3221225472) },
	{ SIZE, "3GiB", INT64_C(3221225472) },
	{ INT, "0", 0 },
	{ INT, "+7", 7 },
	{ INT, "-0", 0 },
	{ INT, "007", 7 },
	{ INT, "9223372036854775807", INT64_MAX },
	{ INT, "-9223372036854775808", INT64_MIN },
};

static const char bare[] = "a duration needs a unit: ms, s, m, h or d";
static const char none[] =
    "a duration is a whole number and a unit: ms, s, m, h or d";
static const char unit[] =
    "a duration is a whole number and one of the units ms, s, m, h or d";
static const char size[] =
    "a size is a whole number, alone (bytes) or with K, M or G";
static const char large[] = "number too large";
static const char whole[] = "not a whole number";

static const struct bad bad[] = {
	{ MS, "", 0, none },
	{ MS, "s", 0, none },
	{ MS, "+5s", 0, none },
	{ MS, " 5s", 0, none },
	{ MS, "10", 2, bare },
	{ MS, "10 s", 2, unit },
	{ MS, "10s ", 2, unit },
	{ MS, "1.5s", 1, unit },
	{ MS, "10S", 2, unit },
	{ MS, "10sec", 2, unit },
	{ MS, "10us", 2, unit },
	{ MS, "-5s", 0, "a duration must not be negative here" },
	{ MS, "9223372036854775808ms", 18, large },
	{ MS, "9223372036854775807s", 0, large },
	{ SMS, "-", 1, none },
	{ SMS, "--5s", 1, none },
	{ SMS, "-5", 2, bare },
	{ SMS, "-9223372036854775809ms", 19, large },
	{ SMS, "-9223372036854775808s", 0, large },
	{ NS, "10", 2, "a duration needs a unit: ns, us, ms, s, m, h or d" },
	{ NS, "300000000000s", 0, large },
	{ SIZE, "", 0, size },
	{ SIZE, "K", 0, size },
	{ SIZE, "-1", 0, size },
	{ SIZE, "5KB", 1, size },
	{ SIZE, "5T", 1, size },
	{ SIZE, "1.5M", 1, size },
	{ SIZE, "9223372036854775807K", 0, large },
	{ INT, "", 0, whole },
	{ INT, "-", 1, whole },
	{ INT, "1e3", 1, whole },
	{ INT, "12 ", 2, whole },
	{ INT, "9223372036854775808", 18, large },
};

static void
every_form_is_read(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		int64_t v = 42;
		struct fault f = { 0 };

		print_message("%s\n", good[i].text);
		assert_int_equal(
		    good[i].read(span_of(good[i].text), &v, &f), 0);
		assert_true(v == good[i].value);
	}
}

static void
what_is_refused_says_why_and_where(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		int64_t v;
		struct fault f = { 0 };

		print_message("%s\n", bad[i].text);
		assert_int_equal(bad[i].read(span_of(bad[i].text), &v, &f), -1);
		assert_string_equal(f.what, bad[i].what);
		assert_int_equal(f.at, bad[i].at);
		assert_int_equal(
		    bad[i].read(span_of(bad[i].text), &v, NULL), -1);
	}
}

static void
bytes_behind_the_span_are_not_read(void **state)
{
	int64_t v;

	(void)state;
	assert_int_equal(units_bytes((struct span){ "12345", 2 }, &v, NULL), 0);
	assert_int_equal(v, 12);
	assert_int_equal(
	    units_duration_ms((struct span){ "5ms", 2 }, &v, NULL), 0);
	assert_int_equal(v, 300000);
}

static void
durations_are_written_in_the_largest_whole_unit(void **state)
{
	static const struct {
		int64_t ms;
		const char *text;
	} want[] = { { 0, "0s" }, { 1, "1ms" }, { 90000, "90s" },
		{ 3600000, "1h" }, { 172800000, "2d" }, { -60000, "-1m" } };

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		struct buf b = { 0 };

		units_add_duration(&b, want[i].ms);
		assert_string_equal(buf_text(&b), want[i].text);
		buf_free(&b);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_is_read),
		cmocka_unit_test(what_is_refused_says_why_and_where),
		cmocka_unit_test(bytes_behind_the_span_are_not_read),
		cmocka_unit_test(
		    durations_are_written_in_the_largest_whole_unit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
