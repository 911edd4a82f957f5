/* rank - ROW_NUMBER() OVER (…) <= N: the first results of a window.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/rank.h"

#include "windowpipe/expression.h"

uint64_t
rank_bound(
    struct compiler *c, const struct relation *r, const struct sql_node *n)
{
	const struct sql_node *a, *b;
	const struct field *f;
	bool less, equal;

	if (n->kind == SQL_BETWEEN && n->nargs == 3 &&
	    n->arg[1]->kind == SQL_CONSTANT &&
	    n->arg[1]->value.kind == VALUE_INT && n->arg[1]->value.i == 1) {
		a = n->arg[0];
		b = n->arg[2];
		less = equal = true;
	} else {
		if (n->kind != SQL_CALL || n->nargs != 2)
			return 0;
		a = n->arg[0];
		b = n->arg[1];
		less = n->name.n > 0 && *n->name.p == '<';
		if (a->kind == SQL_CONSTANT) {
			const struct sql_node *other = a;

			a = b;
			b = other;
			less = n->name.n > 0 && *n->name.p == '>';
		}
		equal = span_is(n->name, "=") || (n->name.n == 2 && less);
		if (span_is(n->name, "<>") ||
		    (span_is(n->name, "=") && b->value.i != 1))
			return 0;
	}
	if (a->kind != SQL_COLUMN || b->kind != SQL_CONSTANT ||
	    b->value.kind != VALUE_INT || (!less && !equal))
		return 0;
	f = expression_field(c, r, a);
	if (f == NULL || f->role != FIELD_RANK)
		return 0;
	return b->value.i < (equal ? 1 : 2) ? 0 : (uint64_t)b->value.i - !equal;
}

/* A plain result that ORDER BY or PARTITION BY names; NULL after an error. */
static const struct field *
ranked_field(
    struct compiler *c, const struct relation *r, const struct sql_node *n)
{
	const struct field *f =
	    n->kind == SQL_COLUMN ? expression_field(c, r, n) : NULL;

	if (f == NULL || !f->plain)
		relation_fail(c, n->begin, n->end - n->begin,
		    "ROW_NUMBER() goes by a result as it is; select the"
		    " expression, and order by its name in a query around it");
	return f != NULL && f->plain ? f : NULL;
}

/* ORDER BY a DESC, b: "a,-b". */
static bool
add_order(struct compiler *c, const struct relation *r,
    const struct sql_over *over, struct buf *by)
{
	for (const struct sql_sorted *s = over->order; s != NULL; s = s->next) {
		const struct field *f = ranked_field(c, r, s->node);

		if (f == NULL)
			return false;
		if (s->nulls_given && s->nulls_first == s->descending) {
			relation_fail(c, s->node->begin, 1,
			    "nulls where they are not by default: " FLINK_ONLY);
			return false;
		}
		buf_addf(by, "%s%s%s", by->n > 0 ? "," : "",
		    s->descending ? "" : "-", f->text);
	}
	return by->n > 0;
}

/* PARTITION BY window_start, window_end and keys: ":k:l". */
static bool
add_partition(struct compiler *c, const struct relation *r,
    const struct sql_over *over, struct buf *by)
{
	bool start = false, end = false;

	for (const struct sql_sorted *s = over->partition; s != NULL;
	     s = s->next) {
		const struct field *f = ranked_field(c, r, s->node);

		if (f == NULL)
			return false;
		start |= f->role == FIELD_START;
		end |= f->role == FIELD_END;
		if (!relation_is_bound(f))
			buf_addf(by, ":%s", f->text);
	}
	if (start && end)
		return true;
	relation_fail(c, over->at, 1,
	    "PARTITION BY lacks window_start and window_end: the first rows of"
	    " all time, " FLINK_ONLY);
	return false;
}

bool
rank_set(struct compiler *c, struct relation *r, uint64_t n)
{
	struct buf by = { 0 };
	bool good;

	if (r->base != BASE_RESULTS || r->where != NULL || r->of->top != 0) {
		relation_fail(c, r->rank->at, 1,
		    "ROW_NUMBER() is had of a window's results alone: other"
		    " rows, " FLINK_ONLY);
		return false;
	}
	if (r->rank->order == NULL || r->rank->framed) {
		relation_fail(c, r->rank->at, 1,
		    "ROW_NUMBER() goes by a result: ORDER BY n DESC");
		return false;
	}
	good = add_order(c, r->ranked, r->rank, &by) &&
	       add_partition(c, r->ranked, r->rank, &by);
	r->of->top_by = script_copy(c->script, buf_span(&by));
	buf_free(&by);
	if (!good)
		return false;
	r->of->top = n;
	for (size_t i = 0; i < r->n; i++)
		if (r->field[i].role == FIELD_RANK) {
			r->field[i].text = "rank";
			r->field[i].plain = true;
			r->field[i].role = FIELD_VALUE;
		}
	return true;
}
