/* pace - when the rows are due, evenly; time is an argument.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_PACE_H
#define DATAGEN_PACE_H

#include <stdint.h>

#include "datagen/rate.h"

/*
 * Row n is due at n / rate on a schedule that starts with the clock; with a
 * silence set, the schedule stops for pause_ns after every every_ns of rows.
 * Above 100 rows a second rows leave in ticks of whole milliseconds, as many as
 * give PACE_TICK_ROWS but 50 at the most: each tick wakes every program in the
 * pipe, and that costs more than the rows.  Ticks divide 100 ms, and with
 * phase_ns they lie on the wall clock's own multiples: so a row comes as a
 * window ends, which closes it.  Below, each row leaves on its own.
 * After a stall (a reader that did not read, a machine that was busy) the
 * schedule is caught up with at twice the rate, never faster.  Of the lateness
 * of a wake up to PACE_BURST_NS are made good at once, twice over while behind,
 * with as long a pause after it: else a busy machine would never keep the rate.
 * So no time sees more than twice the rate, but for two ticks.
 */
enum {
	PACE_MS_NS = 1000000,
	PACE_TICK_ROWS = 500, /* some 40 KB of the sample's rows */
	PACE_BURST_NS = 6000000,
};

/* The caller sets the first three; pace_start() the rest. */
struct pace {
	struct rate rate; /* rows > 0 */
	int64_t every_ns; /* 0: no silences */
	int64_t pause_ns;

	int64_t start_ns;    /* of the clock */
	int64_t tick_ns;     /* 0: each row on its own */
	int64_t phase_ns;    /* ticks are where clock and phase are a multiple;
	                      * may be set anew at any time; 0 or more */
	int64_t schedule_ns; /* how far the schedule has come */
	int64_t last_ns;     /* when that was, since start */
	int64_t wake_ns;     /* when the next row is due, since start */
	int64_t wake_schedule_ns;
	uint64_t taken;
};

void pace_start(struct pace *, int64_t now_ns);

/*
 * How many rows are to be written now, which may be none; they count as
 * written from then on.  now_ns: the monotonic clock.
 */
uint64_t pace_take(struct pace *, int64_t now_ns);

/* When to call pace_take() next, on that clock. */
int64_t pace_wake_ns(const struct pace *);

/* When row n is due, and how many rows are due by then, since the start. */
int64_t pace_due_ns(const struct pace *, uint64_t row);
uint64_t pace_rows(const struct pace *, int64_t schedule_ns);

/* How many silences have begun. */
uint64_t pace_silences(const struct pace *);

#endif
