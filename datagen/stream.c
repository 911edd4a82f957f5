/* stream - rows to standard output, at their pace.
 * SPDX-License-Identifier: ISC */
#include "datagen/stream.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/counts.h"
#include "lib/clock.h"
#include "lib/signals.h"

enum {
	NS_PER_MS = 1000000,
	NS_PER_S = 1000000000,
	/*
	 * Bytes written at once.  Half of what the pipe holds or less, so that
	 * reader and writer work side by side, and little enough to be still
	 * in the cache when it is copied: measured, 64 KiB does best.
	 */
	BLOCK_BYTES = 65536,
	PIPE_BYTES = 1024 * 1024, /* what an unprivileged user may ask for */
	LOOK_NS = 10 * NS_PER_MS, /* how often a busy loop looks at signals */
	FAST_ROWS = 500000, /* a second: from here on a large pipe helps */
};

static bool
is_paced(const struct stream *s)
{
	return s->pace.rate.rows > 0;
}

/* Answers SIGUSR1 with what it does, and writes what else is due. */
static void
look(struct stream *s, int64_t now_ns, const char *what)
{
	if (signals_take_report())
		report_answer("%s", what);
	if (now_ns / NS_PER_MS >= report_due_ms(s->report))
		report_tick(s->report, now_ns / NS_PER_MS);
	if (s->coordinator != NULL)
		coordinator_tick(s->coordinator, now_ns / NS_PER_MS);
}

static bool
is_mark_due(const struct stream *s, int64_t now_ns)
{
	return s->coordinator != NULL &&
	       coordinator_is_due(s->coordinator, now_ns / NS_PER_MS);
}

/* When look() has work, whatever happens. */
static int64_t
look_due_ms(const struct stream *s)
{
	int64_t report = report_due_ms(s->report), due = INT64_MAX;

	if (s->coordinator != NULL)
		due = coordinator_due_ms(s->coordinator);
	return due < report ? due : report;
}

/* Sleeps until then, until a mark is due, or a signal asks to stop. */
static void
sleep_until(struct stream *s, int64_t due_ns)
{
	for (;;) {
		int64_t now = clock_mono_ns(), until = due_ns, wait;
		struct timespec timeout;
		fd_set set;

		look(s, now, "waits for the time of the next row");
		if (signals_stop() != 0 || now >= due_ns || is_mark_due(s, now))
			return;
		if (look_due_ms(s) < until / NS_PER_MS)
			until = look_due_ms(s) * NS_PER_MS;
		wait = until > now ? until - now : 0;
		timeout = (struct timespec){
			.tv_sec = (time_t)(wait / NS_PER_S),
			.tv_nsec = (long)(wait % NS_PER_S),
		};
		FD_ZERO(&set);
		FD_SET(signals_fd(), &set);
		/* Whatever ends it, the loop looks at all there is. */
		(void)pselect(
		    signals_fd() + 1, &set, NULL, NULL, &timeout, NULL);
	}
}

static uint64_t
count_lines(const char *p, size_t n)
{
	uint64_t lines = 0;
	const char *end = p + n;

	while ((p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		lines++;
		if (++p == end)
			break;
	}
	return lines;
}

/* Where the row ends in which byte done is; done where no row has begun. */
static size_t
row_end(const char *block, size_t done, size_t n)
{
	const char *newline;

	if (done == 0 || block[done - 1] == '\n')
		return done;
	newline = memchr(block + done, '\n', n - done);
	return newline == NULL ? n : (size_t)(newline - block) + 1;
}

/* Waits until there is room, a signal, or a report is due. */
static void
wait_writable(struct stream *s)
{
	struct pollfd ready[2] = {
		{ s->out.fd, POLLOUT, 0 },
		{ signals_fd(), POLLIN, 0 },
	};
	int64_t due = look_due_ms(s), wait = -1;

	if (due != INT64_MAX) {
		wait = due - clock_mono_ms();
		wait = wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : wait;
	}
	/* Whatever ends it, the caller looks at all there is. */
	(void)poll(ready, 2, (int)wait);
}

/*
 * After a write that did not take all.  When a signal asks to stop, what is
 * begun is finished and the rest dropped, unless the last checkpoint is to
 * come behind all of it; the second one ends it.  Returns where the block ends
 * now.
 */
static size_t
interrupted(struct stream *s, int error, size_t done, size_t n)
{
	if (error == EAGAIN || error == EWOULDBLOCK)
		wait_writable(s);
	look(s, clock_mono_ns(), "waits for the reader of stdout");
	if (signals_stop() != 0 && s->coordinator == NULL)
		n = row_end(s->block, done, n);
	if (signals_stop_count() >= 2 && done < n)
		s->out.error = EINTR;
	return n;
}

/* Writes n bytes of the block, which are so many lines. */
static void
write_block(struct stream *s, size_t n, uint64_t lines)
{
	size_t whole = n, done = 0;

	while (done < n && s->out.error == 0) {
		ssize_t took = write(s->out.fd, s->block + done, n - done);
		int error = took < 0 ? errno : 0;

		if (took > 0)
			done += (size_t)took;
		if (error != 0 && error != EINTR && error != EAGAIN &&
		    error != EWOULDBLOCK)
			s->out.error = error;
		else if (done < n)
			n = interrupted(s, error, done, n);
	}
	s->out.lines += done == whole ? lines : count_lines(s->block, done);
}

/* Counts and logs what was done to the lines that have been written. */
static void
settle_faults(struct stream *s)
{
	for (size_t i = 0; i < s->faults.n; i++) {
		struct fault_event event = s->faults.event[i];

		if (event.line > s->out.lines)
			break;
		s->counts[event.kind]++;
		if (event.kind < FAULT_CUT || s->log.fd == -1)
			continue;
		buf_addf(&s->log.line, "{\"line\":%" PRIu64 ",\"kind\":\"%s\"}",
		    event.line, fault_name[event.kind]);
		(void)out_end_line(&s->log);
	}
	s->faults.n = 0;
	if (s->log.fd != -1)
		(void)out_flush(&s->log);
}

static void
write_rows(struct stream *s)
{
	uint64_t rows = s->quota < s->left ? s->quota : s->left;
	uint64_t line = s->out.lines;
	const char *limit = s->block + BLOCK_BYTES;
	char *end;

	if (s->use_clock)
		rowtime_clock(&s->time, clock_wall_ms());
	if (faults_are_set(&s->faults))
		end = faults_fill(&s->faults, s->row, &s->time, s->block, limit,
		    &rows, &line);
	else {
		end = row_fill(s->row, &s->time, s->block, limit, &rows);
		line += rows;
	}
	s->left -= rows;
	s->quota -= rows;
	write_block(s, (size_t)(end - s->block), line - s->out.lines);
	if (faults_are_set(&s->faults))
		settle_faults(s);
}

/* The silences of rows that know neither pace nor event time. */
static void
keep_silence(struct stream *s, int64_t now_ns)
{
	if (s->pause_ns == 0 || is_paced(s) || !s->use_clock)
		return;
	if (s->silence_due_ns == 0)
		s->silence_due_ns = now_ns + s->every_ns;
	if (now_ns < s->silence_due_ns)
		return;
	s->silences++;
	sleep_until(s, now_ns + s->pause_ns);
	s->silence_due_ns = clock_mono_ns() + s->every_ns;
}

/* --- checkpoints ---------------------------------------------------------- */

/* All that the rows to come depend on, and the counts. */
enum { TIME_NUMBERS = 9 };

static int
write_position(void *state, part_add_fn *add, void *ctx)
{
	const struct stream *s = state;
	const struct rowtime *t = &s->time;
	struct buf b = { 0 };

	counts_add(&b,
	    (uint64_t[]){ s->seed, s->rows - s->left, s->out.lines, s->silences,
		(uint64_t)t->start_ms, t->passed_ms, t->rest, t->silent_ms,
		t->quiet_ms, t->pauses },
	    TIME_NUMBERS + 1);
	counts_add(&b, s->counts, FAULT_KINDS);
	row_save(s->row, &b);
	faults_save(&s->faults, &b);
	return part_add_text(add, ctx, &b);
}

/* Goes on where the last checkpoint was taken, if there is one. */
static enum status
load_position(struct stream *s)
{
	struct checkpoint *c = &s->coordinator->checkpoint;
	struct span in = c->part.content;
	uint64_t v[TIME_NUMBERS];
	bool good;

	if (c->from == 0)
		return STATUS_OK;
	good = counts_take(&in, &s->seed, 1) == 0 &&
	       counts_take(&in, v, TIME_NUMBERS) == 0 &&
	       counts_take(&in, s->counts, FAULT_KINDS) == 0 &&
	       row_load(s->row, &in) == 0 &&
	       faults_load(&s->faults, &in) == 0 && in.n == 0;
	checkpoint_forget(c);
	if (!good)
		return checkpoint_say(c, STATUS_USAGE,
		    "the part %s is not one of such rows; start over in an "
		    "empty folder",
		    c->name);
	s->left = v[0] < s->rows ? s->rows - v[0] : 0;
	s->out.lines = v[1];
	s->silences = v[2];
	s->time.start_ms = (int64_t)v[3];
	s->time.passed_ms = v[4];
	s->time.rest = v[5];
	s->time.silent_ms = v[6];
	s->time.quiet_ms = v[7];
	s->time.pauses = v[8];
	if (s->left == 0)
		diag_remark(NULL,
		    "all %llu rows were written before checkpoint %llu; "
		    "nothing is left to write",
		    (unsigned long long)v[0], (unsigned long long)c->from);
	return STATUS_OK;
}

/* Between two rows; at the start of a block, which is empty. */
static void
write_mark(struct stream *s, bool finishes)
{
	struct buf mark = { 0 };

	if (coordinator_begin(s->coordinator, finishes, write_position, s,
		clock_mono_ms(), &mark) &&
	    !mark.failed) {
		memcpy(s->block, mark.p, mark.n);
		write_block(s, mark.n, 0);
	}
	buf_free(&mark);
}

/* Until the mark is answered or given up, or so many signals have come. */
static void
wait_for_answers(struct stream *s, int signals)
{
	if (s->out.error == 0 && coordinator_await(s->coordinator, s->out.fd,
				     signals, s->report) == -1)
		(void)out_lose(&s->out, EPIPE);
}

/* A run begins with a mark; where there was none before, that comes alone. */
static enum status
begin_checkpoints(struct stream *s)
{
	struct coordinator *k = s->coordinator;

	write_mark(s, false);
	if (!coordinator_may_go(k))
		wait_for_answers(s, 1);
	return coordinator_may_go(k) || s->out.error != 0 || signals_stop() != 0
	           ? STATUS_OK
	           : STATUS_SYSTEM;
}

/*
 * And ends with one, behind all rows that were written; told to stop ahead of
 * them, it does so when the first one is there.
 */
static enum status
end_checkpoints(struct stream *s)
{
	struct coordinator *k = s->coordinator;

	wait_for_answers(s, 2);
	if (s->out.error != 0 || signals_stop_count() >= 2 ||
	    !coordinator_may_go(k))
		return STATUS_SYSTEM;
	write_mark(s, s->left == 0);
	wait_for_answers(s, 2);
	return k->pending == 0 && !k->given_up ? STATUS_OK : STATUS_SYSTEM;
}

static void
step(struct stream *s)
{
	int64_t now = clock_mono_ns();

	if (is_mark_due(s, now))
		write_mark(s, false);
	if (now >= s->signals_due_ns) {
		look(s, now, "writes rows");
		s->signals_due_ns = now + LOOK_NS;
	}
	if (!is_paced(s)) {
		keep_silence(s, now);
		s->quota = s->left;
	} else if (s->quota == 0) {
		if (s->use_clock)
			s->pace.phase_ns = (clock_wall_ns() - now) % NS_PER_S;
		if (s->pace.phase_ns < 0)
			s->pace.phase_ns = 0; /* before 1970 */
		s->quota = pace_take(&s->pace, now);
	}
	if (s->quota > 0)
		write_rows(s);
	else
		sleep_until(s, pace_wake_ns(&s->pace));
}

static void
raise_pipe(const struct stream *s)
{
	struct rate rate = s->pace.rate;

	/* A slow source leaves it small: less waits in it unread. */
	if (is_paced(s) && rate.rows / rate.seconds < FAST_ROWS)
		return;
	/* It may be no pipe, or not allowed: then it works as it is. */
	(void)fcntl(s->out.fd, F_SETPIPE_SZ, PIPE_BYTES);
}

/*
 * Between a look at the signals and a write(2) that then waits one may come
 * and go unseen; so none is to wait.  O_NONBLOCK on a descriptor that others
 * share would be theirs too, so the pipe is opened anew.  Where that cannot be
 * done the write waits, and a second signal is needed in that rare case.
 */
static void
open_anew(struct stream *s)
{
	struct stat st;
	int fd;

	if (fstat(s->out.fd, &st) == -1 || !S_ISFIFO(st.st_mode))
		return;
	fd = open("/dev/fd/1", O_WRONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd != -1)
		s->out.fd = fd;
}

enum status
stream_run(struct stream *s)
{
	enum status status;

	/* Of a row, its duplicate and what spoils it. */
	s->block_cap = BLOCK_BYTES + 3 * s->row->room;
	s->block = malloc(s->block_cap);
	if (s->block == NULL)
		return diag_no_memory();
	open_anew(s);
	raise_pipe(s);
	rowtime_start(&s->time);
	s->left = s->rows;
	if (s->coordinator != NULL) {
		status = load_position(s);
		if (status == STATUS_OK)
			status = begin_checkpoints(s);
		if (status != STATUS_OK)
			return status;
	}
	if (is_paced(s))
		pace_start(&s->pace, clock_mono_ns());
	while (s->left > 0 && signals_stop() == 0 && s->out.error == 0 &&
	       s->log.error == 0 && !s->faults.failed)
		step(s);
	if (s->faults.failed)
		return diag_no_memory();
	return s->coordinator == NULL ? STATUS_OK : end_checkpoints(s);
}

enum status
stream_close(struct stream *s)
{
	enum status status = STATUS_OK;

	if (out_close(&s->out) == -1)
		status = status_worse(status, out_complain(&s->out));
	if (s->log.fd != -1 && out_close(&s->log) == -1)
		status = status_worse(status, out_complain(&s->log));
	free(s->block);
	s->block = NULL;
	faults_free(&s->faults);
	return status;
}

uint64_t
stream_bad(const struct stream *s)
{
	uint64_t bad = 0;

	for (int kind = FAULT_CUT; kind < FAULT_KINDS; kind++)
		bad += s->counts[kind];
	return bad;
}

uint64_t
stream_silences(const struct stream *s)
{
	if (!s->use_clock)
		return s->time.pauses;
	return is_paced(s) ? pace_silences(&s->pace) : s->silences;
}
