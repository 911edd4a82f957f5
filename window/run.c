/* run - the loop: lines, rows and bad lines, time, signals, the account, state,
 * beginning and end.
 * SPDX-License-Identifier: ISC */
#include "window/run.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/checkpoint.h"
#include "lib/clock.h"
#include "lib/lines.h"
#include "lib/notice.h"
#include "lib/out.h"
#include "lib/report.h"
#include "lib/signals.h"
#include "lib/timestamp.h"
#include "lib/units.h"
#include "window/compute.h"
#include "window/describe.h"
#include "window/emit.h"
#include "window/engine.h"
#include "window/proctime.h"
#include "window/progress.h"
#include "window/reader.h"
#include "window/remedy.h"
#include "window/state_file.h"
#include "window/map.h"

enum { LONG_WRITING_MS = 200 };

/* One run: all zero is empty. */
struct run {
	const struct options *o;
	struct query q;
	struct engine engine;
	struct emit emit;
	struct row_reader plain;
	struct reader reader;
	struct rows rows; /* of either */
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
	struct checkpoint checkpoint;
	uint64_t read_at_mark;
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
	bool mixed_said;        /* values of different kinds were compared */
	struct compute compute;
	uint64_t nulled;     /* values that --on-bad made null */
	uint64_t early_said; /* of the engine's early */
	bool ended;          /* see fail() */
	enum status status;
};

/*
 * A bad line or a failure ends the run: open windows stay unwritten.  Returns
 * -1.
 */
static int
fail(struct run *run, enum status status)
{
	run->status = status_worse(run->status, status);
	run->ended = true;
	return -1;
}

/* The engine or an output has stopped: says why, once. */
static int
stopped(struct run *run)
{
	switch (run->engine.stop) {
	case ENGINE_NO_MEMORY:
		diag_error(NULL, "out of memory; fewer keys at once: "
				 "--max-bytes N --overflow oldest");
		return fail(run, STATUS_SYSTEM);
	case ENGINE_MAX_KEYS:
		diag_error(NULL,
		    "more than %llu groups are open at once; raise "
		    "--max-keys, or write windows early: --overflow oldest",
		    (unsigned long long)run->q.max_keys);
		return fail(run, STATUS_SYSTEM);
	case ENGINE_MAX_BYTES:
		diag_error(NULL,
		    "open windows take more than the %llu bytes of "
		    "--max-bytes; raise it, or write windows early: "
		    "--overflow oldest",
		    (unsigned long long)run->q.max_bytes);
		return fail(run, STATUS_SYSTEM);
	case ENGINE_EMIT:
		if (run->emit.refused)
			return fail(run, STATUS_DATA);
		out_complain(&run->out);
		return fail(run, STATUS_SYSTEM);
	case ENGINE_GOES_ON:
		break;
	}
	return 0;
}

static int
keep_line(struct run *run, struct out *out, struct span raw)
{
	if (out_span_line(out, raw) == 0)
		return 0;
	out_complain(out);
	return fail(run, STATUS_SYSTEM);
}

/* --- bad lines ----------------------------------------------------------- */

static void
describe_fault(const struct row_fault *f, struct buf *text)
{
	char quoted[DIAG_QUOTE_MAX];
	struct type type = f->type;

	if (f->field == NULL) {
		buf_add_text(text, f->what);
		return;
	}
	/* A name that holds dots has quotes of its own. */
	buf_addf(text,
	    strchr(f->field, '"') == NULL ? "field \"%s\"" : "field %s",
	    f->field);
	if (type.kind != TYPE_ANY) {
		buf_add_text(text, ", ");
		type_write(text, type);
		buf_add_text(text, f->found.n > 0 || f->bare ? "," : "");
	}
	if (f->found.n > 0 || f->bare)
		buf_addf(text, " is %s", diag_quote(quoted, f->found));
	buf_addf(text, ": %s", f->what);
	if (f->in_text > 0)
		buf_addf(text, ", at character %zu of it", f->in_text + 1);
}

/* A record of CSV may be of several lines. */
static struct diag_at
place_of(const struct run *run, uint64_t number, struct span line, size_t at)
{
	struct diag_at place = { run->in.name, number, at + 1 };

	for (size_t i = 0; i < at && i < line.n; i++)
		if (line.p[i] == '\n') {
			place.line++;
			place.column = at - i;
		}
	return place;
}

/*
 * A line that cannot be used: kept where the user said, or the end of the
 * run.  The first one says what would help.
 */
static int
reject(struct run *run, uint64_t number, struct span line,
    const struct row_fault *f)
{
	struct diag_at at = place_of(run, number, line, f->at);
	const char *rejects = run->o->rejects, *what;
	struct buf text = { 0 };
	bool cured = false;
	size_t n;

	run->rejected++;
	run->status = status_worse(run->status, STATUS_DATA);
	describe_fault(f, &text);
	n = text.n;
	if (!run->remedy_said)
		cured = remedy_add(&text, &run->plain, f, line, number == 1);
	run->remedy_said |= text.n > n;
	if (rejects != NULL && strcmp(rejects, "/dev/null") == 0)
		buf_add_text(&text, "; left out");
	else if (rejects != NULL)
		buf_addf(&text, "; kept in %s", rejects);
	else if (!cured)
		buf_add_text(
		    &text, "; to keep bad lines and continue: --rejects FILE");
	what = buf_text(&text);
	if (what == NULL)
		what = "out of memory";
	if (rejects != NULL)
		diag_warn(&at, "bad line: %s", what);
	else
		diag_error(&at, "bad line: %s", what);
	buf_free(&text);
	return rejects != NULL ? 0 : fail(run, STATUS_DATA);
}

/* A piece of a line that is too long, or all of it, as it came. */
static int
long_line(struct run *run, const struct line *line)
{
	struct row_fault f = { .at = run->q.max_line,
		.what = "longer than --max-line allows",
		.remedy = "for such lines: a larger --max-line" };
	struct out *out = &run->rejects;

	if (line->first) {
		run->read++;
		if (reject(run, line->number, line->raw, &f) == -1)
			return -1;
	}
	buf_add_span(&out->line, line->raw);
	run->in_pieces = !line->last;
	if ((line->last ? out_end_line(out) : out_spill(out)) == 0)
		return 0;
	out_complain(out);
	return fail(run, STATUS_SYSTEM);
}

/* --- rows ---------------------------------------------------------------- */

static int
bad_row(struct run *run, uint64_t number, struct span raw,
    const struct row_fault *f)
{
	if (reject(run, number, raw, f) == -1)
		return -1;
	return keep_line(run, &run->rejects, raw);
}

static int64_t
later(int64_t t, int64_t ms)
{
	return t > INT64_MAX - ms ? INT64_MAX : t + ms;
}

/* The latest event time that --max-jump allows after the rows before. */
static int64_t
jump_limit(const struct run *run)
{
	if (run->q.jump_ms < 0 || run->engine.latest_ms == INT64_MIN)
		return INT64_MAX;
	return later(run->engine.latest_ms, run->q.jump_ms);
}

/* And that --max-ahead allows now, too. */
static int64_t
time_limit(const struct run *run)
{
	const struct query *q = &run->q;
	int64_t limit = jump_limit(run), now;

	if (q->ahead_ms < 0)
		return limit;
	now = clock_wall_ms();
	if (field_is_local(&q->fields[q->time_field]))
		now = zone_local_ms(q->zone, now);
	now = later(now, q->ahead_ms);
	return now < limit ? now : limit;
}

/* --overflow oldest has made room. */
static void
say_early(struct run *run)
{
	struct buf end = { 0 };

	run->early_said = run->engine.early;
	timestamp_write(&end, run->engine.early_end_ms, false);
	if (!end.failed)
		diag_warn(NULL,
		    "--max-keys or --max-bytes is reached: the window that "
		    "ends at %s is written early, and further rows for it are "
		    "late; raise that bound",
		    buf_text(&end));
	buf_free(&end);
}

/* The line of the i-th row, as it came. */
static struct span
line_of(const struct rows *rows, int i)
{
	const char *line = rows->line[i];

	return (struct span){ line, (size_t)(rows->line[i + 1] - line) - 1 };
}

/* A row that comes before its time, as --max-jump or --max-ahead has it. */
static int
early_row(struct run *run, uint64_t number, struct span raw, int64_t t)
{
	bool jumps = t > jump_limit(run);
	struct row_fault fault;

	row_field_fault(&run->plain, raw, run->q.time_field,
	    jumps ? "further ahead of earlier rows than --max-jump allows"
		  : "further ahead of the clock than --max-ahead allows",
	    &fault);
	fault.remedy = jumps ? "for input with such gaps: a longer --max-jump"
	               : query_computes_time(&run->q)
	                   ? "for such times: a longer --max-ahead"
	                   : NULL;
	return bad_row(run, number, raw, &fault);
}

/* Rows have been taken; what became of the last of them. */
static int
note_taken(struct run *run, int first, int n, enum engine_verdict verdict)
{
	const struct rows *rows = &run->rows;

	if (run->engine.early != run->early_said)
		say_early(run);
	if (verdict == ENGINE_STOP)
		return stopped(run);
	if (verdict == ENGINE_LATE && run->o->late != NULL)
		return keep_line(run, &run->late, line_of(rows, first + n - 1));
	return 0;
}

/* An expression has met values that it cannot compare. */
static void
note_mixed(struct run *run, uint64_t number)
{
	struct diag_at at = { run->in.name, number, 0 };

	run->mixed_said = true;
	diag_warn(&at,
	    "an expression compares values of different kinds, a number with a"
	    " text, say, and that is unknown, not true; declare the columns in"
	    " --from, or CAST them; this is said once");
}

/* The i-th row, on which an expression has failed. */
static int
failed_row(struct run *run, uint64_t number, int i)
{
	const struct compute_failure *f = &run->compute.failure;
	struct span raw = line_of(&run->rows, i);
	struct row_fault fault = { .what = f->what };
	struct buf what = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	int rc;

	buf_addf(&what, "%s, in ", f->what);
	if (f->column != NULL)
		buf_addf(&what, "column %s of ",
		    diag_quote(quoted, span_of(f->column)));
	buf_addf(&what, "--%s", f->option);
	if (f->at > 0)
		buf_addf(&what, " at character %zu", f->at);
	if (buf_text(&what) != NULL)
		fault.what = what.p;
	row_field_fault(&run->plain, raw, f->field, fault.what, &fault);
	fault.remedy = f->at > 0 ? "where that may be: CASE, or TRY_CAST"
	                         : "where that may be: CASE, or COALESCE";
	rc = bad_row(run, number + (uint64_t)i, raw, &fault);
	buf_free(&what);
	return rc;
}

/* Computes for the rows from the first-th on; returns where it stopped. */
static int
compute(struct run *run, uint64_t number, int first)
{
	struct compute *c = &run->compute;
	int done;

	done = compute_rows(c, &run->rows, first);
	if (c->mixed && !run->mixed_said)
		note_mixed(run, number + (uint64_t)c->mixed_at);
	return done;
}

/* --each: rows that are not filtered are results; *used as below. */
static int
write_rows(struct run *run, uint64_t number, int i, int *used)
{
	struct rows *rows = &run->rows;
	int rc = 0;

	for (; rc == 0 && i < rows->n; i++)
		if (rows->filtered >> i & 1)
			run->engine.filtered++;
		else
			rc = emit_row(&run->emit,
			    rows->values + (size_t)i * rows->stride,
			    number + (uint64_t)i);
	*used = i;
	if (rc == 0)
		return 0;
	/* The row has no other place in the account. */
	if (run->emit.refused)
		run->rejected++;
	run->engine.stop = ENGINE_EMIT;
	return stopped(run);
}

/* Rows from the first-th on that none of them stops; *used as below. */
static int
take_good_rows(struct run *run, uint64_t number, int i, int *used)
{
	struct rows *rows = &run->rows;
	int64_t limit = INT64_MAX;
	int rc = 0;

	if (run->q.each)
		return write_rows(run, number, i, used);

	if (!run->q.processing_time)
		limit = time_limit(run);
	while (rc == 0 && i < rows->n) {
		enum engine_verdict verdict;
		int n = engine_take(&run->engine, rows, i, limit, &verdict);

		if (n > 0) {
			rc = note_taken(run, i, n, verdict);
			i += n;
			continue;
		}
		/* Both limits go on with the rows and with the clock. */
		limit = time_limit(run);
		if (rows->t_ms[i] <= limit)
			continue;
		rc = early_row(
		    run, number + (uint64_t)i, line_of(rows, i), rows->t_ms[i]);
		i++;
	}
	*used = i;
	return rc;
}

/*
 * The rows that have been read, of which the first is in the line of that
 * number.  *used: how many were, before one that stops the run.
 */
static int
take_rows(struct run *run, uint64_t number, int *used)
{
	struct rows *rows = &run->rows;
	int rc = 0, all = rows->n;

	for (int i = 0; i < all && run->q.processing_time; i++)
		rows->t_ms[i] = run->clock_ms;
	if (run->q.where == NULL && run->q.ncomputed == 0)
		return take_good_rows(run, number, 0, used);
	for (*used = 0; rc == 0 && *used < all;) {
		rows->n = compute(run, number, *used);
		rc = take_good_rows(run, number, *used, used);
		if (rc == 0 && rows->n < all) {
			rc = failed_row(run, number, rows->n);
			++*used;
		}
		rows->n = all;
	}
	return rc;
}

/* Seconds of 2001 to 2049 that are taken for milliseconds: January 1970. */
static bool
is_odd_time(int64_t ms)
{
	static const int64_t s_2001 = 1000000000, s_2049 = 2500000000;

	return ms > s_2001 && ms < s_2049;
}

/*
 * The first row shows whether --time-unit is what its author had in mind, and
 * of a format without a year, which one is taken.
 */
static void
doubt_time(const struct run *run, const struct line *line, int64_t t)
{
	const struct query *q = &run->q;
	const struct cell *cell;
	struct diag_at at = { run->in.name, line->number, 0 };
	char quoted[DIAG_QUOTE_MAX];
	struct buf text = { 0 };

	if (!query_reads_time(q))
		return;
	cell = &run->plain.cells[q->fields[q->time_field].path];
	at.column = (size_t)(cell->raw.p - line->text.p) + 1;
	timestamp_write(&text, t, false);
	if (buf_text(&text) == NULL)
		return;
	diag_quote(quoted, cell->raw);
	if (q->time_format != NULL && q->time_format->no_year)
		diag_warn(&at,
		    "--time-format has no year: it is the clock's, or the one "
		    "before; the first event time, %s, is read as %s",
		    quoted, text.p);
	else if (q->time_format == NULL && is_odd_time(t) &&
		 (cell->kind == CELL_NUMBER || field_is_digits(cell->raw)))
		diag_warn(&at,
		    "the first event time, %s, is read as %s; if that is not "
		    "meant: --time-unit s, ms (default), us or ns",
		    quoted, text.p);
	buf_free(&text);
}

static void
note_nulled(struct run *run, uint64_t number)
{
	const struct row_fault *f = &run->plain.nulled_first;
	struct diag_at at = { run->in.name, number, f->at + 1 };
	struct buf text = { 0 };

	if (run->nulled == 0) {
		describe_fault(f, &text);
		if (!text.failed)
			diag_warn(&at,
			    "%s; made null by --on-bad; this is said once",
			    buf_text(&text));
		buf_free(&text);
	}
	run->nulled += run->plain.nulled;
}

/* A line for the plain reader. */
static int
data_line(struct run *run, const struct line *line)
{
	struct row_fault fault;
	uint64_t rejected = run->rejected;
	int used;

	run->read++;
	if (row_read(&run->plain, line, &run->rows, &fault) == -1)
		return bad_row(run, line->number, line->raw, &fault);
	if (run->read - run->rejected == 1)
		doubt_time(run, line, run->rows.t_ms[0]);
	if (take_rows(run, line->number, &used) == -1)
		return -1;
	if (run->plain.nulled > 0 && run->rejected == rejected)
		note_nulled(run, line->number);
	return 0;
}

/* Of these rows, what looks like a mark and all behind it are lines. */
static bool
leave_marks(struct rows *rows)
{
	for (int i = 0; i < rows->n; i++) {
		const char *line = rows->line[i];
		size_t n = (size_t)(rows->line[i + 1] - line);

		if (!checkpoint_is_like_mark((struct span){ line, n }))
			continue;
		rows->n = i;
		return true;
	}
	return false;
}

static bool
wants_header(const struct run *run)
{
	return run->q.input.kind == INPUT_CSV && run->plain.ncolumns == 0;
}

/*
 * All rows ahead that are read many at once.  What is taken is told to the
 * reader of lines at the end, or when a row stops the run.
 */
static int
fast_rows(struct run *run)
{
	struct rows *rows = &run->rows;
	struct span ahead = lines_ahead(&run->in);
	const char *p = ahead.p;
	uint64_t n = 0;
	int rc = 0, used;

	/* The first row is looked at more closely. */
	if (run->read == run->rejected || wants_header(run))
		return 0;
	if (run->o->checkpoint != NULL &&
	    (!run->checkpoint.begun || checkpoint_is_like_mark(ahead)))
		return 0;
	reader_from(&run->reader, p, p + ahead.n);
	while (rc == 0 && reader_rows(&run->reader, rows) > 0) {
		bool at_mark = run->o->checkpoint != NULL && leave_marks(rows);

		rc = take_rows(run, run->in.number + n + 1, &used);
		n += (uint64_t)used;
		p = rows->line[used];
		if (at_mark)
			break;
	}
	run->read += n;
	lines_took(&run->in, (size_t)(p - ahead.p), n);
	return rc;
}

/* --- checkpoints ---------------------------------------------------------- */

/* How many values did not fit their types: of rows, results and casts. */
static uint64_t
unfit_values(const struct run *run)
{
	uint64_t n = run->unfit_before + emit_unfit(&run->emit);

	for (size_t i = 0; i < run->q.nfields; i++)
		n += run->plain.misfits[i].n;
	return n;
}

/* Rows of a table that wait for others: --each has no firing for that. */
static int
end_table(struct run *run)
{
	if (!run->q.each || emit_fired(&run->emit) == 0)
		return 0;
	run->engine.stop = ENGINE_EMIT;
	return stopped(run);
}

/* Everything written so far is seen by whoever reads. */
static int
flush(struct run *run)
{
	if (end_table(run) == -1)
		return -1;
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		if (out_flush(&run->outs[i]) == -1) {
			out_complain(&run->outs[i]);
			return fail(run, STATUS_SYSTEM);
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

/* Before the source is heard of nothing may be written: see checkpoint.h. */
static bool
waits_for_source(const struct run *run)
{
	return run->o->checkpoint != NULL && !run->checkpoint.begun;
}

static struct state
state_of(struct run *run)
{
	return (struct state){
		.held = { run->late.line, run->rejects.line, run->out.line },
		.engine = &run->engine,
		.read = run->read,
		.rejected = run->rejected,
		.output = run->emit.lines,
		.unfit = unfit_values(run),
		.absent = &run->plain.absent,
		.clock = run->clock,
	};
}

static int
write_snapshot(void *ctx, part_add_fn *add, void *to)
{
	struct state s = state_of(ctx);

	return state_write(&s, add, to);
}

/* What becomes of the windows that are open. */
static void
end_windows(struct run *run)
{
	enum at_eof how = run->q.at_eof;

	if (run->q.each) {
		end_table(run);
		return;
	}
	if (run->o->state != NULL && (signals_stop() != 0 || is_unheard(run)))
		how = AT_EOF_HOLD;
	switch (how) {
	case AT_EOF_EMIT:
		if (engine_finish(&run->engine) == -1)
			stopped(run);
		break;
	case AT_EOF_DISCARD:
		if (run->o->state != NULL || run->o->checkpoint != NULL)
			engine_discard(&run->engine);
		break;
	case AT_EOF_HOLD:
		break;
	}
}

/* All rows before it are taken, and their results go before it. */
static int
take_mark(struct run *run)
{
	struct checkpoint *c = &run->checkpoint;

	if (checkpoint_finishes(c))
		end_windows(run);
	if (run->ended || flush(run) == -1)
		return -1;
	checkpoint_snapshot(c, write_snapshot, run);
	run->read_at_mark = run->read;
	if (checkpoint_has_file(c, "stdout"))
		return 0;
	checkpoint_mark_write(&run->out.line, c->seen, c->token);
	(void)out_end_line(&run->out);
	return flush(run);
}

/* Whether the line is none of the rows; -1: the run ends. */
static int
is_control_line(struct run *run, const struct line *line, bool *is_control)
{
	enum status status;

	*is_control = false;
	if (run->o->checkpoint == NULL)
		return 0;
	if (lines_is_torn(&run->in, line)) {
		*is_control = true;
		run->read_at_mark = UINT64_MAX;
		return 0;
	}
	if (run->checkpoint.begun && !checkpoint_is_like_mark(line->raw))
		return 0;
	switch (checkpoint_line(&run->checkpoint, line->raw, &status)) {
	case CHECKPOINT_ROW:
		return 0;
	case CHECKPOINT_MARK:
		*is_control = true;
		return take_mark(run);
	case CHECKPOINT_STOP:
		break;
	}
	return fail(run, status);
}

/* --- records of CSV ------------------------------------------------------- */

/* Its length as --max-line has it, of n bytes with its end. */
static size_t
record_bytes(const char *p, size_t n)
{
	n -= n > 0 && p[n - 1] == '\n';
	return n - (n > 0 && p[n - 1] == '\r');
}

/*
 * The next record, as a line that may hold newlines.  False: it has not come
 * whole.  Of one whose quotes are broken the first line is given.
 */
static bool
next_record(struct run *run, struct line *line)
{
	struct lines *in = &run->in;
	struct span ahead = lines_ahead(in);
	enum csv_found found = CSV_NOTHING;
	uint64_t nlines = 0;
	size_t n = 0;

	while (lines_at_start(in) && found == CSV_NOTHING && ahead.n > 0) {
		found =
		    csv_find(&run->q.input.csv, ahead, in->eof, &n, &nlines);
		if (found == CSV_NOTHING)
			lines_took(in, n, nlines);
		ahead = lines_ahead(in);
	}
	/* At a kill a source has cut it: none of its lines is a row. */
	if (found == CSV_BROKEN && in->eof && run->o->checkpoint != NULL) {
		found = CSV_RECORD;
		n = ahead.n;
	}
	if (found == CSV_MORE && ahead.n < run->q.max_line + 2)
		return false;
	if (found != CSV_RECORD || record_bytes(ahead.p, n) > run->q.max_line)
		return lines_next(in, line);
	*line = (struct line){
		.kind = LINE_DATA,
		.raw = { ahead.p, n - (ahead.p[n - 1] == '\n') },
		.number = in->number + 1,
		.first = true,
		.last = true,
	};
	line->text = line->raw;
	if (line->text.n > 0 && line->text.p[line->text.n - 1] == '\r')
		line->text.n--;
	lines_took(in, n, nlines);
	return true;
}

static bool
next_line(struct run *run, struct line *line)
{
	return run->q.input.kind == INPUT_CSV ? next_record(run, line)
	                                      : lines_next(&run->in, line);
}

/* A header that does not do ends the run: no row can be read. */
static int
header_line(struct run *run, const struct line *line)
{
	struct diag_at at = { run->in.name, line->number, 0 };
	struct buf why = { 0 };
	int rc = line->kind == LINE_LONG
	             ? -1
	             : row_header(&run->plain, line->text, &why);

	if (line->kind == LINE_LONG)
		buf_add_text(&why, "the header is longer than --max-line");
	if (rc == -1)
		diag_error(&at, "%s", buf_said(&why));
	buf_free(&why);
	return rc == -1 ? fail(run, STATUS_DATA) : 0;
}

static int
take_line(struct run *run, const struct line *line)
{
	if (wants_header(run))
		return header_line(run, line);
	return (line->kind == LINE_LONG ? long_line : data_line)(run, line);
}

/* --- all lines that are there
 * ------------------------------------------------------ */

/* Takes all whole lines in the buffer.  -1: the run ends. */
static int
take_lines(struct run *run)
{
	struct line line;
	uint64_t before = run->read;
	bool is_control;

	if (run->q.time_format != NULL && run->q.time_format->no_year)
		run->plain.env.now_ms = run->reader.steps.env.now_ms =
		    clock_wall_ms();
	reader_begin(&run->reader);
	for (;;) {
		if (lines_at_start(&run->in) && fast_rows(run) == -1)
			return -1;
		if (!next_line(run, &line))
			break;
		if (is_control_line(run, &line, &is_control) == -1)
			return -1;
		if (is_control)
			continue;
		if (take_line(run, &line) == -1)
			return -1;
	}
	if (run->read != before) {
		run->input_mono_ms = clock_mono_ms();
		run->input_watermark_ms = run->engine.watermark_ms;
	}
	return 0;
}

/*
 * A signal stops the run, perhaps between the two halves of a line that comes
 * by a pipe.  A file is left at the first line that was not used, for whoever
 * reads on.
 */
static void
leave_input(const struct run *run)
{
	struct diag_at at = { run->in.name, run->in.number + !run->in_pieces,
		0 };
	size_t n = lines_ahead(&run->in).n;

	if (run->in_pieces)
		diag_warn(&at,
		    "stopped within this line: the part that had been read is "
		    "in %s",
		    run->rejects.name);
	else if (n > 0 && (!run->in.regular ||
			      lseek(run->in.fd, -(off_t)n, SEEK_CUR) == -1))
		diag_warn(&at,
		    "stopped within this line: the %zu bytes of it that had "
		    "been read are not used",
		    n);
}

/* The end of input: a line that came in pieces is ended where it was left. */
static void
end_input(struct run *run)
{
	if (run->in_pieces && out_end_line(&run->rejects) == -1) {
		out_complain(&run->rejects);
		fail(run, STATUS_SYSTEM);
	}
	run->in_pieces = false;
}

/* --- what a run would else pass over in silence --------------------------- */

/* "59 s", "670.5 s" */
static void
add_seconds(struct buf *text, int64_t ms)
{
	decimal_write(text, (struct decimal){ ms, 3 });
	buf_add_text(text, " s");
}

/* A round duration that is no less, and a tenth more at the most. */
static int64_t
round_up(int64_t ms)
{
	static const int64_t units[] = { 86400000, 3600000, 60000, 1000 };

	for (size_t i = 0; i < sizeof units / sizeof *units; i++)
		if (ms >= 10 * units[i] || ms % units[i] == 0)
			return (ms + units[i] - 1) / units[i] * units[i];
	return ms;
}

static void
say_late(const struct run *run)
{
	const struct engine *e = &run->engine;
	uint64_t late = e->late - run->late_before;
	struct buf text = { 0 };

	buf_addf(&text,
	    "%" PRIu64 " of %" PRIu64
	    " rows came too late for their windows, by up to ",
	    late, run->read - run->read_before);
	add_seconds(&text, e->late_max_ms);
	buf_add_text(&text, ", and are not counted; ");
	/* Event time that --overflow has moved on heeds no delay. */
	if (e->early == 0) {
		buf_add_text(&text, "--delay ");
		units_add_duration(&text, round_up(e->late_need_ms));
		buf_add_text(&text, " would have kept all (for unsorted files: "
				    "--delay all), ");
	}
	buf_add_text(&text, "--late FILE keeps such rows");
	if (!text.failed)
		diag_remark(NULL, "%s", buf_text(&text));
	buf_free(&text);
}

enum { FIRST_OF_MAX = 64 };

static const char *
first_of(char out[FIRST_OF_MAX], uint64_t n)
{
	out[0] = '\0';
	if (n > 1)
		snprintf(out, FIRST_OF_MAX,
		    "; the first of %" PRIu64 " such values", n);
	return out;
}

static void
say_misfits(const struct run *run, size_t field)
{
	const struct misfits *m = &run->plain.misfits[field];
	const struct field *f = &run->q.fields[field];
	struct diag_at at = { run->in.name, m->line, m->column };
	char quoted[DIAG_QUOTE_MAX], number[FIRST_OF_MAX];
	struct buf type = { 0 };

	if (f->type.kind == TYPE_ANY)
		buf_add_text(&type, "38 digits");
	else
		type_write(&type, f->type);
	if (!type.failed)
		diag_remark(&at, "field %s: %s does not fit %s and is null%s%s",
		    diag_quote(quoted, span_of(f->name)), m->found,
		    buf_text(&type),
		    f->type.kind == TYPE_ANY ? "; DOUBLE in --from can hold it"
					     : "",
		    first_of(number, m->n));
	buf_free(&type);
}

static void
say_all_misfits(struct run *run, int64_t mono_ms, bool at_end)
{
	struct row_reader *r = &run->plain;
	struct emit *e = &run->emit;
	char number[FIRST_OF_MAX];

	for (size_t i = 0; i < run->q.nfields; i++)
		if (notice_is_due(&r->misfits[i].notice, r->misfits[i].n,
			mono_ms, at_end, &run->remarks_due_ms))
			say_misfits(run, i);
	for (size_t i = 0; i < emit_nmisfits(e); i++) {
		struct emit_misfits *m = &e->misfits[i];

		if (notice_is_due(&m->notice, m->n, mono_ms, at_end,
			&run->remarks_due_ms) &&
		    buf_text(&m->first) != NULL)
			diag_remark(
			    NULL, "%s%s", m->first.p, first_of(number, m->n));
	}
}

/* Once with the first results, and once more at the end. */
static uint64_t
absent_count(const struct run *run, bool at_end)
{
	if (run->plain.absent.left == 0 || run->plain.absent.looked == 0)
		return 0;
	return at_end ? 2 : run->emit.lines > run->output_before;
}

/*
 * Warns of what rows have suffered without a word: when there is something new
 * to say, and it is the time to.
 */
static void
say_remarks(struct run *run, int64_t mono_ms, bool at_end)
{
	run->remarks_due_ms = INT64_MAX;
	/* Of a file the whole is known soon enough. */
	if (run->in.regular && !at_end)
		return;
	if (run->o->late == NULL && notice_is_due(&run->late_notice,
					run->engine.late - run->late_before,
					mono_ms, at_end, &run->remarks_due_ms))
		say_late(run);
	if (notice_is_due(&run->absent_notice, absent_count(run, at_end),
		mono_ms, at_end, &run->remarks_due_ms))
		absent_say(&run->plain.absent, run->read - run->read_before);
	say_all_misfits(run, mono_ms, at_end);
}

/* --- the account ---------------------------------------------------------- */

static void
fill(void *ctx, struct report *r)
{
	const struct run *run = ctx;
	const struct engine *e = &run->engine;
	uint64_t lost = out_lost(&run->out);

	report_count(r, "read", run->read);
	if (!run->q.each)
		report_count(r, "aggregated", e->aggregated);
	if (run->q.each || run->q.where != NULL)
		report_count(r, "filtered", e->filtered);
	if (!run->q.each) {
		report_count(r, "late", e->late);
		report_gauge_real(
		    r, "late_max_s", (double)e->late_max_ms / 1000);
		report_count(r, "outside", e->outside);
	}
	report_count(r, "rejected", run->rejected);
	if (run->q.on_bad == ON_BAD_NULL)
		report_count(r, "nulled", run->nulled);
	/* A line of names is none of the results. */
	report_count(
	    r, "output", run->emit.lines > lost ? run->emit.lines - lost : 0);
	if (!run->q.each) {
		report_gauge(
		    r, "open_windows", (int64_t)engine_open_windows(e));
		report_time(r, "watermark",
		    !run->q.processing_time && e->watermark_ms != INT64_MIN,
		    e->watermark_ms);
	}
	report_count(r, "unfit", unfit_values(run));
	report_gauge(r, "absent_fields",
	    (int64_t)absent_fields(&run->plain.absent, run->read));
	if (run->q.overflow == OVERFLOW_OLDEST)
		report_count(r, "early", e->early);
	if (run->o->checkpoint != NULL)
		report_gauge(r, "checkpoint", (int64_t)run->checkpoint.seen);
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
	units_add_duration(&by, p->by_ms / 1000 * 1000);
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
		    "the clock was set forward by %s; windows that were open "
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
	run->q.env.now_ms = clock_wall_ms();
	if (run->q.processing_time) {
		run->clock_ms =
		    proctime_ms(&run->clock, run->q.env.now_ms, mono);
		watermark = run->clock_ms - 1;
		say_step(&run->clock);
		if (run->clock.step == PROCTIME_RETURN &&
		    !waits_for_source(run) &&
		    engine_go_back(&run->engine, watermark) == -1)
			return stopped(run);
	} else {
		watermark = idle_watermark(run, mono);
	}
	report_tick(&run->report, mono);
	if (waits_for_source(run))
		return 0;
	return engine_advance(&run->engine, watermark) == -1 ? stopped(run) : 0;
}

/* How long to wait for input at the most, in ms; -1: for ever. */
static int64_t
patience(const struct run *run)
{
	int64_t mono = clock_mono_ms(), due = engine_due_ms(&run->engine);
	int64_t wait = INT64_MAX, report = report_due_ms(&run->report);

	if (waits_for_source(run))
		due = INT64_MAX;
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
	    q->time_field == -1 || !field_is_local(&q->fields[q->time_field]);
	struct buf text = { 0 };
	int64_t end, due = engine_due_ms(e);
	bool open = engine_next_window(e, &end);

	if (q->each) {
		buf_add_text(&text, "waiting for rows");
	} else if (!open) {
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
			units_add_duration(
			    &text, due - run->input_watermark_ms + q->idle_ms);
		}
		buf_add_text(&text, "; the watermark is ");
		timestamp_write(&text, e->watermark_ms, instants);
	}
	report_answer("%s", text.failed ? "" : buf_text(&text));
	buf_free(&text);
}

/* --- the loop ------------------------------------------------------------ */

/* With --checkpoint the source's end is waited for, behind its last mark. */
static bool
must_stop(const struct run *run)
{
	int signals = run->o->checkpoint == NULL ? 1 : 2;

	return signals_stop_count() >= signals || is_unheard(run);
}

static int
read_all(struct run *run)
{
	for (;;) {
		if (tick(run) == -1 || take_lines(run) == -1 ||
		    flush(run) == -1)
			return -1;
		if (signals_take_report())
			say_how_it_stands(run);
		say_remarks(run, run->tick_mono_ms, false);
		if (must_stop(run)) {
			/* The rest of a row that has begun. */
			lines_end_begun(&run->in);
			if (take_lines(run) == -1)
				return -1;
			leave_input(run);
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
			return fail(run, STATUS_SYSTEM);
		}
	}
}

/* --- state --------------------------------------------------------------- */

/* What a run before knew is known. */
static void
go_on(struct run *run, const struct state *s)
{
	run->read = run->read_before = s->read;
	run->rejected = s->rejected;
	run->late_before = run->engine.late;
	run->early_said = run->engine.early;
	run->emit.lines = run->output_before = s->output;
	run->unfit_before = s->unfit;
	/* Its time goes on, so that no window is filled or fires twice. */
	run->clock = s->clock;
}

static enum status
read_part(struct run *run)
{
	struct checkpoint *c = &run->checkpoint;
	struct state s = { .engine = &run->engine,
		.absent = &run->plain.absent,
		.elsewhere = "start over in an empty folder" };
	struct buf why = { 0 };
	enum status status = STATUS_OK;

	switch (state_read(&s, c->part.content, &why)) {
	case STATE_READ:
		go_on(run, &s);
		break;
	case STATE_REFUSED:
		status = checkpoint_say(c, STATUS_USAGE, "the part %s: %s",
		    c->name, buf_said(&why));
		break;
	case STATE_NO_MEMORY:
		status = checkpoint_say(
		    c, STATUS_SYSTEM, "out of memory to read its part");
		break;
	}
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		buf_free(&s.held[i]);
	buf_free(&why);
	return status;
}

/* Goes on from the last checkpoint, if there is one. */
static int
load_checkpoint(struct run *run)
{
	struct checkpoint *c = &run->checkpoint;
	struct buf query = { 0 };
	enum status status;

	if (run->o->checkpoint == NULL)
		return 0;
	describe_query(&run->q, &query);
	status =
	    checkpoint_open(c, run->o->checkpoint, describe_difference, query);
	checkpoint_file(c, "late", run->late.name, run->late.fd);
	checkpoint_file(c, "rejects", run->rejects.name, run->rejects.fd);
	checkpoint_file(c, "stdout", run->out.name, run->out.fd);
	if (status == STATUS_OK && c->from > 0) {
		status = read_part(run);
		/* A line that was cut at a kill is cut off whole. */
		buf_clear(&run->late.line);
		buf_clear(&run->rejects.line);
		if (run->rejected > 0)
			run->status = STATUS_DATA;
	}
	run->read_at_mark = run->read;
	return status == STATUS_OK ? 0 : fail(run, status);
}

/* Goes on where the run before has stopped, if there was one. */
static int
load_state(struct run *run)
{
	struct state s = { .engine = &run->engine,
		.absent = &run->plain.absent,
		.elsewhere = "name another file" };
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
		return fail(run, status);
	go_on(run, &s);
	return 0;
}

/* All output has been taken by the system, or is kept: the state may follow. */
static void
save_state(struct run *run)
{
	struct state s = state_of(run);
	char quoted[DIAG_QUOTE_MAX];

	if (run->ended)
		diag_error(NULL,
		    "--state %s: not saved; the file is as it was before this "
		    "run",
		    diag_quote(quoted, span_of(run->o->state)));
	else if (state_file_write(&run->state, &s) != STATUS_OK)
		fail(run, STATUS_SYSTEM);
}

static int
open_file(
    struct run *run, struct out *out, const char *option, const char *name)
{
	out_init(out, -1, name);
	if (name == NULL || out_open_option(out, option, name) == 0)
		return 0;
	return fail(run, STATUS_USAGE);
}

static void
watch(struct run *run, struct out *out)
{
	out->busy = while_writing;
	out->busy_ctx = run;
}

static int
start(struct run *run)
{
	const struct options *o = run->o;

	/* First, so that SIGUSR1 kills no run that opens files or loads. */
	if (signals_open() == -1 ||
	    (o->state != NULL && signals_open_pipe() == -1))
		return fail(run, STATUS_SYSTEM);
	if (query_init(&run->q, &o->words) == -1)
		return fail(run, STATUS_USAGE);
	if (hash_seed_draw() == -1)
		return fail(run, STATUS_SYSTEM);
	out_init(&run->out, STDOUT_FILENO, "stdout");
	run->compute.q = &run->q;
	run->emit = (struct emit){
		.q = &run->q,
		.out = &run->out,
		.recent = &run->report.recent,
	};
	engine_init(&run->engine, &run->q, emit_result, &run->emit);
	run->engine.fired = emit_fired;
	if (row_init(&run->plain, &run->q) == -1 ||
	    reader_init(&run->reader, &run->plain) == -1 ||
	    rows_init(&run->rows, run->q.nall) == -1)
		return fail(run, diag_no_memory());
	if (open_file(run, &run->late, "late", o->late) == -1 ||
	    open_file(run, &run->rejects, "rejects", o->rejects) == -1 ||
	    load_state(run) == -1 || load_checkpoint(run) == -1)
		return -1;
	/* The manual page's ENVIRONMENT says why one would want that. */
	run->reader.off = getenv("WINDOWPIPE_PLAIN") != NULL;
	if (lines_init(&run->in, STDIN_FILENO, "stdin", run->q.max_line) ==
	    -1) {
		diag_error(NULL, "cannot start: %s", strerror(errno));
		return fail(run, STATUS_SYSTEM);
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
		return fail(run, STATUS_USAGE);
	run->input_watermark_ms = run->engine.watermark_ms;
	watch(run, &run->out);
	watch(run, &run->late);
	watch(run, &run->rejects);
	return 0;
}

static void
finish(struct run *run)
{
	char quoted[DIAG_QUOTE_MAX];
	struct out *out;

	end_input(run);
	if (!run->ended && run->o->checkpoint == NULL)
		end_windows(run);
	else if (!run->ended && signals_stop_count() < 2 && !is_unheard(run))
		run->status = status_worse(
		    run->status, checkpoint_end(&run->checkpoint,
				     run->read != run->read_at_mark));
	for (out = run->outs; out < run->outs + STATE_OUTPUTS; out++) {
		bool said = out->error != 0 && !out->held;

		if (out->name != NULL && out_close(out) == -1)
			fail(run, STATUS_SYSTEM);
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
	say_remarks(run, run->tick_mono_ms, true);
	if (run->status != STATUS_USAGE)
		run->status =
		    status_worse(run->status, report_end(&run->report));
	else
		report_free(&run->report);
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
	checkpoint_close(&run.checkpoint);
	lines_free(&run.in);
	row_free(&run.plain);
	reader_free(&run.reader);
	compute_free(&run.compute);
	rows_free(&run.rows);
	engine_free(&run.engine);
	emit_free(&run.emit);
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		buf_free(&run.outs[i].line);
	query_free(&run.q);
	return run.status;
}
