/* windows - a query's windows: of GROUP BY, and of window functions.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/windows.h"

#include <string.h>

#include "windowpipe/expression.h"

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
		if (kinds[i].nargs > 0 && expression_is_call(n, kinds[i].name))
			return i;
	return -1;
}

bool
windows_is_group(const struct sql_node *n)
{
	return group_function(n) != -1;
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
		relation_fail(c, n->begin, n->end - n->begin,
		    n->kind == SQL_CONSTANT && n->type.kind == SQL_MONTHS
			? "windows of months: Flink runs no such, nor does"
			  " windowpipe; give days"
			: "an interval of seconds to days is expected:"
			  " INTERVAL '10' SECOND");
		return false;
	}
	*ms = n->value.i;
	if (*ms < least) {
		relation_fail_node(c, n, "this interval must be above 0");
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
	    sql_type_is_instant(f->type.kind)
		? "this column is no event time; its table lacks WATERMARK FOR"
		  " %.*s AS %.*s - INTERVAL '5' SECOND"
		: "this column is no event time: it needs a WATERMARK, and a"
		  " TIMESTAMP(3)",
	    (int)f->name.n, f->name.p, (int)f->name.n, f->name.p);
	return false;
}

bool
windows_of_group(struct compiler *c, const struct relation *r,
    const struct sql_node *n, struct windows *w)
{
	int kind = group_function(n);
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
	if (expression_is_call(n->arg[0], "PROCTIME")) {
		w->by_clock = true;
		return true;
	}
	if (n->arg[0]->kind != SQL_COLUMN) {
		relation_fail_node(c, n->arg[0],
		    "the first argument is the column of the time");
		return false;
	}
	f = expression_field(c, r, n->arg[0]);
	return f != NULL &&
	       set_time(c, w, r, f, n->arg[0]->at, n->arg[0]->length);
}

struct relation *
windows_relation(
    struct compiler *c, struct relation *of, const struct sql_from *from)
{
	struct relation *r;
	struct sql_node column = { .kind = SQL_COLUMN,
		.name = from->time.text,
		.at = from->time.at,
		.length = from->time.length };
	const struct field *f;
	struct windows *w;

	if (of->windows != NULL)
		return relation_fail_name(c, &from->name,
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
		return relation_fail_node(c, from->arg[SQL_SIZE],
		    "the size is no multiple of the step");
	if (w->kind != WINDOW_HOP &&
	    (w->offset_ms >= w->size_ms || w->offset_ms <= -w->size_ms))
		return relation_fail_node(c, from->arg[SQL_OFFSET],
		    "the offset must be less than the window's size");
	r = relation_like(c, of);
	if (r == NULL)
		return NULL;
	/* Bounds of windows that it has already are values from now on. */
	for (size_t i = 0; i < of->n; i++) {
		struct field *copy = relation_add(c, r, of->field[i]);

		if (copy != NULL &&
		    (copy->role == FIELD_START || copy->role == FIELD_END))
			copy->role = FIELD_VALUE;
	}
	r->windows = w;
	relation_add(c, r,
	    (struct field){ .name = span_of("window_start"),
		.type = { .kind = TYPE_TIMESTAMP, .precision = 3 },
		.role = FIELD_START });
	relation_add(c, r,
	    (struct field){ .name = span_of("window_end"),
		.type = { .kind = TYPE_TIMESTAMP, .precision = 3 },
		.role = FIELD_END });
	relation_add(c, r,
	    (struct field){ .name = span_of("window_time"),
		.type = { .kind = w->by_clock || w->is_ltz ? TYPE_TIMESTAMP_LTZ
	                                                   : TYPE_TIMESTAMP,
		    .precision = 3 },
		.role = FIELD_TIME });
	return r;
}

int
windows_auxiliary(const struct sql_node *n, const char **function)
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

	for (int i = 0; i < KINDS; i++)
		for (size_t k = 0; k < 4; k++) {
			strcat(strcpy(name, kinds[i].name), suffixes[k].suffix);
			if (kinds[i].nargs > 0 && expression_is_call(n, name)) {
				*function = kinds[i].name;
				return (int)suffixes[k].role;
			}
		}
	return -1;
}
