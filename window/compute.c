/* compute - what is computed of rows.
 * SPDX-License-Identifier: ISC */
#include "window/compute.h"

#include "sql/lanes.h"

static const char *const option_of[] = {
	[BY_FROM] = "from", [BY_FILTER] = "filter", [BY_INTO] = "into"
};

/* What failed in the program of that option, of a column perhaps. */
static void
note_failure(struct compute *c, const struct sql_program *p, const char *option,
    const char *column)
{
	c->failure = (struct compute_failure){ .what = p->run.what,
		.option = option,
		.column = column,
		.at = p->failed->at + 1,
		.field = p->failed->column };
}

/* What is wrong with the value of the k-th. */
static void
note_value(struct compute *c, size_t k, const char *what)
{
	const struct query *q = c->q;

	c->failure = (struct compute_failure){ .what = what,
		.option = "from",
		.column = q->computed[k].column,
		.field = sql_program_column(q->computed[k].program, 0) };
}

/*
 * A DECIMAL has its type's scale, as those that are read have, and an
 * undeclared number no trailing zeros.
 */
static inline void
normalize(struct value *v, struct type type)
{
	struct decimal d;

	if (v->kind != VALUE_DECIMAL || v->scale == type.scale)
		return;
	d = value_decimal(v);
	if (type.kind == TYPE_ANY)
		d = decimal_strip(d);
	else if (!decimal_rescale(d, type.precision, type.scale, &d)) {
		v->kind = VALUE_NULL;
		return;
	}
	v->scale = d.scale;
	v->units = d.units;
}

/* Whether the program has met such values by that row. */
static inline void
see_mixed(struct compute *c, const struct sql_program *p, int row)
{
	if (p->run.mixed == 0 || (c->mixed && c->mixed_at <= row))
		return;
	c->mixed = true;
	c->mixed_at = row;
}

/* The k-th for rows from the first-th up to done; where it stopped. */
static int
compute_column(
    struct compute *c, size_t k, struct rows *rows, int first, int done)
{
	const struct query *q = c->q;
	const struct computed *made = &q->computed[k];
	const struct field *field = &q->fields[q->nfields + k];
	struct sql_program *p = made->program;
	struct value *row = rows->values + (size_t)first * rows->stride;

	if (made->by != BY_FILTER && sql_lanes_run(p, row, rows->stride,
					 done - first, (int)(q->nfields + k)))
		return done;
	for (int i = first; i < done; i++, row += rows->stride) {
		struct value *out = &row[q->nfields + k];
		const struct value *v;

		if (rows->filtered >> i & 1)
			continue;
		v = sql_run(p, row, &c->scratch);
		see_mixed(c, p, i);
		if (v == NULL) {
			note_failure(c, p, option_of[made->by], made->column);
			done = i;
			break;
		}
		if (made->by == BY_FILTER &&
		    (v->kind != VALUE_BOOL || v->i == 0)) {
			out->kind = VALUE_NULL;
			continue;
		}
		*out = made->by == BY_FILTER && made->of != -1 ? row[made->of]
		                                               : *v;
		normalize(out, field->type);
		if (field->number_only && field->type.kind == TYPE_ANY &&
		    out->kind != VALUE_DECIMAL && out->kind != VALUE_NULL) {
			note_value(c, k, "not a number");
			done = i;
			break;
		}
	}
	return done;
}

/* The row in which --where met values of different kinds; once in a run. */
static int
where_mixed(struct compute *c, const struct rows *rows, int first, int n)
{
	struct sql_program *p = c->q->where;
	uint64_t before = p->run.mixed;
	int i = first, taken;

	for (; i + 1 < first + n; i++) {
		(void)sql_filter(p, rows->values + (size_t)i * rows->stride,
		    rows->stride, 1, &c->scratch, &taken);
		if (p->run.mixed > before)
			break;
	}
	return i;
}

static int
compute_times(struct compute *c, struct rows *rows, int first, int done)
{
	const struct query *q = c->q;
	const struct field *field = &q->fields[q->time_field];
	struct value *row = rows->values + (size_t)first * rows->stride;
	struct field_env env = query_field_env(q, NULL);
	struct fault why;

	for (int i = first; i < done; i++, row += rows->stride)
		if (field_time(field, &row[q->time_field], &env, &rows->t_ms[i],
			&why) == -1) {
			note_value(
			    c, (size_t)q->time_field - q->nfields, why.what);
			return i;
		}
	return done;
}

int
compute_rows(struct compute *c, struct rows *rows, int first)
{
	const struct query *q = c->q;
	int done = rows->n;
	size_t k = 0;

	if (c->scratch.bytes > 0)
		arena_reset(&c->scratch);
	rows->filtered = 0;
	for (; k < q->nearly; k++)
		done = compute_column(c, k, rows, first, done);
	if (query_computes_time(q))
		done = compute_times(c, rows, first, done);
	if (q->where != NULL) {
		int n = done - first, taken;

		rows->filtered =
		    ~sql_filter(q->where,
			rows->values + (size_t)first * rows->stride,
			rows->stride, n, &c->scratch, &taken)
		    << first;
		if (taken < n)
			note_failure(c, q->where, "where", NULL);
		if (q->where->run.mixed > 0 && !c->mixed)
			see_mixed(c, q->where,
			    where_mixed(c, rows, first, taken + (taken < n)));
		done = first + taken;
	}
	for (; k < q->ncomputed; k++)
		done = compute_column(c, k, rows, first, done);
	return done;
}

void
compute_free(struct compute *c)
{
	arena_free(&c->scratch);
}
