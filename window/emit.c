/* emit - one finished group of a window as one line of JSON.
 * SPDX-License-Identifier: ISC */
#include "window/emit.h"

#include <errno.h>
#include <stdlib.h>

#include "lib/diag.h"
#include "lib/signals.h"
#include "lib/timestamp.h"
#include "window/cast.h"
#include "window/key.h"

/* "[START, END) of KEY, …", for messages. */
static void
describe(struct emit *e, const struct engine_result *r, struct buf *text)
{
	const struct query *q = e->q;

	buf_add_char(text, '[');
	timestamp_write(text, r->start_ms, false);
	buf_add_text(text, ", ");
	timestamp_write(text, r->end_ms, false);
	buf_add_char(text, ')');
	for (size_t i = 0; i < q->nkeys; i++) {
		buf_addf(
		    text, "%s%s ", i == 0 ? " of " : ", ", q->keys[i].name);
		value_write(text, &e->keys[i],
		    q->fields[q->keys[i].field].type.kind, DECIMAL_PLAIN);
	}
}

static void
warn_once(struct emit *e, const struct engine_result *r, bool *said,
    const char *name, const char *what)
{
	struct buf where = { 0 };
	char quoted[DIAG_QUOTE_MAX];

	if (*said)
		return;
	*said = true;
	describe(e, r, &where);
	diag_warn(NULL, "\"%s\" of window %s: %s; this is said once", name,
	    diag_quote(quoted, buf_span(&where)), what);
	buf_free(&where);
}

static void
column_value(struct emit *e, const struct engine_result *r,
    const struct out_column *col, struct value *v, bool *unfit)
{
	const struct agg_call *call;

	switch (col->source) {
	case OUT_KEY:
		*v = e->keys[col->index];
		break;
	case OUT_AGG:
		call = &e->q->calls[col->index];
		call->ops->result(r->data + call->at, call, v, unfit);
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
	}
}

static int
refuse_null(struct emit *e, const struct engine_result *r, const char *name)
{
	struct buf where = { 0 };
	char quoted[DIAG_QUOTE_MAX];

	e->null_refused = true;
	describe(e, r, &where);
	diag_error(NULL,
	    "\"%s\" of window %s: null, and NOT NULL in --into; "
	    "leave NOT NULL out, or give a wider type",
	    name, diag_quote(quoted, buf_span(&where)));
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

/* Adds the column to the line; -1 where it may not be null but is. */
static int
write_column(struct emit *e, const struct engine_result *r,
    const struct out_column *col, struct buf *line)
{
	struct value v;
	bool unfit = false, no_cast = false;

	column_value(e, r, col, &v, &unfit);
	if (query_is_bound(col) && col->to.kind == TYPE_BIGINT)
		count_bound(e->q, &v, &unfit);
	if (unfit)
		warn_once(e, r, &e->unfit_said, col->name,
		    v.kind == VALUE_NULL
			? "the value does not fit its type and is null"
			: "the sum does not fit its type and wraps");
	buf_clear(&e->scratch);
	buf_room(&e->scratch, cast_room(&v, col->to));
	cast_value(&v, col->from, col->to, e->q->zone, &e->scratch, &no_cast);
	if (no_cast)
		warn_once(e, r, &e->cast_said, col->name,
		    "the value is none of the type in --into and is null");
	if (v.kind == VALUE_NULL && col->to.not_null)
		return refuse_null(e, r, col->name);
	value_write(line, &v,
	    col->to.kind == TYPE_ANY ? col->from.kind : col->to.kind,
	    e->q->decimal_form);
	return 0;
}

/* A window's groups come one after another and have its bounds in common. */
static int
write_bound(struct emit *e, const struct engine_result *r,
    const struct out_column *col, struct emit_bound *last)
{
	int64_t ms = col->source == OUT_START ? r->start_ms : r->end_ms;

	if (last->text.n == 0 || last->ms != ms) {
		last->ms = ms;
		buf_clear(&last->text);
		if (write_column(e, r, col, &last->text) == -1)
			return -1;
	}
	if (last->text.failed) {
		e->out->error = ENOMEM;
		return -1;
	}
	buf_add_span(&e->out->line, buf_span(&last->text));
	return 0;
}

/* What is kept from result to result; -1: out of memory. */
static int
begin(struct emit *e)
{
	if (e->bounds == NULL)
		e->bounds = calloc(e->q->nout, sizeof *e->bounds);
	if (e->keys == NULL)
		e->keys = calloc(e->q->nkeys + 1, sizeof *e->keys);
	if (e->bounds != NULL && e->keys != NULL)
		return 0;
	e->out->error = ENOMEM;
	return -1;
}

int
emit_result(void *ctx, const struct engine_result *r)
{
	struct emit *e = ctx;
	const struct query *q = e->q;
	struct buf *line = &e->out->line;
	size_t begun = line->n;

	/* Of a firing that is very long, too, a second signal is the end. */
	if (signals_stop_count() >= 2 && out_lose(e->out, EINTR) == -1)
		return -1;
	if ((e->bounds == NULL || e->keys == NULL) && begin(e) == -1)
		return -1;
	buf_clear(&e->key_texts);
	buf_room(&e->key_texts, r->key.n + 1);
	key_decode(r->key, e->keys, q->nkeys, &e->key_texts);
	for (size_t i = 0; i < q->nout; i++) {
		const struct out_column *col = &q->out[i];

		buf_add_char(line, i == 0 ? '{' : ',');
		buf_add_text(line, col->label);
		if ((query_is_bound(col)
			    ? write_bound(e, r, col, &e->bounds[i])
			    : write_column(e, r, col, line)) == -1) {
			/* Nothing of that row is written. */
			line->n = begun;
			return -1;
		}
	}
	buf_add_char(line, '}');
	if (out_end_line(e->out) == -1)
		return -1;
	e->lines++;
	return 0;
}

void
emit_free(struct emit *e)
{
	for (size_t i = 0; e->bounds != NULL && i < e->q->nout; i++)
		buf_free(&e->bounds[i].text);
	free(e->bounds);
	free(e->keys);
	buf_free(&e->key_texts);
	buf_free(&e->scratch);
}
