/* emit - one finished group of a window as one line, or one row of a table.
 * SPDX-License-Identifier: ISC */
#include "window/emit.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "lib/diag.h"
#include "lib/signals.h"
#include "lib/timestamp.h"
#include "window/cast.h"
#include "window/key.h"

/* "window '[START, END) of KEY, …'", or "line N", for messages. */
static void
describe(struct emit *e, const struct engine_result *r, struct buf *text)
{
	const struct query *q = e->q;
	struct buf window = { 0 };
	char quoted[DIAG_QUOTE_MAX];

	if (r->row != NULL) {
		buf_addf(text, "line %" PRIu64, r->line);
		return;
	}
	buf_add_char(&window, '[');
	timestamp_write(&window, r->start_ms, false);
	buf_add_text(&window, ", ");
	timestamp_write(&window, r->end_ms, false);
	buf_add_char(&window, ')');
	for (size_t i = 0; i < q->nkeys; i++) {
		buf_addf(
		    &window, "%s%s ", i == 0 ? " of " : ", ", q->keys[i].name);
		value_write(&window, &e->keys[i],
		    q->fields[q->keys[i].field].type.kind, DECIMAL_PLAIN);
	}
	buf_addf(text, "window %s", diag_quote(quoted, buf_span(&window)));
	text->failed |= window.failed;
	buf_free(&window);
}

static void
column_value(struct emit *e, const struct engine_result *r,
    enum out_source source, int index, struct value *v, bool *unfit)
{
	const struct agg_call *call;

	switch (source) {
	case OUT_KEY:
		*v = e->keys[index];
		break;
	case OUT_AGG:
		call = &e->q->calls[index];
		agg_result(r->data + call->at, call, v, unfit);
		break;
	case OUT_START:
		*v = (struct value){ .kind = VALUE_INT, .i = r->start_ms };
		break;
	case OUT_END:
		*v = (struct value){ .kind = VALUE_INT, .i = r->end_ms };
		break;
	case OUT_REVISION:
		*v = (struct value){ .kind = VALUE_INT, .i = r->revision };
		break;
	case OUT_RANK:
		*v = (struct value){ .kind = VALUE_INT, .i = e->rank };
		break;
	case OUT_FIELD:
		*v = r->row[index];
		break;
	case OUT_MADE: /* run_program() */
		break;
	}
}

/* The first of them: what did not fit its type; cast: NULL, or as text. */
static void
describe_misfit(struct emit *e, const struct engine_result *r, struct buf *text,
    const char *name, const struct buf *cast, struct type type, bool wraps)
{
	char quoted[DIAG_QUOTE_MAX];

	buf_addf(text, "\"%s\" of ", name);
	describe(e, r, text);
	buf_add_text(text, ": ");
	if (cast != NULL)
		buf_addf(text, "%s", diag_quote(quoted, buf_span(cast)));
	else
		buf_add_text(text, wraps ? "the sum" : "the value");
	buf_add_text(text, " does not fit ");
	type.not_null = false;
	if (type.kind == TYPE_ANY)
		buf_add_text(text, "38 digits");
	else
		type_write(text, type);
	buf_add_text(text, wraps ? " and wraps" : " and is null");
}

/* An aggregate that does not fit, once of each result, whoever asks for it. */
static void
note_result(struct emit *e, const struct engine_result *r, int call, bool wraps)
{
	const struct query *q = e->q;
	struct emit_misfits *m = &e->misfits[2 * q->nout + (size_t)call];
	struct emit_known *known = &e->known[q->nkeys + (size_t)call];

	if (known->told == e->number)
		return;
	known->told = e->number;
	if (m->n++ == 0)
		describe_misfit(e, r, &m->first, q->calls[call].name, NULL,
		    q->calls[call].out, wraps);
}

/* Evaluates over the columns of a result; NULL: it failed. */
static const struct value *
run_program(
    struct emit *e, const struct engine_result *r, struct sql_program *p)
{
	const struct result_column *c;
	int i;

	for (size_t k = 0; (i = sql_program_column(p, k)) != -1; k++) {
		bool unfit = false;

		if (e->known[i].number == e->number)
			continue;
		e->known[i].number = e->number;
		c = &e->q->results[i];
		column_value(e, r, c->source, c->index, &e->results[i], &unfit);
		if (unfit)
			note_result(
			    e, r, c->index, e->results[i].kind != VALUE_NULL);
	}
	return sql_run(p, e->results, &e->texts);
}

/* A cast of a result that does not fit, or a bound that does not. */
static void
note_misfit(struct emit *e, const struct engine_result *r, size_t column,
    const struct value *cast)
{
	const struct out_column *col = &e->q->out[column];
	struct emit_misfits *m = &e->misfits[2 * column + (cast != NULL)];
	struct buf text = { 0 };

	if (m->n++ > 0)
		return;
	if (cast != NULL)
		value_write_plain(&text, cast, col->from.kind);
	describe_misfit(e, r, &m->first, col->name, cast != NULL ? &text : NULL,
	    col->to, false);
	buf_free(&text);
}

size_t
emit_nmisfits(const struct emit *e)
{
	return e->misfits == NULL ? 0 : 2 * e->q->nout + e->q->ncalls;
}

uint64_t
emit_unfit(const struct emit *e)
{
	uint64_t n = 0;

	for (size_t i = 0; i < emit_nmisfits(e); i++)
		n += e->misfits[i].n;
	return n;
}

static int
refuse_null(struct emit *e, const struct engine_result *r, const char *name)
{
	struct buf where = { 0 };

	e->refused = true;
	describe(e, r, &where);
	diag_error(NULL,
	    "\"%s\" of %s: null, but NOT NULL in --into; leave NOT NULL "
	    "out, or give a wider type",
	    name, buf_text(&where) == NULL ? "a result" : where.p);
	buf_free(&where);
	return -1;
}

/* A bound as a number of --time-unit, cut toward the past; null beyond it. */
static void
count_bound(const struct query *q, struct value *v, bool *unfit)
{
	int64_t ms = zone_instant_ms(q->zone, v->i);

	if (q->unit == TIME_S)
		v->i = ms / 1000 - (ms % 1000 < 0);
	else if (q->unit == TIME_MS)
		v->i = ms;
	else if (__builtin_mul_overflow(
		     ms, q->unit == TIME_US ? 1000 : 1000000, &v->i)) {
		v->kind = VALUE_NULL;
		*unfit = true;
	}
}

/* An expression of that option, for a column perhaps. */
static int
expression_failed(struct emit *e, const struct engine_result *r,
    const struct sql_program *p, const char *option, const char *column)
{
	struct buf where = { 0 }, of = { 0 };
	char quoted[DIAG_QUOTE_MAX];

	e->refused = true;
	if (column != NULL)
		buf_addf(
		    &of, "column %s, ", diag_quote(quoted, span_of(column)));
	describe(e, r, &where);
	if (!where.failed)
		diag_error(NULL,
		    "--%s, %sat character %zu, of %s: %s; where that may be: "
		    "CASE, or TRY_CAST",
		    option, of.n > 0 ? buf_text(&of) : "", p->failed->at + 1,
		    buf_text(&where), p->run.what);
	buf_free(&of);
	buf_free(&where);
	return -1;
}

/* Adds the column to the line; -1 where it may not be null but is. */
static int
write_column(struct emit *e, const struct engine_result *r,
    const struct out_column *col, struct buf *line)
{
	size_t column = (size_t)(col - e->q->out);
	struct emit_column *written = &e->columns[column];
	size_t begun = line->n;
	struct value v, uncast;
	const struct value *made;
	struct sql_program *program;
	bool unfit = false;

	if (col->source == OUT_MADE) {
		program = e->q->made[col->index].program;
		made = run_program(e, r, program);
		if (made == NULL)
			return expression_failed(
			    e, r, program, "into", col->name);
		v = *made;
	} else {
		column_value(e, r, col->source, col->index, &v, &unfit);
	}
	if (query_is_bound(col) && col->to.kind == TYPE_BIGINT)
		count_bound(e->q, &v, &unfit);
	if (unfit && col->source == OUT_AGG)
		note_result(e, r, col->index, v.kind != VALUE_NULL);
	else if (unfit)
		note_misfit(e, r, column, NULL);
	if (written->casts && v.kind != VALUE_NULL) {
		uncast = v;
		buf_clear(&e->scratch);
		buf_room(&e->scratch, cast_room(&v, col->to));
		cast_value(&v, col->from, col->to, e->q->zone, &e->scratch);
		if (v.kind == VALUE_NULL)
			note_misfit(e, r, column, &uncast);
	}
	if (v.kind == VALUE_NULL && col->to.not_null)
		return refuse_null(e, r, col->name);
	if (e->q->form.kind != FORM_JSON) {
		form_write(&e->q->form, line, &v, written->kind);
	} else if (written->instant && v.kind == VALUE_INT) {
		buf_add_char(line, '"');
		timestamp_write_by(line, &written->date, v.i,
		    written->kind == TYPE_TIMESTAMP_LTZ);
		buf_add_char(line, '"');
	} else {
		value_write(line, &v, written->kind, e->q->form.decimal);
	}
	if (written->instant && v.kind == VALUE_INT)
		form_timestamp(&e->q->form, line, begun);
	return 0;
}

/* A window's groups come one after another and have its bounds in common. */
static int
write_bound(struct emit *e, const struct engine_result *r,
    const struct out_column *col, struct emit_column *last, struct buf *line)
{
	int64_t ms = col->source == OUT_START ? r->start_ms : r->end_ms;

	if (last->bound.n == 0 || last->ms != ms) {
		last->ms = ms;
		buf_clear(&last->bound);
		if (write_column(e, r, col, &last->bound) == -1)
			return -1;
	}
	if (last->bound.failed) {
		e->out->error = ENOMEM;
		return -1;
	}
	buf_add_span(line, buf_span(&last->bound));
	return 0;
}

/* Of each column what stands before its value, and how that is written. */
static bool
set_columns(struct emit *e)
{
	const struct query *q = e->q;
	bool json = q->form.kind == FORM_JSON, ok = true;

	for (size_t i = 0; i < q->nout; i++) {
		const struct out_column *col = &q->out[i];
		struct emit_column *c = &e->columns[i];
		struct buf *text = &c->label;

		c->kind =
		    col->to.kind == TYPE_ANY ? col->from.kind : col->to.kind;
		c->instant = type_is_timestamp(c->kind);
		c->casts = cast_changes(col->from, col->to);
		buf_clear(text);
		if (i > 0)
			buf_add_char(text, q->form.delimiter);
		else if (json)
			buf_add_char(text, '{');
		if (json)
			buf_add_text(text, col->label);
		ok &= !text->failed;
	}
	return ok;
}

/* The names of the columns as a row. */
static void
add_names(const struct query *q, struct buf *row)
{
	for (size_t i = 0; i < q->nout; i++) {
		if (i > 0)
			buf_add_char(row, q->form.delimiter);
		form_write_name(&q->form, row, q->out[i].name);
	}
}

/* Of a form that has one; but where a run before has written it. */
static int
write_header(struct emit *e)
{
	const struct form *form = &e->q->form;

	e->headed = true;
	if (e->lines > 0 || form->header == HEADER_NO ||
	    (form->kind != FORM_CSV && form->kind != FORM_TSV))
		return 0;
	add_names(e->q, &e->out->line);
	return out_end_line(e->out);
}

static bool
begin_table(struct emit *e)
{
	struct buf names = { 0 };
	bool ok;

	if (e->q->form.kind != FORM_TABLE)
		return true;
	add_names(e->q, &names);
	buf_add_char(&names, '\n');
	ok = buf_text(&names) != NULL &&
	     table_init(&e->table, names.p, e->q->nout) == 0;
	buf_free(&names);
	return ok;
}

/* What is kept from result to result; -1: see the out's error. */
static int
begin(struct emit *e)
{
	if (e->columns == NULL)
		e->columns = calloc(e->q->nout, sizeof *e->columns);
	if (e->keys == NULL)
		e->keys = calloc(e->q->nkeys + 1, sizeof *e->keys);
	if (e->results == NULL)
		e->results = calloc(e->q->nresults + 1, sizeof *e->results);
	if (e->known == NULL)
		e->known = calloc(e->q->nresults + 1, sizeof *e->known);
	if (e->misfits == NULL)
		e->misfits =
		    calloc(2 * e->q->nout + e->q->ncalls, sizeof *e->misfits);
	top_init(&e->top, e->q->ranking.most);
	if (e->columns != NULL && e->keys != NULL && e->results != NULL &&
	    e->known != NULL && e->misfits != NULL)
		e->begun = set_columns(e) && begin_table(e);
	if (e->begun)
		return 0;
	e->out->error = ENOMEM;
	return -1;
}

/* 1: --having takes the result, 0: not, -1: it failed. */
static int
is_wanted(struct emit *e, const struct engine_result *r)
{
	struct sql_program *having = e->q->having;
	const struct value *truth;

	if (having == NULL)
		return 1;
	truth = run_program(e, r, having);
	if (truth == NULL)
		return expression_failed(e, r, having, "having", NULL);
	return truth->kind == VALUE_BOOL && truth->i != 0;
}

/* A result is looked at: nothing of it is known but its keys. */
static void
begin_result(struct emit *e, const struct engine_result *r)
{
	e->number++;
	if (e->texts.bytes > 0)
		arena_reset(&e->texts);
	buf_clear(&e->key_texts);
	buf_room(&e->key_texts, r->key.n + 1);
	key_decode(r->key, e->keys, e->q->nkeys, &e->key_texts);
}

/* As many rows of a table as are aligned with each other. */
static int
end_row(struct emit *e)
{
	struct table *t = &e->table;

	if (e->q->form.kind != FORM_TABLE)
		return out_end_line(e->out);
	buf_add_char(&t->rows, '\n');
	return ++t->nrows == TABLE_ROWS_MAX ? table_write(t, e->out) : 0;
}

/* The one that was begun. */
static int
write_result(struct emit *e, const struct engine_result *r)
{
	const struct query *q = e->q;
	bool json = q->form.kind == FORM_JSON;
	struct buf *line =
	    q->form.kind == FORM_TABLE ? &e->table.rows : &e->out->line;
	size_t begun;

	if (!e->headed && write_header(e) == -1)
		return -1;
	begun = line->n;
	for (size_t i = 0; i < q->nout; i++) {
		const struct out_column *col = &q->out[i];

		buf_add_span(line, buf_span(&e->columns[i].label));
		if ((query_is_bound(col)
			    ? write_bound(e, r, col, &e->columns[i], line)
			    : write_column(e, r, col, line)) == -1) {
			/* Nothing of that row is written. */
			line->n = begun;
			(void)table_write(&e->table, e->out);
			return -1;
		}
	}
	if (json)
		buf_add_char(line, '}');
	/* A row of a table is no line yet. */
	if (e->recent != NULL && q->form.kind != FORM_TABLE)
		recent_add(e->recent,
		    (struct span){ line->p + begun, line->n - begun });
	if (end_row(e) == -1)
		return -1;
	e->lines++;
	return 0;
}

/* --- --top ---------------------------------------------------------------- */

/* The largest first: what sorts before it is turned. */
static void
add_rank(struct buf *bytes, const struct value *v, bool smallest)
{
	size_t at = bytes->n;

	key_encode(bytes, v, false);
	for (; at < bytes->n && !smallest; at++)
		bytes->p[at] = (char)~bytes->p[at];
}

/* Sessions that fire together have bounds of their own. */
static void
add_bounds(struct buf *bytes, const struct engine_result *r)
{
	struct value end = { .kind = VALUE_INT, .i = r->end_ms };
	struct value start = { .kind = VALUE_INT, .i = r->start_ms };

	key_encode(bytes, &end, false);
	key_encode(bytes, &start, false);
}

static int
rank_result(struct emit *e, const struct engine_result *r)
{
	const struct ranking *by = &e->q->ranking;
	struct buf *rank = &e->rank_bytes, *group = &e->group_bytes;

	buf_clear(rank);
	for (size_t i = 0; i < by->nby; i++) {
		const struct result_column *column =
		    &e->q->results[by->by[i].result];
		struct value v;
		bool unfit = false;

		column_value(e, r, column->source, column->index, &v, &unfit);
		add_rank(rank, &v, by->by[i].smallest);
	}
	buf_clear(group);
	(void)buf_room(group, 1); /* a place for the group of no keys */
	if (e->q->grid.kind == KIND_SESSION)
		add_bounds(group, r);
	for (size_t i = 0; i < by->nkeys; i++)
		key_encode(group, &e->keys[by->keys[i]], false);
	if (!rank->failed && !group->failed &&
	    top_offer(&e->top, buf_span(group), buf_span(rank), r) == 0)
		return 0;
	e->out->error = ENOMEM;
	return -1;
}

static int
write_ranked(void *ctx, const struct engine_result *r, int64_t rank)
{
	struct emit *e = ctx;

	e->rank = rank;
	begin_result(e, r);
	return write_result(e, r);
}

int
emit_fired(void *ctx)
{
	struct emit *e = ctx;
	int rc = 0;

	if (e->q->ranking.most > 0)
		rc = top_give(&e->top, write_ranked, e);
	if (rc == -1)
		e->out->error = ENOMEM;
	return rc == 0 ? table_write(&e->table, e->out) : -1;
}

int
emit_result(void *ctx, const struct engine_result *r)
{
	struct emit *e = ctx;
	int wanted;

	/* Of a firing that is very long, too, a second signal is the end. */
	if (signals_stop_count() >= 2 && out_lose(e->out, EINTR) == -1)
		return -1;
	if (!e->begun && begin(e) == -1)
		return -1;
	begin_result(e, r);
	wanted = is_wanted(e, r);
	if (wanted != 1)
		return wanted;
	return (e->q->ranking.most > 0 ? rank_result : write_result)(e, r);
}

int
emit_row(struct emit *e, const struct value *row, uint64_t line)
{
	const struct engine_result r = { .row = row, .line = line };

	return emit_result(e, &r);
}

void
emit_free(struct emit *e)
{
	for (size_t i = 0; e->columns != NULL && i < e->q->nout; i++) {
		buf_free(&e->columns[i].label);
		buf_free(&e->columns[i].bound);
	}
	for (size_t i = 0; i < emit_nmisfits(e); i++)
		buf_free(&e->misfits[i].first);
	free(e->columns);
	free(e->misfits);
	free(e->keys);
	free(e->results);
	free(e->known);
	arena_free(&e->texts);
	top_free(&e->top);
	table_free(&e->table);
	buf_free(&e->rank_bytes);
	buf_free(&e->group_bytes);
	buf_free(&e->key_texts);
	buf_free(&e->scratch);
}
