/* signals - TERM, INT and USR1 as something that can be polled.
 * SPDX-License-Identifier: ISC */
#include "lib/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/diag.h"

enum {
	TWICE_MS = 50, /* one sender, who says it twice */
	BOTH_MS = 250, /* two, who say the same */
};

/* Written by the handler; a process has one set of signals, so one of these. */
static volatile sig_atomic_t stop_first, stop_count, report_asked;

/* Of the first that asked to stop; the handler's alone. */
static struct timespec stop_time;
static pid_t stop_sender;

/* How many stops signals_stop() or signals_stop_count() have told. */
static int stop_told;

/* It would, had signals_ignore_pipe() not been called. */
static bool pipe_kills;

static int wake[2] = { -1, -1 };

/* Something may be in the pipe: a look costs no system call while not. */
static volatile sig_atomic_t woken;

static void
wake_up(void)
{
	woken = 1;
	/* A full pipe is readable already: nothing is lost by EAGAIN. */
	if (write(wake[1], "", 1) == -1)
		return;
}

/* No other stop interrupts it: handle() blocks them. */
static bool
is_same_stop(pid_t sender)
{
	struct timespec now;
	long ms;

	if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
		return false;
	if (stop_count == 0) {
		stop_time = now;
		stop_sender = sender;
		return false;
	}
	if (now.tv_sec - stop_time.tv_sec > 1)
		return false;
	ms = (now.tv_sec - stop_time.tv_sec) * 1000 +
	     (now.tv_nsec - stop_time.tv_nsec) / 1000000;
	return ms < (sender == stop_sender ? TWICE_MS : BOTH_MS);
}

static void
note(int number, siginfo_t *info, void *context)
{
	int saved = errno;

	(void)context;
	if (number == SIGUSR1) {
		report_asked = 1;
	} else if (!is_same_stop(info->si_pid)) {
		if (stop_count == 0)
			stop_first = number;
		if (stop_count < 1000)
			stop_count = stop_count + 1;
	}
	wake_up();
	errno = saved;
}

static int
handle(int number, bool also_ignored)
{
	struct sigaction action = { .sa_sigaction = note,
		.sa_flags = SA_SIGINFO };
	struct sigaction old;

	if (sigaction(number, NULL, &old) == -1)
		return -1;
	if (old.sa_handler == SIG_IGN && !also_ignored)
		return 0;
	if (sigemptyset(&action.sa_mask) == -1 ||
	    sigaddset(&action.sa_mask, SIGTERM) == -1 ||
	    sigaddset(&action.sa_mask, SIGINT) == -1 ||
	    sigaddset(&action.sa_mask, SIGPIPE) == -1)
		return -1;
	return sigaction(number, &action, NULL);
}

/* What sigaction(2) and pipe2(2) have returned. */
static int
done(int rc)
{
	if (rc == -1)
		diag_error(NULL, "cannot set up signals: %s", strerror(errno));
	return rc;
}

static int
mask_term(int how)
{
	sigset_t term;

	return sigemptyset(&term) == -1 || sigaddset(&term, SIGTERM) == -1
	           ? -1
	           : sigprocmask(how, &term, NULL);
}

int
signals_open(void)
{
	if (wake[0] == -1 && pipe2(wake, O_CLOEXEC | O_NONBLOCK) == -1)
		return done(-1);
	return done(handle(SIGTERM, false) == 0 && handle(SIGINT, false) == 0 &&
			    handle(SIGUSR1, true) == 0
			? mask_term(SIG_UNBLOCK)
			: -1);
}

int
signals_hold_term(void)
{
	return mask_term(SIG_BLOCK);
}

int
signals_open_pipe(void)
{
	return done(handle(SIGPIPE, false));
}

int
signals_ignore(int number)
{
	return done(signal(number, SIG_IGN) == SIG_ERR ? -1 : 0);
}

void
signals_ignore_pipe(void)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, old;

	if (sigaction(SIGPIPE, &ignore, &old) == 0 && old.sa_handler == SIG_DFL)
		pipe_kills = true;
}

void
signals_lost_stdout(void)
{
	if (pipe_kills)
		signals_die(SIGPIPE);
}

int
signals_fd(void)
{
	return wake[0];
}

bool
signals_take_report(void)
{
	char bytes[64];
	bool asked;

	if (!woken)
		return false;
	/* First, so that a signal from here on is seen by the next call. */
	woken = 0;
	while (wake[0] != -1 && read(wake[0], bytes, sizeof bytes) > 0)
		continue;
	asked = report_asked != 0;
	report_asked = 0;
	/* A stop that nobody has been told of must still end the next poll. */
	if (stop_count != stop_told)
		wake_up();
	return asked;
}

int
signals_stop(void)
{
	stop_told = stop_count;
	return stop_first;
}

int
signals_stop_count(void)
{
	stop_told = stop_count;
	return stop_told;
}

_Noreturn void
signals_die(int number)
{
	struct sigaction action = { .sa_handler = SIG_DFL };
	sigset_t only;

	if (sigemptyset(&action.sa_mask) == 0 && sigemptyset(&only) == 0 &&
	    sigaddset(&only, number) == 0 &&
	    sigaction(number, &action, NULL) == 0 &&
	    sigprocmask(SIG_UNBLOCK, &only, NULL) == 0)
		(void)raise(number); /* comes back only where it failed */
	_exit(128 + number);
}
