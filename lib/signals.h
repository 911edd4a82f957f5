/* signals - TERM, INT and USR1 as something that can be polled.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_SIGNALS_H
#define LIB_SIGNALS_H

#include <stdbool.h>

/*
 * Installs handlers for SIGTERM, SIGINT (asked to stop) and SIGUSR1 (say how
 * it stands), without SA_RESTART, and a pipe that turns readable when one has
 * come.  A signal that was ignored at start stays ignored, but USR1.  SIGPIPE
 * is left as it was found: EPIPE is handled where it is ignored.
 * Returns 0, or -1 after saying why.
 */
int signals_open(void);

/*
 * From now on a write without a reader fails, and is, where SIGPIPE would have
 * killed, one of the signals that ask to stop.  Returns 0, or -1 after saying
 * why.
 */
int signals_open_pipe(void);

/*
 * Before exec(2) of a program that calls signals_open(): a SIGTERM that comes
 * before that call is not lost, nor does it kill, but is what it sees then.
 * Returns 0, or -1 with errno.
 */
int signals_hold_term(void);

/* 0, or -1 after saying why. */
int signals_ignore(int number);

/*
 * From now on no socket kills by SIGPIPE; only stdout does, whose writer calls
 * signals_lost_stdout() at EPIPE: it does not return where SIGPIPE would have
 * killed.
 */
void signals_ignore_pipe(void);
void signals_lost_stdout(void);

/* The read end of that pipe, for poll().  Never read it; signals_take(). */
int signals_fd(void);

/* Drains the pipe; true once for each SIGUSR1 or more since the last call. */
bool signals_take_report(void);

/* The number of the first signal that asked to stop, 0 while none has. */
int signals_stop(void);

/*
 * How many signals have asked to stop, for "the second one kills".  One that
 * comes within 50 ms of the first, or 250 ms from another sender, is the same:
 * timeout(1) signals a program and then its group, systemd and supervisord may
 * signal all of a job while windowpipe ends its source.
 */
int signals_stop_count(void);

/* Restores the default action of the signal and raises it: no return. */
_Noreturn void signals_die(int signal_number);

#endif
