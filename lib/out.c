/* out - whole lines to a file descriptor.
 * SPDX-License-Identifier: ISC */
#include "lib/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/signals.h"

enum { FLUSH_BYTES = 64 * 1024 };

void
out_init(struct out *o, int fd, const char *name)
{
	*o =
	    (struct out){ .fd = fd, .terminal = isatty(fd) == 1, .name = name };
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
	/* A FIFO without a reader makes us wait; a signal must not fail that.
	 */
	do
		fd = open(name,
		    O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOCTTY, 0666);
	while (fd == -1 && errno == EINTR && signals_stop() == 0);
	if (fd == -1)
		return -1;
	o->fd = fd;
	o->terminal = isatty(fd) == 1;
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
		    "--%s: '-' is no file; name one, perhaps "
		    "/dev/stderr",
		    option);
	else
		diag_error(NULL, "--%s: cannot open %s: %s", option,
		    diag_quote(quoted, span_of(name)), strerror(errno));
	return -1;
}

static int
fail(struct out *o, int error)
{
	if (o->error == 0)
		o->error = error;
	buf_clear(&o->line);
	o->whole = 0;
	return -1;
}

static void
tell_busy(const struct out *o, bool waits)
{
	if (o->busy != NULL)
		o->busy(o->busy_ctx, o, waits);
}

/* Waits until fd takes bytes again; -1 once two signals have asked to stop. */
static int
wait_writable(const struct out *o, int error)
{
	struct pollfd ready = { o->fd, POLLOUT, 0 };

	if (error != EINTR && poll(&ready, 1, -1) >= 0)
		return 0;
	tell_busy(o, true);
	return signals_stop_count() >= 2 ? -1 : 0;
}

static int
write_whole(struct out *o)
{
	size_t done = 0;

	if (o->terminal)
		diag_make_way();
	while (done < o->whole) {
		ssize_t n = write(o->fd, o->line.p + done, o->whole - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR && errno != EAGAIN &&
			 errno != EWOULDBLOCK)
			return fail(o, errno);
		else if (wait_writable(o, errno) == -1)
			return fail(o, EINTR);
	}
	tell_busy(o, false);
	return 0;
}

int
out_flush(struct out *o)
{
	size_t begun;

	if (o->error != 0)
		return fail(o, o->error);
	if (o->line.failed)
		return fail(o, ENOMEM);
	if (o->whole == 0)
		return 0;
	if (write_whole(o) == -1)
		return -1;
	begun = o->line.n - o->whole;
	memmove(o->line.p, o->line.p + o->whole, begun);
	o->line.n = begun;
	o->whole = 0;
	return 0;
}

int
out_spill(struct out *o)
{
	if (o->line.n - o->whole <= FLUSH_BYTES)
		return o->error == 0 ? 0 : fail(o, o->error);
	o->whole = o->line.n;
	return out_flush(o);
}

int
out_end_line(struct out *o)
{
	buf_add_char(&o->line, '\n');
	o->lines++;
	if (o->error != 0)
		return fail(o, o->error);
	if (o->line.failed)
		return fail(o, ENOMEM);
	o->whole = o->line.n;
	return o->whole > FLUSH_BYTES ? out_flush(o) : 0;
}

int
out_span_line(struct out *o, struct span s)
{
	buf_add_span(&o->line, s);
	return out_end_line(o);
}

int
out_close(struct out *o)
{
	int lost = out_flush(o);

	/* After close() the descriptor is gone, also where it says EINTR. */
	if (o->fd > 2 && close(o->fd) == -1 && errno != EINTR)
		lost = fail(o, errno);
	o->fd = -1;
	buf_free(&o->line);
	o->whole = 0;
	return lost;
}

int
out_complain(const struct out *o)
{
	struct diag_at at = { .source = o->name };
	const char *cause = strerror(o->error);

	if (o->error == EPIPE)
		cause = "its reader has gone";
	else if (o->error == EBADF)
		cause = "it is closed";
	else if (o->error == ENOMEM)
		cause = "out of memory";
	else if (o->error == EINTR)
		cause = "stopped by a second signal";
	diag_error(&at, "cannot write: %s", cause);
	return STATUS_SYSTEM;
}
