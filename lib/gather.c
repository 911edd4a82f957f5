/* gather - when to read again from a source that writes little by little.
 * SPDX-License-Identifier: ISC */
#include "lib/gather.h"

#include <fcntl.h>
#include <stdbool.h>

enum {
	MUCH_BYTES = 16384, /* a quarter of Linux' usual pipe */
	LATE_MS = 1,        /* a wake-up may come so late */
};

void
gather_init(struct gather *g, int64_t gather_ms, int fd, int64_t now_ms)
{
	int size = fcntl(fd, F_GETPIPE_SZ); /* -1 where it is no pipe */

	*g = (struct gather){
		.gather_ms = gather_ms,
		.much_bytes = MUCH_BYTES,
		.since_ms = now_ms,
		.read_ms = now_ms,
		.due_ms = now_ms,
	};
	if (size > 0 && size / 4 < MUCH_BYTES)
		g->much_bytes = (size_t)size / 4;
}

/*
 * Has the source written within gather_ms?  Where it was left alone, what it
 * wrote meanwhile was there as soon as that was over.
 */
static bool
is_frequent(const struct gather *g, int64_t now_ms)
{
	if (g->due_ms > g->read_ms)
		return now_ms - g->due_ms <= LATE_MS;
	return now_ms - g->read_ms < g->gather_ms;
}

void
gather_note(struct gather *g, size_t bytes, int64_t now_ms)
{
	bool frequent = is_frequent(g, now_ms);

	g->bytes += bytes;
	if (now_ms - g->since_ms >= g->gather_ms) {
		bool waits = frequent && g->bytes < g->much_bytes;

		g->since_ms = now_ms;
		g->bytes = 0;
		g->due_ms = waits ? now_ms + g->gather_ms : now_ms;
	}
	g->read_ms = now_ms;
}
