/* plain - the copying by read(2) and write(2), which works everywhere.
 * SPDX-License-Identifier: ISC */
#include "fanout/copy.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BLOCK_BYTES = 1 << 16 };

/* Reads a block; all outputs have had the last one. */
static void
fill(struct copy *c, char *block)
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
give(struct copy *c, size_t i, const char *block, size_t n)
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
wait_for_more(struct copy *c, bool input)
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
			moved |= give(c, i, block, n);
		copy_tick(c);
		if (!moved)
			wait_for_more(c, false);
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
		wait_for_more(c, true);
		copy_tick(c);
		before = c->read_bytes;
		if (c->input_is_ready && !c->is_ended)
			fill(c, block);
		give_all(c, block, (size_t)(c->read_bytes - before));
	}
	free(block);
}
