/* intake - blocks and lines in: rows and bad lines.
 * SPDX-License-Identifier: ISC */
#include <unistd.h>

#include "lib/clock.h"
#include "lib/timestamp.h"
#include "window/run_inner.h"

static int
keep_line(struct run *run, struct out *out, struct span raw)
{
	if (out_span_line(out, raw) == 0)
		return 0;
	out_complain(out);
	return run_fail(run, STATUS_SYSTEM);
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
		buf_add_text(text, f->found.n > 0 ? "," : "");
	}
	if (f->found.n > 0)
		buf_addf(text, " is %s", diag_quote(quoted, f->found));
	buf_addf(text, ": %s", f->what);
	if (f->in_text > 0)
		buf_addf(text, ", at character %zu of it", f->in_text + 1);
}

/*
 * A line that cannot be used: kept where the user said, or the end of the
 * run.  The first one says what would help.
 */
static int
reject(struct run *run, uint64_t number, struct span line,
    const struct row_fault *f)
{
	struct diag_at at = { run->in.name, number, f->at + 1 };
	const char *rejects = run->o->rejects, *what;
	struct buf text = { 0 };
	bool cured = false;
	size_t n;

	run->rejected++;
	run->status = status_worse(run->status, STATUS_DATA);
	describe_fault(f, &text);
	n = text.n;
	if (!run->remedy_said)
		cured = remedy_add(&text, &run->reader, f, line, number == 1);
	run->remedy_said |= text.n > n;
	if (rejects != NULL)
		buf_addf(&text, "; kept in %s", rejects);
	else if (!cured)
		buf_add_text(
		    &text, "; to keep bad lines and go on: --rejects FILE");
	what = buf_text(&text);
	if (what == NULL)
		what = "out of memory";
	if (rejects != NULL)
		diag_warn(&at, "bad line: %s", what);
	else
		diag_error(&at, "bad line: %s", what);
	buf_free(&text);
	return rejects != NULL ? 0 : run_fail(run, STATUS_DATA);
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
	return run_fail(run, STATUS_SYSTEM);
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
	if (run->q.jump_ms < 0 || run->latest_ms == INT64_MIN)
		return INT64_MAX;
	return later(run->latest_ms, run->q.jump_ms);
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

/* Rows at these times have been taken. */
static void
note_latest(struct run *run, const int64_t *t, int n)
{
	for (int i = 0; run->q.jump_ms >= 0 && i < n; i++)
		if (t[i] > run->latest_ms)
			run->latest_ms = t[i];
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
		    "ends at %s is written early, its further rows are late; "
		    "raise that bound",
		    buf_text(&end));
	buf_free(&end);
}

/* A row that has been read; raw is its line. */
static inline int
take_row(struct run *run, uint64_t number, struct span raw, int64_t t,
    const struct value *values)
{
	enum engine_verdict verdict;
	struct row_fault fault;

	if (run->q.processing_time) {
		t = run->clock_ms;
	} else if (t > time_limit(run)) {
		bool jumps = t > jump_limit(run);

		row_time_fault(&run->reader, raw,
		    jumps ? "further ahead of the rows before than --max-jump"
			  : "further ahead of the clock than --max-ahead",
		    &fault);
		fault.remedy = jumps ? "for input with such gaps: a longer "
		                       "--max-jump"
		                     : NULL;
		return bad_row(run, number, raw, &fault);
	}
	note_latest(run, &t, 1);
	verdict = engine_row(&run->engine, t, values);
	if (run->engine.early != run->early_said)
		say_early(run);
	switch (verdict) {
	case ENGINE_AGGREGATED:
	case ENGINE_OUTSIDE:
		return 0;
	case ENGINE_LATE:
		if (run->o->late != NULL)
			return keep_line(run, &run->late, raw);
		return 0;
	case ENGINE_STOP:
		break;
	}
	return run_stopped(run);
}

/* Seconds of now that are taken for milliseconds: January 1970. */
static bool
is_odd_time(int64_t t)
{
	return t > 1000000000 && t < 2500000000;
}

/*
 * The first row shows whether --time-unit is what its author had in mind, and
 * of a format without a year, which one is taken.
 */
static void
doubt_time(const struct run *run, const struct line *line, int64_t t)
{
	const struct query *q = &run->q;
	const struct json_value *json;
	struct diag_at at = { run->in.name, line->number, 0 };
	char quoted[DIAG_QUOTE_MAX];
	struct buf text = { 0 };

	if (q->processing_time)
		return;
	json = &run->reader.json[q->fields[q->time_field].path];
	at.column = (size_t)(json->raw.p - line->text.p) + 1;
	timestamp_write(&text, t, false);
	if (buf_text(&text) == NULL)
		return;
	diag_quote(quoted, json->raw);
	if (q->time_format != NULL && q->time_format->no_year)
		diag_warn(&at,
		    "--time-format has no year: it is the clock's, or the one "
		    "before; the first event time, %s, is read as %s",
		    quoted, text.p);
	else if (q->time_format == NULL && is_odd_time(t) &&
		 (json->kind == JSON_NUMBER || field_is_digits(json->raw)))
		diag_warn(&at,
		    "the first event time, %s, is read as %s; if that is not "
		    "meant: --time-unit s, ms (default), us or ns",
		    quoted, text.p);
	buf_free(&text);
}

static void
note_nulled(struct run *run, uint64_t number)
{
	const struct row_fault *f = &run->reader.nulled_first;
	struct diag_at at = { run->in.name, number, f->at + 1 };
	struct buf text = { 0 };

	if (run->nulled == 0) {
		describe_fault(f, &text);
		if (!text.failed)
			diag_warn(&at,
			    "%s; null by --on-bad; this is said "
			    "once",
			    buf_text(&text));
		buf_free(&text);
	}
	run->nulled += run->reader.nulled;
}

/* A line for the plain reader, and what the fast one learns from it. */
static int
data_line(struct run *run, const struct line *line)
{
	struct row_fault fault;
	uint64_t rejected = run->rejected;
	int64_t t;

	run->read++;
	run->reader.number = line->number;
	if (row_read(&run->reader, line->text, &t, &fault) == -1)
		return bad_row(run, line->number, line->raw, &fault);
	if (run->read - run->rejected == 1)
		doubt_time(run, line, t);
	layouts_learn(&run->layouts, line->raw, run->reader.json);
	if (take_row(run, line->number, line->raw, t, run->reader.values) == -1)
		return -1;
	if (run->reader.nulled > 0 && run->rejected == rejected)
		note_nulled(run, line->number);
	return 0;
}

/*
 * All rows ahead that repeat a layout.  What is taken is told to the reader of
 * lines at the end, or when a row stops the run.
 */
static int
fast_rows(struct run *run)
{
	struct layouts *l = &run->layouts;
	struct span ahead = lines_ahead(&run->in);
	const char *p = ahead.p, *end = ahead.p + ahead.n;
	uint64_t rows = 0;
	int n, rc = 0;

	while (rc == 0 && (n = layouts_rows(l, p, end)) > 0) {
		int64_t limit = time_limit(run);

		for (int i = 0; i < n && run->q.processing_time; i++)
			l->t_ms[i] = run->clock_ms;
		for (int i = 0; rc == 0 && i < n;) {
			struct value *values =
			    l->values + (size_t)i * l->stride;
			int taken = engine_rows(&run->engine, l->t_ms + i,
			    values, l->stride, n - i, limit);

			if (taken == 0)
				rc = take_row(run, run->in.number + rows + 1,
				    (struct span){ l->row[i],
					(size_t)(l->row[i + 1] - l->row[i]) -
					    1 },
				    l->t_ms[i], values);
			else if (run->engine.stop != ENGINE_GOES_ON)
				rc = run_stopped(run);
			note_latest(run, l->t_ms + i, taken);
			taken += taken == 0;
			i += taken;
			rows += (uint64_t)taken;
			p = l->row[i];
		}
	}
	run->read += rows;
	lines_took(&run->in, (size_t)(p - ahead.p), rows);
	return rc;
}

/* --- what run calls ------------------------------------------------------ */

/* All lines in the buffer, then what they caused to the readers. */
int
intake_lines(struct run *run)
{
	struct line line;
	uint64_t before = run->read;

	if (run->q.time_format != NULL && run->q.time_format->no_year)
		run->reader.env.now_ms = run->layouts.env.now_ms =
		    clock_wall_ms();
	for (;;) {
		if (lines_at_start(&run->in) && fast_rows(run) == -1)
			return -1;
		if (!lines_next(&run->in, &line))
			break;
		if ((line.kind == LINE_LONG ? long_line : data_line)(
			run, &line) == -1)
			return -1;
	}
	if (run->read != before) {
		run->input_mono_ms = clock_mono_ms();
		run->input_watermark_ms = run->engine.watermark_ms;
	}
	return 0;
}

/*
 * A signal may fall between the two halves of a line that comes by a pipe.  A
 * file is left at the first line that was not used, for whoever reads on.
 */
void
intake_leave(const struct run *run)
{
	struct diag_at at = { run->in.name, run->in.number + !run->in_pieces,
		0 };
	size_t n = lines_ahead(&run->in).n;

	if (run->in_pieces)
		diag_warn(&at,
		    "stopped within this line: what had come of it is in %s",
		    run->rejects.name);
	else if (n > 0 && (!run->in.regular ||
			      lseek(run->in.fd, -(off_t)n, SEEK_CUR) == -1))
		diag_warn(&at,
		    "stopped within this line: the %zu bytes of it that had "
		    "come are not used",
		    n);
}

void
intake_end(struct run *run)
{
	if (run->in_pieces && out_end_line(&run->rejects) == -1) {
		out_complain(&run->rejects);
		run_fail(run, STATUS_SYSTEM);
	}
	run->in_pieces = false;
}
