/* query - what a SELECT is: rows of a table, or results of windows over them.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/query.h"

#include "windowpipe/expression.h"
#include "windowpipe/grouping.h"
#include "windowpipe/rank.h"
#include "windowpipe/windows.h"

/* --- tables --------------------------------------------------------------- */

static struct field
physical(struct compiler *c, const struct sql_column *column)
{
	return (struct field){ .name = column->name.text,
		.text = expression_name(c->script, column->name.text),
		.plain = true,
		.type = column->type };
}

/* name AS expr: PROCTIME(), or a column that is computed of others. */
static struct field
computed(struct compiler *c, const struct relation *r,
    const struct sql_column *column)
{
	struct field f = { .name = column->name.text,
		.text = expression_name(c->script, column->name.text),
		.plain = true };

	if (expression_is_call(column->expr, "PROCTIME") &&
	    column->expr->nargs == 0) {
		f.text = "CURRENT_TIMESTAMP";
		f.plain = false;
		f.type =
		    (struct type){ .kind = TYPE_TIMESTAMP_LTZ, .precision = 3 };
		f.role = FIELD_PROCTIME;
		return f;
	}
	f.type = expression_type(c, r, column->expr);
	f.computed = expression_text(c, r, column->expr);
	return f;
}

/* AS c, or AS c - INTERVAL '5' SECOND. */
static bool
watermark_delay(const struct sql_node *n, struct span column, int64_t *delay_ms)
{
	*delay_ms = 0;
	if (n->kind == SQL_COLUMN)
		return span_equal(n->name, column);
	if (!expression_is_call(n, "-") || n->nargs != 2 ||
	    n->arg[0]->kind != SQL_COLUMN ||
	    !span_equal(n->arg[0]->name, column) ||
	    n->arg[1]->kind != SQL_CONSTANT || n->arg[1]->type.kind != SQL_MS ||
	    n->arg[1]->value.i < 0)
		return false;
	*delay_ms = n->arg[1]->value.i;
	return true;
}

static void
take_watermark(
    struct compiler *c, struct relation *r, const struct sql_table *def)
{
	struct field *f;
	size_t i = 0;

	while (i < r->n && !span_equal(r->field[i].name, def->watermark.text))
		i++;
	if (i == r->n) {
		relation_fail_name(
		    c, &def->watermark, "the table has no column of this name");
		return;
	}
	f = &r->field[i];
	if (f->type.kind == SQL_POISON)
		return;
	if (!sql_type_is_instant(f->type.kind) || f->role == FIELD_PROCTIME) {
		relation_fail_name(c, &def->watermark,
		    "an event time is a TIMESTAMP(3) or TIMESTAMP_LTZ(3);"
		    " compute one: ts AS TO_TIMESTAMP_LTZ(ms, 3)");
		return;
	}
	if (def->watermark_expr->kind == SQL_ERRONEOUS)
		return;
	f->role = FIELD_ROWTIME;
	if (!watermark_delay(def->watermark_expr, f->name, &r->delay_ms))
		relation_fail(c, def->watermark_expr->begin, 1,
		    "a watermark is the column, or the column less an"
		    " interval: ts - INTERVAL '5' SECOND");
}

struct relation *
query_table(struct compiler *c, struct table *t)
{
	struct relation *r = script_make(c->script, sizeof *r);

	if (r == NULL || t->broken)
		return NULL;
	r->base = BASE_TABLE;
	r->table = t;
	r->alias = t->name;
	for (const struct sql_column *column = t->def->columns; column != NULL;
	     column = column->next)
		relation_add(c, r,
		    column->kind == SQL_COMPUTED ? computed(c, r, column)
						 : physical(c, column));
	if (t->def->watermark.text.p != NULL)
		take_watermark(c, r, t->def);
	return r;
}

void
query_check_table(struct compiler *c, struct table *t)
{
	size_t told = c->script->errors.n;
	bool broken = t->broken;

	t->broken = false;
	query_table(c, t);
	t->broken = broken || c->script->errors.n > told;
}

static struct relation *
view_relation(struct compiler *c, struct table *t)
{
	const struct sql_name *name = t->view->columns;
	struct relation *r;

	if (t->broken || t->open)
		return NULL;
	t->open = true;
	r = query_relation(c, t->view->query, NULL, 0);
	t->open = false;
	if (r == NULL)
		return NULL;
	r->alias = t->name;
	for (size_t i = 0; name != NULL; name = name->next, i++) {
		if (i == r->n)
			return relation_fail_name(
			    c, name, "the query has fewer columns");
		r->field[i].name = name->text;
		if (name->next == NULL && i + 1 < r->n)
			return relation_fail_name(
			    c, name, "the query has more columns");
	}
	return r;
}

void
query_check_view(struct compiler *c, struct table *t)
{
	if (!t->broken && view_relation(c, t) == NULL)
		t->broken = true;
}

static struct relation *
named_relation(struct compiler *c, const struct sql_name *name)
{
	struct table *t = catalog_find(&c->catalog, c->script, name);

	if (t == NULL)
		return NULL;
	return t->view != NULL ? view_relation(c, t) : query_table(c, t);
}

/* --- pipes ---------------------------------------------------------------- */

/*
 * What stands on results as on a table: they are written under the names of r's
 * fields, and read again.
 */
static struct relation *
piped(struct compiler *c, struct relation *r)
{
	struct relation *p;

	if (r->base != BASE_RESULTS)
		return r;
	p = relation_like(c, r);
	if (p == NULL)
		return NULL;
	p->base = BASE_PIPE;
	p->upstream = r;
	p->where = NULL;
	/* A result's time is 1 ms before its window's end. */
	p->delay_ms = 1;
	for (size_t i = 0; i < r->n; i++) {
		struct field f = r->field[i];

		if (f.role == FIELD_PROCTIME || f.text == NULL) {
			relation_add(c, p, f);
			continue;
		}
		f.text = expression_name(c->script, f.name);
		f.plain = true;
		relation_add(c, p, f);
	}
	return p;
}

/* --- FROM ----------------------------------------------------------------- */

static struct relation *
from_relation(struct compiler *c, const struct sql_from *from)
{
	struct relation *r = NULL;

	switch (from->kind) {
	case SQL_FROM_NONE:
		break;
	case SQL_FROM_TABLE:
		r = named_relation(c, &from->name);
		break;
	case SQL_FROM_QUERY:
		r = query_relation(c, from->query, NULL, 0);
		break;
	case SQL_FROM_WINDOW:
		r = from_relation(c, from->of);
		if (r != NULL)
			r = piped(c, r);
		if (r != NULL)
			r = windows_relation(c, r, from);
		break;
	}
	if (r != NULL && from->alias.text.p != NULL)
		r->alias = from->alias.text;
	return r;
}

/* --- SELECT --------------------------------------------------------------- */

static void
select_all(struct compiler *c, struct relation *out, const struct relation *r,
    const struct sql_item *item)
{
	if (item->alias.text.p != NULL &&
	    !span_equal(item->alias.text, r->alias))
		relation_fail(
		    c, item->at, item->length, "no table of this name is read");
	for (size_t i = 0; i < r->n; i++)
		if (*r->field[i].name.p != ' ')
			relation_add(c, out, r->field[i]);
}

static struct relation *
project(struct compiler *c, struct relation *r, const struct sql_query *q)
{
	struct relation *out = relation_like(c, r);
	const struct sql_item *item = q->items;

	if (out == NULL)
		return NULL;
	for (size_t i = 0; item != NULL; item = item->next, i++)
		if (item->expr == NULL)
			select_all(c, out, r, item);
		else
			expression_select(c, out, r, item->expr,
			    expression_item_name(c, item, i));
	return out;
}

/* --- WHERE ---------------------------------------------------------------- */

/* One condition and another. */
static const char *
both(struct compiler *c, const char *a, const char *b)
{
	return a == NULL ? b : script_print(c->script, "(%s) AND (%s)", a, b);
}

/* One of the conditions that AND joins. */
static bool
add_condition(struct compiler *c, struct relation *r, const struct sql_node *n)
{
	const char *text = expression_condition(c, r, n);

	if (text == NULL)
		return false;
	if (r->base == BASE_RESULTS && r->of->top == 0)
		r->of->having = both(c, r->of->having, text);
	else
		r->where = both(c, r->where, text);
	return true;
}

static struct relation *
filter(struct compiler *c, struct relation *r, const struct sql_node *where)
{
	const struct sql_node *const *list =
	    where->kind == SQL_AND ? (const struct sql_node *const *)where->arg
				   : &where;
	size_t n = where->kind == SQL_AND ? where->nargs : 1;
	const struct field *rank = relation_field(r, FIELD_RANK);
	uint64_t top = 0;

	if (grouping_aggregate_in(where) != NULL)
		return relation_fail_node(c, grouping_aggregate_in(where),
		    "an aggregate in WHERE; HAVING, behind GROUP BY, filters"
		    " results");
	for (size_t i = 0; rank != NULL && i < n && top == 0; i++)
		top = rank_bound(c, r, list[i]);
	if (rank != NULL && top > 0) {
		if (!rank_set(c, r, top))
			return NULL;
		if (n == 1)
			return r;
	}
	if (r->base == BASE_RESULTS && r->of->top != 0)
		r = piped(c, r);
	for (size_t i = 0; r != NULL && i < n; i++)
		if ((top == 0 || rank_bound(c, r, list[i]) == 0) &&
		    !add_condition(c, r, list[i]))
			return NULL;
	return r;
}

static bool
selects_aggregate(const struct sql_query *q)
{
	for (const struct sql_item *i = q->items; i != NULL; i = i->next)
		if (i->expr != NULL && grouping_aggregate_in(i->expr) != NULL)
			return true;
	return q->having != NULL;
}

static struct relation *
select_from(struct compiler *c, const struct sql_query *q,
    const struct span *names, size_t nnames)
{
	struct relation *r;

	if (q->distinct_at != 0)
		return relation_fail(c, q->distinct_at, 8,
		    "SELECT DISTINCT: " FLINK_ONLY
		    "; GROUP BY the columns and a window");
	if (q->from.kind == SQL_FROM_NONE)
		return relation_fail(c, q->at, 6,
		    "SELECT without FROM: " FLINK_ONLY "; read a table");
	r = from_relation(c, &q->from);
	if (r != NULL && q->where != NULL)
		r = filter(c, r, q->where);
	if (r == NULL)
		return NULL;
	if (relation_field(r, FIELD_RANK) != NULL &&
	    (q->group != NULL || selects_aggregate(q)))
		return relation_fail(c, q->at, 6,
		    "ROW_NUMBER() without WHERE … <= N: " FLINK_ONLY);
	if (q->group == NULL && !selects_aggregate(q))
		return project(c, r, q);
	r = piped(c, r);
	return r == NULL ? NULL : grouping_results(c, r, q, names, nnames);
}

struct relation *
query_relation(struct compiler *c, const struct sql_query *q,
    const struct span *names, size_t nnames)
{
	struct table *outside = c->catalog.first;
	struct relation *r;

	for (const struct sql_view *v = q->with; v != NULL; v = v->next)
		catalog_add_view(&c->catalog, c->script, v, false);
	r = select_from(c, q, names, nnames);
	c->catalog.first = outside;
	return r;
}
