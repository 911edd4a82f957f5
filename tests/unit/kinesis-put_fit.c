/* kinesis-put_fit - requests that fit a line of any speed.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/outbox.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { MOST = 5 << 20, TIMEOUT_MS = 10 * 1000 };

static struct fit_request
took(size_t bytes, size_t at_once, int64_t upload_ms, int64_t elapsed_ms)
{
	return (struct fit_request){ .bytes = bytes,
		.at_once = at_once,
		.upload_ms = upload_ms,
		.elapsed_ms = elapsed_ms,
		.timeout_ms = TIMEOUT_MS };
}

static void
note(struct fit *f, struct fit_request r)
{
	fit_note(f, &r);
}

static void
a_quick_line_has_all_that_is_allowed(void **state)
{
	struct fit f;

	(void)state;
	fit_init(&f, MOST, 8);
	for (int i = 0; i < 20; i++)
		note(&f, took(MOST, 8, 0, 30));
	assert_int_equal(f.bytes, MOST);
	assert_int_equal(f.at_once, 8);
}

static void
a_slow_answer_is_no_slow_line(void **state)
{
	struct fit f;

	(void)state;
	fit_init(&f, MOST, 8);
	for (int i = 0; i < 20; i++)
		note(&f, took(MOST, 8, 0, 9000));
	assert_int_equal(f.bytes, MOST);
	assert_int_equal(f.at_once, 8);
}

/* Eight that were sent together tell of it eight times. */
static void
what_takes_long_to_leave_is_made_smaller(void **state)
{
	struct fit f;

	(void)state;
	fit_init(&f, MOST, 8);
	for (size_t i = 1; i <= 8; i++)
		note(&f, took(1000000, i, 50000, 50200));
	assert_int_equal(f.bytes, 50000);
	assert_int_equal(f.at_once, 8);
}

static void
the_least_is_sent_by_fewer(void **state)
{
	struct fit f;

	(void)state;
	fit_init(&f, MOST, 8);
	note(&f, took(MOST, 8, 5000000, 5000000));
	assert_int_equal(f.bytes, FIT_LEAST);
	note(&f, took(FIT_LEAST, 8, 9000, 9000));
	note(&f, took(FIT_LEAST, 8, 9000, 9000));
	assert_int_equal(f.at_once, 4);
	note(&f, took(FIT_LEAST, 4, 9000, 9000));
	note(&f, took(FIT_LEAST, 2, 9000, 9000));
	note(&f, took(FIT_LEAST, 1, 9000, 9000));
	assert_int_equal(f.at_once, 1);
	assert_int_equal(f.bytes, FIT_LEAST);
	fit_init(&f, 100, 1);
	note(&f, took(100, 1, 9000, 9000));
	assert_int_equal(f.bytes, 100);
	assert_int_equal(f.at_once, 1);
}

/*
 * Behind a proxy that takes all at once and passes 20 KB a second on, nothing
 * is seen but that an answer comes late, or too late.
 */
static void
behind_a_buffer_it_ends_at_what_is_answered_in_time(void **state)
{
	struct fit f;
	int late = 0;

	(void)state;
	fit_init(&f, MOST, 1);
	for (int i = 0; i < 100; i++) {
		size_t bytes = f.bytes;
		struct fit_request r = took(bytes, 1, 0, (int64_t)bytes / 20);

		r.timed_out = r.elapsed_ms > TIMEOUT_MS;
		late += r.timed_out;
		note(&f, r);
	}
	assert_true(late < 8);
	assert_true(f.bytes / 20 > TIMEOUT_MS / 4);
	assert_true(f.bytes / 20 <= TIMEOUT_MS);
}

static void
both_grow_again_when_the_line_is_quick(void **state)
{
	struct fit f;

	(void)state;
	fit_init(&f, MOST, 8);
	note(&f, took(MOST, 8, 5000000, 5000000));
	note(&f, took(FIT_LEAST, 2, 9000, 9000));
	assert_int_equal(f.at_once, 1);
	for (int i = 0; i < 12; i++)
		note(&f, took(f.bytes, f.at_once, 0, 30));
	assert_int_equal(f.at_once, 8);
	assert_int_equal(f.bytes, MOST);
	/* Small ones say nothing of large ones. */
	note(&f, took(1000000, 8, 50000, 50000));
	note(&f, took(10, 8, 0, 30));
	assert_int_equal(f.bytes, 50000);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_quick_line_has_all_that_is_allowed),
		cmocka_unit_test(a_slow_answer_is_no_slow_line),
		cmocka_unit_test(what_takes_long_to_leave_is_made_smaller),
		cmocka_unit_test(the_least_is_sent_by_fewer),
		cmocka_unit_test(
		    behind_a_buffer_it_ends_at_what_is_answered_in_time),
		cmocka_unit_test(both_grow_again_when_the_line_is_quick),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
