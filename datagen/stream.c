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
}

/* Sleeps until then, or until a signal asks to stop. */
static void
sleep_until(struct stream *s, int64_t due_ns)
{
	for (;;) {
		int64_t now = clock_mono_ns(), until = due_ns, wait;
		struct timespec timeout;
		fd_set set;

		look(s, now, "waits for the time of the next row");
		if (signals_stop() != 0 || now >= due_ns)
			return;
		if (report_due_ms(s->report) < until / NS_PER_MS)
			until = report_due_ms(s->report) * NS_PER_MS;
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
	int64_t due = report_due_ms(s->report), wait = -1;

	if (due != INT64_MAX) {
		wait = due - clock_mono_ms();
		wait = wait < 0 ? 0 : wait > INT_MAX ? INT_MAX : wait;
	}
	/* Whatever ends it, the caller looks at all there is. */
	(void)poll(ready, 2, (int)wait);
}

/*
 * After a write that did not take all.  When a signal asks to stop, what is
 * begun is finished and the rest dropped; the second one ends it.  Returns
 * where the block ends now.
 */
static size_t
interrupted(struct stream *s, int error, size_t done, size_t n)
{
	if (error == EAGAIN || error == EWOULDBLOCK)
		wait_writable(s);
	look(s, clock_mono_ns(), "waits for the reader of stdout");
	if (signals_stop() != 0)
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

static void
step(struct stream *s)
{
	int64_t now = clock_mono_ns();

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
	/* Of a row, its duplicate and what spoils it. */
	s->block_cap = BLOCK_BYTES + 3 * s->row->room;
	s->block = malloc(s->block_cap);
	if (s->block == NULL) {
		diag_error(NULL, "out of memory");
		return STATUS_SYSTEM;
	}
	open_anew(s);
	raise_pipe(s);
	rowtime_start(&s->time);
	s->left = s->rows;
	if (is_paced(s))
		pace_start(&s->pace, clock_mono_ns());
	while (s->left > 0 && signals_stop() == 0 && s->out.error == 0 &&
	       s->log.error == 0 && !s->faults.failed)
		step(s);
	if (s->faults.failed) {
		diag_error(NULL, "out of memory");
		return STATUS_SYSTEM;
	}
	return STATUS_OK;
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
