/* marks - the marks of a source, between two lines, and their answers.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/marks.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/report.h"
#include "lib/signals.h"

/* --- waiting -------------------------------------------------------------- */

/* before: which was the last whole one. */
static void
tell_whole(struct marks *m, uint64_t before)
{
	if (m->whole != NULL && m->coordinator.before != before)
		m->whole(m->state);
}

void
marks_look(struct marks *m, const char *what)
{
	uint64_t before = m->coordinator.before;

	if (signals_take_report())
		report_answer("%s", what);
	if (marks_are_kept(m))
		coordinator_tick(&m->coordinator, clock_mono_ms());
	tell_whole(m, before);
}

static bool
is_wanted(const struct marks *m)
{
	return m->wants != NULL && m->coordinator.pending == 0 &&
	       !m->coordinator.given_up && m->wants(m->state);
}

bool
marks_is_due(const struct marks *m)
{
	return marks_are_kept(m) &&
	       (coordinator_is_due(&m->coordinator, clock_mono_ms()) ||
		   is_wanted(m));
}

/* Until a mark is due, or its answers are looked for; -1: for ever. */
static int
rest_ms(const struct marks *m)
{
	int64_t now = clock_mono_ms(), due;

	if (is_wanted(m))
		return 0;
	if (!marks_are_kept(m) || coordinator_is_due(&m->coordinator, now))
		return -1;
	due = coordinator_due_ms(&m->coordinator);
	return due > now ? (int)(due - now) : 0;
}

int
marks_wait(struct marks *m, int fd, short events, int most_ms, const char *what)
{
	struct pollfd ready[] = {
		{ fd, events, 0 },
		{ signals_stop() != 0 ? -1 : signals_fd(), POLLIN, 0 },
	};
	int n, rest;

	marks_look(m, what);
	rest = rest_ms(m);
	if (rest == -1 || (most_ms >= 0 && most_ms < rest))
		rest = most_ms;
	n = poll(ready, 2, rest);
	if (n == -1 && errno != EINTR)
		return -1;
	/* It is asked what was waited for, not what comes next. */
	if (n == -1 || ready[1].revents != 0)
		marks_look(m, what);
	return n > 0 && ready[0].revents != 0;
}

/* --- marks ---------------------------------------------------------------- */

enum status
marks_open(struct marks *m, const struct coordinator_options *o,
    const char *description)
{
	struct buf query = { 0 };

	if (o->dir == NULL)
		return STATUS_OK;
	buf_add_text(&query, description);
	m->coordinator = coordinator_of(o);
	return coordinator_open(
	    &m->coordinator, o->dir, checkpoint_lines_differ, query);
}

void
marks_close(struct marks *m)
{
	coordinator_close(&m->coordinator);
}

/* Between two lines: 0, or -1 with errno. */
static int
write_mark(struct marks *m, bool finishes)
{
	struct buf mark = { 0 };
	int rc = 0;

	if (coordinator_begin(&m->coordinator, finishes, m->write, m->state,
		clock_mono_ms(), &mark)) {
		errno = ENOMEM;
		rc = mark.failed ? -1
		                 : file_write(STDOUT_FILENO, buf_span(&mark));
	}
	buf_free(&mark);
	return rc;
}

int
marks_take(struct marks *m)
{
	marks_look(m, "copies rows");
	return marks_is_due(m) ? write_mark(m, false) : 0;
}

/*
 * Until the mark that was written is answered or given up, or so many signals
 * have asked to stop.  0, or -1 with errno: the reader has gone.
 */
static int
wait_for_answers(struct marks *m, int stops)
{
	uint64_t before = m->coordinator.before;
	int rc = coordinator_await(&m->coordinator, STDOUT_FILENO, stops, NULL);

	tell_whole(m, before);
	if (rc == -1) {
		(void)raise(SIGPIPE);
		errno = EPIPE;
	}
	return rc;
}

enum status
marks_complain(void)
{
	diag_error(NULL, "cannot write to standard output: %s",
	    errno == EPIPE ? "the reader has gone away (broken pipe)"
			   : strerror(errno));
	return STATUS_SYSTEM;
}

enum status
marks_begin(struct marks *m)
{
	const struct coordinator *k = &m->coordinator;

	if (write_mark(m, false) == -1 ||
	    (!coordinator_may_go(k) && wait_for_answers(m, 1) == -1))
		return marks_complain();
	return coordinator_may_go(k) || signals_stop() != 0 ? STATUS_OK
	                                                    : STATUS_SYSTEM;
}

enum status
marks_end(struct marks *m, bool finishes, bool in_line)
{
	const struct coordinator *k = &m->coordinator;

	if (wait_for_answers(m, 2) == -1)
		return marks_complain();
	if (signals_stop_count() >= 2 || !coordinator_may_go(k) || in_line)
		return STATUS_SYSTEM;
	if (write_mark(m, finishes) == -1 || wait_for_answers(m, 2) == -1)
		return marks_complain();
	return k->pending == 0 && !k->given_up ? STATUS_OK : STATUS_SYSTEM;
}
