/* lib_timestamp - what is a time and what is none.
 * SPDX-License-Identifier: ISC */
#include "lib/timestamp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { DAY_MS = 86400000 };

/* Values of Python's datetime, at random but for the edges. */
static const struct known {
	int64_t ms;
	const char *text;
} known[] = {
	{ -62135596800000, "0001-01-01T00:00:00" },
	{ -34954248008624, "0862-05-05T22:39:51.376" },
	{ -34220900613612, "0885-07-31T18:16:26.388" },
	{ -28860661861850, "1055-06-11T13:28:58.15" },
	{ -27307931585111, "1104-08-24T23:26:54.889" },
	{ -25543917893350, "1160-07-18T19:15:06.65" },
	{ -23427392141462, "1227-08-13T15:04:18.538" },
	{ -20925470743240, "1306-11-25T01:14:16.76" },
	{ -18440024532528, "1385-08-28T18:57:47.472" },
	{ -16058139261957, "1461-02-19T21:45:38.043" },
	{ -13752629167912, "1534-03-14T01:13:52.088" },
	{ -11670998401000, "1600-02-28T23:59:59" },
	{ -11670912000000, "1600-03-01T00:00:00" },
	{ -9445625345794, "1670-09-05T15:10:54.206" },
	{ -9146283673557, "1680-03-01T05:38:46.443" },
	{ -8515238401000, "1700-02-28T23:59:59" },
	{ -8515238400000, "1700-03-01T00:00:00" },
	{ -7287264994813, "1739-01-28T15:43:25.187" },
	{ -4122697319029, "1839-05-11T14:18:00.971" },
	{ -2203891201000, "1900-02-28T23:59:59" },
	{ -2203891200000, "1900-03-01T00:00:00" },
	{ -1, "1969-12-31T23:59:59.999" },
	{ 0, "1970-01-01T00:00:00" },
	{ 1, "1970-01-01T00:00:00.001" },
	{ 100274624060, "1973-03-06T14:03:44.06" },
	{ 259818433030, "1978-03-27T03:47:13.03" },
	{ 260573195000, "1978-04-04T21:26:35" },
	{ 513724987700, "1986-04-12T21:23:07.7" },
	{ 568170193810, "1988-01-03T01:03:13.81" },
	{ 740261081640, "1993-06-16T20:04:41.64" },
	{ 951782399000, "2000-02-28T23:59:59" },
	{ 951868800000, "2000-03-01T00:00:00" },
	{ 1089797972450, "2004-07-14T09:39:32.45" },
	{ 1222328495000, "2008-09-25T07:41:35" },
	{ 1329753547000, "2012-02-20T15:59:07" },
	{ 1699589974860, "2023-11-10T04:19:34.86" },
	{ 1709164799000, "2024-02-28T23:59:59" },
	{ 1709251200000, "2024-03-01T00:00:00" },
	{ 1914012528000, "2030-08-26T22:08:48" },
	{ 2031264618540, "2034-05-15T00:10:18.54" },
	{ 2482260147000, "2048-08-28T20:42:27" },
	{ 2779397249000, "2058-01-27T22:47:29" },
	{ 2925891379000, "2062-09-19T11:36:19" },
	{ 2941567439490, "2063-03-19T22:03:59.49" },
	{ 3012885302000, "2065-06-22T08:35:02" },
	{ 3140305423000, "2069-07-06T03:03:43" },
	{ 3376781489910, "2077-01-02T02:51:29.91" },
	{ 3530140069000, "2081-11-12T02:27:49" },
	{ 4107542399000, "2100-02-28T23:59:59" },
	{ 4107542400000, "2100-03-01T00:00:00" },
	{ 12836744445643, "2376-10-12T10:20:45.643" },
	{ 30727686930664, "2943-09-21T12:35:30.664" },
	{ 39065834462247, "3207-12-12T20:41:02.247" },
	{ 43626422009159, "3352-06-19T10:33:29.159" },
	{ 58726962329333, "3830-12-26T05:05:29.333" },
	{ 62323863519948, "3944-12-19T00:18:39.948" },
	{ 73345151611791, "4294-03-20T05:13:31.791" },
	{ 77714120814509, "4432-08-29T23:46:54.509" },
	{ 89828698474198, "4816-07-23T00:14:34.198" },
	{ 106891013297839, "5357-03-29T12:08:17.839" },
	{ 129335392790988, "6068-06-22T09:59:50.988" },
	{ 130423923877119, "6102-12-21T03:44:37.119" },
	{ 131227589552839, "6128-06-08T20:12:32.839" },
	{ 134997798422671, "6247-11-29T12:27:02.671" },
	{ 141417734671408, "6451-05-08T08:04:31.408" },
	{ 160129608660279, "7044-04-21T22:51:00.279" },
	{ 173273423187802, "7460-10-25T10:26:27.802" },
	{ 173818265402774, "7478-01-30T11:30:02.774" },
	{ 175257935665026, "7523-09-15T07:54:25.026" },
	{ 190536167200032, "8007-11-07T17:06:40.032" },
	{ 199974721624815, "8306-12-13T05:47:04.815" },
	{ 216588561575713, "8833-06-02T01:19:35.713" },
	{ 217321629867487, "8856-08-24T15:24:27.487" },
	{ 217469326968781, "8861-04-30T02:22:48.781" },
	{ 226057215850256, "9133-06-20T23:04:10.256" },
	{ 237196481255764, "9486-06-16T15:27:35.764" },
	{ 242240765103780, "9646-04-21T13:25:03.78" },
	{ 248073100730329, "9831-02-15T10:38:50.329" },
	{ 251238302089136, "9931-06-05T17:14:49.136" },
	{ 252035954774686, "9956-09-13T19:26:14.686" },
	{ 253262356533816, "9995-07-26T06:35:33.816" },
	{ 253402300799999, "9999-12-31T23:59:59.999" },
};

/* From java.time, as Flink writes them. */
static const struct known written[] = {
	{ 1718000010000, "2024-06-10T06:13:30" },
	{ 1718000010500, "2024-06-10T06:13:30.5" },
	{ 1718000010050, "2024-06-10T06:13:30.05" },
	{ 1718000010001, "2024-06-10T06:13:30.001" },
	{ 0, "1970-01-01T00:00:00" },
	{ -1000, "1969-12-31T23:59:59" },
	{ -1, "1969-12-31T23:59:59.999" },
	{ 253402300800000, "+10000-01-01T00:00:00" },
	{ -62167219200000, "0000-01-01T00:00:00" },
	{ -62167219200001, "-0001-12-31T23:59:59.999" },
	{ INT64_MAX, "+292278994-08-17T07:12:55.807" },
	{ INT64_MIN, "-292275055-05-16T16:47:04.192" },
};

static void
assert_written(int64_t ms, bool zoned, const char *want)
{
	struct buf b = { 0 };

	timestamp_write(&b, ms, zoned);
	assert_string_equal(buf_text(&b), want);
	buf_free(&b);
}

static void
assert_read(const char *text, int64_t want_ms, bool want_zoned)
{
	int64_t ms = 0;
	bool zoned = !want_zoned;
	struct fault f = { "none", 0 };

	if (timestamp_parse(span_of(text), &ms, &zoned, &f) == -1)
		fail_msg("'%s': %s", text, f.what);
	assert_int_equal(ms, want_ms);
	assert_int_equal(zoned, want_zoned);
}

static void
assert_refused(const char *text, size_t at, const char *what)
{
	int64_t ms;
	bool zoned;
	struct fault f = { "none", 0 };

	if (timestamp_parse(span_of(text), &ms, &zoned, &f) == 0)
		fail_msg("'%s' was taken", text);
	assert_string_equal(f.what, what);
	assert_int_equal(f.at, at);
}

static void
agrees_with_known_values(void **state)
{
	char zoned[40];

	(void)state;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		assert_read(known[i].text, known[i].ms, false);
		assert_written(known[i].ms, false, known[i].text);
		snprintf(zoned, sizeof zoned, "%sZ", known[i].text);
		assert_read(zoned, known[i].ms, true);
		assert_written(known[i].ms, true, zoned);
	}
	for (size_t i = 0; i < sizeof written / sizeof *written; i++)
		assert_written(written[i].ms, false, written[i].text);
}

static void
takes_every_accepted_shape(void **state)
{
	int64_t ms = 1718000000000; /* 2024-06-10T06:13:20Z */

	(void)state;
	assert_read("2024-06-10T06:13:20", ms, false);
	assert_read("2024-06-10t06:13:20", ms, false);
	assert_read("2024-06-10 06:13:20", ms, false);
	assert_read("2024-06-10T06:13", ms - 20000, false);
	assert_read("2024-06-10T06:13Z", ms - 20000, true);
	assert_read("2024-06-10T06:13:20z", ms, true);
	assert_read("2024-06-10T06:13:20.", ms, false);
	assert_read("2024-06-10T06:13:20.Z", ms, true);
	assert_read("2024-06-10T06:13:20.1", ms + 100, false);
	assert_read("2024-06-10T06:13:20.12Z", ms + 120, true);
	assert_read("2024-06-10T06:13:20.123", ms + 123, false);
	assert_read("2024-06-10T06:13:20.123999999", ms + 123, false);
	assert_read("2024-06-10T06:13:20+00:00", ms, true);
	assert_read("2024-06-10T06:13:20-00:00", ms, true);
	assert_read("2024-06-10T08:13:20+02:00", ms, true);
	assert_read("2024-06-10T11:43:20.5+0530", ms + 500, true);
	assert_read("2024-06-10T02:43-0330", ms - 20000, true);
	assert_read("2024-06-11T06:12:20+23:59", ms, true);
	assert_read("1969-12-31T23:59:59.9999", -1, false);
	assert_read("2024-06-10T06:13:20,123", ms + 123, false);
	assert_read("2024-06-10 06:13:20,", ms, false);
	assert_read("2024-06-10T08:13:20,123+0200", ms + 123, true);
	assert_read("2024-06-10 08:13:20+02", ms, true);
	assert_read("2024-06-10 08:13:20 +0200", ms, true);
	assert_read("2024-06-10 03:13:20.5 -03", ms + 500, true);
	assert_read("2024-06-10 06:13:20 Z", ms, true);
	assert_read("2024-06-10 06:13 z", ms - 20000, true);
	assert_read("2024-06-10 06:13:20 UTC", ms, true);
	assert_read("2024-06-10T06:13:20.5 GMT", ms + 500, true);
	assert_read("2024/06/10 06:13:20", ms, false);
	assert_read("2024/06/10T06:13:20.123Z", ms + 123, true);
	assert_read("2024-06-10", 1717977600000, false);
	assert_read("2024/06/10", 1717977600000, false);
	assert_read("20240610T061320Z", ms, true);
	assert_read("20240610T061320", ms, false);
	assert_read("20240610T0613", ms - 20000, false);
	assert_read("20240610T061320.5Z", ms + 500, true);
	assert_read("20240610T061320,123 +01", ms - 3600000 + 123, true);
	assert_read("20240610T0613+0130", ms - 20000 - 5400000, true);
	assert_read("2024-02-29T00:00:00", 1709164800000, false);
	assert_read("2000-02-29T00:00:00", 951782400000, false);
	assert_read("0001-01-01T00:00:00Z", -62135596800000, true);
	assert_read("0001-01-01T00:00:00+23:59", -62135683140000, true);
	assert_read("9999-12-31T23:59:59.999", 253402300799999, false);
}

static void
refuses_what_does_not_exist(void **state)
{
	(void)state;
	assert_refused(
	    "0000-01-01T00:00:00", 0, "year out of range, 0001 to 9999");
	assert_refused("2024-00-10T06:13:20", 5, "month out of range");
	assert_refused("2024-13-10T06:13:20", 5, "month out of range");
	assert_refused("2024-06-00T06:13:20", 8, "no such day in that month");
	assert_refused("2024-06-31T06:13:20", 8, "no such day in that month");
	assert_refused("2023-02-29T06:13:20", 8, "no such day in that month");
	assert_refused("1900-02-29T06:13:20", 8, "no such day in that month");
	assert_refused("2024-06-10T24:00:00", 11, "hour out of range");
	assert_refused("2024-06-10T06:60:00", 14, "minute out of range");
	assert_refused("2024-06-10T06:13:60", 17, "second out of range");
	assert_refused("2024-06-10T06:13:20.1234567890", 29,
	    "more than 9 digits of a second's fraction");
	assert_refused("2024-06-10T06:13:20+24:00", 19, "offset out of range");
	assert_refused("2024-06-10T06:13:20+05:60", 19, "offset out of range");
	assert_refused("2024-06-10 06:13:20 -24", 20, "offset out of range");
	assert_refused("20241310", 0, "not a date, YYYY-MM-DD");
	assert_refused("20241310T0613", 4, "month out of range");
	assert_refused("20240631T0613", 6, "no such day in that month");
	assert_refused("20240610T2513", 9, "hour out of range");
	assert_refused("20240610T0660", 11, "minute out of range");
	assert_refused("20240610T061360", 13, "second out of range");
	assert_refused("2024-06-10 06:13:20 UTC ", 20, "text after the time");
	assert_refused("2024-06-10 06:13:20+0200x", 24, "text after the time");
}

static void
refuses_what_has_another_shape(void **state)
{
	static const char *const texts[] = { "", "2024", "2024-06-1",
		"2024-6-10T06:13:20", "12024-06-10T06:13:20",
		"+2024-06-10T06:13:20", "-001-06-10T06:13:20", "2024-06/10",
		"2024.06.10", "2024-06-10T", "2024-06-10Z", "2024-06-10 UTC",
		"2024-06-10  06:13:20", "2024-06-10_06:13:20",
		"2024-06-10T6:13:20", "2024-06-10T06", "2024-06-10T06:1",
		"2024-06-10T06:13:", "2024-06-10T06:13:2", "2024-06-10T06:13.5",
		"2024-06-10T06:13,5", "2024-06-10T061320",
		"2024-06-10T06:13:20ZZ", "2024-06-10T06:13:20  Z",
		"2024-06-10T06:13:20UTC", "2024-06-10T06:13:20 utc",
		"2024-06-10T06:13:20 CET", "2024-06-10T06:13:20 UTCX",
		"2024-06-10T06:13:20+", "2024-06-10T06:13:20+2",
		"2024-06-10T06:13:20+2:00", "2024-06-10T06:13:20+02:0",
		"2024-06-10T06:13:20+02:", "2024-06-10T06:13:20+02.00",
		"2024-06-10T06:13:20+020", "2024-06-10T06:13:20+02:000",
		"2024-06-10T06:13:20++02", " 2024-06-10T06:13:20",
		"2024-06-10T06:13:20 ", "2024-06-10T06:13:20\n",
		"2024-06-1\xd9\xa0T06:13:20", "2024-06-10T06:13:20[UTC]",
		"20240610", "20240610T", "20240610T06", "20240610T06132",
		"20240610T061320.5.5", "20240610t061320", "20240610 061320",
		"20240610T06:13:20", "2024061T061320", "2024/06/10T061320" };
	int64_t ms;
	bool zoned;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
		struct fault f = { NULL, 0 };

		if (timestamp_parse(span_of(texts[i]), &ms, &zoned, &f) == 0)
			fail_msg("'%s' was taken", texts[i]);
		assert_non_null(f.what);
		assert_true(f.at <= strlen(texts[i]));
	}
	/* A fault need not be wanted. */
	assert_int_equal(timestamp_parse(span_of("x"), &ms, &zoned, NULL), -1);
}

static void
refuses_each_prefix_and_each_wrong_byte(void **state)
{
	static const char good[] = "2024-06-10T06:13:20";
	int64_t ms;
	bool zoned;

	(void)state;
	for (size_t n = 0; n < sizeof good - 1; n++) {
		int rc = timestamp_parse(
		    (struct span){ good, n }, &ms, &zoned, NULL);

		assert_int_equal(rc, n == 10 || n == 16 ? 0 : -1);
	}
	for (size_t i = 0; i < sizeof good - 1; i++) {
		for (int c = 0; c < 256; c++) {
			char text[sizeof good];
			bool digit = c >= '0' && c <= '9';
			int rc;

			memcpy(text, good, sizeof text);
			text[i] = (char)c;
			rc = timestamp_parse(
			    (struct span){ text, sizeof text - 1 }, &ms, &zoned,
			    NULL);
			if (i == 10)
				assert_int_equal(
				    rc == 0, c == 'T' || c == 't' || c == ' ');
			else if (good[i] == '-' || good[i] == ':')
				/* "06:13+20" has an offset. */
				assert_int_equal(rc == 0,
				    c == good[i] ||
					(i == 16 && (c == '+' || c == '-')));
			else
				assert_true(rc == -1 || digit);
		}
	}
}

static void
days_and_dates_are_inverse(void **state)
{
	int64_t year = 0, last = timestamp_days(-5000, 1, 1) - 1;
	int month = 0, day = 0;

	(void)state;
	assert_int_equal(timestamp_days(1970, 1, 1), 0);
	assert_int_equal(timestamp_days(0, 3, 1), -719468);
	for (int64_t d = last + 1; d < timestamp_days(15000, 1, 1); d++) {
		timestamp_civil(d, &year, &month, &day);
		assert_in_range(month, 1, 12);
		assert_in_range(day, 1, 31);
		assert_int_equal(timestamp_days(year, month, day), d);
	}
	assert_int_equal(year, 14999);
	timestamp_civil(INT64_MAX, &year, &month, &day);
	assert_int_equal(year, 25252734927768524);
	assert_int_equal(month, 7);
	assert_int_equal(day, 27);
	timestamp_civil(INT64_MIN, &year, &month, &day);
	assert_int_equal(year, -25252734927764585);
	assert_int_equal(month, 6);
	assert_int_equal(day, 7);
}

static void
what_is_written_is_read_again(void **state)
{
	struct timestamp_date date = { 0 };
	uint64_t x = 88172645463325252; /* xorshift64 */
	int64_t first = -62135596800000;
	uint64_t span = 253402300799999 + 62135596800000 + 1;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		struct buf b = { 0 };
		int64_t ms, again;
		bool zoned;

		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		ms = first + (int64_t)(x % span);
		if (x >> 63 != 0)
			ms -= ((ms % 1000) + 1000) % 1000;
		timestamp_write_by(&b, &date, ms, i % 2 == 0);
		assert_int_equal(
		    timestamp_parse(buf_span(&b), &again, &zoned, NULL), 0);
		assert_int_equal(again, ms);
		assert_int_equal(zoned, i % 2 == 0);
		buf_free(&b);
	}
}

static void
dates_and_times_stand_alone(void **state)
{
	struct buf b = { 0 };
	struct fault f;
	int64_t v;

	(void)state;
	assert_int_equal(
	    timestamp_parse_date(span_of("2024-06-10"), &v, &f), 0);
	assert_int_equal(v, 19884);
	timestamp_write_date(&b, v);
	assert_string_equal(buf_text(&b), "2024-06-10");
	assert_int_equal(
	    timestamp_parse_date(span_of("2024-06-10T"), &v, &f), -1);
	assert_string_equal(f.what, "text after the date");
	assert_int_equal(
	    timestamp_parse_date(span_of("2024/06/10"), &v, &f), -1);
	assert_int_equal(timestamp_parse_date(span_of("20240610"), &v, &f), -1);
	assert_int_equal(
	    timestamp_parse_time(span_of("06:13:20,5"), &v, &f), -1);
	assert_int_equal(
	    timestamp_parse_date(span_of("2024-02-30"), &v, &f), -1);
	assert_int_equal(f.at, 8);

	buf_clear(&b);
	assert_int_equal(timestamp_parse_time(span_of("06:13"), &v, &f), 0);
	assert_int_equal(v, (6 * 60 + 13) * 60000);
	timestamp_write_time(&b, v);
	assert_string_equal(buf_text(&b), "06:13:00");
	buf_clear(&b);
	assert_int_equal(
	    timestamp_parse_time(span_of("23:59:59.9999"), &v, &f), 0);
	assert_int_equal(v, DAY_MS - 1);
	timestamp_write_time(&b, v);
	assert_string_equal(buf_text(&b), "23:59:59.999");
	assert_int_equal(timestamp_parse_time(span_of("06:13Z"), &v, &f), -1);
	assert_int_equal(f.at, 5);
	assert_int_equal(timestamp_parse_time(span_of("24:00"), &v, &f), -1);
	assert_int_equal(timestamp_parse_time(span_of(""), &v, &f), -1);
	buf_free(&b);
}

static void
dates_of_any_size_are_written(void **state)
{
	struct buf b = { 0 };

	(void)state;
	timestamp_write_date(&b, INT64_MAX);
	buf_add_char(&b, ' ');
	timestamp_write_date(&b, INT64_MIN);
	assert_string_equal(
	    buf_text(&b), "+25252734927768524-07-27 -25252734927764585-06-07");
	buf_free(&b);
}

static void
a_clock_has_the_digits_that_are_asked_for(void **state)
{
	static const struct {
		int64_t ms;
		int digits;
		const char *text;
	} cases[] = {
		{ 7, 3, "00:00:00.007" },
		{ 86399987, 2, "23:59:59.98" },
		{ 43200987, 1, "12:00:00.9" },
		{ 3661987, 0, "01:01:01" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[32];
		char *end =
		    timestamp_put_clock(text, cases[i].ms, cases[i].digits);

		*end = '\0';
		assert_string_equal(text, cases[i].text);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clock_has_the_digits_that_are_asked_for),
		cmocka_unit_test(agrees_with_known_values),
		cmocka_unit_test(takes_every_accepted_shape),
		cmocka_unit_test(refuses_what_does_not_exist),
		cmocka_unit_test(refuses_what_has_another_shape),
		cmocka_unit_test(refuses_each_prefix_and_each_wrong_byte),
		cmocka_unit_test(days_and_dates_are_inverse),
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(dates_and_times_stand_alone),
		cmocka_unit_test(dates_of_any_size_are_written),
	};

	return cmocka_run_group_tests_name("lib_timestamp", tests, NULL, NULL);
}
