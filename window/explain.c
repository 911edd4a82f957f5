/* explain - what a query will do, in words.
 * SPDX-License-Identifier: ISC */
#include "window/explain.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/out.h"
#include "window/explain_inner.h"
#include "window/explain_wrap.h"
#include "window/flink_sql.h"

void
explain_begin(struct plan *p, const char *name)
{
	buf_addf(p->out, "%-*s", EXPLAIN_INDENT, name);
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

void
explain_duration(
    struct plan *p, const char *before, int64_t ms, const char *after)
{
	buf_add_text(p->out, before);
	query_add_duration(p->out, ms);
	buf_add_text(p->out, after);
}

/* --- windows ------------------------------------------------------------- */

static void
explain_kind(struct plan *p)
{
	const struct query *q = p->q;
	const struct grid *g = &q->grid;

	explain_begin(p, "windows");
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

	explain_begin(p, "");
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

	explain_begin(p, "time");
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
	explain_begin(p, "written");
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
	explain_begin(p, "late");
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
	explain_begin(p, "");
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

	explain_begin(p, "end");
	buf_addf(p->out, "%s%s; ", what[p->q->at_eof],
	    p->q->at_eof == AT_EOF_HOLD ? p->o->state : "");
	if (p->o->rejects != NULL)
		buf_addf(p->out, "bad lines are kept in %s\n", p->o->rejects);
	else
		buf_add_text(p->out, "by a bad line: not (--rejects FILE)\n");
	if (p->q->on_bad == ON_BAD_NULL) {
		explain_begin(p, "");
		buf_add_text(p->out, "values that are bad are null\n");
	}
}

/* --- the result ---------------------------------------------------------- */

/* In the notation of --into. */
static void
explain_result(struct plan *p)
{
	const struct query *q = p->q;

	explain_begin(p, "result");
	for (size_t i = 0; i < q->nout; i++) {
		const struct out_column *c = &q->out[i];
		struct type to = c->to;

		to.not_null = false;
		buf_addf(p->out, "%s%s", i == 0 ? "" : ", ", c->name);
		if (to.kind == TYPE_ANY)
			continue;
		buf_add_char(p->out, ' ');
		type_write(p->out, to);
	}
	buf_add_char(p->out, '\n');
}

static void
explain_plan(struct plan *p)
{
	const struct query *q = p->q;
	int64_t end;

	explain_kind(p);
	end = explain_example(
	    p, p->local ? zone_local_ms(q->zone, p->now_ms) : p->now_ms);
	explain_time(p);
	explain_first(p, end);
	explain_late(p);
	explain_end(p);
	explain_memory(p);
	explain_result(p);
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
explain_all(const struct options *o, const struct query *q,
    const struct columns *from, struct buf *text)
{
	bool local =
	    q->zone != NULL ||
	    (q->time_field != -1 && field_is_local(&q->fields[q->time_field]));
	struct plan p = { o, q, text, clock_wall_ms(), local };
	struct buf lines = { 0 };

	if (o->explain == EXPLAIN_FLINK) {
		flink_sql_write(text, q, from, o->words.into != NULL);
		mask(text);
		return;
	}
	p.out = &lines;
	explain_plan(&p);
	mask(&lines);
	explain_wrap_plan(text, buf_span(&lines), EXPLAIN_INDENT);
	buf_clear(&lines);
	buf_add_text(&lines, "-- the same in Apache Flink's SQL\n");
	flink_sql_write(&lines, q, from, o->words.into != NULL);
	mask(&lines);
	explain_wrap_sql(text, buf_span(&lines));
	text->failed |= lines.failed;
	buf_free(&lines);
}

enum status
explain(const struct options *o)
{
	struct query q;
	struct columns from = { 0 };
	struct out out;
	char *message = NULL;
	enum status status = STATUS_USAGE;

	out_init(&out, STDOUT_FILENO, "stdout");
	if (query_init(&q, &o->words) == 0) {
		status = STATUS_OK;
		/* query_init() has read it, and found it good. */
		if (o->words.from != NULL &&
		    columns_load(o->words.from, &from, &message) == -1)
			status = STATUS_SYSTEM;
	}
	if (status == STATUS_OK) {
		explain_all(o, &q, &from, &out.line);
		/* All of it is lines, the last one's end is added anew. */
		if (out.line.n > 0)
			out.line.n--;
		(void)out_end_line(&out);
	}
	if (status == STATUS_SYSTEM)
		diag_error(NULL, "--from: %s",
		    message != NULL ? message : "out of memory");
	if (out_close(&out) == -1)
		status = (enum status)out_complain(&out);
	free(message);
	columns_free(&from);
	query_free(&q);
	return status;
}
