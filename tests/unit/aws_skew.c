/* aws_skew - dates of HTTP, and the clock's offset learnt from refusals.
 * SPDX-License-Identifier: ISC */
#include "aws/skew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static void
the_three_forms_of_a_date_are_read(void **state)
{
	static const char *const same[] = { "Sun, 06 Nov 1994 08:49:37 GMT",
		"Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994",
		"  Sun, 06 Nov 1994 08:49:37 GMT\r\n" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
		assert_true(skew_parse_date(span_of(same[i]), &ms));
		assert_int_equal(ms, 784111777000);
	}
}

static void
what_is_no_date_is_none(void **state)
{
	static const char *const bad[] = { "", "yesterday", "Sun, ",
		"Sun, 06 Nox 1994 08:49:37 GMT",
		"Sun, 06 Nov 1994 25:49:37 GMT", "1994-11-06T08:49:37Z",
		"Sun, 06 Nov 1994 08:49:37 GMT and then something that is "
		"longer than any" };
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(skew_parse_date(span_of(bad[i]), &ms));
}

static void
the_date_header_corrects_the_clock(void **state)
{
	struct skew s = { 0 };
	struct span date = span_of("Thu, 01 Jan 1970 01:00:00 GMT");
	struct span none = { 0 };

	(void)state;
	assert_int_equal(skew_learn(&s, date, none, 1000), SKEW_CHANGED);
	assert_int_equal(s.offset_ms, 3599000);
	assert_int_equal(s.number, 1);
	assert_int_equal(skew_now_ms(&s, 1000), 3600000);
	/* Once corrected, the same clock is no news. */
	assert_int_equal(skew_learn(&s, date, none, 2000), SKEW_SAME);
	assert_int_equal(s.number, 1);
	/* And back, when our clock is put right. */
	assert_int_equal(skew_learn(&s, date, none, 3600000), SKEW_CHANGED);
	assert_int_equal(s.offset_ms, 0);
	assert_int_equal(s.number, 2);
}

static void
without_a_date_the_message_tells(void **state)
{
	struct skew s = { 0 };
	struct span none = { 0 };

	(void)state;
	assert_int_equal(
	    skew_learn(&s, none,
		span_of("Signature expired: 19700101T000000Z is now earlier "
			"than 19700101T005500Z (19700101T010000Z - 5 min.)"),
		0),
	    SKEW_CHANGED);
	assert_int_equal(s.offset_ms, 3600000);
	assert_int_equal(
	    skew_learn(&s, none,
		span_of("Signature not yet current: 19700101T010000Z is still "
			"later than 19700101T000500Z (19700101T000000Z + 5 "
			"min.)"),
		0),
	    SKEW_CHANGED);
	assert_int_equal(s.offset_ms, 0);
	assert_int_equal(
	    skew_learn(&s, none, span_of("no (time) here"), 0), SKEW_UNKNOWN);
	assert_int_equal(s.number, 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_three_forms_of_a_date_are_read),
		cmocka_unit_test(what_is_no_date_is_none),
		cmocka_unit_test(the_date_header_corrects_the_clock),
		cmocka_unit_test(without_a_date_the_message_tells),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
