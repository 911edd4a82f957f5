/* grid - which windows hold a time: tumbling, hopping and cumulating windows
 * as runs of slices.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_GRID_H
#define WINDOW_GRID_H

#include <stdbool.h>
#include <stdint.h>

enum window_kind {
	KIND_NONE,
	KIND_TUMBLE,
	KIND_HOP,
	KIND_CUMULATE,
	KIND_SESSION
};

/* "tumble", as options and messages call it. */
const char *window_kind_name(enum window_kind);

/*
 * Windows are half open, [start, end), on a clock that counts ms; they are
 * aligned to 1970-01-01T00:00:00 of that clock plus offset_ms.
 *
 * A slice is the longest span of time that no window's bound divides: the
 * size of a tumbling window, gcd(size, slide) of a hopping one, the step of a
 * cumulating one.  A row is added to its slice alone; a window is the merging
 * of its slices.
 *
 * Source: Apache Flink 1.20, TimeWindow.getWindowStartWithOffset,
 * SlidingWindowAssigner (panes), CumulativeWindowAssigner.
 */
struct grid {
	enum window_kind kind;
	int64_t size_ms;  /* > 0; of a session the gap */
	int64_t slide_ms; /* > 0: slide of HOP, step of CUMULATE, else size */
	int64_t offset_ms;
	int64_t slice_ms; /* set by grid_init() */
};

/* Sets slice_ms from the rest. */
void grid_init(struct grid *);

/* Start of the slice that holds t_ms; rounds toward minus infinity. */
int64_t grid_slice_ms(const struct grid *, int64_t t_ms);

/* False where t_ms lies in no window (HOP whose slide is above its size). */
bool grid_holds(const struct grid *, int64_t t_ms);

/* End of the last window that holds the slice (one must). */
int64_t grid_last_end_ms(const struct grid *, int64_t slice_ms);

/*
 * The least end above after_ms among the windows that hold the slice;
 * INT64_MAX where there is none.
 */
int64_t
grid_next_end_ms(const struct grid *, int64_t slice_ms, int64_t after_ms);

/* Start of the window that ends there. */
int64_t grid_start_ms(const struct grid *, int64_t end_ms);

#endif
