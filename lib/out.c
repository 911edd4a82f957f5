/* out - whole lines to a file descriptor.
 * SPDX-License-Identifier: ISC */
#include "lib/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/report.h"
#include "lib/signals.h"

enum {
	FLUSH_BYTES = 64 * 1024,
	OPEN_AGAIN_MS = 50,
	/*
	 * Twice what a pipe holds at the most without privileges
	 * (/proc/sys/fs/pipe-max-size, 1 MiB; read 2026-11), so that each byte
	 * is moved about once.
	 */
	KEEP_BYTES = 2 * 1024 * 1024,
};

void
out_init(struct out *o, int fd, const char *name)
{
	*o =
	    (struct out){ .fd = fd, .terminal = isatty(fd) == 1, .name = name };
}

/* A line that a full disk or a crash has cut is not glued to the next one. */
static void
end_cut_line(struct out *o, const char *name)
{
	struct stat st;
	char last = '\n';
	int fd;

	if (fstat(o->fd, &st) == -1 || !S_ISREG(st.st_mode) || st.st_size == 0)
		return;
	/* Where it may not be read it is taken for whole. */
	fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	if (fd == -1)
		return;
	if (pread(fd, &last, 1, st.st_size - 1) == 1 && last != '\n')
		buf_add_char(&o->line, '\n');
	(void)close(fd);
}

static bool
is_fifo(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0 && S_ISFIFO(st.st_mode);
}

/*
 * open(2) of a FIFO waits for a reader, and a signal that comes just before it
 * would be seen by nobody; so it is tried again and again.
 */
int
out_open_fd(const char *name, int flags)
{
	struct pollfd signal = { signals_fd(), POLLIN, 0 };
	int wait_ms = 1, fd;

	flags |= O_WRONLY | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	while ((fd = open(name, flags, 0666)) == -1) {
		if (errno != EINTR && (errno != ENXIO || !is_fifo(name)))
			return -1;
		(void)poll(&signal, 1, wait_ms);
		wait_ms = wait_ms < OPEN_AGAIN_MS ? 2 * wait_ms : OPEN_AGAIN_MS;
		if (signals_take_report())
			report_answer("waits for a reader of %s", name);
		if (signals_stop() != 0) {
			errno = EINTR;
			return -1;
		}
	}
	flags = fcntl(fd, F_GETFL);
	if (flags != -1)
		(void)fcntl(fd, F_SETFL, flags & ~O_NONBLOCK);
	return fd;
}

int
out_open(struct out *o, const char *name)
{
	int fd;

	out_init(o, -1, name);
	if (strcmp(name, "-") == 0) {
		errno = EINVAL;
		return -1;
	}
	fd = out_open_fd(name, O_APPEND);
	if (fd == -1)
		return -1;
	o->fd = fd;
	o->terminal = isatty(fd) == 1;
	end_cut_line(o, name);
	return 0;
}

int
out_open_option(struct out *o, const char *option, const char *name)
{
	char quoted[DIAG_QUOTE_MAX];

	if (out_open(o, name) == 0)
		return 0;
	if (strcmp(name, "-") == 0)
		diag_error(NULL,
		    "--%s: '-' is not a file; name one, for example "
		    "/dev/stderr",
		    option);
	else
		diag_error(NULL, "--%s: cannot open %s: %s", option,
		    diag_quote(quoted, span_of(name)), strerror(errno));
	return -1;
}

static void
drop(struct out *o, size_t n)
{
	if (n == 0)
		return;
	memmove(o->line.p, o->line.p + n, o->line.n - n);
	o->line.n -= n;
	o->sent -= n;
	o->whole -= n;
}

static bool
is_kind(const struct out *o, mode_t kind)
{
	struct stat st;

	return fstat(o->fd, &st) == 0 && (st.st_mode & S_IFMT) == kind;
}

/* Where the first line begins that has not been read to its end. */
static size_t
first_unread(const struct out *o)
{
	size_t at = o->sent;
	int unread = 0;

	/* A pipe tells both its ends, and also once the other one is gone. */
	if (is_kind(o, S_IFIFO) && ioctl(o->fd, FIONREAD, &unread) == 0)
		at -= at < (size_t)unread ? at : (size_t)unread;
	while (at > 0 && o->line.p[at - 1] != '\n')
		at--;
	return at;
}

/* What is written is not needed any more, unless it may come back. */
static void
forget_sent(struct out *o)
{
	if (!o->keeps || !is_kind(o, S_IFIFO))
		drop(o, o->sent);
	else if (o->sent >= KEEP_BYTES)
		drop(o, first_unread(o));
}

/* Of what is in the buffer a write that failed has taken a part. */
static void
count_reached(struct out *o)
{
	const char *p = o->line.p, *end = p + o->sent;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		o->reached += o->reached < o->lines;
		p++;
	}
}

static int
fail(struct out *o, int error)
{
	if (o->error == 0) {
		o->error = error;
		count_reached(o);
	}
	if (o->keeps && error != ENOMEM) {
		/* A file goes on where it ends, within a line too. */
		if (!o->held)
			drop(
			    o, is_kind(o, S_IFREG) ? o->sent : first_unread(o));
		o->sent = 0;
		o->held = true;
		return 0;
	}
	buf_clear(&o->line);
	o->sent = o->whole = 0;
	return -1;
}

int
out_lose(struct out *o, int error)
{
	if (error == EPIPE)
		(void)raise(SIGPIPE); /* as write(2) does */
	return fail(o, error);
}

/* After a write that has failed for good. */
static int
lose(struct out *o, int error)
{
	if (error == EPIPE && o->fd == STDOUT_FILENO)
		signals_lost_stdout();
	return fail(o, error);
}

/* Waits until fd takes bytes again; -1 once two signals have asked to stop. */
static int
wait_writable(const struct out *o, int error)
{
	struct pollfd ready = { o->fd, POLLOUT, 0 };

	if (error != EINTR && poll(&ready, 1, -1) >= 0)
		return 0;
	if (signals_take_report())
		report_answer("waits for the reader of %s", o->name);
	return signals_stop_count() >= 2 ? -1 : 0;
}

static int
write_whole(struct out *o)
{
	if (o->terminal)
		diag_make_way();
	while (o->sent < o->whole) {
		ssize_t n =
		    write(o->fd, o->line.p + o->sent, o->whole - o->sent);

		if (n >= 0)
			o->sent += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN &&
			 errno != EWOULDBLOCK)
			return lose(o, errno);
		else if (wait_writable(o, errno) == -1)
			return fail(o, EINTR);
	}
	o->reached = o->lines;
	forget_sent(o);
	if (o->busy != NULL)
		o->busy(o->busy_ctx, o);
	return 0;
}

int
out_flush(struct out *o)
{
	if (o->line.failed)
		return fail(o, ENOMEM);
	if (o->held)
		return 0;
	if (o->error != 0)
		return fail(o, o->error);
	return o->sent < o->whole ? write_whole(o) : 0;
}

int
out_spill(struct out *o)
{
	if (o->line.n - o->whole <= FLUSH_BYTES)
		return o->error == 0 || o->held ? 0 : fail(o, o->error);
	o->whole = o->line.n;
	return out_flush(o);
}

uint64_t
out_lost(const struct out *o)
{
	return o->error == 0 || o->held ? 0 : o->lines - o->reached;
}

static int
end_line(struct out *o)
{
	buf_add_char(&o->line, '\n');
	o->lines++;
	if (o->error != 0 && !o->held)
		return fail(o, o->error);
	if (o->line.failed)
		return fail(o, ENOMEM);
	o->whole = o->line.n;
	return o->whole - o->sent > FLUSH_BYTES ? out_flush(o) : 0;
}

int
out_end_line(struct out *o)
{
	if (end_line(o) == 0)
		return 0;
	/* Nobody takes it for written. */
	o->lines -= o->lines > o->reached;
	return -1;
}

int
out_span_line(struct out *o, struct span s)
{
	buf_add_span(&o->line, s);
	return out_end_line(o);
}

/* Of a pipe that keeps: whether nobody will read what it still holds. */
static bool
is_left(const struct out *o)
{
	struct pollfd p = { .fd = o->fd };

	return o->keeps && poll(&p, 1, 0) == 1 && (p.revents & POLLERR) != 0;
}

int
out_close(struct out *o)
{
	int lost = is_left(o) ? out_lose(o, EPIPE) : out_flush(o);

	/* After close() the descriptor is gone, also where it says EINTR. */
	if (o->fd > 2 && close(o->fd) == -1 && errno != EINTR)
		lost = fail(o, errno);
	o->fd = -1;
	if (!o->held)
		buf_free(&o->line);
	o->sent = 0;
	o->whole = o->line.n;
	return lost;
}

enum status
out_complain(const struct out *o)
{
	struct diag_at at = { .source = o->name };
	const char *cause = strerror(o->error);

	if (o->error == EPIPE)
		cause = "the reader has gone away (broken pipe)";
	else if (o->error == EBADF)
		cause = "it is closed";
	else if (o->error == ENOMEM)
		cause = "out of memory";
	else if (o->error == EINTR)
		cause = "stopped by a second signal";
	diag_error(&at, "cannot write: %s", cause);
	return STATUS_SYSTEM;
}

enum status
out_print(struct buf *text)
{
	struct out o;

	out_init(&o, STDOUT_FILENO, "stdout");
	o.line = *text;
	o.whole = o.line.n;
	*text = (struct buf){ 0 };
	return out_close(&o) == -1 ? out_complain(&o) : STATUS_OK;
}
