/* engine - rows in, windows out: time, lateness, state, firing.  No I/O, no
 * clock: times come in as arguments, results go out through a function.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_ENGINE_H
#define WINDOW_ENGINE_H

#include <stdbool.h>
#include <stdint.h>

#include "window/deque.h"
#include "window/panes.h"
#include "window/query.h"
#include "window/sessions.h"

/*
 * One group of a window that fires.  Bounds are on the window's clock: the
 * local one of --timezone.  data holds the accumulators; all is borrowed.
 */
struct engine_result {
	int64_t start_ms, end_ms;
	uint32_t revision; /* 0: the first writing */
	struct span key;   /* key_encode()d */
	const char *data;
	/* Of --each: the values of a row, by field, and the number of its line;
	 * else NULL. */
	const struct value *row;
	uint64_t line;
};

/* Returns 0, or -1 after saying why: the engine stops. */
typedef int engine_emit_fn(void *ctx, const struct engine_result *);

/*
 * All results of a window have been given, or of sessions that fire together;
 * what they borrowed goes when this returns.  0 or -1, as above.
 */
typedef int engine_fired_fn(void *ctx);

/* The offset of a zone, remembered for the times around. */
struct engine_shift {
	int64_t from_ms, until_ms; /* instants, [from, until) */
	int64_t offset_ms;
	int64_t next_ms; /* what the clock reads at until_ms */
};

enum engine_verdict {
	ENGINE_AGGREGATED,
	ENGINE_LATE,    /* every window of the row has fired */
	ENGINE_OUTSIDE, /* it is in no window */
	ENGINE_STOP,    /* see stop */
};

enum engine_stop {
	ENGINE_GOES_ON,
	ENGINE_NO_MEMORY,
	ENGINE_MAX_KEYS,  /* --max-keys reached with --overflow fail */
	ENGINE_MAX_BYTES, /* --max-bytes */
	ENGINE_EMIT,      /* the emit function said so */
};

struct engine {
	const struct query *q;
	engine_emit_fn *emit;
	engine_fired_fn *fired; /* or NULL */
	void *ctx;
	struct panes panes;
	struct sessions sessions;
	bool shifts; /* rows' times are instants of a zone with a clock */
	struct engine_shift row_shift, watermark_shift;

	/*
	 * watermark_ms: event time has reached it; INT64_MIN before the first
	 * row.  settled_ms: the same on the window's clock: windows with
	 * end - 1 <= settled_ms have fired; those with end - 1 <= gone_ms take
	 * no late rows any more (the same, but for --allowed-lateness).
	 * next_end_ms: no window with rows ends before it.
	 */
	int64_t watermark_ms;
	int64_t settled_ms;
	int64_t gone_ms;
	int64_t next_end_ms;
	int64_t latest_ms; /* of all rows taken; INT64_MIN: none */
	/* The same, as far as engine_advance() has moved it on by silence. */
	int64_t told_ms;

	/* The slice of the last row. */
	struct pane *pane;
	int64_t pane_from_ms, pane_until_ms;
	int64_t pane_next_end_ms, pane_last_end_ms;

	/*
	 * The short way (short_rows()) is open for rows of these times, all in
	 * the slice of e->pane, which has rows and is not covered.  found: the
	 * entries of the rows on their way.
	 */
	int64_t short_from_ms, short_until_ms;
	struct entry *found[ROWS_MAX];
	int quick_rest; /* batches until the cache of keys is worth a look */

	struct buf key;
	struct sort_item *sort; /* scratch of firing */
	size_t sort_cap;
	struct deque revised; /* of engine_revised, by end */

	uint64_t seq; /* rows taken so far */
	uint64_t aggregated, late, outside, filtered;
	/* Of the late rows: how far behind the latest time they were, at the
	 * most, and the least --delay that would have kept them all. */
	int64_t late_max_ms, late_need_ms;
	uint64_t early;       /* windows that --overflow oldest has fired */
	int64_t early_end_ms; /* of the last of them */
	enum engine_stop stop;
};

/* q must outlive the engine. */
void engine_init(
    struct engine *, const struct query *q, engine_emit_fn *, void *ctx);
void engine_free(struct engine *);

/*
 * Takes rows from the first-th on, up to one that is not aggregated, or with
 * which --overflow writes a window early, or before one later than limit_ms.
 * Returns how many; 0: the first is too late for limit_ms.  *verdict is that of
 * the last one taken.
 *
 * A row's time is event time as field_time() gives it, or the clock's reading
 * in processing time.  It is judged by the watermark of the rows before it;
 * then, in event time, the watermark follows it and what is due fires.  A row
 * that is filtered does that alone.
 */
int engine_take(struct engine *, const struct rows *, int first,
    int64_t limit_ms, enum engine_verdict *verdict);

/*
 * Event time (or the clock, in processing time) has reached watermark_ms:
 * what is due fires.  Never goes back.  0, or -1: see stop.
 */
int engine_advance(struct engine *, int64_t watermark_ms);

/*
 * The clock of processing time goes back to watermark_ms, to windows that never
 * were open: all others fire.  0, or -1: see stop.
 */
int engine_go_back(struct engine *, int64_t watermark_ms);

/* All open windows fire: end of input.  0, or -1: see stop. */
int engine_finish(struct engine *);

/* Forgets the open windows: they are never written. */
void engine_discard(struct engine *);

/* Open windows with rows. */
uint64_t engine_open_windows(const struct engine *);

/*
 * The watermark at which the next window fires, as engine_advance() takes it;
 * INT64_MAX where no window is open.
 */
int64_t engine_due_ms(const struct engine *);

/* The end of the window that fires next; false where none is open. */
bool engine_next_window(const struct engine *, int64_t *end_ms);

/* How often each group of a fired window has been written again. */
struct engine_revised {
	int64_t end_ms;
	struct map times; /* key -> uint32_t */
};

/*
 * Those of the window that ends there, made if they are not there; NULL: out
 * of memory.  For the engine, and for what loads it.
 */
struct map *engine_revised_of(struct engine *, int64_t end_ms);

#endif
