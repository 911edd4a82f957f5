/* lib_signals - signals as something that can be polled.  Each test is a
 * process of its own: what signals have come is the process's.
 * SPDX-License-Identifier: ISC */
#include "lib/signals.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/diag.h"
#include "lib/out.h"
#include "tests/unit/capture.h"

static bool
is_readable(void)
{
	struct pollfd p = { signals_fd(), POLLIN, 0 };

	return poll(&p, 1, 0) == 1;
}

/* Each check that fails has a status of its own. */
#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition))                                              \
			return __LINE__ & 127;                                 \
	} while (0)

static int
stop(void *ctx)
{
	(void)ctx;
	CHECK(signals_fd() == -1);
	CHECK(signals_open() == 0);
	CHECK(!is_readable() && signals_stop() == 0);
	CHECK(raise(SIGTERM) == 0);
	CHECK(is_readable());
	CHECK(signals_stop() == SIGTERM && signals_stop_count() == 1);
	CHECK(!signals_take_report());
	CHECK(!is_readable());
	/* Said twice at once it is one. */
	CHECK(raise(SIGTERM) == 0 && raise(SIGINT) == 0);
	CHECK(signals_stop_count() == 1);
	CHECK(!signals_take_report() && !is_readable());
	CHECK(poll(NULL, 0, 60) == 0);
	CHECK(raise(SIGINT) == 0);
	CHECK(is_readable());
	CHECK(signals_stop() == SIGTERM && signals_stop_count() == 2);
	return 0;
}

static int
report(void *ctx)
{
	(void)ctx;
	CHECK(signals_open() == 0);
	CHECK(!signals_take_report());
	CHECK(raise(SIGUSR1) == 0 && raise(SIGUSR1) == 0);
	CHECK(is_readable());
	CHECK(signals_take_report());
	CHECK(!is_readable());
	CHECK(!signals_take_report());
	CHECK(signals_stop() == 0);
	return 0;
}

static int
untold_stop(void *ctx)
{
	(void)ctx;
	CHECK(signals_open() == 0);
	CHECK(raise(SIGUSR1) == 0 && raise(SIGTERM) == 0);
	CHECK(signals_take_report());
	CHECK(is_readable()); /* a poll begun now must not sleep */
	CHECK(signals_stop_count() == 1);
	CHECK(!signals_take_report());
	CHECK(!is_readable());
	return 0;
}

static int
ignored(void *ctx)
{
	(void)ctx;
	CHECK(signal(SIGINT, SIG_IGN) != SIG_ERR);
	CHECK(signal(SIGUSR1, SIG_IGN) != SIG_ERR);
	CHECK(signals_open() == 0);
	CHECK(raise(SIGINT) == 0);
	CHECK(signals_stop() == 0 && !is_readable());
	CHECK(raise(SIGUSR1) == 0);
	CHECK(signals_take_report());
	return 0;
}

static int
many(void *ctx)
{
	(void)ctx;
	CHECK(signals_open() == 0);
	for (int i = 0; i < 100000; i++)
		CHECK(raise(SIGUSR1) == 0);
	CHECK(signals_take_report());
	CHECK(!is_readable());
	return 0;
}

static int
die(void *ctx)
{
	sigset_t set;

	(void)ctx;
	CHECK(signals_open() == 0);
	CHECK(sigemptyset(&set) == 0 && sigaddset(&set, SIGTERM) == 0);
	CHECK(sigprocmask(SIG_BLOCK, &set, NULL) == 0);
	signals_die(SIGTERM);
}

static bool
has_no_reader(int fd)
{
	int ends[2];

	return pipe(ends) == 0 && close(ends[0]) == 0 &&
	       dup2(ends[1], fd) != -1;
}

/* A message without a reader leaves SIGPIPE as it was. */
static int
lost_message(void *ctx)
{
	(void)ctx;
	signal(SIGPIPE, SIG_DFL);
	CHECK(has_no_reader(STDERR_FILENO));
	diag_error(NULL, "nobody hears it");
	return write(STDERR_FILENO, "x", 1) == -1 ? 1 : 2;
}

/* ctx: what SIGPIPE does at the start. */
static int
lost_stdout(void *ctx)
{
	struct out o;

	signal(SIGPIPE, ctx == NULL ? SIG_DFL : SIG_IGN);
	signals_ignore_pipe();
	CHECK(has_no_reader(99) && write(99, "x", 1) == -1);
	CHECK(has_no_reader(STDOUT_FILENO));
	out_init(&o, STDOUT_FILENO, "stdout");
	CHECK(out_span_line(&o, span_of("line")) == 0);
	CHECK(out_close(&o) == -1 && o.error == EPIPE);
	return 77;
}

static void
no_pipe_kills_but_stdout_where_it_would_have(void **state)
{
	(void)state;
	assert_int_equal(capture(lost_message, NULL)->status, 128 + SIGPIPE);
	assert_int_equal(capture(lost_stdout, NULL)->status, 128 + SIGPIPE);
	assert_int_equal(capture(lost_stdout, "")->status, 77);
}

static void
passes(int (*run)(void *))
{
	assert_int_equal(capture(run, NULL)->status, 0);
}

static void
the_first_stop_is_named_and_all_are_counted(void **state)
{
	(void)state;
	passes(stop);
}

static void
a_report_is_asked_for_once_however_many_came(void **state)
{
	(void)state;
	passes(report);
	passes(many);
}

static void
a_stop_that_nobody_was_told_of_keeps_the_pipe_readable(void **state)
{
	(void)state;
	passes(untold_stop);
}

static void
a_signal_ignored_at_start_stays_ignored_but_usr1(void **state)
{
	(void)state;
	passes(ignored);
}

static void
dying_is_by_the_signal_even_if_it_is_blocked(void **state)
{
	(void)state;
	assert_int_equal(capture(die, NULL)->status, 128 + SIGTERM);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_stop_is_named_and_all_are_counted),
		cmocka_unit_test(a_report_is_asked_for_once_however_many_came),
		cmocka_unit_test(
		    a_stop_that_nobody_was_told_of_keeps_the_pipe_readable),
		cmocka_unit_test(
		    a_signal_ignored_at_start_stays_ignored_but_usr1),
		cmocka_unit_test(no_pipe_kills_but_stdout_where_it_would_have),
		cmocka_unit_test(dying_is_by_the_signal_even_if_it_is_blocked),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
