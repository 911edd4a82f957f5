/* report - one account in three forms: the --stats line, the --metrics file,
 * the --progress line.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_REPORT_H
#define LIB_REPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/opt.h"
#include "lib/span.h"
#include "lib/recent.h"

struct report;

/*
 * The program's account, called whenever a form of it is written: it calls
 * report_count() and the others below, always in the same order.
 */
typedef void report_fill_fn(void *ctx, struct report *);

/*
 * The program's progress line, without newline or control bytes, at most
 * columns wide; NULL: built from the counts.
 */
typedef void report_progress_fn(void *ctx, struct buf *line, int columns);

enum report_form { REPORT_STATS, REPORT_METRICS, REPORT_PROGRESS };

struct report {
	struct opt_common opt;
	report_fill_fn *fill;
	report_progress_fn *progress;
	void *ctx;
	int64_t start_ns;        /* monotonic */
	int64_t metrics_due_ms;  /* monotonic; INT64_MAX: never */
	int64_t progress_due_ms; /* the same */
	bool terminal;           /* stderr is one */
	bool progress_shown;
	bool metrics_failed;   /* the last time; said once */
	bool recent_failed;    /* the same */
	enum report_form form; /* which one fill is writing */
	struct buf out;        /* what it is written to */
	struct buf line;       /* the progress line as shown */
	struct recent recent;  /* what the program delivers; it adds to it */
};

/*
 * Starts the clock.  Returns 0, or -1 after saying why (the metrics file
 * or that of --recent cannot be written): the caller ends with STATUS_USAGE.
 * fill is not called before the first report_tick(), report_now() or
 * report_end().  While a progress line is shown, messages of lib/diag take it
 * away first.  *r must not move until report_end() or report_free(); for
 * one that was never begun (all zero) these do nothing.
 */
int report_init(struct report *, const struct opt_common *, report_fill_fn *,
    report_progress_fn *, void *ctx);

/*
 * "program", "name" and "elapsed_s" are written by report itself; the rest are
 * members of the stats line, and metrics named
 * windowpipe_PROGRAM_NAME[_total]: a count becomes a counter (_total), a
 * gauge a gauge; dashes become underscores.  report_time() is ISO text in
 * stats (null where none) and seconds since 1970 in metrics (left out where
 * none).  A real number that is not finite is null in stats and left out of
 * metrics.
 */
void report_count(struct report *, const char *name, uint64_t);
void report_gauge(struct report *, const char *name, int64_t);
void report_gauge_real(struct report *, const char *name, double);
void report_time(struct report *, const char *name, bool known, int64_t ms);

/*
 * A count told apart by parts: a member that is an object in stats, name to
 * value; a counter with a label more in metrics, windowpipe_..._total{label=
 * "name"}; left out of the progress line.  Names are UTF-8 and differ.
 */
struct report_part {
	const char *name; /* borrowed */
	uint64_t value;
};
void report_count_parts(struct report *, const char *name, const char *label,
    const struct report_part *, size_t n);

/* The same of a gauge, without the _total. */
void report_gauge_parts(struct report *, const char *name, const char *label,
    const struct report_part *, size_t n);

/* Texts told apart by parts, in stats alone; a text without bytes is null. */
struct report_text {
	const char *name; /* borrowed, as text */
	struct span text;
};
void report_text_parts(
    struct report *, const char *name, const struct report_text *, size_t n);

/* When report_tick() next has work, monotonic ms; INT64_MAX: never. */
int64_t report_due_ms(const struct report *);

/* Writes what is due.  Call when idle and every few hundred ms when busy. */
void report_tick(struct report *, int64_t now_mono_ms);

/* The stats line now, for SIGUSR1, asked for or not. */
void report_now(struct report *);

/*
 * The answer to SIGUSR1, once signals_take_report() has told of it: a sentence
 * on what the program does or waits for, and the account, where one is begun.
 */
void report_answer(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * The end: clears the progress line, writes the metrics file a last time, the
 * stats line if --stats was given, or SIGUSR1 came and nobody answered it.
 * Frees.  STATUS_SYSTEM: the metrics file could not be written at last, which
 * has been said.
 */
enum status report_end(struct report *);

/* The end of a program that had nothing to do: writes nothing, and frees. */
void report_free(struct report *);

#endif
