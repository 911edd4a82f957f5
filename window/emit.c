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

/* Adds the column to the line begun; -1 where it may not be null but is. */
static int
write_column(
    struct emit *e, const struct engine_result *r, const struct out_column *col)
{
	struct value v;
	bool unfit = false, no_cast = false;

	column_value(e, r, col, &v, &unfit);
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
	if (v.kind == VALUE_NULL && col->to.not_null &&
	    col->source != OUT_START && col->source != OUT_END)
		return refuse_null(e, r, col->name);
	value_write(&e->out->line, &v,
	    col->to.kind == TYPE_ANY ? col->from.kind : col->to.kind,
	    e->q->decimal_form);
	return 0;
}

int
emit_result(void *ctx, const struct engine_result *r)
{
	struct emit *e = ctx;
	const struct query *q = e->q;
	struct buf *line = &e->out->line;
	size_t begun = line->n;

	/* Of a firing that is very long, too, a second signal is the end. */
	if (signals_stop_count() >= 2) {
		e->out->error = EINTR;
		return -1;
	}
	if (e->keys == NULL && q->nkeys > 0) {
		e->keys = calloc(q->nkeys, sizeof *e->keys);
		if (e->keys == NULL) {
			e->out->error = ENOMEM;
			return -1;
		}
	}
	buf_clear(&e->key_texts);
	buf_room(&e->key_texts, r->key.n + 1);
	key_decode(r->key, e->keys, q->nkeys, &e->key_texts);
	for (size_t i = 0; i < q->nout; i++) {
		buf_add_char(line, i == 0 ? '{' : ',');
		buf_add_text(line, q->out[i].label);
		if (write_column(e, r, &q->out[i]) == -1) {
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
	free(e->keys);
	buf_free(&e->key_texts);
	buf_free(&e->scratch);
}
