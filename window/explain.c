/* explain - what a query will do, in words.
 * SPDX-License-Identifier: ISC */
#include "window/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/buf.h"
#include "lib/clock.h"
#include "lib/out.h"
#include "lib/take.h"
#include "lib/units.h"
#include "window/engine.h"
#include "window/query.h"
#include "window/map.h"

enum { INDENT = 9 }; /* columns of a line's name */

struct plan {
	const struct options *o;
	const struct query *q;
	struct buf *out;
	int64_t now_ms;
	bool local; /* windows follow a clock of their own, not instants */
};

/* A line's name, in a column of its own; "" goes on with the line before. */
static void
begin(struct plan *p, const char *name)
{
	buf_addf(p->out, "%-*s", INDENT, name);
}

/* On the clock of the windows. */
static void
add_time(struct plan *p, int64_t ms)
{
	timestamp_write(p->out, ms, !p->local);
}

/* Without the date. */
static void
add_clock(struct plan *p, int64_t ms)
{
	struct buf time = { 0 };
	const char *t;

	timestamp_write(&time, ms, !p->local);
	if (buf_text(&time) != NULL && (t = strchr(time.p, 'T')) != NULL)
		buf_add_text(p->out, t + 1);
	buf_free(&time);
}

static void
add_window(struct plan *p, int64_t start, int64_t end)
{
	buf_add_char(p->out, '[');
	add_time(p, start);
	buf_add_text(p->out, ", ");
	add_time(p, end);
	buf_add_char(p->out, ')');
}

static void
explain_duration(
    struct plan *p, const char *before, int64_t ms, const char *after)
{
	buf_add_text(p->out, before);
	units_add_duration(p->out, ms);
	buf_add_text(p->out, after);
}

/* --- windows ------------------------------------------------------------- */

static void
explain_kind(struct plan *p)
{
	const struct query *q = p->q;
	const struct grid *g = &q->grid;

	begin(p, "windows");
	switch (g->kind) {
	case KIND_TUMBLE:
		explain_duration(p, "of ", g->size_ms, ", one after the other");
		break;
	case KIND_HOP:
		explain_duration(p, "of ", g->size_ms, ", ");
		explain_duration(p, "one every ", g->slide_ms, "");
		if (g->slide_ms > g->size_ms)
			buf_add_text(p->out, ", with gaps between them");
		break;
	case KIND_CUMULATE:
		explain_duration(p, "that grow by ", g->slide_ms, " ");
		explain_duration(p, "up to ", g->size_ms, "");
		break;
	case KIND_SESSION:
		explain_duration(
		    p, "of rows no more than ", g->size_ms, " apart");
		break;
	case KIND_NONE:
		break;
	}
	if (g->kind != KIND_SESSION) {
		buf_add_text(p->out, ", aligned to ");
		timestamp_write(p->out, g->offset_ms, false);
	}
	if (q->zone != NULL)
		buf_addf(p->out, " in %s", q->zone_name);
	buf_add_char(p->out, '\n');
}

/* The windows of one time, and the one that is written first: its end. */
static int64_t
explain_example(struct plan *p, int64_t t)
{
	const struct grid *g = &p->q->grid;
	int64_t slice, first, last, count;

	begin(p, "");
	add_clock(p, t);
	if (g->kind == KIND_SESSION) {
		buf_add_text(p->out, ", now, alone would be ");
		add_window(p, t, t + g->size_ms);
		buf_add_char(p->out, '\n');
		return t + g->size_ms;
	}
	if (!grid_holds(g, t)) {
		buf_add_text(p->out, ", now, is in none of them\n");
		return INT64_MAX;
	}
	slice = grid_slice_ms(g, t);
	first = grid_next_end_ms(g, slice, INT64_MIN);
	last = grid_last_end_ms(g, slice);
	count = (last - first) / g->slide_ms + 1;
	buf_add_text(p->out, ", now, is in ");
	if (count > 1)
		buf_addf(p->out, "%" PRId64 " of them: ", count);
	add_window(p, grid_start_ms(g, first), first);
	if (count > 1) {
		buf_add_text(p->out, count > 2 ? " to " : " and ");
		add_window(p, grid_start_ms(g, last), last);
	}
	buf_add_char(p->out, '\n');
	return first;
}

/* --- time ---------------------------------------------------------------- */

static void
explain_time(struct plan *p)
{
	const struct query *q = p->q;
	const struct field *f;

	begin(p, "time");
	if (q->processing_time) {
		buf_add_text(p->out, "the clock when a row is read\n");
		return;
	}
	f = &q->fields[q->time_field];
	buf_addf(p->out, "%s, ", f->name);
	if (q->time_format != NULL)
		buf_addf(p->out, "text of the form %s", q->time_format->text);
	else if (f->type.kind == TYPE_ANY)
		buf_add_text(p->out, "time text or epoch");
	else
		type_write(p->out, f->type);
	buf_add_text(
	    p->out, q->by_rows ? "; the watermark is the latest"
			       : "; the watermark waits for the end of input");
	if (q->by_rows && q->delay_ms > 0)
		explain_duration(p, " less ", q->delay_ms, "");
	buf_add_char(p->out, '\n');
}

/* What the window that ends there waits for. */
static void
explain_first(struct plan *p, int64_t end)
{
	const struct query *q = p->q;
	int64_t due = end - 1;

	if (end == INT64_MAX)
		return;
	begin(p, "written");
	if (q->processing_time) {
		buf_add_text(p->out, "at ");
		add_time(p, end);
		buf_add_text(p->out, " by the clock, with input or without\n");
		return;
	}
	if (!q->by_rows) {
		buf_add_text(p->out, "at the end of input\n");
		return;
	}
	if (p->local && q->zone != NULL)
		due = zone_timer_ms(q->zone, end - 1);
	buf_add_text(p->out, "when a row of ");
	timestamp_write(p->out, due + q->delay_ms,
	    !field_is_local(&q->fields[q->time_field]));
	buf_add_text(p->out, " or later has come\n");
}

static void
explain_late(struct plan *p)
{
	const struct query *q = p->q;

	if (q->processing_time)
		return;
	begin(p, "late");
	if (!q->by_rows) {
		buf_add_text(p->out, "no row is\n");
		return;
	}
	buf_add_text(p->out, "rows whose windows are written are counted ");
	if (p->o->late != NULL)
		buf_addf(p->out, "and kept in %s\n", p->o->late);
	else
		buf_add_text(p->out, "and dropped (--late FILE)\n");
	if (q->lateness_ms < 0)
		return;
	begin(p, "");
	explain_duration(
	    p, "for ", q->lateness_ms, " they have them written again\n");
}

static void
explain_end(struct plan *p)
{
	static const char *const what[] = {
		"of input: open windows are written",
		"of input: open windows are not written",
		"of input: open windows are held in "
	};

	begin(p, "end");
	buf_addf(p->out, "%s%s; ", what[p->q->at_eof],
	    p->q->at_eof == AT_EOF_HOLD ? p->o->state : "");
	if (p->o->rejects != NULL)
		buf_addf(p->out, "bad lines are kept in %s\n", p->o->rejects);
	else
		buf_add_text(p->out, "by a bad line: not (--rejects FILE)\n");
	if (p->q->on_bad == ON_BAD_NULL) {
		begin(p, "");
		buf_add_text(p->out, "values that are bad are null\n");
	}
}

/* --- memory --------------------------------------------------------------- */

/* Estimates: of what malloc adds, of the list of a key's few sessions. */
enum { BLOCK_BYTES = 16, LIST_BYTES = 32 };

static size_t
group_bytes(const struct query *q)
{
	size_t entry = MAP_ENTRY_BYTES;

	if (q->grid.kind == KIND_SESSION)
		return entry + sizeof(struct deque) + LIST_BYTES +
		       sizeof(struct session) + q->data_bytes +
		       sizeof(struct session_due) + 2 * BLOCK_BYTES;
	return entry + q->data_bytes;
}

/* What a slice takes before it has many groups. */
static size_t
slice_bytes(const struct query *q)
{
	struct map one;
	size_t bytes;

	map_init(&one, q->data_bytes);
	(void)map_put(&one, span_of("k"), 0, NULL);
	bytes = sizeof(struct pane) + one.bytes;
	map_free(&one);
	return bytes;
}

static void
add_bytes(struct buf *out, double n)
{
	static const char *const units[] = { "bytes", "KB", "MB", "GB", "TB" };
	size_t i = 0;

	for (; n >= 1000 && i < 4; i++)
		n /= 1000;
	buf_addf(out, n < 10 && i > 0 ? "%.1f %s" : "%.0f %s", n, units[i]);
}

/* True where the query has that function. */
static bool
has_call(const struct query *q, const struct agg *agg)
{
	for (size_t i = 0; i < q->ncalls; i++)
		if (q->calls[i].agg == agg)
			return true;
	return false;
}

static bool
may_be_text(struct type type)
{
	return type_is_text(type.kind) || type.kind == TYPE_ANY;
}

static void
explain_extra(struct plan *p)
{
	const struct query *q = p->q;
	const struct agg *agg;
	struct buf extra = { 0 };
	bool texts = false;

	for (size_t i = 0; i < q->ncalls; i++)
		texts |= q->calls[i].agg->type == AGG_VALUE &&
		         may_be_text(q->calls[i].in);
	for (size_t i = 0; i < q->nkeys; i++)
		texts |= may_be_text(q->fields[q->keys[i].field].type);
	if (texts)
		buf_add_text(&extra, ", long texts");
	for (size_t i = 0; (agg = agg_at(i)) != NULL; i++) {
		bool large = agg->each_bytes >= 1024;

		if (agg->each != NULL && has_call(q, agg))
			buf_addf(&extra, ", %zu %s for each %s",
			    large ? agg->each_bytes / 1024 : agg->each_bytes,
			    large ? "KB" : "bytes", agg->each);
	}
	if (extra.n > 0) {
		begin(p, "");
		buf_add_text(p->out, "and beyond that");
		buf_add_span(p->out, buf_span(&extra));
		buf_add_text(p->out, q->max_bytes == UINT64_MAX
					 ? "; no bound: --max-bytes\n"
					 : "\n");
	}
	p->out->failed |= extra.failed;
	buf_free(&extra);
}

static void
explain_memory(struct plan *p)
{
	const struct query *q = p->q;
	const struct grid *g = &q->grid;
	size_t each = group_bytes(q);

	begin(p, "memory");
	if (g->kind == KIND_SESSION) {
		buf_addf(p->out, "%zu bytes a key and open session", each);
	} else {
		add_bytes(p->out, (double)slice_bytes(q));
		if (g->slice_ms != g->size_ms)
			explain_duration(p, " a slice of ", g->slice_ms, "");
		else
			buf_add_text(p->out, " a window");
		buf_addf(p->out, ", %zu bytes a %s", each,
		    q->nkeys > 0 ? "key" : "group");
	}
	buf_add_text(p->out, "; ");
	add_bytes(p->out, (double)q->max_keys * (double)each);
	buf_addf(p->out, " for %" PRIu64 ", then %s\n", q->max_keys,
	    q->overflow == OVERFLOW_FAIL ? "status 3"
					 : "the oldest window fires");
	explain_extra(p);
	if (q->max_bytes == UINT64_MAX)
		return;
	begin(p, "");
	buf_add_text(p->out, "all of that at ");
	add_bytes(p->out, (double)q->max_bytes);
	buf_add_text(p->out, " at the most, then the same\n");
}

/* --- the result ---------------------------------------------------------- */

/* On one line. */
static void
add_expression(struct plan *p, struct span text)
{
	for (size_t i = 0; i < text.n; i++)
		buf_add_char(p->out, text.p[i] == '\n' ? ' ' : text.p[i]);
}

/* In the notation of --into. */
static void
explain_result(struct plan *p)
{
	const struct query *q = p->q;
	struct span text;

	begin(p, "result");
	for (size_t i = 0; i < q->nout; i++) {
		const struct out_column *c = &q->out[i];
		struct type to = c->to;

		to.not_null = false;
		buf_addf(p->out, "%s%s", i == 0 ? "" : ", ", c->name);
		if (to.kind != TYPE_ANY) {
			buf_add_char(p->out, ' ');
			type_write(p->out, to);
		}
		text = query_expression(q, c);
		if (text.n > 0) {
			buf_add_text(p->out, " AS ");
			add_expression(p, text);
		}
	}
	buf_add_char(p->out, '\n');
}

/* Which columns are computed: early ones of all rows, or the others. */
static void
explain_computed(struct plan *p, bool early)
{
	const struct query *q = p->q;

	for (size_t k = 0; k < q->ncomputed; k++) {
		const struct computed *c = &q->computed[k];
		const struct field *f = &q->fields[q->nfields + k];

		if (c->by != BY_FROM || (k < q->nearly) != early)
			continue;
		begin(p, "computed");
		buf_addf(p->out, "%s ", f->name);
		if (f->type.kind != TYPE_ANY) {
			type_write(p->out, f->type);
			buf_add_char(p->out, ' ');
		}
		buf_add_text(p->out, "AS ");
		add_expression(p, c->text);
		buf_addf(p->out, ", of %s row%s\n", early ? "each" : "the",
		    early ? "" : "s that pass");
	}
}

static void
explain_where(struct plan *p)
{
	if (p->q->where == NULL)
		return;
	begin(p, "where");
	add_expression(p, span_of(p->q->where_text));
	buf_add_char(p->out, '\n');
}

static void
explain_filters(struct plan *p)
{
	for (size_t i = 0; i < p->q->ncalls; i++) {
		if (p->q->calls[i].filter == NULL)
			continue;
		begin(p, "filter");
		buf_addf(p->out, "%s: %s\n", p->q->calls[i].name,
		    p->q->calls[i].filter);
	}
}

static void
explain_having(struct plan *p)
{
	if (p->q->having == NULL)
		return;
	begin(p, "having");
	buf_addf(p->out, "%s\n", p->q->having_text);
}

static void
explain_top(struct plan *p)
{
	if (p->q->ranking.most == 0)
		return;
	begin(p, "top");
	buf_addf(p->out, "%s, of each window\n", p->q->ranking_text);
}

static void
explain_bad(struct plan *p)
{
	begin(p, "bad");
	if (p->q->on_bad == ON_BAD_NULL)
		buf_add_text(p->out, "values are null; bad ");
	if (p->o->rejects != NULL)
		buf_addf(p->out, "lines are kept in %s\n", p->o->rejects);
	else
		buf_add_text(p->out, "lines: the first ends the run (--rejects "
				     "FILE)\n");
}

static void
explain_each(struct plan *p)
{
	explain_computed(p, true);
	explain_where(p);
	explain_computed(p, false);
	explain_bad(p);
	begin(p, "each");
	buf_add_text(p->out, "row that passes is a result, at once\n");
	explain_result(p);
}

static void
explain_plan(struct plan *p)
{
	const struct query *q = p->q;
	int64_t end;

	if (q->each) {
		explain_each(p);
		return;
	}
	explain_kind(p);
	end = explain_example(
	    p, p->local ? zone_local_ms(q->zone, p->now_ms) : p->now_ms);
	explain_time(p);
	explain_first(p, end);
	explain_computed(p, true);
	explain_where(p);
	explain_computed(p, false);
	explain_filters(p);
	explain_late(p);
	explain_end(p);
	explain_memory(p);
	explain_having(p);
	explain_top(p);
	explain_result(p);
}

/* --- lines that fit a terminal of 80 columns ------------------------------ */

enum { COLUMNS = 80, MARK_COLUMN = 55 };

/*
 * Where to break a line: at the last blank within the columns, behind a comma
 * or semicolon if one lies late enough; else at the first blank behind them; n:
 * nowhere.
 */
static size_t
break_at(struct span s, int columns)
{
	size_t blank = 0, mark = 0;
	int column = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (column > columns && blank > 0)
			return mark > 0 ? mark : blank;
		if (s.p[i] == ' ' && i > 0) {
			blank = i;
			if (column > MARK_COLUMN &&
			    (s.p[i - 1] == ',' || s.p[i - 1] == ';'))
				mark = i;
		}
		column += ((unsigned char)s.p[i] & 0xc0) != 0x80;
	}
	if (column <= columns || blank == 0)
		return s.n;
	return mark > 0 ? mark : blank;
}

/* What follows the name, INDENT columns, goes on below itself. */
static void
wrap_line(struct buf *out, struct span s)
{
	size_t name = s.n < INDENT ? s.n : INDENT, n;

	buf_add_span(out, (struct span){ s.p, name });
	s = (struct span){ s.p + name, s.n - name };
	while (n = break_at(s, COLUMNS - INDENT), n < s.n) {
		buf_add_span(out, (struct span){ s.p, n });
		buf_addf(out, "\n%*s", INDENT, "");
		s = (struct span){ s.p + n + 1, s.n - n - 1 };
	}
	buf_add_span(out, s);
	buf_add_char(out, '\n');
}

/* --- all of it ----------------------------------------------------------- */

/* Names are the user's, and this may be a terminal. */
static void
mask(struct buf *b)
{
	for (size_t i = 0; i < b->n; i++)
		if ((unsigned char)b->p[i] < 0x20 && b->p[i] != '\n')
			b->p[i] = '?';
		else if (b->p[i] == 0x7f)
			b->p[i] = '?';
}

static void
explain_all(const struct options *o, const struct query *q, struct buf *text)
{
	bool local =
	    q->zone != NULL ||
	    (q->time_field != -1 && field_is_local(&q->fields[q->time_field]));
	struct buf lines = { 0 };
	struct plan p = { o, q, &lines, clock_wall_ms(), local };
	struct span left, line;

	explain_plan(&p);
	mask(&lines);
	left = buf_span(&lines);
	while (take_part(&left, '\n', &line))
		wrap_line(text, line);
	text->failed |= lines.failed;
	buf_free(&lines);
}

enum status
explain(const struct options *o)
{
	struct query q;
	struct buf text = { 0 };
	struct span left, line;
	struct out out;
	enum status status = STATUS_USAGE;

	if (o->explain == EXPLAIN_FLINK) {
		diag_error(NULL, "windowpipe writes Flink's SQL; try: "
				 "windowpipe sql -- and the same options");
		return STATUS_USAGE;
	}
	out_init(&out, STDOUT_FILENO, "stdout");
	if (query_init(&q, &o->words) == 0) {
		status = STATUS_OK;
		explain_all(o, &q, &text);
		out.line.failed = text.failed;
		left = buf_span(&text);
		while (take_part(&left, '\n', &line) &&
		       out_span_line(&out, line) == 0)
			continue;
	}
	if (out_close(&out) == -1)
		status = out_complain(&out);
	buf_free(&text);
	query_free(&q);
	return status;
}
