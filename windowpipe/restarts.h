/* restarts - whether, and when, a pipeline that failed is started again.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_RESTARTS_H
#define WINDOWPIPE_RESTARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	RESTARTS_MAX = 1000,
	/* The first pause; each is twice the one before, while nothing is
	 * achieved in between. */
	RESTARTS_PAUSE_MS = 100,
	RESTARTS_PAUSE_MAX_MS = 10 * 1000,
};

/* All zero: never. */
struct restarts {
	int64_t most;                /* within within_ms; 0 to RESTARTS_MAX */
	int64_t within_ms;           /* above 0 */
	uint64_t n;                  /* all that there were */
	int64_t at_ms[RESTARTS_MAX]; /* of the last of them: of i at i % most */
	int64_t pause_ms;
};

/*
 * It failed, at a time that never steps back: after how many ms it is to start
 * again, which then counts as one; -1: there were most within within_ms.
 * achieved: something is kept of what was done since the last start.
 */
int64_t restarts_next(struct restarts *, bool achieved, int64_t now_ms);

/* How many of those before now_ms are within within_ms. */
int64_t restarts_within(const struct restarts *, int64_t now_ms);

#endif
