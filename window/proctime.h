/* proctime - the clock of processing time: the wall clock, less its steps
 * back.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_PROCTIME_H
#define WINDOW_PROCTIME_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum proctime_step {
	PROCTIME_ON,
	PROCTIME_FORWARD, /* the wall clock was put forward by by_ms */
	PROCTIME_BACK,    /* back by by_ms; time is ahead, until until_ms */
	PROCTIME_RETURN,  /* time has gone back to the wall clock */
};

/* Times that windows have been filled with, from the first to the last. */
struct proctime_used {
	int64_t from_ms, until_ms;
};

enum { PROCTIME_USED = 64 };
#define PROCTIME_FAR_MS ((int64_t)1 << 60)

/*
 * Between readings of the wall clock time goes on by the monotonic one.  A
 * wall clock that has been put forward is followed at once.  One that has been
 * put back is not: time goes on, a tenth slower, so that no window is filled or
 * fires twice.  Where that does not bring both together within ten minutes,
 * time returns to the wall clock then, or as soon as no window that holds it
 * holds a time that was used; until then it goes half as fast.  Where time
 * comes to such windows later, it leaps over them.
 */
struct proctime {
	int64_t reach_ms;      /* length of a window; set first */
	bool started, goes_on; /* from now_ms, from_ms, used of a run before */
	int64_t now_ms;
	int64_t mono_ms; /* of the last reading */
	int64_t from_ms; /* since when there was no leap */
	struct proctime_used used[PROCTIME_USED]; /* before that */
	size_t nused;
	int64_t ahead_ms;      /* of the wall clock; 0: not */
	int64_t ahead_mono_ms; /* since */

	enum proctime_step step; /* what the last reading has found */
	int64_t by_ms, until_ms;
};

/*
 * The time now; never less than it was but with PROCTIME_RETURN.  Steps of less
 * than a minute forward, or a second back, are not told.
 */
int64_t proctime_ms(struct proctime *, int64_t wall_ms, int64_t mono_ms);

#endif
