/* run_inner - what one run holds, for the files that make it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_RUN_INNER_H
#define WINDOW_RUN_INNER_H

#include "lib/lines.h"
#include "lib/notice.h"
#include "lib/out.h"
#include "lib/report.h"
#include "window/emit.h"
#include "window/engine.h"
#include "window/layout.h"
#include "window/proctime.h"
#include "window/progress.h"
#include "window/row.h"
#include "window/remedy.h"
#include "window/run.h"
#include "window/state_file.h"

/* One run: all zero is empty. */
struct run {
	const struct options *o;
	struct query q;
	struct engine engine;
	struct emit emit;
	struct row_reader reader;
	struct layouts layouts;
	struct lines in;
	union {
		struct {
			struct out late, rejects, out;
		};
		struct out outs[STATE_OUTPUTS];
	};
	bool in_pieces; /* rejects holds the beginning of a line */
	struct report report;
	struct progress progress;
	struct state_file state;
	struct proctime clock;
	int64_t clock_ms;      /* of the block being read */
	int64_t tick_mono_ms;  /* when the loop came by last */
	int64_t input_mono_ms; /* when input came last */
	int64_t input_watermark_ms;
	uint64_t read, rejected;
	uint64_t read_before, late_before; /* by the runs that --state knows */
	uint64_t output_before, unfit_before;
	struct notice late_notice, absent_notice;
	int64_t remarks_due_ms; /* monotonic; INT64_MAX: never */
	bool remedy_said;       /* of a bad line */
	uint64_t nulled;        /* values that --on-bad made null */
	int64_t latest_ms;   /* event time of all rows taken; INT64_MIN: none */
	uint64_t early_said; /* of the engine's early */
	bool
	    ended; /* by a bad line or a failure: open windows stay unwritten */
	enum status status;
};

/* Ends the run: open windows stay unwritten.  Returns -1. */
int run_fail(struct run *, enum status);

/* Where the engine has stopped: says why, once, and ends the run. */
int run_stopped(struct run *);

/*
 * Warns of what rows have suffered without a word: when there is something new
 * to say, and it is the time to.
 */
void remarks_say(struct run *, int64_t mono_ms, bool at_end);

/* How many values did not fit their types: of rows, results and casts. */
uint64_t remarks_unfit(const struct run *);

/* Takes all whole lines in the buffer.  -1: the run ends. */
int intake_lines(struct run *);

/*
 * A signal stops the run: a file is left behind the last line used; where that
 * cannot be, and the run stops in the middle of a line, says so.
 */
void intake_leave(const struct run *);

/* The end of input: a line that came in pieces is ended where it was left. */
void intake_end(struct run *);

#endif
