/* query - what a SELECT is: rows of a table, or results of windows over them.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/query.h"

#include <stdlib.h>
#include <strings.h>

#include "lib/array.h"
#include "lib/nearest.h"
#include "lib/path.h"
#include "sql/program.h"
#include "windowpipe/expression.h"

/* Said of all that Flink has and windowpipe has not. */
#define FLINK_ONLY "Flink runs this, windowpipe does not"

static struct relation *
from_relation(struct compiler *, const struct sql_from *);

static struct relation *
fail(struct compiler *c, size_t at, size_t n, const char *what)
{
	sql_errors_add(&c->script->errors, at, n, "%s", what);
	return NULL;
}

static struct relation *
fail_name(struct compiler *c, const struct sql_name *name, const char *what)
{
	return fail(c, name->at, name->length, what);
}

static struct relation *
fail_node(struct compiler *c, const struct sql_node *n, const char *what)
{
	return fail(c, n->at, n->length, what);
}

static bool
is_call(const struct sql_node *n, const char *name)
{
	return n->kind == SQL_CALL && n->name.n == strlen(name) &&
	       strncasecmp(n->name.p, name, n->name.n) == 0;
}

static bool
is_instant(struct type t)
{
	return sql_type_is_instant(t.kind);
}

/* --- fields --------------------------------------------------------------- */

static struct field *
add_field(struct compiler *c, struct relation *r, struct field f)
{
	if (r->n == r->cap) {
		size_t cap = r->cap * 2 + 16;
		struct field *more = script_make(c->script, cap * sizeof *more);

		if (more == NULL)
			return NULL;
		if (r->n > 0)
			memcpy(more, r->field, r->n * sizeof *more);
		r->field = more;
		r->cap = cap;
	}
	r->field[r->n] = f;
	return &r->field[r->n++];
}

/* A copy whose fields may differ. */
static struct relation *
copy_without_fields(struct compiler *c, const struct relation *r)
{
	struct relation *copy = script_make(c->script, sizeof *copy);

	if (copy == NULL)
		return NULL;
	*copy = *r;
	copy->field = NULL;
	copy->n = copy->cap = 0;
	return copy;
}

static const struct field *
field_of_role(const struct relation *r, enum field_role role)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->field[i].role == role)
			return &r->field[i];
	return NULL;
}

/* --- tables --------------------------------------------------------------- */

static struct field
physical(struct compiler *c, const struct sql_column *column)
{
	return (struct field){ .name = column->name.text,
		.text = query_name(c->script, column->name.text),
		.plain = true,
		.type = column->type };
}

/* name AS expr: PROCTIME(), or a column that is computed of others. */
static struct field
computed(struct compiler *c, const struct relation *r,
    const struct sql_column *column)
{
	struct field f = { .name = column->name.text,
		.text = query_name(c->script, column->name.text),
		.plain = true };

	if (is_call(column->expr, "PROCTIME") && column->expr->nargs == 0) {
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
	if (!is_call(n, "-") || n->nargs != 2 ||
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
		fail_name(
		    c, &def->watermark, "the table has no column of this name");
		return;
	}
	f = &r->field[i];
	if (f->type.kind == SQL_POISON)
		return;
	if (!is_instant(f->type) || f->role == FIELD_PROCTIME) {
		fail_name(c, &def->watermark,
		    "an event time is a TIMESTAMP(3) or TIMESTAMP_LTZ(3);"
		    " compute one: ts AS TO_TIMESTAMP_LTZ(ms, 3)");
		return;
	}
	if (def->watermark_expr->kind == SQL_ERRONEOUS)
		return;
	f->role = FIELD_ROWTIME;
	if (!watermark_delay(def->watermark_expr, f->name, &r->delay_ms))
		fail(c, def->watermark_expr->begin, 1,
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
		add_field(c, r,
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
			return fail_name(
			    c, name, "the query has fewer columns");
		r->field[i].name = name->text;
		if (name->next == NULL && i + 1 < r->n)
			return fail_name(c, name, "the query has more columns");
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
	p = copy_without_fields(c, r);
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
			add_field(c, p, f);
			continue;
		}
		f.text = query_name(c->script, f.name);
		f.plain = true;
		add_field(c, p, f);
	}
	return p;
}

/* --- windows -------------------------------------------------------------- */

static const struct {
	const char *name;
	enum window_kind kind;
	int nargs; /* of the group function */
	const char *form;
} kinds[] = {
	{ "TUMBLE", WINDOW_TUMBLE, 2, "TUMBLE(ts, INTERVAL '10' SECOND)" },
	{ "HOP", WINDOW_HOP, 3,
	    "HOP(ts, INTERVAL '2' SECOND, INTERVAL '10' SECOND): slide, size" },
	{ "CUMULATE", WINDOW_CUMULATE, 0, NULL },
	{ "SESSION", WINDOW_SESSION, 2, "SESSION(ts, INTERVAL '5' MINUTE)" },
};

enum { KINDS = sizeof kinds / sizeof *kinds };

/* Index of the group function, or -1. */
static int
group_function(const struct sql_node *n)
{
	for (int i = 0; i < KINDS; i++)
		if (kinds[i].nargs > 0 && is_call(n, kinds[i].name))
			return i;
	return -1;
}

/* An interval in milliseconds above least; false after an error. */
static bool
interval_ms(
    struct compiler *c, const struct sql_node *n, int64_t least, int64_t *ms)
{
	*ms = 0;
	if (n == NULL || n->kind == SQL_ERRONEOUS)
		return n == NULL;
	if (n->kind != SQL_CONSTANT || n->type.kind != SQL_MS) {
		fail(c, n->begin, n->end - n->begin,
		    n->kind == SQL_CONSTANT && n->type.kind == SQL_MONTHS
			? "windows of months: Flink runs no such, nor does"
			  " windowpipe; give days"
			: "an interval of seconds to days is expected:"
			  " INTERVAL '10' SECOND");
		return false;
	}
	*ms = n->value.i;
	if (*ms < least) {
		fail_node(c, n, "this interval must be above 0");
		return false;
	}
	return true;
}

/* The windows go by that field's time. */
static bool
set_time(struct compiler *c, struct windows *w, const struct relation *r,
    const struct field *f, size_t at, size_t n)
{
	if (f->type.kind == SQL_POISON)
		return false;
	if (f->role == FIELD_PROCTIME) {
		w->by_clock = true;
		return true;
	}
	if (f->role == FIELD_ROWTIME && f->text != NULL) {
		w->time = f->text;
		w->is_ltz = f->type.kind == TYPE_TIMESTAMP_LTZ;
		w->delay_ms = r->delay_ms;
		return true;
	}
	sql_errors_add(&c->script->errors, at, n,
	    is_instant(f->type)
		? "this column is no event time; its table lacks WATERMARK FOR"
		  " %.*s AS %.*s - INTERVAL '5' SECOND"
		: "this column is no event time: it needs a WATERMARK, and a"
		  " TIMESTAMP(3)",
	    (int)f->name.n, f->name.p, (int)f->name.n, f->name.p);
	return false;
}

/* TUMBLE(ts, size), HOP(ts, slide, size), SESSION(ts, gap) of GROUP BY. */
static bool
group_windows(struct compiler *c, const struct relation *r,
    const struct sql_node *n, int kind, struct windows *w)
{
	const struct field *f;

	if (n->nargs != (size_t)kinds[kind].nargs) {
		sql_errors_add(&c->script->errors, n->at, n->length,
		    "%s takes %d arguments; write %s", kinds[kind].name,
		    kinds[kind].nargs, kinds[kind].form);
		return false;
	}
	w->kind = kinds[kind].kind;
	if (!interval_ms(c, n->arg[n->nargs - 1], 1, &w->size_ms) ||
	    (n->nargs == 3 && !interval_ms(c, n->arg[1], 1, &w->slide_ms)))
		return false;
	if (is_call(n->arg[0], "PROCTIME")) {
		w->by_clock = true;
		return true;
	}
	if (n->arg[0]->kind != SQL_COLUMN) {
		fail_node(c, n->arg[0],
		    "the first argument is the column of the time");
		return false;
	}
	f = expression_field(c, r, n->arg[0]);
	return f != NULL &&
	       set_time(c, w, r, f, n->arg[0]->at, n->arg[0]->length);
}

/* TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), size)): its rows, and their windows. */
static struct relation *
window_relation(struct compiler *c, const struct sql_from *from)
{
	struct relation *of = from_relation(c, from->of), *r;
	struct sql_node column = { .kind = SQL_COLUMN,
		.name = from->time.text,
		.at = from->time.at,
		.length = from->time.length };
	const struct field *f;
	struct windows *w;

	if (of == NULL || (of = piped(c, of)) == NULL)
		return NULL;
	if (of->windows != NULL)
		return fail_name(c, &from->name,
		    "windows over rows of windows: " FLINK_ONLY
		    "; aggregate first");
	f = expression_field(c, of, &column);
	w = script_make(c->script, sizeof *w);
	if (f == NULL || w == NULL)
		return NULL;
	for (int i = 0; i < KINDS; i++)
		if (span_is(from->name.text, kinds[i].name))
			w->kind = kinds[i].kind;
	w->partition = from->partition;
	if (!interval_ms(c, from->arg[SQL_SIZE], 1, &w->size_ms) ||
	    !interval_ms(c, from->arg[SQL_SLIDE], 1, &w->slide_ms) ||
	    !interval_ms(c, from->arg[SQL_OFFSET], INT64_MIN, &w->offset_ms) ||
	    !set_time(c, w, of, f, column.at, column.length))
		return NULL;
	if (w->kind == WINDOW_CUMULATE && w->size_ms % w->slide_ms != 0)
		return fail_node(c, from->arg[SQL_SIZE],
		    "the size is no multiple of the step");
	if (w->kind != WINDOW_HOP &&
	    (w->offset_ms >= w->size_ms || w->offset_ms <= -w->size_ms))
		return fail_node(c, from->arg[SQL_OFFSET],
		    "the offset must be less than the window's size");
	r = copy_without_fields(c, of);
	if (r == NULL)
		return NULL;
	/* Bounds of windows that it has already are values from now on. */
	for (size_t i = 0; i < of->n; i++) {
		struct field *copy = add_field(c, r, of->field[i]);

		if (copy != NULL &&
		    (copy->role == FIELD_START || copy->role == FIELD_END))
			copy->role = FIELD_VALUE;
	}
	r->windows = w;
	add_field(c, r,
	    (struct field){ .name = span_of("window_start"),
		.type = { .kind = TYPE_TIMESTAMP, .precision = 3 },
		.role = FIELD_START });
	add_field(c, r,
	    (struct field){ .name = span_of("window_end"),
		.type = { .kind = TYPE_TIMESTAMP, .precision = 3 },
		.role = FIELD_END });
	add_field(c, r,
	    (struct field){ .name = span_of("window_time"),
		.type = { .kind = w->by_clock || w->is_ltz ? TYPE_TIMESTAMP_LTZ
	                                                   : TYPE_TIMESTAMP,
		    .precision = 3 },
		.role = FIELD_TIME });
	return r;
}

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
		r = window_relation(c, from);
		break;
	}
	if (r != NULL && from->alias.text.p != NULL)
		r->alias = from->alias.text;
	return r;
}

/* --- aggregates ----------------------------------------------------------- */

enum aggregate_type { TYPE_OF_COUNT, TYPE_OF_SUM, TYPE_OF_AVG, TYPE_OF_ARG };

static const struct aggregate {
	const char *name;
	const char *option; /* of window; NULL: Flink's alone */
	enum aggregate_type type;
} aggregates[] = {
	{ "COUNT", "count", TYPE_OF_COUNT },
	{ "SUM", "sum", TYPE_OF_SUM },
	{ "AVG", "avg", TYPE_OF_AVG },
	{ "MIN", "min", TYPE_OF_ARG },
	{ "MAX", "max", TYPE_OF_ARG },
	{ "FIRST_VALUE", "first", TYPE_OF_ARG },
	{ "LAST_VALUE", "last", TYPE_OF_ARG },
	{ "VAR_POP", "var-pop", TYPE_OF_AVG },
	{ "VAR_SAMP", "var-samp", TYPE_OF_AVG },
	{ "VARIANCE", "var-samp", TYPE_OF_AVG },
	{ "STDDEV_POP", "stddev-pop", TYPE_OF_AVG },
	{ "STDDEV_SAMP", "stddev-samp", TYPE_OF_AVG },
	{ "STDDEV", "stddev-samp", TYPE_OF_AVG },
	{ "APPROX_COUNT_DISTINCT", NULL, TYPE_OF_COUNT },
	{ "ARRAY_AGG", NULL, TYPE_OF_ARG },
	{ "COLLECT", NULL, TYPE_OF_ARG },
	{ "JSON_ARRAYAGG", NULL, TYPE_OF_ARG },
	{ "JSON_OBJECTAGG", NULL, TYPE_OF_ARG },
	{ "LISTAGG", NULL, TYPE_OF_ARG },
	{ "SINGLE_VALUE", NULL, TYPE_OF_ARG },
};

static const struct aggregate *
find_aggregate(const struct sql_node *n)
{
	for (size_t i = 0; i < sizeof aggregates / sizeof *aggregates; i++)
		if (is_call(n, aggregates[i].name))
			return &aggregates[i];
	return NULL;
}

/* An aggregate in the expression, or NULL. */
static const struct sql_node *
aggregate_in(const struct sql_node *n)
{
	const struct sql_node *found =
	    find_aggregate(n) != NULL && n->over == NULL ? n : NULL;

	for (size_t i = 0; found == NULL && i < n->nargs; i++)
		found = aggregate_in(n->arg[i]);
	return found;
}

/* Source: reference of Flink 1.20, LogicalTypeMerging (SUM, AVG). */
static struct type
aggregate_type(enum aggregate_type rule, struct type arg)
{
	struct type t = arg;

	t.not_null = false;
	if (rule == TYPE_OF_COUNT)
		return (struct type){ .kind = TYPE_BIGINT, .not_null = true };
	if (rule == TYPE_OF_ARG || t.kind != TYPE_DECIMAL)
		return t;
	return sql_decimal_type(
	    38, rule == TYPE_OF_AVG && t.scale < 6 ? 6 : t.scale);
}

/* While a query that groups is looked at. */
struct grouping {
	struct compiler *c;
	struct relation *in;
	struct results *of;
	const struct sql_node *window; /* the group function, or NULL */
	struct group_key {
		const struct sql_node *node;
		const char *text; /* the expression over what it stands on */
		struct result_key *key;
		struct group_key *next;
	} * keys;
	bool good;
};

static bool
is_taken(const struct relation *raw, const char *name)
{
	/* --into calls the rank so. */
	if (strcmp(name, "rank") == 0)
		return true;
	for (size_t i = 0; i < raw->n; i++)
		if (span_is(raw->field[i].name, name))
			return true;
	return false;
}

/* A name that no result has yet, as like the wish as can be. */
static const char *
free_name(struct grouping *g, struct span wish)
{
	const char *name;

	if (!query_is_identifier(wish))
		wish = span_of("result");
	name = script_copy(g->c->script, wish);
	for (int i = 2; is_taken(&g->of->raw, name); i++)
		name = script_print(
		    g->c->script, "%.*s_%d", (int)wish.n, wish.p, i);
	return name;
}

static bool
is_column_of(const struct relation *r, const char *name)
{
	for (size_t i = 0; i < r->n; i++)
		if (span_is(r->field[i].name, name))
			return true;
	if (r->base == BASE_PIPE && is_column_of(r->upstream, name))
		return true;
	if (r->base == BASE_TABLE)
		for (const struct sql_column *c = r->table->def->columns;
		     c != NULL; c = c->next)
			if (span_is(c->name.text, name))
				return true;
	return false;
}

/* The column that has the value of an expression: it is computed, once. */
static const char *
need_column(struct grouping *g, const char *text, bool plain, struct span wish)
{
	struct computed **next = &g->of->computed, *n;
	const char *name;

	if (plain)
		return text;
	for (; *next != NULL; next = &(*next)->next)
		if (strcmp((*next)->text, text) == 0)
			return (*next)->name;
	if (!query_is_identifier(wish))
		wish = span_of("value");
	name = script_copy(g->c->script, wish);
	for (int i = 2;; i++) {
		bool taken = is_column_of(g->in, name);

		for (n = g->of->computed; n != NULL; n = n->next)
			taken = taken || strcmp(n->name, name) == 0;
		if (!taken)
			break;
		name = script_print(
		    g->c->script, "%.*s_%d", (int)wish.n, wish.p, i);
	}
	n = script_make(g->c->script, sizeof *n);
	if (n == NULL)
		return "";
	*n = (struct computed){ .name = name, .text = text };
	*next = n;
	return name;
}

/* Is it a column and nothing else, of what r stands on? */
static bool
is_plain(struct compiler *c, const struct relation *r, const struct sql_node *n)
{
	const struct field *f;

	if (n->kind != SQL_COLUMN)
		return false;
	f = expression_field(c, r, n);
	return f != NULL && f->plain;
}

static const struct span no_wish = { NULL, 0 };

static struct span
wish_or(struct span wish, const char *otherwise)
{
	return wish.p != NULL ? wish : span_of(otherwise);
}

/* Adds a result to those that may be selected; returns its field. */
static const struct field *
add_result(struct grouping *g, const char *name, struct type type)
{
	return add_field(g->c, &g->of->raw,
	    (struct field){ .name = span_of(name),
		.text = query_name(g->c->script, span_of(name)),
		.plain = true,
		.type = type });
}

static const struct field *
raw_field(const struct grouping *g, const char *name)
{
	for (size_t i = 0; i < g->of->raw.n; i++)
		if (span_is(g->of->raw.field[i].name, name))
			return &g->of->raw.field[i];
	return NULL;
}

/* COUNT of a row or of a constant that is not null is COUNT(*). */
static bool
counts_rows(const struct sql_node *n)
{
	return n->arg[0]->kind == SQL_STAR ||
	       (n->arg[0]->kind == SQL_CONSTANT &&
		   n->arg[0]->type.kind != SQL_NULL);
}

static bool
same_call(const struct result_call *a, const struct result_call *b)
{
	return strcmp(a->option, b->option) == 0 &&
	       (a->column == NULL) == (b->column == NULL) &&
	       (a->column == NULL || strcmp(a->column, b->column) == 0) &&
	       (a->filter == NULL) == (b->filter == NULL) &&
	       (a->filter == NULL || strcmp(a->filter, b->filter) == 0);
}

/* Is it one that window computes?  An error otherwise. */
static bool
check_aggregate(
    struct grouping *g, const struct sql_node *n, const struct aggregate *a)
{
	bool is_count = strcmp(a->name, "COUNT") == 0;
	bool min_or_max =
	    strcmp(a->name, "MIN") == 0 || strcmp(a->name, "MAX") == 0;

	if (a->option == NULL) {
		sql_errors_add(&g->c->script->errors, n->at, n->length,
		    "%s: " FLINK_ONLY, a->name);
		return false;
	}
	if (n->nargs != 1) {
		sql_errors_add(&g->c->script->errors, n->at, n->length,
		    is_count ? "COUNT of several columns: " FLINK_ONLY
			     : "%s takes one argument",
		    a->name);
		return false;
	}
	if (n->arg[0]->kind == SQL_STAR && !is_count) {
		fail_node(g->c, n->arg[0], "only COUNT takes a star");
		return false;
	}
	if (n->distinct && !is_count && !min_or_max) {
		sql_errors_add(&g->c->script->errors, n->at, n->length,
		    "%s(DISTINCT …): " FLINK_ONLY
		    "; COUNT(DISTINCT …) can be had",
		    a->name);
		return false;
	}
	if (aggregate_in(n->arg[0]) != NULL) {
		fail_node(g->c, aggregate_in(n->arg[0]),
		    "an aggregate within an aggregate");
		return false;
	}
	return true;
}

static bool
is_wrong_type(struct grouping *g, const struct sql_node *n,
    const struct aggregate *a, struct type t)
{
	char name[SQL_TYPE_NAME_MAX];

	if ((a->type != TYPE_OF_SUM && a->type != TYPE_OF_AVG) ||
	    type_is_number(t.kind) || t.kind == SQL_POISON ||
	    t.kind == TYPE_ANY)
		return false;
	sql_errors_add(&g->c->script->errors, n->arg[0]->begin,
	    n->arg[0]->end - n->arg[0]->begin,
	    "%s takes a number, and this is %s; CAST it", a->name,
	    sql_type_name(name, t));
	return true;
}

/* The result of an aggregate's call, which is computed once; NULL: errors. */
static const struct field *
call_result(struct grouping *g, const struct sql_node *n,
    const struct aggregate *a, struct span wish)
{
	struct result_call call = { .option = a->option };
	struct result_call **next = &g->of->calls;
	struct type type = { 0 };

	if (!check_aggregate(g, n, a))
		return NULL;
	if (n->filter != NULL) {
		call.filter = expression_condition(g->c, g->in, n->filter);
		if (call.filter == NULL)
			return NULL;
	}
	if (strcmp(a->name, "COUNT") == 0 && !n->distinct && counts_rows(n)) {
		call.option = "count";
	} else {
		type = expression_type(g->c, g->in, n->arg[0]);
		if (type.kind == SQL_POISON || is_wrong_type(g, n, a, type))
			return NULL;
		if (strcmp(a->name, "COUNT") == 0)
			call.option = n->distinct ? "distinct" : "count-of";
		call.column = need_column(g,
		    expression_text(g->c, g->in, n->arg[0]),
		    is_plain(g->c, g->in, n->arg[0]), wish_or(wish, "value"));
	}
	for (; *next != NULL; next = &(*next)->next)
		if (same_call(*next, &call))
			return raw_field(g, (*next)->name);
	if (call.column == NULL)
		wish = wish_or(wish, "count");
	else if (wish.p == NULL)
		wish = span_of(script_print(
		    g->c->script, "%s_%s", call.option, call.column));
	call.name = free_name(g, wish);
	*next = script_make(g->c->script, sizeof **next);
	if (*next == NULL)
		return NULL;
	**next = call;
	return add_result(g, call.name, aggregate_type(a->type, type));
}

/* --- GROUP BY ------------------------------------------------------------- */

static const struct field *
group_field(struct grouping *g, const struct sql_node *n)
{
	return n->kind == SQL_COLUMN ? expression_field(g->c, g->in, n) : NULL;
}

static bool
is_bound(const struct field *f)
{
	return f->role == FIELD_START || f->role == FIELD_END ||
	       f->role == FIELD_TIME;
}

/* Finds the windows among the group's expressions. */
static bool
find_windows(struct grouping *g, const struct sql_query *q)
{
	const struct sql_sorted *s;
	bool start = false, end = false;

	for (s = q->group; s != NULL; s = s->next) {
		const struct field *f = group_field(g, s->node);
		int kind = group_function(s->node);

		if (kind != -1 && g->window != NULL) {
			fail_node(g->c, s->node, "a second window");
			return false;
		}
		if (kind != -1) {
			g->window = s->node;
			if (!group_windows(
				g->c, g->in, s->node, kind, &g->of->windows))
				return false;
		}
		start |= f != NULL && f->role == FIELD_START;
		end |= f != NULL && f->role == FIELD_END;
	}
	if (g->window != NULL)
		return true;
	if (g->in->windows != NULL && start && end) {
		g->of->windows = *g->in->windows;
		return true;
	}
	/* The windows of what it stands on: each end is one. */
	if (start && end && g->in->windows == NULL) {
		g->of->windows = (struct windows){ .kind = WINDOW_TUMBLE,
			.size_ms = 1,
			.time = field_of_role(g->in, FIELD_END)->text,
			.delay_ms = g->in->delay_ms };
		return true;
	}
	fail(g->c, q->group_at != 0 ? q->group_at : q->at, 5,
	    g->in->windows != NULL || start || end
		? "GROUP BY lacks window_start and window_end; name both"
	    : q->group_at == 0
		? "an aggregate over all rows for ever: " FLINK_ONLY
		  "; add GROUP BY TUMBLE(ts, INTERVAL '10' SECOND)"
		: "GROUP BY without a window: " FLINK_ONLY
		  "; add TUMBLE(ts, INTERVAL '10' SECOND) to it");
	return false;
}

/* What the rows' windows are called among the results. */
static void
add_bounds(struct grouping *g)
{
	const struct windows *w = &g->of->windows;
	const struct type timestamp = { .kind = TYPE_TIMESTAMP,
		.precision = 3 };
	struct relation *raw = &g->of->raw;

	add_field(g->c, raw,
	    (struct field){ .name = span_of("window_start"),
		.text = "window_start",
		.plain = true,
		.type = timestamp,
		.role = FIELD_START });
	add_field(g->c, raw,
	    (struct field){ .name = span_of("window_end"),
		.text = "window_end",
		.plain = true,
		.type = timestamp,
		.role = FIELD_END });
	/* No column of a user's is called so. */
	add_field(g->c, raw,
	    w->by_clock
		? (struct field){ .name = span_of(" time"),
		      .text = "CURRENT_TIMESTAMP",
		      .type = { .kind = TYPE_TIMESTAMP_LTZ, .precision = 3 },
		      .role = FIELD_PROCTIME }
		: (struct field){ .name = span_of(" time"),
		      .text = w->is_ltz
	                          ? "CAST(window_end - INTERVAL '0.001'"
	                            " SECOND AS TIMESTAMP_LTZ(3))"
	                          : "window_end - INTERVAL '0.001' SECOND",
		      .type = { .kind = w->is_ltz ? TYPE_TIMESTAMP_LTZ
	                                          : TYPE_TIMESTAMP,
			  .precision = 3 },
		      .role = FIELD_ROWTIME });
}

/* What a column of a select list may be called, when it is known. */
static struct span
wish_of(struct grouping *g, const struct sql_query *q, const struct sql_node *n,
    const struct span *names, size_t nnames)
{
	const struct sql_item *item = q->items;
	const char *text = expression_text(g->c, g->in, n);

	for (size_t i = 0; item != NULL; item = item->next, i++) {
		if (item->expr == NULL ||
		    (item->expr != n &&
			strcmp(expression_text(g->c, g->in, item->expr),
			    text) != 0))
			continue;
		if (names != NULL && i < nnames && names[i].p != NULL)
			return names[i];
		if (item->alias.text.p != NULL)
			return item->alias.text;
		break;
	}
	return n->kind == SQL_COLUMN ? expression_own_name(n)
	                             : (struct span){ NULL, 0 };
}

static bool
add_key(struct grouping *g, const struct sql_query *q, const struct sql_node *n,
    const struct span *names, size_t nnames)
{
	const struct field *f = group_field(g, n);
	struct result_key **next = &g->of->keys;
	struct group_key **last = &g->keys;
	struct type type;
	struct span wish;
	const struct field *result;

	if (n == g->window ||
	    (g->in->windows != NULL && f != NULL && is_bound(f)))
		return true;
	if (aggregate_in(n) != NULL) {
		fail_node(g->c, aggregate_in(n), "an aggregate in GROUP BY");
		return false;
	}
	type = expression_type(g->c, g->in, n);
	if (type.kind == SQL_POISON)
		return false;
	while (*next != NULL)
		next = &(*next)->next;
	while (*last != NULL)
		last = &(*last)->next;
	*next = script_make(g->c->script, sizeof **next);
	*last = script_make(g->c->script, sizeof **last);
	if (*next == NULL || *last == NULL)
		return false;
	wish = wish_of(g, q, n, names, nnames);
	(*last)->node = n;
	(*last)->text = expression_text(g->c, g->in, n);
	(*last)->key = *next;
	(*next)->column = need_column(
	    g, (*last)->text, is_plain(g->c, g->in, n), wish_or(wish, "key"));
	(*next)->name = free_name(g, wish_or(wish, "key"));
	result = add_result(g, (*next)->name, type);
	if (f != NULL && result != NULL && is_bound(f))
		g->of->raw.field[g->of->raw.n - 1].role = f->role;
	return true;
}

/* The keys of a session's windows are those that it is partitioned by. */
static bool
check_partition(struct grouping *g, const struct sql_query *q)
{
	const struct windows *w = g->in->windows;
	size_t n = 0, keys = 0;

	if (w == NULL || w->kind != WINDOW_SESSION)
		return true;
	for (const struct group_key *k = g->keys; k != NULL; k = k->next)
		keys++;
	for (const struct sql_name *name = w->partition; name != NULL;
	     name = name->next, n++) {
		const struct group_key *k = g->keys;

		while (
		    k != NULL &&
		    (k->node->kind != SQL_COLUMN ||
			!span_equal(expression_own_name(k->node), name->text)))
			k = k->next;
		if (k == NULL) {
			fail_name(g->c, name,
			    "sessions of this column, but it is not in"
			    " GROUP BY; add it there");
			return false;
		}
	}
	if (n == keys)
		return true;
	fail(g->c, q->group_at, 5,
	    "sessions are made by the columns of PARTITION BY, and grouped by"
	    " others: " FLINK_ONLY "; name the same in both");
	return false;
}

/* --- expressions over results --------------------------------------------- */

/* TUMBLE_START and the like: the role of what it gives; -1: no such. */
static int
auxiliary(const struct sql_node *n, int *kind)
{
	static const struct {
		const char *suffix;
		enum field_role role;
	} suffixes[] = {
		{ "_START", FIELD_START },
		{ "_END", FIELD_END },
		{ "_ROWTIME", FIELD_ROWTIME },
		{ "_PROCTIME", FIELD_PROCTIME },
	};
	char name[24];

	for (*kind = 0; *kind < KINDS; ++*kind)
		for (size_t i = 0; i < 4; i++) {
			strcat(strcpy(name, kinds[*kind].name),
			    suffixes[i].suffix);
			if (kinds[*kind].nargs > 0 && is_call(n, name))
				return (int)suffixes[i].role;
		}
	return -1;
}

static struct sql_node *
result_node(struct grouping *g, const struct sql_node *n, const struct field *f)
{
	struct sql_node *copy = script_make(g->c->script, sizeof *copy);

	if (copy == NULL)
		return NULL;
	*copy = (struct sql_node){ .kind = SQL_COLUMN,
		.depth = 1,
		.at = n->at,
		.length = n->length,
		.begin = n->begin,
		.end = n->end,
		.type = n->type };
	if (f == NULL) {
		g->good = false;
		copy->kind = SQL_ERRONEOUS;
	} else {
		copy->name = f->name;
	}
	return copy;
}

/* TUMBLE_END(…) must have the arguments of the group's TUMBLE(…). */
static struct sql_node *
auxiliary_node(struct grouping *g, const struct sql_node *n, int role, int kind)
{
	bool same = g->window != NULL && is_call(g->window, kinds[kind].name) &&
	            g->window->nargs == n->nargs;
	const struct field *f;

	for (size_t i = 0; same && i < n->nargs; i++)
		same =
		    strcmp(expression_text(g->c, g->in, n->arg[i]),
			expression_text(g->c, g->in, g->window->arg[i])) == 0;
	if (!same) {
		sql_errors_add(&g->c->script->errors, n->at, n->length,
		    "GROUP BY has no %s with these arguments",
		    kinds[kind].name);
		return result_node(g, n, NULL);
	}
	f = field_of_role(&g->of->raw, (enum field_role)role);
	if (f == NULL)
		sql_errors_add(&g->c->script->errors, n->at, n->length,
		    role == FIELD_PROCTIME
			? "the windows are of event time; take …_ROWTIME"
			: "the windows are of processing time; take"
			  " …_PROCTIME");
	return result_node(g, n, f);
}

/* A column that is no key: of the windows, or an error. */
static struct sql_node *
column_node(struct grouping *g, const struct sql_node *n)
{
	const struct field *f = expression_field(g->c, g->in, n);
	const struct field *result = NULL;

	if (f == NULL)
		return result_node(g, n, NULL);
	if (g->in->windows != NULL && is_bound(f))
		result = f->role != FIELD_TIME
		             ? field_of_role(&g->of->raw, f->role)
		         : g->of->windows.by_clock
		             ? field_of_role(&g->of->raw, FIELD_PROCTIME)
		             : field_of_role(&g->of->raw, FIELD_ROWTIME);
	if (result == NULL && f->role == FIELD_TIME)
		result = field_of_role(&g->of->raw, FIELD_ROWTIME);
	if (result == NULL)
		fail_node(g->c, n,
		    "this column is neither in GROUP BY nor in an aggregate");
	return result_node(g, n, result);
}

/*
 * A copy of the expression in which what the window computes, keys, aggregates
 * and bounds, are columns of its results.
 */
static struct sql_node *
over_results(struct grouping *, const struct sql_node *, struct span wish);

static struct sql_sorted *
sorted_results(struct grouping *g, const struct sql_sorted *s)
{
	struct sql_sorted *first = NULL, **next = &first;

	for (; s != NULL; s = s->next, next = &(*next)->next) {
		*next = script_make(g->c->script, sizeof **next);
		if (*next == NULL)
			break;
		**next = *s;
		(*next)->next = NULL;
		(*next)->node = over_results(g, s->node, no_wish);
	}
	return first;
}

static struct sql_over *
over_of_results(struct grouping *g, const struct sql_over *over)
{
	struct sql_over *copy = script_make(g->c->script, sizeof *copy);

	if (copy == NULL)
		return NULL;
	*copy = *over;
	copy->partition = sorted_results(g, over->partition);
	copy->order = sorted_results(g, over->order);
	return copy;
}

static struct sql_node *
over_results(struct grouping *g, const struct sql_node *n, struct span wish)
{
	const struct aggregate *a;
	struct sql_node *copy;
	int role, kind;

	if (n->kind != SQL_CONSTANT && n->kind != SQL_ERRONEOUS &&
	    n->over == NULL)
		for (const struct group_key *k = g->keys; k != NULL;
		     k = k->next)
			if (strcmp(expression_text(g->c, g->in, n), k->text) ==
			    0)
				return result_node(
				    g, n, raw_field(g, k->key->name));
	role = auxiliary(n, &kind);
	if (role != -1)
		return auxiliary_node(g, n, role, kind);
	if (n->kind == SQL_COLUMN)
		return column_node(g, n);
	a = find_aggregate(n);
	if (a != NULL && n->over == NULL)
		return result_node(g, n, call_result(g, n, a, wish));
	if (n->kind == SQL_ERRONEOUS)
		g->good = false;
	copy = script_make(g->c->script, sizeof *copy);
	if (copy == NULL)
		return result_node(g, n, NULL);
	*copy = *n;
	copy->arg =
	    script_make(g->c->script, (n->nargs + 1) * sizeof *copy->arg);
	if (copy->arg == NULL)
		return result_node(g, n, NULL);
	if (n->over != NULL)
		copy->over = over_of_results(g, n->over);
	if (n->subject != NULL)
		copy->subject = over_results(g, n->subject, no_wish);
	for (size_t i = 0; i < n->nargs; i++) {
		struct sql_node *arg = n->arg[i];

		copy->arg[i] = over_results(g, arg, no_wish);
		if (copy->arg[i] == NULL)
			return result_node(g, n, NULL);
		/* CASE x WHEN a: each = has the one x. */
		if (n->subject != NULL && arg->nargs == 2 &&
		    arg->arg[0] == n->subject && copy->arg[i]->nargs == 2)
			copy->arg[i]->arg[0] = copy->subject;
	}
	return copy;
}

/* --- SELECT --------------------------------------------------------------- */

/* The name of a column: AS it, or its own, or EXPR$0. */
static struct span
item_name(struct compiler *c, const struct sql_item *item, size_t i)
{
	if (item->alias.text.p != NULL)
		return item->alias.text;
	if (item->expr->kind == SQL_COLUMN)
		return expression_own_name(item->expr);
	return span_of(script_print(c->script, "EXPR$%zu", i));
}

/* Adds what an expression selects of r to out. */
static void
select_expression(struct compiler *c, struct relation *out,
    const struct relation *r, const struct sql_node *n, struct span name)
{
	struct field f = { .name = name };
	const struct field *of;

	if (n->over != NULL) {
		if (!is_call(n, "ROW_NUMBER")) {
			fail_node(c, n,
			    "OVER: " FLINK_ONLY
			    ", but ROW_NUMBER() of a window's results");
			f.type = sql_type(SQL_POISON);
		} else if (field_of_role(out, FIELD_RANK) != NULL) {
			fail_node(c, n, "a second ROW_NUMBER(): " FLINK_ONLY);
			f.type = sql_type(SQL_POISON);
		} else {
			f.role = FIELD_RANK;
			f.type = (struct type){ .kind = TYPE_BIGINT };
			out->rank = n->over;
			out->ranked = r;
		}
	} else if (n->kind == SQL_COLUMN) {
		of = expression_field(c, r, n);
		if (of != NULL)
			f = *of;
		else
			f.type = sql_type(SQL_POISON);
		f.name = name;
	} else {
		f.type = expression_type(c, r, n);
		f.text = expression_text(c, r, n);
	}
	add_field(c, out, f);
}

static void
select_all(struct compiler *c, struct relation *out, const struct relation *r,
    const struct sql_item *item)
{
	if (item->alias.text.p != NULL &&
	    !span_equal(item->alias.text, r->alias))
		fail(
		    c, item->at, item->length, "no table of this name is read");
	for (size_t i = 0; i < r->n; i++)
		if (*r->field[i].name.p != ' ')
			add_field(c, out, r->field[i]);
}

static struct relation *
project(struct compiler *c, struct relation *r, const struct sql_query *q)
{
	struct relation *out = copy_without_fields(c, r);
	const struct sql_item *item = q->items;

	if (out == NULL)
		return NULL;
	for (size_t i = 0; item != NULL; item = item->next, i++)
		if (item->expr == NULL)
			select_all(c, out, r, item);
		else
			select_expression(
			    c, out, r, item->expr, item_name(c, item, i));
	return out;
}

static struct relation *
aggregate(struct compiler *c, struct relation *in, const struct sql_query *q,
    const struct span *names, size_t nnames)
{
	struct grouping g = { .c = c, .in = in, .good = true };
	const struct sql_item *item = q->items;
	struct relation *out;

	g.of = script_make(c->script, sizeof *g.of);
	if (g.of == NULL)
		return NULL;
	g.of->in = in;
	g.of->raw = (struct relation){
		.base = BASE_RESULTS, .of = g.of, .alias = in->alias
	};
	if (!find_windows(&g, q))
		return NULL;
	if (in->base == BASE_PIPE &&
	    (g.of->windows.by_clock || in->upstream->of->windows.by_clock))
		return fail(c, q->group_at, 5,
		    "a window over the results of another goes by event time:"
		    " processing times end with the process");
	add_bounds(&g);
	for (const struct sql_sorted *s = q->group; s != NULL; s = s->next)
		g.good &= add_key(&g, q, s->node, names, nnames);
	if (!g.good || !check_partition(&g, q))
		return NULL;
	/* What is selected as it stands has its name from that. */
	for (size_t i = 0; item != NULL; item = item->next, i++)
		if (item->expr == NULL)
			return fail(c, item->at, item->length,
			    "SELECT * with GROUP BY; name the columns");
		else if (find_aggregate(item->expr) != NULL &&
			 item->expr->over == NULL)
			over_results(&g, item->expr,
			    wish_of(&g, q, item->expr, names, nnames));
	out = script_make(c->script, sizeof *out);
	if (out == NULL)
		return NULL;
	*out = g.of->raw;
	out->field = NULL;
	out->n = out->cap = 0;
	item = q->items;
	for (size_t i = 0; item != NULL; item = item->next, i++) {
		struct sql_node *n = over_results(&g, item->expr, no_wish);

		if (n != NULL)
			select_expression(
			    c, out, &g.of->raw, n, item_name(c, item, i));
	}
	if (q->having != NULL) {
		struct sql_node *n = over_results(&g, q->having, no_wish);

		if (n != NULL && g.good)
			g.of->having = expression_condition(c, &g.of->raw, n);
	}
	if (g.good && g.of->keys == NULL && g.of->calls == NULL) {
		/* window wants a key or an aggregate. */
		g.of->calls = script_make(c->script, sizeof *g.of->calls);
		if (g.of->calls != NULL)
			*g.of->calls = (struct result_call){ .option = "count",
				.name = free_name(&g, span_of("count")) };
	}
	return g.good ? out : NULL;
}

/* --- WHERE ---------------------------------------------------------------- */

/* One condition and another. */
static const char *
both(struct compiler *c, const char *a, const char *b)
{
	return a == NULL ? b : script_print(c->script, "(%s) AND (%s)", a, b);
}

/* rn <= N, rn < N, rn = 1 and the like: N; 0: it is none of these. */
static uint64_t
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
		fail(c, n->begin, n->end - n->begin,
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
			fail(c, s->node->begin, 1,
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
		if (!is_bound(f))
			buf_addf(by, ":%s", f->text);
	}
	if (start && end)
		return true;
	fail(c, over->at, 1,
	    "PARTITION BY lacks window_start and window_end: the first rows of"
	    " all time, " FLINK_ONLY);
	return false;
}

/* What is ranked, and by what. */
static bool
set_top(struct compiler *c, struct relation *r)
{
	struct buf by = { 0 };
	bool good;

	if (r->base != BASE_RESULTS || r->where != NULL || r->of->top != 0) {
		fail(c, r->rank->at, 1,
		    "ROW_NUMBER() is had of a window's results alone: other"
		    " rows, " FLINK_ONLY);
		return false;
	}
	if (r->rank->order == NULL || r->rank->framed) {
		fail(c, r->rank->at, 1,
		    "ROW_NUMBER() goes by a result: ORDER BY n DESC");
		return false;
	}
	good = add_order(c, r->ranked, r->rank, &by) &&
	       add_partition(c, r->ranked, r->rank, &by);
	r->of->top_by = script_copy(c->script, buf_span(&by));
	buf_free(&by);
	return good;
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
	const struct field *rank = field_of_role(r, FIELD_RANK);
	uint64_t top = 0;

	if (aggregate_in(where) != NULL)
		return fail_node(c, aggregate_in(where),
		    "an aggregate in WHERE; HAVING, behind GROUP BY, filters"
		    " results");
	for (size_t i = 0; rank != NULL && i < n && top == 0; i++)
		top = rank_bound(c, r, list[i]);
	if (rank != NULL && top > 0) {
		if (!set_top(c, r))
			return NULL;
		r->of->top = top;
		for (size_t i = 0; i < r->n; i++)
			if (r->field[i].role == FIELD_RANK) {
				r->field[i].text = "rank";
				r->field[i].plain = true;
				r->field[i].role = FIELD_VALUE;
			}
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
		if (i->expr != NULL && aggregate_in(i->expr) != NULL)
			return true;
	return q->having != NULL;
}

static struct relation *
select_from(struct compiler *c, const struct sql_query *q,
    const struct span *names, size_t nnames)
{
	struct relation *r;

	if (q->distinct_at != 0)
		return fail(c, q->distinct_at, 8,
		    "SELECT DISTINCT: " FLINK_ONLY
		    "; GROUP BY the columns and a window");
	if (q->from.kind == SQL_FROM_NONE)
		return fail(c, q->at, 6,
		    "SELECT without FROM: " FLINK_ONLY "; read a table");
	r = from_relation(c, &q->from);
	if (r != NULL && q->where != NULL)
		r = filter(c, r, q->where);
	if (r == NULL)
		return NULL;
	if (field_of_role(r, FIELD_RANK) != NULL &&
	    (q->group != NULL || selects_aggregate(q)))
		return fail(c, q->at, 6,
		    "ROW_NUMBER() without WHERE … <= N: " FLINK_ONLY);
	if (q->group == NULL && !selects_aggregate(q))
		return project(c, r, q);
	r = piped(c, r);
	return r == NULL ? NULL : aggregate(c, r, q, names, nnames);
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
