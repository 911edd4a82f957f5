/* grouping - SELECT … GROUP BY becomes what a stage of window does.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/grouping.h"

#include <string.h>

#include "sql/program.h"
#include "windowpipe/expression.h"
#include "windowpipe/windows.h"

/* --- aggregates ----------------------------------------------------------- */

enum aggregate_type {
	TYPE_OF_COUNT,
	TYPE_OF_SUM,
	TYPE_OF_AVG,
	TYPE_OF_ARG,
	TYPE_OF_QUANTILE,
};

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
	{ "PERCENTILE", "quantile", TYPE_OF_QUANTILE }, /* from 2.0 on */
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
		if (expression_is_call(n, aggregates[i].name))
			return &aggregates[i];
	return NULL;
}

const struct sql_node *
grouping_aggregate_in(const struct sql_node *n)
{
	const struct sql_node *found =
	    find_aggregate(n) != NULL && n->over == NULL ? n : NULL;

	for (size_t i = 0; found == NULL && i < n->nargs; i++)
		found = grouping_aggregate_in(n->arg[i]);
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
	if (rule == TYPE_OF_QUANTILE)
		return (struct type){ .kind = TYPE_DOUBLE };
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
		const char *name; /* of the result */
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

	if (!expression_is_identifier(wish))
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
	if (!expression_is_identifier(wish))
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
	return relation_add(g->c, &g->of->raw,
	    (struct field){ .name = span_of(name),
		.text = expression_name(g->c->script, span_of(name)),
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
same_text(const char *a, const char *b)
{
	return a == NULL || b == NULL ? a == b : strcmp(a, b) == 0;
}

static bool
same_call(const struct result_call *a, const struct result_call *b)
{
	return strcmp(a->option, b->option) == 0 &&
	       same_text(a->column, b->column) &&
	       same_text(a->filter, b->filter) &&
	       same_text(a->quantile, b->quantile);
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
	if (a->type == TYPE_OF_QUANTILE) {
		if (n->nargs != 2 || n->arg[1]->kind != SQL_CONSTANT) {
			relation_fail_node(g->c, n,
			    "PERCENTILE takes a number and a constant from 0 "
			    "to 1: PERCENTILE(x, 0.99)");
			return false;
		}
	} else if (n->nargs != 1) {
		sql_errors_add(&g->c->script->errors, n->at, n->length,
		    is_count ? "COUNT of several columns: " FLINK_ONLY
			     : "%s takes one argument",
		    a->name);
		return false;
	}
	if (n->arg[0]->kind == SQL_STAR && !is_count) {
		relation_fail_node(g->c, n->arg[0], "only COUNT takes a star");
		return false;
	}
	if (n->distinct && !is_count && !min_or_max) {
		sql_errors_add(&g->c->script->errors, n->at, n->length,
		    "%s(DISTINCT …): " FLINK_ONLY
		    "; COUNT(DISTINCT …) can be had",
		    a->name);
		return false;
	}
	if (grouping_aggregate_in(n->arg[0]) != NULL) {
		relation_fail_node(g->c, grouping_aggregate_in(n->arg[0]),
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
	bool adds = a->type != TYPE_OF_COUNT && a->type != TYPE_OF_ARG;

	if (t.kind == SQL_NULL
		? strcmp(a->name, "COUNT") == 0
		: !adds || type_is_number(t.kind) || t.kind == TYPE_ANY)
		return false;
	sql_errors_add(&g->c->script->errors, n->arg[0]->begin,
	    n->arg[0]->end - n->arg[0]->begin,
	    "%s takes %s, and this is %s; CAST it", a->name,
	    adds ? "a number" : "a value", sql_type_name(name, t));
	return true;
}

/* Where Flink 1.20.0 forgets a FILTER; windowpipe sql writes CASE there. */
static void
note_filter(
    struct grouping *g, const struct sql_node *n, const struct aggregate *a)
{
	if (strncmp(a->option, "var-", 4) == 0 ||
	    strncmp(a->option, "stddev-", 7) == 0)
		script_note_flink(g->c->script, n->at,
		    "FILTER of VAR_ and STDDEV_: Flink 1.20.0 squares all rows "
		    "(FLINK-38400); write CASE WHEN condition THEN x END as "
		    "what they take.");
	else if (g->in->windows != NULL && g->keys == NULL)
		script_note_flink(g->c->script, n->at,
		    "FILTER in windows of a table function, without other "
		    "keys: Flink 1.20.0 forgets it where its condition is the "
		    "first column that is aggregated (FLINK-30687); write CASE "
		    "WHEN condition THEN x END as what is aggregated.");
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
		note_filter(g, n, a);
	}
	if (strcmp(a->name, "COUNT") == 0 && !n->distinct && counts_rows(n)) {
		call.option = "count";
	} else {
		type = expression_type(g->c, g->in, n->arg[0]);
		if (type.kind == SQL_POISON || is_wrong_type(g, n, a, type))
			return NULL;
		if (a->type == TYPE_OF_QUANTILE)
			call.quantile = expression_text(g->c, g->in, n->arg[1]);
		if (strcmp(a->name, "COUNT") == 0)
			call.option = n->distinct ? "distinct" : "count-of";
		call.column = need_column(g,
		    type.kind == SQL_NULL
			? "CAST(NULL AS STRING)"
			: expression_text(g->c, g->in, n->arg[0]),
		    type.kind != SQL_NULL && is_plain(g->c, g->in, n->arg[0]),
		    wish_or(wish, "value"));
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

/* Finds the windows among the group's expressions. */
static bool
find_windows(struct grouping *g, const struct sql_query *q)
{
	const struct sql_sorted *s;
	bool start = false, end = false;

	for (s = q->group; s != NULL; s = s->next) {
		const struct field *f = group_field(g, s->node);
		bool is_window = windows_is_group(s->node);

		if (is_window && g->window != NULL) {
			relation_fail_node(g->c, s->node, "a second window");
			return false;
		}
		if (is_window) {
			g->window = s->node;
			if (!windows_of_group(
				g->c, g->in, s->node, &g->of->windows))
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
			.time = relation_field(g->in, FIELD_END)->text,
			.delay_ms = g->in->delay_ms };
		return true;
	}
	relation_fail(g->c, q->group_at != 0 ? q->group_at : q->at, 5,
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

	relation_add(g->c, raw,
	    (struct field){ .name = span_of("window_start"),
		.text = "window_start",
		.plain = true,
		.type = timestamp,
		.role = FIELD_START });
	relation_add(g->c, raw,
	    (struct field){ .name = span_of("window_end"),
		.text = "window_end",
		.plain = true,
		.type = timestamp,
		.role = FIELD_END });
	/* No column of a user's is called so. */
	relation_add(g->c, raw,
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
	    (g->in->windows != NULL && f != NULL && relation_is_bound(f)))
		return true;
	if (grouping_aggregate_in(n) != NULL) {
		relation_fail_node(
		    g->c, grouping_aggregate_in(n), "an aggregate in GROUP BY");
		return false;
	}
	type = expression_type(g->c, g->in, n);
	if (type.kind == SQL_POISON)
		return false;
	while (*next != NULL)
		next = &(*next)->next;
	while (*last != NULL)
		last = &(*last)->next;
	*last = script_make(g->c->script, sizeof **last);
	if (*last == NULL)
		return false;
	wish = wish_of(g, q, n, names, nnames);
	(*last)->node = n;
	(*last)->text = expression_text(g->c, g->in, n);
	(*last)->name = free_name(g, wish_or(wish, "key"));
	if (type.kind == SQL_NULL) {
		/* It parts no rows, and has no type that a column can have. */
		return relation_add(g->c, &g->of->raw,
			   (struct field){ .name = span_of((*last)->name),
			       .text = "NULL",
			       .type = type }) != NULL;
	}
	*next = script_make(g->c->script, sizeof **next);
	if (*next == NULL)
		return false;
	(*next)->column = need_column(
	    g, (*last)->text, is_plain(g->c, g->in, n), wish_or(wish, "key"));
	(*next)->name = (*last)->name;
	result = add_result(g, (*next)->name, type);
	/* In the windows of what it stands on, their time stays one. */
	if (f != NULL && result != NULL &&
	    (relation_is_bound(f) ||
		(f->role == FIELD_ROWTIME && g->window == NULL &&
		    g->in->windows == NULL)))
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
			relation_fail_name(g->c, name,
			    "sessions of this column, but it is not in"
			    " GROUP BY; add it there");
			return false;
		}
	}
	if (n == keys)
		return true;
	relation_fail(g->c, q->group_at, 5,
	    "sessions are made by the columns of PARTITION BY, and grouped by"
	    " others: " FLINK_ONLY "; name the same in both");
	return false;
}

/* --- expressions over results --------------------------------------------- */

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
auxiliary_node(struct grouping *g, const struct sql_node *n, int role,
    const char *function)
{
	bool same = g->window != NULL &&
	            expression_is_call(g->window, function) &&
	            g->window->nargs == n->nargs;
	const struct field *f;

	for (size_t i = 0; same && i < n->nargs; i++)
		same =
		    strcmp(expression_text(g->c, g->in, n->arg[i]),
			expression_text(g->c, g->in, g->window->arg[i])) == 0;
	if (!same) {
		sql_errors_add(&g->c->script->errors, n->at, n->length,
		    "GROUP BY has no %s with these arguments", function);
		return result_node(g, n, NULL);
	}
	f = relation_field(&g->of->raw, (enum field_role)role);
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
	if (g->in->windows != NULL && relation_is_bound(f))
		result = f->role != FIELD_TIME
		             ? relation_field(&g->of->raw, f->role)
		         : g->of->windows.by_clock
		             ? relation_field(&g->of->raw, FIELD_PROCTIME)
		             : relation_field(&g->of->raw, FIELD_ROWTIME);
	if (result == NULL && f->role == FIELD_TIME)
		result = relation_field(&g->of->raw, FIELD_ROWTIME);
	if (result == NULL)
		relation_fail_node(g->c, n,
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
	const char *function;
	int role;

	if (n->kind != SQL_CONSTANT && n->kind != SQL_ERRONEOUS &&
	    n->over == NULL)
		for (const struct group_key *k = g->keys; k != NULL;
		     k = k->next)
			if (strcmp(expression_text(g->c, g->in, n), k->text) ==
			    0)
				return result_node(g, n, raw_field(g, k->name));
	role = windows_auxiliary(n, &function);
	if (role != -1)
		return auxiliary_node(g, n, role, function);
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

/* --- results -------------------------------------------------------------- */

struct relation *
grouping_results(struct compiler *c, struct relation *in,
    const struct sql_query *q, const struct span *names, size_t nnames)
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
		return relation_fail(c, q->group_at, 5,
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
			return relation_fail(c, item->at, item->length,
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
			expression_select(c, out, &g.of->raw, n,
			    expression_item_name(c, item, i));
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
