/* run - the loop: time, signals, the account, state, beginning and end.
 * SPDX-License-Identifier: ISC */
#include "window/run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/signals.h"
#include "lib/timestamp.h"
#include "window/engine_state.h"
#include "window/run_inner.h"
#include "window/table.h"

enum { LONG_WRITING_MS = 200 };

static void
fill(void *ctx, struct report *r)
{
	const struct run *run = ctx;
	const struct engine *e = &run->engine;

	report_count(r, "read", run->read);
	report_count(r, "aggregated", e->aggregated);
	report_count(r, "late", e->late);
	report_gauge_real(r, "late_max_s", (double)e->late_max_ms / 1000);
	report_count(r, "outside", e->outside);
	report_count(r, "rejected", run->rejected);
	if (run->q.on_bad == ON_BAD_NULL)
		report_count(r, "nulled", run->nulled);
	report_count(r, "output", run->emit.lines);
	report_gauge(r, "open_windows", (int64_t)engine_open_windows(e));
	report_time(r, "watermark",
	    !run->q.processing_time && e->watermark_ms != INT64_MIN,
	    e->watermark_ms);
	report_count(r, "unfit", remarks_unfit(run));
	report_gauge(r, "absent_fields", (int64_t)run->reader.absent.left);
	if (run->q.overflow == OVERFLOW_OLDEST)
		report_count(r, "early", e->early);
}

static void
show(void *ctx, struct buf *line, int columns)
{
	struct run *run = ctx;
	const struct engine *e = &run->engine;
	struct progress_now now = {
		.mono_ms = clock_mono_ms(),
		.rows = run->read,
		.bytes = run->in.offset,
		.size = run->in.size,
		.has_watermark =
		    !run->q.processing_time && e->watermark_ms != INT64_MIN,
		.watermark_ms = e->watermark_ms,
		.open_windows = engine_open_windows(e),
	};

	progress_write(&run->progress, &now, line, columns);
}

int
run_fail(struct run *run, enum status status)
{
	run->status = status_worse(run->status, status);
	run->ended = true;
	return -1;
}

/*
 * Windows that close may give results for long: the account is given all the
 * same.
 */
static void
while_writing(void *ctx, const struct out *out)
{
	struct run *run = ctx;
	int64_t mono = clock_mono_ms();
	/* Else the loop answers, which knows what comes next. */
	bool is_long = mono - run->tick_mono_ms > LONG_WRITING_MS;

	if (is_long && signals_take_report())
		report_answer("writes the results of windows that closed to %s",
		    out->name);
	report_tick(&run->report, mono);
}

/* Everything written so far is seen by whoever reads. */
static int
flush(struct run *run)
{
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		if (out_flush(&run->outs[i]) == -1) {
			out_complain(&run->outs[i]);
			return run_fail(run, STATUS_SYSTEM);
		}
	return 0;
}

/* What has been read is worth nothing to those who read no more. */
static bool
is_unheard(const struct run *run)
{
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		if (run->outs[i].error != 0)
			return true;
	return false;
}

/* The engine or an output has stopped: says why, once. */
int
run_stopped(struct run *run)
{
	switch (run->engine.stop) {
	case ENGINE_NO_MEMORY:
		diag_error(NULL, "out of memory; fewer keys at once: "
				 "--max-bytes N --overflow oldest");
		return run_fail(run, STATUS_SYSTEM);
	case ENGINE_MAX_KEYS:
		diag_error(NULL,
		    "more than %llu groups are open at once; raise "
		    "--max-keys, or write windows early: --overflow oldest",
		    (unsigned long long)run->q.max_keys);
		return run_fail(run, STATUS_SYSTEM);
	case ENGINE_MAX_BYTES:
		diag_error(NULL,
		    "open windows take more than the %llu bytes of "
		    "--max-bytes; raise it, or write windows early: "
		    "--overflow oldest",
		    (unsigned long long)run->q.max_bytes);
		return run_fail(run, STATUS_SYSTEM);
	case ENGINE_EMIT:
		if (run->emit.null_refused)
			return run_fail(run, STATUS_DATA);
		out_complain(&run->out);
		return run_fail(run, STATUS_SYSTEM);
	case ENGINE_GOES_ON:
		break;
	}
	return 0;
}

/* --- time ---------------------------------------------------------------- */

/* Event time as --idle-timeout has it: by the clock once input is silent. */
static int64_t
idle_watermark(const struct run *run, int64_t mono)
{
	int64_t silent = mono - run->input_mono_ms - run->q.idle_ms;

	if (run->q.idle_ms < 0 || silent < 0 ||
	    run->input_watermark_ms == INT64_MIN)
		return INT64_MIN;
	return run->input_watermark_ms + silent;
}

/* A clock that steps dates windows by another time than its user's. */
static void
say_step(const struct proctime *p)
{
	struct buf by = { 0 }, until = { 0 };
	bool no_memory;

	if (p->step == PROCTIME_ON)
		return;
	query_add_duration(&by, p->by_ms / 1000 * 1000);
	timestamp_write(&until, p->until_ms, true);
	no_memory = buf_text(&by) == NULL || buf_text(&until) == NULL;
	if (!no_memory && p->step == PROCTIME_BACK)
		diag_warn(NULL,
		    "the clock was set back by %s; windows are dated ahead "
		    "until %s at the latest",
		    by.p, until.p);
	else if (!no_memory && p->step == PROCTIME_RETURN)
		diag_warn(NULL,
		    "windows that were dated ahead are closed; from now on "
		    "they are dated by the clock again, %s earlier",
		    by.p);
	else if (!no_memory)
		diag_warn(NULL,
		    "the clock was put forward by %s; windows that were open "
		    "are closed",
		    by.p);
	buf_free(&by);
	buf_free(&until);
}

/* What the clock makes due fires. */
static int
tick(struct run *run)
{
	int64_t mono = clock_mono_ms(), watermark;

	run->tick_mono_ms = mono;
	if (run->q.processing_time) {
		run->clock_ms = proctime_ms(&run->clock, clock_wall_ms(), mono);
		watermark = run->clock_ms - 1;
		say_step(&run->clock);
		if (run->clock.step == PROCTIME_RETURN &&
		    engine_go_back(&run->engine, watermark) == -1)
			return run_stopped(run);
	} else {
		watermark = idle_watermark(run, mono);
	}
	report_tick(&run->report, mono);
	return engine_advance(&run->engine, watermark) == -1 ? run_stopped(run)
	                                                     : 0;
}

/* How long to wait for input at the most, in ms; -1: for ever. */
static int64_t
patience(const struct run *run)
{
	int64_t mono = clock_mono_ms(), due = engine_due_ms(&run->engine);
	int64_t wait = INT64_MAX, report = report_due_ms(&run->report);

	if (due != INT64_MAX && run->q.processing_time)
		wait = due + 1 - run->clock_ms;
	else if (due != INT64_MAX && run->q.idle_ms >= 0 &&
		 run->input_watermark_ms != INT64_MIN)
		wait = due - run->input_watermark_ms + run->q.idle_ms +
		       run->input_mono_ms - mono;
	if (run->remarks_due_ms < report)
		report = run->remarks_due_ms;
	if (report != INT64_MAX && report - mono < wait)
		wait = report - mono;
	if (wait == INT64_MAX)
		return -1;
	return wait < 0 ? 0 : wait;
}

/* SIGUSR1: what it waits for, and the account. */
static void
say_how_it_stands(struct run *run)
{
	const struct query *q = &run->q;
	const struct engine *e = &run->engine;
	bool instants =
	    q->processing_time || !field_is_local(&q->fields[q->time_field]);
	struct buf text = { 0 };
	int64_t end, due = engine_due_ms(e);
	bool open = engine_next_window(e, &end);

	if (!open) {
		buf_add_text(&text, "no window is open; waiting for rows");
	} else {
		buf_add_text(&text, "the next window closes at ");
		if (q->processing_time || q->by_rows)
			timestamp_write(
			    &text, instants ? due + 1 : end, instants);
		else
			buf_add_text(&text, "the end of input: --delay all");
	}
	if (open && q->processing_time)
		buf_add_text(&text, " by the clock");
	if (open && q->by_rows) {
		buf_add_text(&text, " with a row of ");
		timestamp_write(&text, due + q->delay_ms, instants);
		buf_add_text(&text, " or later");
		if (q->idle_ms >= 0) {
			buf_add_text(&text, ", or after a silence of ");
			query_add_duration(
			    &text, due - run->input_watermark_ms + q->idle_ms);
		}
		buf_add_text(&text, "; the watermark is ");
		timestamp_write(&text, e->watermark_ms, instants);
	}
	report_answer("%s", text.failed ? "" : buf_text(&text));
	buf_free(&text);
}

/* --- the loop ------------------------------------------------------------ */

static int
read_all(struct run *run)
{
	for (;;) {
		if (tick(run) == -1 || intake_lines(run) == -1 ||
		    flush(run) == -1)
			return -1;
		if (signals_take_report())
			say_how_it_stands(run);
		remarks_say(run, run->tick_mono_ms, false);
		if (signals_stop() != 0 || is_unheard(run)) {
			/* The rest of a row that has begun. */
			lines_end_begun(&run->in);
			if (intake_lines(run) == -1)
				return -1;
			intake_leave(run);
			return 0;
		}
		switch (lines_fill(&run->in, patience(run))) {
		case LINES_MORE:
		case LINES_IDLE:
			if (run->in.unheard)
				(void)out_lose(&run->out, EPIPE);
			break;
		case LINES_END:
			return 0;
		case LINES_ERROR:
			lines_complain(&run->in);
			return run_fail(run, STATUS_SYSTEM);
		}
	}
}

/* --- state --------------------------------------------------------------- */

/* Goes on where the run before has stopped, if there was one. */
static int
load_state(struct run *run)
{
	struct state s = { .engine = &run->engine,
		.absent = &run->reader.absent };
	struct out *out;
	struct buf *held;
	enum status status;

	if (run->o->state == NULL)
		return 0;
	status = state_file_open(&run->state, run->o->state);
	if (status == STATUS_OK)
		status = state_file_read(&run->state, &s);
	/* The next flush writes them, or where there is no file, keeps them. */
	for (out = run->outs; out < run->outs + STATE_OUTPUTS; out++) {
		held = &s.held[out - run->outs];
		buf_add_span(&out->line, buf_span(held));
		out->whole = held->n > 0 ? out->line.n : 0;
		buf_free(held);
		out->keeps = true;
		out->held = out->fd == -1;
	}
	if (status != STATUS_OK)
		return run_fail(run, status);
	run->read = run->read_before = s.read;
	run->rejected = s.rejected;
	run->late_before = run->engine.late;
	run->early_said = run->engine.early;
	run->emit.lines = run->output_before = s.output;
	run->unfit_before = s.unfit;
	/* Its time goes on, so that no window is filled or fires twice. */
	run->clock = s.clock;
	return 0;
}

/* All output has been taken by the system, or is kept: the state may follow. */
static void
save_state(struct run *run)
{
	struct state s = {
		.held = { run->late.line, run->rejects.line, run->out.line },
		.engine = &run->engine,
		.read = run->read,
		.rejected = run->rejected,
		.output = run->emit.lines,
		.unfit = remarks_unfit(run),
		.absent = &run->reader.absent,
		.clock = run->clock,
	};
	char quoted[DIAG_QUOTE_MAX];

	if (run->ended)
		diag_error(NULL,
		    "--state %s: not saved, it is as before this run",
		    diag_quote(quoted, span_of(run->o->state)));
	else if (state_file_write(&run->state, &s) != STATUS_OK)
		run_fail(run, STATUS_SYSTEM);
}

static int
open_file(
    struct run *run, struct out *out, const char *option, const char *name)
{
	out_init(out, -1, name);
	if (name == NULL || out_open_option(out, option, name) == 0)
		return 0;
	return run_fail(run, STATUS_USAGE);
}

static void
watch(struct run *run, struct out *out)
{
	out->busy = while_writing;
	out->busy_ctx = run;
}

static int
seed_tables(struct run *run)
{
	if (hash_seed_draw() == 0)
		return 0;
	diag_error(
	    NULL, "cannot draw a seed from the system: %s", strerror(errno));
	return run_fail(run, STATUS_SYSTEM);
}

static int
start(struct run *run)
{
	const struct options *o = run->o;

	/* First, so that SIGUSR1 kills no run that opens files or loads. */
	if (signals_open() == -1 ||
	    (o->state != NULL && signals_open_pipe() == -1)) {
		diag_error(NULL, "cannot set up signals: %s", strerror(errno));
		return run_fail(run, STATUS_SYSTEM);
	}
	if (query_init(&run->q, &o->words) == -1)
		return run_fail(run, STATUS_USAGE);
	out_init(&run->out, STDOUT_FILENO, "stdout");
	run->emit = (struct emit){ .q = &run->q, .out = &run->out };
	engine_init(&run->engine, &run->q, emit_result, &run->emit);
	if (row_init(&run->reader, &run->q) == -1 ||
	    layouts_init(&run->layouts, &run->q) == -1) {
		diag_error(NULL, "out of memory");
		return run_fail(run, STATUS_SYSTEM);
	}
	if (open_file(run, &run->late, "late", o->late) == -1 ||
	    open_file(run, &run->rejects, "rejects", o->rejects) == -1 ||
	    seed_tables(run) == -1 || load_state(run) == -1)
		return -1;
	/* The manual page's ENVIRONMENT says why one would want that. */
	run->layouts.misfits = run->reader.misfits;
	run->layouts.off = getenv("WINDOWPIPE_PLAIN") != NULL;
	if (lines_init(&run->in, STDIN_FILENO, "stdin", run->q.max_line) ==
	    -1) {
		diag_error(NULL, "cannot start: %s", strerror(errno));
		return run_fail(run, STATUS_SYSTEM);
	}
	run->in.watched = run->out.fd;
	/* By the clock a row's time is when it is read. */
	if (!run->q.processing_time)
		lines_gather(&run->in, o->gather_ms);
	/* A day of local time may have an hour more, or two. */
	run->clock.reach_ms = run->q.grid.size_ms +
	                      (run->q.zone != NULL ? 2 * 60 * 60 * 1000 : 0);
	run->input_mono_ms = clock_mono_ms();
	run->progress = (struct progress){ .start_ms = run->input_mono_ms,
		.last_rows = run->read };
	if (report_init(&run->report, &o->common, fill, show, run) == -1)
		return run_fail(run, STATUS_USAGE);
	run->input_watermark_ms = run->engine.watermark_ms;
	run->latest_ms = run->engine.watermark_ms;
	if (run->latest_ms != INT64_MIN)
		run->latest_ms += run->q.delay_ms;
	watch(run, &run->out);
	watch(run, &run->late);
	watch(run, &run->rejects);
	return 0;
}

/* What becomes of the windows that are open. */
static void
end_windows(struct run *run)
{
	enum at_eof how = run->q.at_eof;

	if (run->o->state != NULL && (signals_stop() != 0 || is_unheard(run)))
		how = AT_EOF_HOLD;
	switch (how) {
	case AT_EOF_EMIT:
		if (engine_finish(&run->engine) == -1)
			run_stopped(run);
		break;
	case AT_EOF_DISCARD:
		if (run->o->state != NULL)
			engine_discard(&run->engine);
		break;
	case AT_EOF_HOLD:
		break;
	}
}

static void
finish(struct run *run)
{
	char quoted[DIAG_QUOTE_MAX];
	struct out *out;

	intake_end(run);
	if (!run->ended)
		end_windows(run);
	for (out = run->outs; out < run->outs + STATE_OUTPUTS; out++) {
		bool said = out->error != 0 && !out->held;

		if (out->name != NULL && out_close(out) == -1)
			run_fail(run, STATUS_SYSTEM);
		/* Where it would have killed, EPIPE does so, without a word. */
		if (out->error == 0 || said ||
		    (out->error == EPIPE && signals_stop() == SIGPIPE))
			continue;
		out_complain(out);
		run->status = STATUS_SYSTEM;
		if (out->line.n > 0)
			diag_error(NULL,
			    "--state %s keeps %zu bytes for %s; the next run "
			    "writes them first",
			    diag_quote(quoted, span_of(run->o->state)),
			    out->line.n, out->name);
	}
	if (run->o->state != NULL)
		save_state(run);
	remarks_say(run, run->tick_mono_ms, true);
	if (run->status != STATUS_USAGE)
		run->status =
		    status_worse(run->status, report_end(&run->report));
}

enum status
run(const struct options *o)
{
	struct run run = { .o = o };

	if (start(&run) == 0) {
		read_all(&run);
		finish(&run);
	}
	state_file_close(&run.state);
	lines_free(&run.in);
	row_free(&run.reader);
	layouts_free(&run.layouts);
	engine_free(&run.engine);
	emit_free(&run.emit);
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		buf_free(&run.outs[i].line);
	query_free(&run.q);
	return run.status;
}
