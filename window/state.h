/* state - what a run knows, in the form of a state file.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_STATE_H
#define WINDOW_STATE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/absent.h"
#include "lib/span.h"
#include "window/engine.h"
#include "window/proctime.h"

/*
 * The file, in the byte order and with the word size of its machine:
 *
 *	"windowpipe state"  16 bytes
 *	format              32 bits: STATE_FORMAT
 *	order               32 bits: STATE_ORDER, so that another order shows
 *	word                64 bits: bytes of a pointer and of a long
 *	query               length and text of describe_query()
 *	counts, clock, what is remarked at the end, the engine, held
 *	length              64 bits: bytes of all that stands before
 *	checksum            64 bits: CRC-64/XZ of all that stands before
 *
 * It goes into another run of the same query, with the same answers as if both
 * runs were one.
 */
enum { STATE_FORMAT = 4, STATE_ORDER = 0x01020304 };

/* Late rows, rejected lines, results. */
enum { STATE_OUTPUTS = 3 };

struct state {
	struct engine *engine;
	struct absent *absent; /* or NULL */
	uint64_t read, rejected, output, unfit;
	struct proctime clock;          /* of which its times are kept */
	struct buf held[STATE_OUTPUTS]; /* not written yet; the caller's */
	const char *elsewhere; /* what helps, such as "name another file" */
};

/* Hands the bytes of the file to write, in order.  0, or -1: write failed, or
 * there was no memory (ENOMEM is then in errno). */
int
state_write(struct state *, int (*write)(void *ctx, struct span), void *ctx);

enum state_verdict {
	STATE_READ,
	STATE_REFUSED,   /* why says what is wrong and what to do */
	STATE_NO_MEMORY, /* the engine is good for engine_free() alone */
};

/*
 * Fills *s, whose engine is fresh from engine_init(), from the bytes of a
 * file.  Nothing is believed before the checksum has been found right.
 */
enum state_verdict
state_read(struct state *, struct span file, struct buf *why);

#endif
