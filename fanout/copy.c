/* copy - from standard input to every output.
 * SPDX-License-Identifier: ISC
 *
 * What comes in is spliced into a pipe of our own, the core: standard input may
 * be a file, and another may read from it too.  From there tee(2) gives the
 * same pages to each output, and the last one gets them by splice(2).  An
 * output that is no pipe has a relay, a pipe that we ourselves empty into it.
 * Where that cannot work, or gains nothing, a block at a time is read and
 * written.
 */
#include "fanout/copy.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/signals.h"

enum {
	PIPE_BYTES = 1 << 20,    /* Linux' default /proc/sys/fs/pipe-max-size */
	PIPE_DEFAULT = 16 << 12, /* pipe(7), "Pipe capacity"; read 2026-11 */
	BLOCK_BYTES = 1 << 16,
};

static bool
is_patient(int error)
{
	return error == EAGAIN || error == EINTR;
}

enum { POLL_SIGNALS, POLL_INPUT, POLL_OUTPUTS };

/* Takes bytes away from the core that nobody needs. */
static void
discard(struct copy *c, uint64_t bytes)
{
	char sink[4096];

	while (bytes > 0 && c->block == NULL) {
		size_t n = bytes < sizeof sink ? (size_t)bytes : sizeof sink;
		ssize_t got = read(c->core[0], sink, n);

		if (got > 0)
			bytes -= (uint64_t)got;
		else if (got == 0 || errno != EINTR)
			return; /* our own pipe, and they are in it */
	}
}

/* An output is gone: says so, and drops it or ends the reading. */
static void
lose(struct copy *c, size_t i, int error)
{
	struct output *o = &c->outputs[i];
	struct diag_at at = { .source = o->name };

	o->error = error;
	c->lost++;
	c->status = status_worse(
	    c->status, error == EPIPE ? STATUS_DATA : STATUS_SYSTEM);
	/* Where a signal ends us, it has ended the readers too. */
	if (error != EPIPE)
		diag_error(&at, "cannot write: %s",
		    error == EBADF ? "it is closed" : strerror(error));
	else if (signals_stop() == 0)
		diag_error(&at, "the reader has gone away (broken pipe)%s",
		    c->keep_going ? "" : "; --keep-going serves the others");
	if (!c->keep_going)
		c->is_ended = true;
	discard(c, ledger_drop(&c->ledger, i));
}

static void
fail_input(struct copy *c, int error)
{
	diag_error(&(struct diag_at){ .source = "stdin" }, "cannot read: %s",
	    error == EBADF ? "it is closed" : strerror(error));
	c->status = STATUS_SYSTEM;
	c->is_ended = true;
}

/* Who takes nothing, by the last copy_wait(), else that input is waited for. */
static void
say_how_it_stands(const struct copy *c)
{
	struct buf text = { 0 };

	for (size_t i = 0; i < c->n; i++)
		if (c->wants[i] && c->outputs[i].error == 0)
			buf_addf(&text, "%s%s",
			    text.n == 0 ? "waits for the reader of " : ", ",
			    c->outputs[i].label);
	report_answer("%s", text.n == 0 || buf_text(&text) == NULL
				? "waits for input"
				: text.p);
	buf_free(&text);
}

/* Looks at signals, and writes what account is due. */
static void
tick(struct copy *c)
{
	if (signals_take_report())
		say_how_it_stands(c);
	if (signals_stop() != 0)
		c->is_ended = true;
	if (signals_stop_count() > 1)
		c->is_given_up = true;
	report_tick(c->report, clock_mono_ms());
}

/* So many bytes have been read of standard input. */
static void
took(struct copy *c, uint64_t bytes)
{
	c->read_bytes += bytes;
	ledger_filled(&c->ledger, bytes);
	gather_note(&c->gather, (size_t)bytes, clock_mono_ms());
}

/* gather_ms: how long the input is still left alone. */
static int
timeout_ms(const struct copy *c, int64_t now_ms, int64_t gather_ms)
{
	int64_t due_ms = report_due_ms(c->report);

	if (gather_ms > 0 && due_ms > now_ms + gather_ms)
		due_ms = now_ms + gather_ms;
	if (due_ms == INT64_MAX)
		return -1;
	if (due_ms <= now_ms)
		return 0;
	return due_ms - now_ms > INT_MAX ? INT_MAX : (int)(due_ms - now_ms);
}

static void
account(struct copy *c, int64_t ns, bool is_full)
{
	for (size_t i = 0; i < c->n; i++) {
		if (!c->wants[i])
			continue;
		c->outputs[i].waited_ns += ns;
		if (ledger_holds_back(&c->ledger, i, is_full))
			c->outputs[i].held_ns += ns;
	}
}

/* A pipe says POLLERR, asked or not, once it has no reader. */
static struct pollfd
poll_of(const struct copy *c, size_t i)
{
	const struct output *o = &c->outputs[i];
	struct pollfd p = { .fd = -1 };

	if (o->error == 0 && (c->wants[i] || o->kind == OUTPUT_PIPE))
		p = (struct pollfd){ o->fd, c->wants[i] ? POLLOUT : 0, 0 };
	return p;
}

/*
 * Sleeps until an output with wants[i] can take bytes, one of the others turns
 * out to be gone, standard input can be read (if asked for, and it is not left
 * to gather), or tick() has work.  The time goes to the account of those that
 * were waited for.  is_full: see ledger_holds_back().
 */
static void
wait_for(struct copy *c, bool input, bool is_full)
{
	struct pollfd *p = c->polls;
	int64_t start_ns = clock_mono_ns(), now_ms = start_ns / 1000000;
	int64_t gather_ms = input ? gather_rest_ms(&c->gather, now_ms) : 0;
	int ready;

	if (gather_ms > 0)
		input = false;
	p[POLL_SIGNALS] = (struct pollfd){ signals_fd(), POLLIN, 0 };
	p[POLL_INPUT] = (struct pollfd){ input ? STDIN_FILENO : -1, POLLIN, 0 };
	for (size_t i = 0; i < c->n; i++)
		p[POLL_OUTPUTS + i] = poll_of(c, i);
	ready = poll(
	    p, POLL_OUTPUTS + (nfds_t)c->n, timeout_ms(c, now_ms, gather_ms));
	account(c, clock_mono_ns() - start_ns, is_full);
	if (ready == -1 && errno != EINTR) {
		diag_error(NULL, "cannot wait: %s", strerror(errno));
		c->status = STATUS_SYSTEM;
		c->is_ended = c->is_given_up = true;
	}
	c->input_is_ready = ready > 0 && p[POLL_INPUT].revents != 0;
	for (size_t i = 0; ready > 0 && i < c->n; i++)
		if (c->outputs[i].kind == OUTPUT_PIPE &&
		    (p[POLL_OUTPUTS + i].revents & POLLERR) != 0)
			lose(c, i, EPIPE);
}

/* --- by tee(2) and splice(2), which move pages, not bytes ------------------
 */

/*
 * Larger pipes mean fewer turns of the scheduler: readers get 1.5 to 2 times
 * the rows.  A size that somebody has chosen is left alone.  Where the system
 * refuses, it is only slower.
 */
static void
enlarge(int fd)
{
	if (fcntl(fd, F_GETPIPE_SZ) == PIPE_DEFAULT)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

/* Returns 0, or -1 with errno. */
static int
open_pipe(int fd[2])
{
	if (pipe2(fd, O_CLOEXEC | O_NONBLOCK) == -1) {
		fd[0] = fd[1] = -1;
		return -1;
	}
	enlarge(fd[1]);
	return 0;
}

static void
close_pipe(int fd[2])
{
	for (int i = 0; i < 2; i++) {
		if (fd[i] != -1)
			(void)close(fd[i]); /* nothing is lost by a pipe */
		fd[i] = -1;
	}
}

static void
close_pipes(struct copy *c)
{
	if (c->relays == NULL)
		return; /* none were made */
	close_pipe(c->core);
	for (size_t i = 0; i < c->n; i++) {
		close_pipe(c->relays[i].fd);
		free(c->relays[i].chunk);
	}
	free(c->relays);
	c->relays = NULL;
}

/*
 * Can splice(2) read it, and does it then keep to SPLICE_F_NONBLOCK?  A
 * terminal does not; devices are read.
 */
static bool
is_input_fit(void)
{
	struct stat st;

	return fstat(STDIN_FILENO, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || S_ISREG(st.st_mode) ||
		   S_ISSOCK(st.st_mode));
}

/*
 * Makes the pipes.  False where tee(2) does not work, or nothing is there to be
 * gained.
 */
static bool
open_pipes(struct copy *c)
{
	size_t first = c->n;

	if (!is_input_fit())
		return false;
	c->relays = calloc(c->n, sizeof *c->relays);
	if (c->relays == NULL)
		return false;
	for (size_t i = 0; i < c->n; i++)
		c->relays[i].fd[0] = c->relays[i].fd[1] = -1;
	for (size_t i = c->n; i-- > 0;) {
		struct relay *r = &c->relays[i];

		if (c->outputs[i].kind == OUTPUT_PIPE) {
			first = i;
			enlarge(c->outputs[i].fd);
			continue;
		}
		r->chunk = malloc(BLOCK_BYTES);
		if (r->chunk == NULL || open_pipe(r->fd) == -1)
			return false;
	}
	if (first == c->n || open_pipe(c->core) == -1)
		return false;
	enlarge(STDIN_FILENO); /* no pipe, no matter */
	/* The core is empty yet: EAGAIN says all there is to know. */
	return tee(c->core[0], c->outputs[first].fd, 1, SPLICE_F_NONBLOCK) ==
	           -1 &&
	       errno == EAGAIN;
}

/* Bytes in the relay, or taken out and not yet written. */
static uint64_t
relayed(const struct copy *c, size_t i)
{
	if (c->outputs[i].kind == OUTPUT_PIPE || c->outputs[i].error != 0)
		return 0;
	return c->ledger.marks[i].at - c->outputs[i].bytes;
}

/* From now on by read(2) and write(2), which works everywhere. */
static void
be_plain(struct copy *c)
{
	close_pipes(c);
	c->block = malloc(BLOCK_BYTES);
	/* A read must not sleep through what wait_for() wakes for. */
	c->input_is_ready = false;
	if (c->block != NULL)
		return;
	c->status = diag_no_memory();
	c->is_given_up = true;
}

/* More into the core.  Returns whether anything has happened. */
static bool
fill(struct copy *c)
{
	ssize_t n;

	if (c->is_ended || !c->input_is_ready)
		return false;
	n = splice(STDIN_FILENO, NULL, c->core[1], NULL, PIPE_BYTES,
	    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (n > 0) {
		took(c, (uint64_t)n);
		/* That was all: whether there is more poll(2) says. */
		c->input_is_ready = (size_t)n >= c->gather.much_bytes;
		return true;
	}
	if (n == -1 && is_patient(errno)) {
		c->input_is_ready = false;
		return false;
	}
	if (n == 0)
		c->is_ended = true;
	else if (c->read_bytes == 0 && errno != EBADF && errno != EIO)
		be_plain(c); /* splice(2) cannot read this input at all */
	else
		fail_input(c, errno);
	return true;
}

/* More to output i, or to its relay.  Returns whether anything has happened. */
static bool
give(struct copy *c, size_t i)
{
	struct output *o = &c->outputs[i];
	uint64_t bytes;
	ssize_t n;
	int to;
	enum ledger_way way = ledger_next(&c->ledger, i, &bytes);

	if (way == LEDGER_WAIT)
		return false;
	to = o->kind == OUTPUT_PIPE ? o->fd : c->relays[i].fd[1];
	if (way == LEDGER_COPY)
		n = tee(c->core[0], to, bytes, SPLICE_F_NONBLOCK);
	else
		n = splice(c->core[0], NULL, to, NULL, bytes,
		    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (n == -1 && !is_patient(errno)) {
		lose(c, i, errno);
		return true;
	}
	if (n <= 0)
		return false;
	ledger_took(&c->ledger, i, way, (uint64_t)n);
	if (o->kind == OUTPUT_PIPE)
		o->bytes += (uint64_t)n;
	return true;
}

/*
 * Some of the bytes to output i by write(2); *wrote is how many.  Returns
 * whether anything has happened.
 */
static bool
write_some(struct copy *c, size_t i, const char *p, size_t n, size_t *wrote)
{
	ssize_t rc = output_write(&c->outputs[i], p, n);

	*wrote = rc > 0 ? (size_t)rc : 0;
	c->copied_bytes += *wrote;
	if (rc == -1)
		lose(c, i, errno);
	return rc != 0;
}

/* Empties the relay of output i into it, a chunk at most. */
static bool
pass_on(struct copy *c, size_t i)
{
	struct relay *r;
	size_t wrote;
	bool moved;

	if (relayed(c, i) == 0)
		return false;
	r = &c->relays[i];
	if (r->n == 0) {
		ssize_t n = read(r->fd[0], r->chunk, BLOCK_BYTES);

		if (n <= 0)
			return false;
		r->off = 0;
		r->n = (size_t)n;
	}
	moved = write_some(c, i, r->chunk + r->off, r->n, &wrote);
	r->off += wrote;
	r->n -= wrote;
	return moved;
}

/* --- by read(2) and write(2) -------------------------------------------- */

/* Reads a block, once all outputs have had the last one. */
static bool
read_block(struct copy *c)
{
	ssize_t n;

	if (c->is_ended || !c->input_is_ready || !ledger_is_even(&c->ledger))
		return false;
	c->input_is_ready = false;
	n = read(STDIN_FILENO, c->block, BLOCK_BYTES);
	if (n > 0) {
		c->block_n = (size_t)n;
		took(c, (uint64_t)n);
	} else if (n == 0) {
		c->is_ended = true;
	} else if (!is_patient(errno)) {
		fail_input(c, errno);
	}
	return true;
}

/* More of the block to output i.  Returns whether anything has happened. */
static bool
write_block(struct copy *c, size_t i)
{
	size_t lack = (size_t)ledger_lack(&c->ledger, i), wrote;
	bool moved;

	if (lack == 0)
		return false;
	moved = write_some(c, i, c->block + c->block_n - lack, lack, &wrote);
	ledger_took(&c->ledger, i, LEDGER_COPY, wrote);
	return moved;
}

/* --- a run -------------------------------------------------------------- */

/* Sleeps until one of the next steps can be made. */
static void
wait_for_more(struct copy *c)
{
	bool is_plain = c->block != NULL, is_full = is_plain;
	struct pollfd core = { .fd = c->core[1], .events = POLLOUT };
	uint64_t bytes;

	if (!is_plain)
		is_full =
		    c->ledger.front != c->ledger.end && poll(&core, 1, 0) <= 0;
	for (size_t i = 0; i < c->n; i++)
		c->wants[i] = is_plain
		                  ? ledger_lack(&c->ledger, i) > 0
		                  : relayed(c, i) > 0 ||
		                        (c->outputs[i].kind == OUTPUT_PIPE &&
					    ledger_next(&c->ledger, i,
						&bytes) != LEDGER_WAIT);
	wait_for(c,
	    !c->is_ended && (is_plain ? ledger_is_even(&c->ledger) : !is_full),
	    is_full);
}

static bool
has_work(const struct copy *c)
{
	if (c->is_given_up || !ledger_has_live(&c->ledger))
		return false;
	if (!c->is_ended || !ledger_is_even(&c->ledger))
		return true;
	for (size_t i = 0; i < c->n; i++)
		if (relayed(c, i) > 0)
			return true;
	return false;
}

enum status
copy_run(struct copy *c)
{
	c->core[0] = c->core[1] = -1;
	c->polls = calloc(c->n + POLL_OUTPUTS, sizeof *c->polls);
	c->wants = calloc(c->n, sizeof *c->wants);
	if (c->polls == NULL || c->wants == NULL ||
	    ledger_init(&c->ledger, c->n) == -1)
		return c->status = diag_no_memory();
	gather_init(&c->gather, c->gather_ms, STDIN_FILENO, clock_mono_ms());
	c->input_is_ready = true;
	if (c->is_plain || !open_pipes(c))
		be_plain(c);
	while (has_work(c)) {
		bool moved = c->block == NULL ? fill(c) : read_block(c);

		for (size_t i = 0; i < c->n; i++) {
			if (c->block != NULL) {
				moved |= write_block(c, i);
				continue;
			}
			moved |= give(c, i);
			moved |= pass_on(c, i);
		}
		if (!moved)
			wait_for_more(c);
		tick(c);
	}
	return c->status;
}

void
copy_free(struct copy *c)
{
	close_pipes(c);
	ledger_free(&c->ledger);
	free(c->block);
	free(c->polls);
	free(c->wants);
}
