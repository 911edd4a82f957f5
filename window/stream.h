/* stream - bytes of a state, one after the other: out and in.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_STREAM_H
#define WINDOW_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * Numbers are written as they lie in memory: what reads them says first on
 * what kind of machine that was (window/state.h).  flush takes all of buf and
 * returns 0 or -1; it is called whenever more than 64 KiB wait.  A failure
 * sticks: ask stream_end().
 */
struct stream_out {
	struct buf buf;
	int (*flush)(void *ctx, struct span);
	void *ctx;
	bool failed;
};

void stream_put(struct stream_out *, const void *p, size_t n);
void stream_put_u64(struct stream_out *, uint64_t);
void stream_put_i64(struct stream_out *, int64_t);
void stream_put_bool(struct stream_out *, bool);
void stream_put_span(struct stream_out *, struct span); /* length and bytes */

/* After an addition to buf itself: flushes where much waits. */
void stream_relieve(struct stream_out *);

/* Flushes the rest and frees buf.  0, or -1 where something was lost. */
int stream_end(struct stream_out *);

/*
 * Bytes to be read, not trusted: what does not make sense sets bad, what finds
 * no memory no_memory; either ends the reading, and all that is read then is
 * zero.  Spans point into the bytes.
 */
struct stream_in {
	const char *p, *end;
	bool bad, no_memory;
};

static inline bool
stream_is_sound(const struct stream_in *in)
{
	return !in->bad && !in->no_memory;
}

/* For what does not make sense; returns false. */
bool stream_bad(struct stream_in *);
bool stream_no_memory(struct stream_in *);

void stream_get(struct stream_in *, void *p, size_t n);
uint64_t stream_get_u64(struct stream_in *);
int64_t stream_get_i64(struct stream_in *);
bool stream_get_bool(struct stream_in *); /* any byte but 0 and 1 is bad */
struct span stream_get_span(struct stream_in *);

#endif
