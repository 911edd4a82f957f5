/* copy - from standard input to every output: what both ways of it share.
 * SPDX-License-Identifier: ISC */
#include "fanout/copy.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
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
