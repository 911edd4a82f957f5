/* copy - from standard input to every output: what both ways of it share.
 * SPDX-License-Identifier: ISC */
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

enum { POLL_SIGNALS, POLL_INPUT, POLL_OUTPUTS };

uint64_t
copy_lose(struct copy *c, size_t i, int error)
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
	return ledger_drop(&c->ledger, i);
}

void
copy_fail_input(struct copy *c, int error)
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

void
copy_tick(struct copy *c)
{
	if (signals_take_report())
		say_how_it_stands(c);
	if (signals_stop() != 0)
		c->is_ended = true;
	if (signals_stop_count() > 1)
		c->is_given_up = true;
	report_tick(c->report, clock_mono_ms());
}

void
copy_took(struct copy *c, uint64_t bytes)
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

size_t
copy_wait(struct copy *c, bool input, bool is_full)
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
	for (size_t i = 0; ready > 0 && i < c->n; i++) {
		if (c->outputs[i].kind == OUTPUT_PIPE &&
		    (p[POLL_OUTPUTS + i].revents & POLLERR) != 0)
			return i;
	}
	return c->n;
}

/* --- by tee(2) and splice(2), which move pages, not bytes ------------------
 */

enum {
	PIPE_BYTES = 1 << 20,    /* Linux' default /proc/sys/fs/pipe-max-size */
	PIPE_DEFAULT = 16 << 12, /* pipe(7), "Pipe capacity"; read 2026-11 */
	CHUNK_BYTES = 1 << 16,
};

struct relay {
	int fd[2]; /* -1 for none */
	char *chunk;
	size_t off, n; /* of the chunk: what is still to be written */
};

struct pipes {
	struct copy *c;
	int core[2];
	struct relay *relays; /* one for each output; NULL: none made yet */
};

static bool
is_patient(int error)
{
	return error == EAGAIN || error == EINTR;
}

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
	}
}

static void
pipes_close(struct pipes *p)
{
	close_pipe(p->core);
	for (size_t i = 0; p->relays != NULL && i < p->c->n; i++) {
		close_pipe(p->relays[i].fd);
		free(p->relays[i].chunk);
	}
	free(p->relays);
}

/*
 * Can splice(2) read it, and does it then keep to SPLICE_F_NONBLOCK?  A
 * terminal does not; devices are for plain.c.
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
pipes_open(struct pipes *p)
{
	const struct copy *c = p->c;
	size_t first = c->n;

	p->relays = calloc(c->n, sizeof *p->relays);
	if (p->relays == NULL)
		return false;
	for (size_t i = 0; i < c->n; i++)
		p->relays[i].fd[0] = p->relays[i].fd[1] = -1;
	for (size_t i = c->n; i-- > 0;) {
		struct relay *r = &p->relays[i];

		if (c->outputs[i].kind == OUTPUT_PIPE) {
			first = i;
			enlarge(c->outputs[i].fd);
			continue;
		}
		r->chunk = malloc(CHUNK_BYTES);
		if (r->chunk == NULL || open_pipe(r->fd) == -1)
			return false;
	}
	if (first == c->n || open_pipe(p->core) == -1)
		return false;
	enlarge(STDIN_FILENO); /* no pipe, no matter */
	/* The core is empty yet: EAGAIN says all there is to know. */
	return tee(p->core[0], c->outputs[first].fd, 1, SPLICE_F_NONBLOCK) ==
	           -1 &&
	       errno == EAGAIN;
}

/* Bytes in the relay, or taken out and not yet written. */
static uint64_t
relayed(const struct pipes *p, size_t i)
{
	const struct copy *c = p->c;

	if (c->outputs[i].kind == OUTPUT_PIPE || c->outputs[i].error != 0)
		return 0;
	return c->ledger.marks[i].at - c->outputs[i].bytes;
}

/* Takes bytes away from the core that nobody needs. */
static void
discard(struct pipes *p, uint64_t bytes)
{
	char sink[4096];

	while (bytes > 0) {
		size_t n = bytes < sizeof sink ? (size_t)bytes : sizeof sink;
		ssize_t got = read(p->core[0], sink, n);

		if (got > 0)
			bytes -= (uint64_t)got;
		else if (got == 0 || errno != EINTR)
			return; /* our own pipe, and they are in it */
	}
}

static void
lose(struct pipes *p, size_t i, int error)
{
	discard(p, copy_lose(p->c, i, error));
}

/*
 * More into the core.  Returns whether anything has happened; *fits becomes
 * false where splice(2) cannot read this input at all.
 */
static bool
fill(struct pipes *p, bool *fits)
{
	struct copy *c = p->c;
	ssize_t n;

	if (c->is_ended || !c->input_is_ready)
		return false;
	n = splice(STDIN_FILENO, NULL, p->core[1], NULL, PIPE_BYTES,
	    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (n > 0) {
		copy_took(c, (uint64_t)n);
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
		*fits = false;
	else
		copy_fail_input(c, errno);
	return true;
}

/* More to output i, or to its relay.  Returns whether anything has happened. */
static bool
give(struct pipes *p, size_t i)
{
	struct copy *c = p->c;
	struct output *o = &c->outputs[i];
	int to = o->kind == OUTPUT_PIPE ? o->fd : p->relays[i].fd[1];
	uint64_t bytes;
	ssize_t n;
	enum ledger_way way = ledger_next(&c->ledger, i, &bytes);

	if (way == LEDGER_WAIT)
		return false;
	if (way == LEDGER_COPY)
		n = tee(p->core[0], to, bytes, SPLICE_F_NONBLOCK);
	else
		n = splice(p->core[0], NULL, to, NULL, bytes,
		    SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
	if (n == -1 && !is_patient(errno)) {
		lose(p, i, errno);
		return true;
	}
	if (n <= 0)
		return false;
	ledger_took(&c->ledger, i, way, (uint64_t)n);
	if (o->kind == OUTPUT_PIPE)
		o->bytes += (uint64_t)n;
	return true;
}

/* Empties the relay of output i into it, a chunk at most. */
static bool
pass_on(struct pipes *p, size_t i)
{
	struct copy *c = p->c;
	struct relay *r = &p->relays[i];
	ssize_t n;

	if (relayed(p, i) == 0)
		return false;
	if (r->n == 0) {
		n = read(r->fd[0], r->chunk, CHUNK_BYTES);
		if (n <= 0)
			return false;
		r->off = 0;
		r->n = (size_t)n;
	}
	n = output_write(&c->outputs[i], r->chunk + r->off, r->n);
	if (n == -1)
		lose(p, i, errno);
	if (n <= 0)
		return n == -1;
	r->off += (size_t)n;
	r->n -= (size_t)n;
	c->copied_bytes += (uint64_t)n;
	return true;
}

/* Sleeps until one of the next steps can be made. */
static void
wait_for_more(struct pipes *p)
{
	struct copy *c = p->c;
	struct pollfd core = { .fd = p->core[1], .events = POLLOUT };
	bool is_full =
	    c->ledger.front != c->ledger.end && poll(&core, 1, 0) <= 0;
	uint64_t bytes;
	size_t gone;

	for (size_t i = 0; i < c->n; i++)
		c->wants[i] =
		    relayed(p, i) > 0 ||
		    (c->outputs[i].kind == OUTPUT_PIPE &&
			ledger_next(&c->ledger, i, &bytes) != LEDGER_WAIT);
	gone = copy_wait(c, !c->is_ended && !is_full, is_full);
	if (gone < c->n)
		lose(p, gone, EPIPE);
}

static bool
has_work(const struct pipes *p)
{
	const struct copy *c = p->c;

	if (c->is_given_up || !ledger_has_live(&c->ledger))
		return false;
	if (!c->is_ended || !ledger_is_even(&c->ledger))
		return true;
	for (size_t i = 0; i < c->n; i++) {
		if (relayed(p, i) > 0)
			return true;
	}
	return false;
}

bool
pipes_run(struct copy *c)
{
	struct pipes p = { .c = c, .core = { -1, -1 } };
	bool fits = is_input_fit() && pipes_open(&p);

	c->input_is_ready = true;
	while (fits && has_work(&p)) {
		bool moved = fill(&p, &fits);

		for (size_t i = 0; i < c->n; i++) {
			moved |= give(&p, i);
			moved |= pass_on(&p, i);
		}
		copy_tick(c);
		if (!moved)
			wait_for_more(&p);
	}
	pipes_close(&p);
	return fits;
}

/* --- by read(2) and write(2), which works everywhere ---------------------- */

enum { BLOCK_BYTES = 1 << 16 };

/* Reads a block; all outputs have had the last one. */
static void
read_block(struct copy *c, char *block)
{
	ssize_t n = read(STDIN_FILENO, block, BLOCK_BYTES);

	if (n > 0) {
		copy_took(c, (uint64_t)n);
	} else if (n == 0) {
		c->is_ended = true;
	} else if (errno != EINTR && errno != EAGAIN) {
		copy_fail_input(c, errno);
	}
}

/* More of the block to output i.  Returns whether anything has happened. */
static bool
write_block(struct copy *c, size_t i, const char *block, size_t n)
{
	size_t lack = (size_t)ledger_lack(&c->ledger, i);
	ssize_t wrote;

	if (lack == 0)
		return false;
	wrote = output_write(&c->outputs[i], block + n - lack, lack);
	if (wrote == -1)
		(void)copy_lose(c, i, errno);
	if (wrote <= 0)
		return wrote == -1;
	ledger_took(&c->ledger, i, LEDGER_COPY, (uint64_t)wrote);
	c->copied_bytes += (uint64_t)wrote;
	return true;
}

static void
wait_plain(struct copy *c, bool input)
{
	size_t gone;

	for (size_t i = 0; i < c->n; i++)
		c->wants[i] = ledger_lack(&c->ledger, i) > 0;
	gone = copy_wait(c, input, !c->is_ended);
	if (gone < c->n)
		(void)copy_lose(c, gone, EPIPE);
}

/* The block, of n bytes, to every output. */
static void
give_all(struct copy *c, const char *block, size_t n)
{
	while (!c->is_given_up && !ledger_is_even(&c->ledger)) {
		bool moved = false;

		for (size_t i = 0; i < c->n; i++)
			moved |= write_block(c, i, block, n);
		copy_tick(c);
		if (!moved)
			wait_plain(c, false);
	}
}

void
plain_run(struct copy *c)
{
	char *block = malloc(BLOCK_BYTES);
	uint64_t before;

	if (block == NULL) {
		diag_error(NULL, "out of memory");
		c->status = STATUS_SYSTEM;
		return;
	}
	while (!c->is_ended && !c->is_given_up && ledger_has_live(&c->ledger)) {
		/* A read would sleep through what copy_wait() wakes for. */
		wait_plain(c, true);
		copy_tick(c);
		before = c->read_bytes;
		if (c->input_is_ready && !c->is_ended)
			read_block(c, block);
		give_all(c, block, (size_t)(c->read_bytes - before));
	}
	free(block);
}

/* --- a run -----------------------------------------------------------------
 */

enum status
copy_run(struct copy *c)
{
	c->polls = calloc(c->n + POLL_OUTPUTS, sizeof *c->polls);
	c->wants = calloc(c->n, sizeof *c->wants);
	if (c->polls == NULL || c->wants == NULL ||
	    ledger_init(&c->ledger, c->n) == -1) {
		diag_error(NULL, "out of memory");
		return c->status = STATUS_SYSTEM;
	}
	gather_init(&c->gather, c->gather_ms, STDIN_FILENO, clock_mono_ms());
	if (c->is_plain || !pipes_run(c))
		plain_run(c);
	return c->status;
}

void
copy_free(struct copy *c)
{
	ledger_free(&c->ledger);
	free(c->polls);
	free(c->wants);
	c->polls = NULL;
	c->wants = NULL;
}
