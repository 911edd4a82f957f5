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
#include "window/flink_sql.h"

void
explain_begin(struct plan *p, const char *name)
{
	buf_addf(p->out, "%-9s", name);
}

/* On the clock of the windows. */
static void
add_time(struct plan *p, int64_t ms)
{
	timestamp_write(p->out, ms, !p->local);
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
		buf_addf(p->out, " on the clock of %s", q->zone_name);
	buf_add_char(p->out, '\n');
}

/* The windows of one time, and the one that is written first: its end. */
static int64_t
explain_example(struct plan *p, int64_t t)
{
	const struct grid *g = &p->q->grid;
	int64_t slice, first, last, count;

	explain_begin(p, "");
	add_time(p, t);
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
	if (f->type.kind == TYPE_ANY)
		buf_add_text(p->out, "time text or epoch");
	else
		type_write(p->out, f->type);
	buf_add_text(p->out, "; the watermark is the latest so far");
	if (q->delay_ms > 0)
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
	if (p->local && q->zone != NULL)
		due = zone_timer_ms(q->zone, end - 1);
	buf_add_text(p->out, "the one that ends at ");
	add_time(p, end);
	if (q->processing_time) {
		buf_add_text(p->out, ": then, with input or without\n");
	} else {
		buf_add_text(p->out, ": with a row of ");
		timestamp_write(p->out, due + q->delay_ms,
		    q->fields[q->time_field].type.kind != TYPE_TIMESTAMP);
		buf_add_text(p->out, " or later\n");
	}
}

static void
explain_late(struct plan *p)
{
	const struct query *q = p->q;

	if (q->processing_time)
		return;
	explain_begin(p, "late");
	buf_add_text(p->out, "a row of windows that are all written is ");
	if (p->o->late != NULL)
		buf_addf(p->out, "counted and kept in %s\n", p->o->late);
	else
		buf_add_text(p->out, "counted and dropped (--late FILE)\n");
	if (q->lateness_ms < 0)
		return;
	explain_begin(p, "");
	explain_duration(
	    p, "for ", q->lateness_ms, " it has its windows written again\n");
}

static void
explain_end(struct plan *p)
{
	static const char *const what[] = { "open windows are written",
		"open windows are not written", "open windows are held in " };

	explain_begin(p, "bad");
	if (p->o->rejects != NULL)
		buf_addf(p->out, "a bad line is kept in %s\n", p->o->rejects);
	else
		buf_add_text(p->out,
		    "the first bad line ends the run (--rejects FILE)\n");
	explain_begin(p, "end");
	buf_addf(p->out, "%s%s\n", what[p->q->at_eof],
	    p->q->at_eof == AT_EOF_HOLD ? p->o->state : "");
}

/* --- the result ---------------------------------------------------------- */

static void
add_source(struct plan *p, const struct out_column *c)
{
	const struct query *q = p->q;
	const struct agg_call *call;

	switch (c->source) {
	case OUT_KEY:
		buf_addf(
		    p->out, "key %s", q->fields[q->keys[c->index].field].name);
		break;
	case OUT_AGG:
		call = &q->calls[c->index];
		buf_addf(p->out, "%s", call->agg->option);
		if (call->agg->bind == agg_bind_quantile)
			buf_addf(p->out, " %.15g of", call->quantile);
		if (call->field != -1)
			buf_addf(p->out, " %s", q->fields[call->field].name);
		break;
	case OUT_START:
	case OUT_END:
		buf_add_text(p->out, "of the window");
		break;
	case OUT_REVISION:
		buf_add_text(p->out, "how often it was written before");
		break;
	}
}

static void
explain_result(struct plan *p)
{
	const struct query *q = p->q;
	size_t wide = 0;

	for (size_t i = 0; i < q->nout; i++)
		if (strlen(q->out[i].name) > wide)
			wide = strlen(q->out[i].name);
	if (wide > 30)
		wide = 30;
	for (size_t i = 0; i < q->nout; i++) {
		const struct out_column *c = &q->out[i];
		size_t at;

		explain_begin(p, i == 0 ? "result" : "");
		buf_addf(p->out, "%-*s ", (int)wide, c->name);
		at = p->out->n;
		if (c->to.kind == TYPE_ANY)
			buf_add_text(
			    p->out, c->source == OUT_AGG &&
					    q->fields[q->calls[c->index].field]
						.number_only
					? "number"
					: "as it is");
		else
			type_write(p->out, c->to);
		while (p->out->n < at + 26 && !p->out->failed)
			buf_add_char(p->out, ' ');
		buf_add_char(p->out, ' ');
		add_source(p, c);
		buf_add_char(p->out, '\n');
	}
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
	bool local = q->zone != NULL ||
	             (q->time_field != -1 &&
			 q->fields[q->time_field].type.kind == TYPE_TIMESTAMP);
	struct plan p = { o, q, text, clock_wall_ms(), local };

	if (o->explain == EXPLAIN_PLAN) {
		explain_plan(&p);
		buf_add_text(text, "\nthe same in Apache Flink's SQL:\n\n");
	}
	flink_sql_write(text, q, from, o->words.into != NULL);
	mask(text);
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
