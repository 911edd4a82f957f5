/* proctime - the clock of processing time: the wall clock, less its steps
 * back.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_PROCTIME_H
#define WINDOW_PROCTIME_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Between readings of the wall clock time goes on by the monotonic one.  A
 * wall clock that has been put forward is followed at once.  One that has been
 * put back is not: time goes on, a tenth slower, until the wall clock has
 * caught up, so that no window is filled or fires twice.
 */
struct proctime {
	bool started;
	int64_t now_ms;
	int64_t mono_ms; /* of the last reading */
};

/* The time now; never less than it was. */
int64_t proctime_ms(struct proctime *, int64_t wall_ms, int64_t mono_ms);

#endif
