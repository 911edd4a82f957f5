/* rowtime - the event time of each row.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_ROWTIME_H
#define DATAGEN_ROWTIME_H

#include <stdbool.h>
#include <stdint.h>

#include "datagen/rate.h"

/*
 * Row i lies at start + floor(i x step) ms, where step is the fraction
 * whole + part/parts ms, exactly: what is added row by row is a remainder in
 * whole numbers, so that nothing drifts.  With a silence, pause_ms are added
 * after every every_ms of rows.  step 0 is the clock: set start_ms by
 * rowtime_clock().
 */
struct rowtime {
	int64_t start_ms;
	uint64_t whole, part, parts; /* part < parts */
	int64_t every_ms, pause_ms;  /* every_ms 0: no silences */

	uint64_t passed_ms; /* of the next row, without the silences */
	uint64_t rest;      /* its remainder, below parts */
	uint64_t silent_ms; /* pauses so far */
	uint64_t quiet_ms;  /* passed_ms at which the next pause begins */
	uint64_t pauses;
};

/* A step of 1 s / rate; of ns. */
void rowtime_set_rate(struct rowtime *, struct rate);
void rowtime_set_ns(struct rowtime *, int64_t step_ns);

/* Begins at row 0. */
void rowtime_start(struct rowtime *);

/* Where row i lies, in ms since 1970; INT64_MAX where that is beyond it. */
int64_t rowtime_at_ms(const struct rowtime *, uint64_t row);

/* How many rows lie within the years up to 9999; UINT64_MAX: all. */
uint64_t rowtime_rows(const struct rowtime *);

/* The clock as the time of the rows to come, which never goes back. */
void rowtime_clock(struct rowtime *, int64_t now_ms);

void rowtime_pause(struct rowtime *);

/* The next row's time in ms. */
static inline int64_t
rowtime_next(struct rowtime *t)
{
	int64_t ms;

	if (__builtin_expect(t->passed_ms >= t->quiet_ms, 0))
		rowtime_pause(t);
	ms = t->start_ms + (int64_t)(t->passed_ms + t->silent_ms);
	t->passed_ms += t->whole;
	t->rest += t->part;
	if (t->rest >= t->parts) {
		t->rest -= t->parts;
		t->passed_ms++;
	}
	return ms;
}

#endif
