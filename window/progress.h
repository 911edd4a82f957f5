/* progress - the live line of --progress.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_PROGRESS_H
#define WINDOW_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"

/* How it stands. */
struct progress_now {
	int64_t mono_ms;
	uint64_t rows;        /* read, by runs before too (--state) */
	uint64_t bytes, size; /* of a file; size 0: no file */
	bool has_watermark;
	int64_t watermark_ms;
	uint64_t open_windows;
};

/* What is known from the line before; at first start_ms and last_rows. */
struct progress {
	int64_t start_ms; /* monotonic */
	int64_t last_ms;
	uint64_t last_rows;
	double rows_per_s; /* since the line before */
};

/*
 * One line of at most columns characters, as pv(1) has it.  Of a file:
 * "1234567 rows 0:00:12 [12.3M rows/s] [=====>    ] 42% ETA 0:00:17"; of
 * anything else rows, time, rate, the watermark, open windows.  Where that is
 * too long the head goes first: the end is what one looks for.
 */
void progress_write(struct progress *, const struct progress_now *,
    struct buf *line, int columns);

#endif
