/* query - what is asked, resolved and checked.
 * SPDX-License-Identifier: ISC */
#include "window/query.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/array.h"
#include "lib/path.h"
#include "window/cast.h"
#include "window/compile.h"

/* --- what makes no sense -------------------------------------------------- */

/* What has no meaning for rows of which each is a result. */
static int
check_each(const struct query_words *w)
{
	const struct {
		bool given;
		const char *what;
	} wrong[] = {
		{ w->kind != KIND_NONE, window_kind_name(w->kind) },
		{ w->offset_given, "offset" },
		{ w->slide_ms != 0, "slide" },
		{ w->step_ms != 0, "step" },
		{ w->processing_time, "processing-time" },
		{ w->event_time != NULL, "event-time" },
		{ w->delay_ms >= 0, "delay" },
		{ w->idle_ms >= 0, "idle-timeout" },
		{ w->lateness_ms >= 0, "allowed-lateness" },
		{ w->ahead_ms >= 0, "max-ahead" },
		{ w->jump_ms >= 0, "max-jump" },
		{ w->time_format != NULL, "time-format" },
		{ w->keys.n > 0, "key" },
		{ w->naggs > 0, w->naggs > 0 ? w->aggs[0].option : "" },
		{ w->having != NULL, "having" },
		{ w->top != NULL, "top" },
	};

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		if (wrong[i].given) {
			diag_error(NULL,
			    "--each makes each row a result, without windows, "
			    "time, keys or aggregates; leave --%s out",
			    wrong[i].what);
			return -1;
		}
	if (w->from != NULL || w->into != NULL)
		return 0;
	diag_error(NULL, "--each does not know what to write; give --into "
			 "COLUMNS, or --from COLUMNS, whose columns are "
			 "written then");
	return -1;
}

/* What makes no sense of the forms of rows and results, of --each too. */
static int
check_forms(const struct query_words *w)
{
	const struct opt_clash wrong[] = {
		{ w->form.delimiter != '\0' && w->form.kind != FORM_CSV,
		    "--output-delimiter goes with --output csv only; leave it "
		    "out" },
		{ w->form.header == HEADER_NO && w->form.kind != FORM_CSV &&
			w->form.kind != FORM_TSV,
		    "--output-header goes with --output csv or tsv only; leave "
		    "it out" },
		{ (w->csv_given || w->input.csv.comments) &&
			w->input.kind != INPUT_CSV,
		    "--header, --delimiter, --quote and --comments go with "
		    "--format csv only; leave them out" },
		{ w->input.kind == INPUT_CSV &&
			w->input.csv.delimiter == w->input.csv.quote,
		    "--delimiter and --quote are the same; give another one" },
	};

	return opt_judge(wrong, sizeof wrong / sizeof *wrong);
}

/* What makes no sense whatever the columns are.  0, or -1 after an error. */
static int
check_words(const struct query_words *w)
{
	bool is_session = w->kind == KIND_SESSION;
	bool has_step = w->step_ms != 0;
	const struct opt_clash wrong[] = {
		{ w->kind == KIND_NONE,
		    "no window is given; try --tumble 10s, --hop 10s --slide "
		    "2s, --session 30s or --cumulate 1h --step 5m, or --each "
		    "for none: each row is a result" },
		{ w->kind == KIND_HOP && w->slide_ms == 0,
		    "--hop needs a slide; try --slide 2s" },
		{ w->kind != KIND_HOP && w->slide_ms != 0,
		    "--slide goes with --hop only; leave it out" },
		{ w->kind == KIND_CUMULATE && !has_step,
		    "--cumulate needs a step; try --step 5m" },
		{ w->kind != KIND_CUMULATE && has_step,
		    "--step goes with --cumulate only; leave it out" },
		{ has_step && w->size_ms % w->step_ms != 0,
		    "--cumulate: the size is not a multiple of --step" },
		{ w->offset_given && is_session,
		    "--offset has no meaning with --session; leave it out" },
		{ w->offset_given && w->kind != KIND_HOP &&
			(w->offset_ms >= w->size_ms ||
			    w->offset_ms <= -w->size_ms),
		    "--offset: must be less than the window's size; give "
		    "less" },
		{ !w->processing_time && w->event_time == NULL,
		    "no time is given; try --event-time FIELD or "
		    "--processing-time" },
		{ w->processing_time && w->event_time != NULL,
		    "both --event-time and --processing-time; give one" },
		{ w->delay_ms == QUERY_DELAY_ALL && w->idle_ms >= 0,
		    "--delay all waits for the end of input, so --idle-timeout "
		    "has no effect; leave one of them out" },
		{ w->lateness_ms >= 0 && is_session && !w->processing_time,
		    "--allowed-lateness cannot go with --session: a session "
		    "that has been written is gone" },
		{ w->top != NULL && w->lateness_ms >= 0,
		    "--top cannot go with --allowed-lateness: a result that is "
		    "written again may have another rank, and push others out; "
		    "leave one of them out" },
		{ w->top != NULL && w->overflow == OVERFLOW_OLDEST,
		    "--top cannot go with --overflow oldest: the first of a "
		    "window that is written early are not its first; leave one "
		    "of them out" },
		{ w->keys.n == 0 && w->naggs == 0,
		    "no key and no aggregate given; try --key FIELD or "
		    "--count" },
	};
	const struct {
		bool given;
		const char *name;
	} of_events[] = {
		{ w->delay_ms >= 0, "delay" },
		{ w->idle_ms >= 0, "idle-timeout" },
		{ w->lateness_ms >= 0, "allowed-lateness" },
		{ w->time_format != NULL, "time-format" },
		{ w->ahead_ms >= 0, "max-ahead" },
		{ w->jump_ms >= 0, "max-jump" },
	};

	if (check_forms(w) == -1)
		return -1;
	if (w->each)
		return check_each(w);
	if (w->kind != KIND_NONE && w->size_ms <= 0) {
		diag_error(NULL, "--%s: a size of 0; give at least 1ms",
		    window_kind_name(w->kind));
		return -1;
	}
	if (opt_judge(wrong, sizeof wrong / sizeof *wrong) == -1)
		return -1;
	for (size_t i = 0; i < sizeof of_events / sizeof *of_events; i++)
		if (w->processing_time && of_events[i].given) {
			diag_error(NULL,
			    "--%s goes with --event-time only; leave it out",
			    of_events[i].name);
			return -1;
		}
	return 0;
}

static bool
is_computed(const struct field *f)
{
	return f->path == -1;
}

/* Whether the declared type of the time field can be an event time. */
static int
check_time_type(const struct query *q)
{
	const struct field *f = &q->fields[q->time_field];
	enum type_kind kind = f->type.kind;

	if (is_computed(f) && !type_is_timestamp(kind)) {
		diag_error(NULL,
		    "--event-time %s: a computed event time must be of type "
		    "TIMESTAMP(3) or TIMESTAMP_LTZ(3); try TO_TIMESTAMP(text) "
		    "or TO_TIMESTAMP_LTZ(number, 3)",
		    f->name);
		return -1;
	}
	if (is_computed(f) && q->time_format != NULL) {
		diag_error(NULL,
		    "--time-format reads text, and %s is computed; leave it "
		    "out: TO_TIMESTAMP(text, format) reads text, too",
		    f->name);
		return -1;
	}
	if (kind == TYPE_BOOLEAN || kind == TYPE_TIME) {
		diag_error(NULL,
		    "--event-time %s: a %s cannot be an event time; declare "
		    "TIMESTAMP(3), DATE or a number type",
		    f->name, type_kind_name(kind));
		return -1;
	}
	if (q->time_format != NULL &&
	    (kind == TYPE_DATE || type_is_number(kind))) {
		diag_error(NULL,
		    "--time-format reads text, and %s is declared %s; declare "
		    "TIMESTAMP(3) or STRING",
		    f->name, type_kind_name(kind));
		return -1;
	}
	return 0;
}

/* FIELD[:NAME]: a colon outside quotes parts them. */
static struct span
split_name(const char *text, const char **name)
{
	bool quoted = false;

	for (const char *p = text; *p != '\0'; p++) {
		if (*p == '"')
			quoted = !quoted;
		if (*p == ':' && !quoted) {
			*name = p + 1;
			return (struct span){ text, (size_t)(p - text) };
		}
	}
	*name = NULL;
	return span_of(text);
}

static char *
copy(struct buf *b)
{
	const char *text = buf_text(b);
	char *out = text == NULL ? NULL : strdup(text);

	buf_free(b);
	return out;
}

/* A path's keys joined by dots, without quotes: how results are named. */
static char *
unquoted(const char *path)
{
	struct buf name = { 0 };

	path_add_unquoted(&name, path);
	return copy(&name);
}

static int
no_memory(void)
{
	diag_error(NULL, "out of memory");
	return -1;
}

/* Makes a field of that name, which it takes over; -1: out of memory. */
static int
new_field(struct query *q, char *name, int path, struct type type)
{
	if (name == NULL ||
	    array_room(q->fields, q->field_cap, q->nall + 1) == -1) {
		free(name);
		return no_memory();
	}
	q->fields[q->nall] =
	    (struct field){ .name = name, .path = path, .type = type };
	return (int)q->nall++;
}

/* Until the query is settled a field that is read has this path. */
enum { PATH_READ = 0, PATH_COMPUTED = -1 };

/*
 * The index of the field at path, made if nobody has asked for it yet; -1
 * after an error, which names option.
 */
static int
use_field(struct query *q, const char *option, struct span path)
{
	struct buf canonical = { 0 };
	const struct column *column;
	struct type type = { 0 };
	struct fault fault;
	char quoted[DIAG_QUOTE_MAX], *name;

	if (path_canonical(path, &canonical, &fault) == -1) {
		buf_free(&canonical);
		diag_error(NULL, "--%s %s: %s", option,
		    diag_quote(quoted, path), fault.what);
		return -1;
	}
	name = copy(&canonical);
	if (name == NULL)
		return no_memory();
	column = columns_find(&q->from, name);
	for (size_t i = 0; i < q->nall; i++)
		if (strcmp(q->fields[i].name, name) == 0 ||
		    (is_computed(&q->fields[i]) && column != NULL &&
			strcmp(q->fields[i].name, column->name) == 0)) {
			free(name);
			return (int)i;
		}
	if (column != NULL)
		type = column->type;
	return new_field(q, name, PATH_READ, type);
}

static int
add_key(struct query *q, const char *text)
{
	const char *name;
	struct span path = split_name(text, &name);
	int field = use_field(q, "key", path);
	struct key_column *key = &q->keys[q->nkeys];

	if (field == -1)
		return -1;
	key->field = field;
	key->name =
	    name != NULL ? strdup(name) : unquoted(q->fields[field].name);
	q->nkeys++;
	return key->name == NULL ? no_memory() : 0;
}

/* OPTION_FIELD, '-' as '_'; count alone; quantile with its fraction. */
static char *
default_name(const struct query *q, const struct query_agg *a, int field)
{
	struct buf name = { 0 };

	for (const char *p = a->option; *p != '\0'; p++)
		buf_add_char(&name, *p == '-' ? '_' : *p);
	if (a->quantile_text.n > 0) {
		buf_add_char(&name, '_');
		buf_add_span(&name, a->quantile_text);
	}
	if (field != -1) {
		buf_add_char(&name, '_');
		path_add_unquoted(&name, q->fields[field].name);
	}
	return copy(&name);
}

/* Of a column's path in an expression; longer ones are not found. */
enum { PATH_TEXT_MAX = 1024 };

/* The name as a text of its own; false: too long. */
static bool
take_name(char name[PATH_TEXT_MAX], struct span path)
{
	if (path.n >= PATH_TEXT_MAX)
		return false;
	memcpy(name, path.p, path.n);
	name[path.n] = '\0';
	return true;
}

/* Whether the column is computed, and has not been so far. */
static bool
is_to_come(const struct query *q, const struct column *c)
{
	return c != NULL && column_is_computed(c) &&
	       (size_t)(c - q->from.col) >= q->nknown;
}

/*
 * What is declared or computed in --from; where nothing is declared, whatever
 * a row has.
 */
static int
find_field(void *ctx, struct span path, struct type *type)
{
	struct query *q = ctx;
	char name[PATH_TEXT_MAX];
	const struct column *column;
	int field;

	if (!take_name(name, path))
		return -1;
	column = columns_find(&q->from, name);
	if ((column == NULL && q->declares) || is_to_come(q, column))
		return -1;
	field = use_field(q, "where", path);
	if (field != -1)
		*type = q->fields[field].type;
	return field;
}

static const char *
field_name(void *ctx, size_t i)
{
	const struct query *q = ctx;

	for (size_t k = 0; k < q->from.n; k++)
		if (!is_to_come(q, &q->from.col[k]) && i-- == 0)
			return q->from.col[k].name;
	return NULL;
}

static const char *
why_no_field(void *ctx, struct span path)
{
	const struct query *q = ctx;
	char name[PATH_TEXT_MAX];

	if (!take_name(name, path) ||
	    !is_to_come(q, columns_find(&q->from, name)))
		return NULL;
	return "a column is computed of declared ones and of those computed "
	       "before it";
}

/* Adds a field that a program computes, which is taken over; its index. */
static int
add_computed(
    struct query *q, const char *name, struct computed c, struct type type)
{
	type.not_null = false;
	c.field = new_field(q, strdup(name), PATH_COMPUTED, type);
	if (c.field == -1)
		sql_program_free(c.program);
	else
		q->computed[q->ncomputed++] = c;
	return c.field;
}

/* The computed columns of --from. */
static int
compute_columns(struct query *q, const char *value)
{
	const struct sql_scope scope = { q, find_field, field_name,
		why_no_field };

	for (size_t i = 0; i < q->from.n; i++)
		q->declares |= !column_is_computed(&q->from.col[i]);
	for (; q->nknown < q->from.n; q->nknown++) {
		const struct column *c = &q->from.col[q->nknown];
		struct computed made = { .text = c->expression,
			.column = c->name };

		if (!column_is_computed(c))
			continue;
		made.program =
		    compile_column("from", value, &q->from, c, &scope, &q->env);
		if (made.program == NULL ||
		    add_computed(q, c->name, made, made.program->type) == -1)
			return -1;
	}
	return 0;
}

/* Of a filtered call: the value that it takes is computed. */
static int
add_filter(struct query *q, struct agg_call *call, const char *text)
{
	const struct sql_scope scope = { q, find_field, field_name, NULL };
	struct computed c = { .by = BY_FILTER, .of = call->field };
	struct agg_call truths = { .agg = agg_find("count-of"),
		.in = { .kind = TYPE_BOOLEAN } };

	call->value = call->field;
	call->filter = text;
	if (text == NULL)
		return 0;
	c.text = span_of(text);
	c.program = compile_filter("filter", text, &scope, &q->env);
	if (c.program == NULL)
		return -1;
	/* Rows are counted where the truth is no null. */
	if (call->field == -1) {
		(void)agg_bind(&truths);
		call->ops = truths.ops;
	}
	call->value =
	    add_computed(q, "", c, call->field == -1 ? truths.in : call->in);
	return call->value == -1 ? -1 : 0;
}

static int
add_agg(struct query *q, const struct query_agg *a)
{
	struct agg_call *call = &q->calls[q->ncalls];
	const char *name = a->argument;
	struct buf type = { 0 };

	*call = (struct agg_call){
		.agg = a->agg, .field = -1, .quantile = a->quantile
	};
	if (a->agg->takes_field) {
		struct span path = split_name(a->argument, &name);

		call->field = use_field(q, a->option, path);
		if (call->field == -1)
			return -1;
		call->in = q->fields[call->field].type;
		if (a->agg->numbers_only)
			q->fields[call->field].number_only = true;
	}
	if (!agg_bind(call)) {
		type_write(&type, call->in);
		diag_error(NULL,
		    "--%s %s: the column is declared %s, which is not a "
		    "number; declare a number type in --from",
		    a->option, q->fields[call->field].name, buf_text(&type));
		buf_free(&type);
		return -1;
	}
	if (add_filter(q, call, a->filter) == -1)
		return -1;
	call->at = q->data_bytes;
	q->data_bytes += (call->ops->bytes + 7) & ~(size_t)7;
	call->name =
	    name != NULL ? strdup(name) : default_name(q, a, call->field);
	q->ncalls++;
	return call->name == NULL ? no_memory() : 0;
}

/* --- the columns written ------------------------------------------------- */

static struct out_column *
add_out(struct query *q, enum out_source source, size_t index, const char *name)
{
	struct type from = { TYPE_TIMESTAMP, 3, 0, true }, to = from;
	struct out_column *out = &q->out[q->nout++];
	struct buf label = { 0 };
	int field = -1;

	if (source == OUT_KEY) {
		field = q->keys[index].field;
		to = from = q->fields[field].type;
	} else if (source == OUT_AGG) {
		field = q->calls[index].field;
		to = from = q->calls[index].out;
	} else if (source == OUT_FIELD) {
		to = from = q->fields[index].type;
	} else if (source == OUT_MADE) {
		to = from = q->made[index].program->type;
	} else if (source == OUT_REVISION || source == OUT_RANK) {
		to = from = (struct type){ TYPE_BIGINT, 0, 0, true };
	} else {
		to.kind = TYPE_TIMESTAMP_LTZ;
	}
	/*
	 * Flink holds an event time in milliseconds whatever its precision,
	 * and cuts to that only what is made of the column's values: so does
	 * the cast.
	 */
	if (field != -1 && field == q->time_field && from.precision < 3 &&
	    type_is_timestamp(from.kind))
		from.precision = 3;
	json_write_text(&label, span_of(name));
	buf_add_char(&label, ':');
	*out = (struct out_column){ source, (int)index, from, to, strdup(name),
		copy(&label) };
	return out->name == NULL || out->label == NULL ? NULL : out;
}

/* No two columns of one name: a reader of JSON would see one of them. */
static int
check_names(const struct query *q, const char *remedy)
{
	for (size_t i = 0; i < q->nout; i++)
		for (size_t k = 0; k < i; k++)
			if (path_same(q->out[i].name, q->out[k].name)) {
				diag_error(NULL,
				    "two result columns are called '%s'; "
				    "name one of them: %s",
				    q->out[i].name, remedy);
				return -1;
			}
	return 0;
}

/* Every column that a result may have, in the default order. */
static int
add_all(struct query *q)
{
	bool ok = true;

	for (size_t i = 0; ok && i < q->nkeys; i++)
		ok = add_out(q, OUT_KEY, i, q->keys[i].name) != NULL;
	for (size_t i = 0; ok && i < q->ncalls; i++)
		ok = add_out(q, OUT_AGG, i, q->calls[i].name) != NULL;
	ok = ok && add_out(q, OUT_START, 0, "window_start") != NULL &&
	     add_out(q, OUT_END, 0, "window_end") != NULL &&
	     (q->lateness_ms < 0 ||
		 add_out(q, OUT_REVISION, 0, "revision") != NULL);
	return ok ? check_names(q, "FIELD:NAME") : no_memory();
}

static void
out_free(struct out_column *out)
{
	free(out->name);
	free(out->label);
}

static const struct out_column *
find_out(const struct out_column *all, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (path_same(all[i].name, name))
			return &all[i];
	return NULL;
}

static void
no_such_column(struct query *q, const char *name)
{
	struct buf names = { 0 };

	for (size_t i = 0; i < q->from.n; i++)
		buf_addf(
		    &names, "%s%s", i > 0 ? ", " : "", q->from.col[i].name);
	diag_error(NULL, "--into: --from has no column '%s'; it has: %s", name,
	    buf_text(&names));
	buf_free(&names);
}

const struct out_column *
query_find_result(const struct out_column *all, size_t n, const char *option,
    const char *name)
{
	const struct out_column *out = find_out(all, n, name);
	struct buf names = { 0 };

	if (out != NULL)
		return out;
	for (size_t i = 0; i < n; i++)
		buf_addf(&names, "%s%s", i > 0 ? ", " : "", all[i].name);
	diag_error(NULL, "--%s: no result column is called '%s'; there are: %s",
	    option, name, buf_text(&names));
	buf_free(&names);
	return NULL;
}

static int
no_such_cast(const char *name, const struct out_column *have, struct type to)
{
	struct type from = have->from;
	struct buf a = { 0 }, b = { 0 };

	from.not_null = to.not_null = false;
	type_write(&a, from);
	type_write(&b, to);
	diag_error(NULL,
	    "--into: '%s' is %s and cannot be cast to %s; give %s, %s"
	    "or no type",
	    name, buf_text(&a), buf_text(&b), buf_text(&a),
	    query_is_bound(have) ? "BIGINT, " : "");
	buf_free(&a);
	buf_free(&b);
	return -1;
}

/* --- all together -------------------------------------------------------- */

static int
load_columns(const char *option, const char *value, struct columns *columns)
{
	char *message = NULL;

	if (value == NULL)
		return 0;
	if (columns_load(value, columns, &message) == 0)
		return 0;
	diag_error(NULL, "--%s: %s", option,
	    message != NULL ? message : "out of memory");
	free(message);
	return -1;
}

/* A name alone says nothing, and was perhaps meant for something else; a
 * computed column has its type already. */
static int
check_types(const struct columns *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct column *c = &from->col[i];

		bool is_typed = c->type.kind != TYPE_ANY || c->type.not_null;

		if (is_typed != column_is_computed(c))
			continue;
		if (is_typed)
			diag_error(NULL,
			    "--from: %s is computed and has the type of its "
			    "expression; leave the type out, or use CAST",
			    c->name);
		else
			diag_error(NULL,
			    "--from: %s has no type; example: %s INT", c->name,
			    c->name);
		return -1;
	}
	return 0;
}

static int
check_header(const struct query *q)
{
	size_t read = 0;

	for (size_t i = 0; i < q->from.n; i++)
		read += !column_is_computed(&q->from.col[i]);
	if (q->input.kind != INPUT_CSV || q->input.header == HEADER_YES ||
	    read > 0)
		return 0;
	diag_error(NULL, "--header no: nothing names the columns; declare them "
			 "in their order: --from");
	return -1;
}

static int
load_zone(struct query *q, const char *name)
{
	char quoted[DIAG_QUOTE_MAX];
	const char *what;

	q->zone_name = name != NULL ? name : "UTC";
	if (name == NULL || zone_load(name, &q->zone, &what) == 0)
		return 0;
	diag_error(NULL,
	    "--timezone %s: %s; try a name such as Europe/Berlin, UTC or "
	    "+05:30",
	    diag_quote(quoted, span_of(name)), what);
	return -1;
}

static int
load_format(struct query *q, const char *text)
{
	char quoted[DIAG_QUOTE_MAX];
	struct fault why;

	if (text == NULL)
		return 0;
	q->time_format = time_format_new(text, &why);
	if (q->time_format != NULL)
		return 0;
	diag_error(NULL, "--time-format %s, column %zu: %s; letters are %s",
	    diag_quote(quoted, span_of(text)), why.at + 1, why.what,
	    TIME_FORMAT_LETTERS);
	return -1;
}

static void
take_words(struct query *q, const struct query_words *w)
{
	q->each = w->each;
	q->grid = (struct grid){ .kind = w->kind,
		.size_ms = w->size_ms,
		.offset_ms = w->offset_ms };
	q->grid.slide_ms = w->kind == KIND_HOP ? w->slide_ms : w->step_ms;
	grid_init(&q->grid);
	q->processing_time = w->processing_time;
	q->time_field = -1;
	q->delay_ms = w->delay_ms < 0 ? 0 : w->delay_ms;
	q->by_rows =
	    !w->each && !w->processing_time && w->delay_ms != QUERY_DELAY_ALL;
	q->idle_ms = w->idle_ms;
	q->lateness_ms = w->lateness_ms;
	q->ahead_ms = w->ahead_ms;
	q->jump_ms = w->jump_ms;
	q->on_bad = w->on_bad;
	q->null = w->null.text;
	q->nnull = w->null.n;
	q->unit = w->unit;
	q->unit_given = w->unit_given;
	q->input = w->input;
	q->form = w->form;
	if (q->form.delimiter == '\0')
		q->form.delimiter = ",,\t\t"[q->form.kind];
	q->unsorted = w->unsorted;
	q->at_eof = w->at_eof;
	q->max_keys = w->max_keys;
	q->max_bytes = w->max_bytes;
	q->overflow = w->overflow;
	q->max_line = (size_t)w->max_line;
}

/* One of each that may be used, and one that is looked at. */
static int
make_room(struct query *q, const struct query_words *w)
{
	size_t most = w->keys.n + w->naggs;

	q->paths = json_paths_new();
	q->keys = calloc(w->keys.n + 1, sizeof *q->keys);
	q->calls = calloc(w->naggs + 1, sizeof *q->calls);
	q->computed =
	    calloc(w->naggs + q->from.n + q->into.n + 1, sizeof *q->computed);
	q->out = calloc(most + 3 + q->from.n + q->into.n, sizeof *q->out);
	return q->paths == NULL || q->keys == NULL || q->calls == NULL ||
	               q->computed == NULL || q->out == NULL
	           ? no_memory()
	           : 0;
}

static int
add_where(struct query *q, const char *text)
{
	const struct sql_scope scope = { q, find_field, field_name, NULL };

	q->where_text = text;
	if (text != NULL)
		q->where = compile_where("where", text, &scope, &q->env);
	return text != NULL && q->where == NULL ? -1 : 0;
}

/* --- only what is used is read and computed --------------------------------
 */

static void
mark(bool *used, int field)
{
	if (field != -1)
		used[field] = true;
}

static void
mark_program(bool *used, const struct sql_program *p)
{
	int column;

	for (size_t k = 0;
	     p != NULL && (column = sql_program_column(p, k)) != -1; k++)
		used[column] = true;
}

/* What the marked ones are computed of; what that is comes before them. */
static void
mark_sources(bool *used, const struct query *q)
{
	for (size_t k = q->ncomputed; k-- > 0;) {
		const struct computed *c = &q->computed[k];

		if (!used[c->field])
			continue;
		mark_program(used, c->program);
		if (c->by == BY_FILTER)
			mark(used, c->of);
	}
}

/* Moves the computed ones that are wanted, and not there yet, to the front. */
static void
take_computed(struct query *q, const bool *wanted, size_t *n)
{
	for (size_t k = *n; k < q->ncomputed; k++) {
		struct computed c = q->computed[k];

		if (!wanted[c.field])
			continue;
		memmove(&q->computed[*n + 1], &q->computed[*n],
		    (k - *n) * sizeof c);
		q->computed[(*n)++] = c;
	}
}

/* What was the i-th field is the to[i]-th; -1: nobody uses it. */
static int
move_fields(struct query *q, const int *to)
{
	struct field *fields = q->fields;
	size_t n = q->nall;
	struct fault fault;
	bool ok;

	q->fields = calloc(n + 1, sizeof *q->fields);
	q->nall = 0;
	ok = q->fields != NULL;
	for (size_t i = 0; i < n; i++) {
		if (!ok || to[i] == -1) {
			free(fields[i].name);
			continue;
		}
		q->fields[to[i]] = fields[i];
		q->nall++;
		q->nfields += !is_computed(&fields[i]);
	}
	free(fields);
	/* In the order of their places. */
	for (size_t i = 0; ok && i < q->nfields; i++) {
		q->fields[i].path = json_paths_add_field(
		    q->paths, span_of(q->fields[i].name), &fault);
		ok = q->fields[i].path != -1;
	}
	return ok ? 0 : no_memory();
}

static void
renumber(struct query *q, const int *to)
{
	if (q->time_field != -1)
		q->time_field = to[q->time_field];
	for (size_t i = 0; i < q->nkeys; i++)
		q->keys[i].field = to[q->keys[i].field];
	for (size_t i = 0; i < q->ncalls; i++) {
		struct agg_call *call = &q->calls[i];

		if (call->field != -1)
			call->field = to[call->field];
		if (call->value != -1)
			call->value = to[call->value];
	}
	for (size_t i = 0; i < q->ncomputed; i++) {
		struct computed *c = &q->computed[i];

		sql_program_renumber(c->program, to);
		c->field = to[c->field];
		if (c->by == BY_FILTER && c->of != -1)
			c->of = to[c->of];
	}
	for (size_t i = 0; i < q->nout; i++)
		q->out[i].index = to[q->out[i].index];
	if (q->where != NULL)
		sql_program_renumber(q->where, to);
}

/* Marks what all rows must have, then what those that pass must; the columns
 * written are fields here, of --each, or there are none so far. */
static void
mark_all(const struct query *q, bool *early, bool *used)
{
	mark(early, q->time_field);
	mark_program(early, q->where);
	mark_sources(early, q);
	memcpy(used, early, q->nall);
	for (size_t i = 0; i < q->nkeys; i++)
		mark(used, q->keys[i].field);
	for (size_t i = 0; i < q->ncalls; i++)
		mark(used, q->calls[i].value);
	for (size_t i = 0; i < q->nout; i++)
		mark(used, q->out[i].index);
	mark_sources(used, q);
}

/*
 * Fields get their places, those that are read first; what nobody uses is
 * forgotten, so that a bad value of it makes no line bad.
 */
static int
settle(struct query *q)
{
	size_t n = q->nall, nread = 0, taken = 0;
	bool *early = calloc(n + 1, sizeof *early);
	bool *used = calloc(n + 1, sizeof *used);
	int *to = calloc(n + 1, sizeof *to);
	int rc = -1;

	if (early == NULL || used == NULL || to == NULL) {
		no_memory();
		goto out;
	}
	mark_all(q, early, used);
	for (size_t i = 0; i < n; i++)
		to[i] =
		    used[i] && !is_computed(&q->fields[i]) ? (int)nread++ : -1;
	take_computed(q, early, &taken);
	q->nearly = taken;
	take_computed(q, used, &taken);
	while (q->ncomputed > taken)
		sql_program_free(q->computed[--q->ncomputed].program);
	for (size_t k = 0; k < q->ncomputed; k++)
		to[q->computed[k].field] = (int)(nread + k);
	renumber(q, to);
	rc = move_fields(q, to);
out:
	free(early);
	free(used);
	free(to);
	return rc;
}

struct span
query_expression(const struct query *q, const struct out_column *out)
{
	int k = out->index - (int)q->nfields;

	if (out->source == OUT_MADE)
		return q->made[out->index].text;
	if (out->source == OUT_FIELD && k >= 0 && q->computed[k].by == BY_INTO)
		return q->computed[k].text;
	return (struct span){ NULL, 0 };
}

int
query_read_field(const struct query *q, int field)
{
	while (field >= (int)q->nfields)
		field = sql_program_column(
		    q->computed[field - (int)q->nfields].program, 0);
	return field;
}

/* --- results in expressions ------------------------------------------------
 */

/* A result's name; while q->out has all of them. */
static int
find_result(void *ctx, struct span path, struct type *type)
{
	const struct query *q = ctx;
	char name[PATH_TEXT_MAX];
	const struct out_column *out;

	if (!take_name(name, path))
		return -1;
	out = find_out(q->out, q->nout, name);
	if (out == NULL)
		return -1;
	*type = out->from;
	return (int)(out - q->out);
}

static const char *
result_name(void *ctx, size_t i)
{
	const struct query *q = ctx;

	return i < q->nout ? q->out[i].name : NULL;
}

/* While q->out has all results. */
static int
keep_results(struct query *q)
{
	q->results = calloc(q->nout, sizeof *q->results);
	if (q->results == NULL)
		return no_memory();
	for (; q->nresults < q->nout; q->nresults++)
		q->results[q->nresults] =
		    (struct result_column){ q->out[q->nresults].source,
			    q->out[q->nresults].index };
	return 0;
}

static int
add_having(struct query *q, const char *text)
{
	const struct sql_scope scope = { q, find_result, result_name, NULL };

	q->having_text = text;
	if (text == NULL)
		return 0;
	q->having = compile_where("having", text, &scope, &q->env);
	return q->having == NULL ? -1 : 0;
}

static int
add_top(struct query *q, const char *text)
{
	q->ranking_text = text;
	return text == NULL ? 0
	                    : ranking_init(&q->ranking, text, q->out, q->nout);
}

/* --into alone writes it, where nothing else is called so. */
static int
add_rank(struct query *q)
{
	if (q->ranking.most == 0 || find_out(q->out, q->nout, "rank") != NULL ||
	    add_out(q, OUT_RANK, 0, "rank") != NULL)
		return 0;
	return no_memory();
}

/* --- what --into picks -----------------------------------------------------
 */

/* Adds what --into wants of the one that there is. */
static int
add_cast(
    struct query *q, const struct out_column *have, const struct column *want)
{
	struct out_column *out;
	char *name;

	if (!sql_type_assignable(have->from, want->type) &&
	    !(query_is_bound(have) && want->type.kind == TYPE_BIGINT))
		return no_such_cast(want->name, have, want->type);
	name = unquoted(want->name);
	out = name == NULL
	          ? NULL
	          : add_out(q, have->source, (size_t)have->index, name);
	free(name);
	if (out == NULL)
		return no_memory();
	if (want->type.kind != TYPE_ANY)
		out->to = want->type;
	out->to.not_null = want->type.not_null;
	return 0;
}

/* A column of --into: a result, as it stands but for its name, or made. */
struct picked {
	const struct out_column *have;
	const struct made *made;
};

/* Finds or compiles the i-th column of --into. */
static int
find_picked(struct query *q, size_t i, const char *value, struct picked *out)
{
	const struct sql_scope scope = { q, find_result, result_name, NULL };
	const struct column *want = &q->into.col[i];
	struct made *made = &q->made[q->nmade];
	int result;

	if (!column_is_computed(want)) {
		out->have =
		    query_find_result(q->out, q->nout, "into", want->name);
		return out->have == NULL ? -1 : 0;
	}
	made->text = want->expression;
	made->program =
	    compile_column("into", value, &q->into, want, &scope, &q->env);
	if (made->program == NULL)
		return -1;
	q->nmade++;
	out->made = made;
	result = sql_program_is_column(made->program);
	if (result != -1)
		out->have = &q->out[result];
	return 0;
}

static int
pick_column(
    struct query *q, const struct picked *picked, const struct column *want)
{
	const struct out_column *have = picked->have;
	struct out_column made = { .source = OUT_MADE };

	if (have == NULL) {
		made.from = picked->made->program->type;
		made.index = (int)(picked->made - q->made);
		have = &made;
	}
	return add_cast(q, have, want);
}

/* Picks, orders and casts as --into says. */
static int
pick(struct query *q, const char *value)
{
	struct out_column *all = q->out;
	size_t nall = q->nout, n = q->into.n;
	struct picked *picked = calloc(n + 1, sizeof *picked);
	struct out_column *out = calloc(n + 1, sizeof *out);
	int rc;

	q->made = calloc(n + 1, sizeof *q->made);
	rc = picked == NULL || out == NULL || q->made == NULL ? no_memory() : 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = find_picked(q, i, value, &picked[i]);
	q->out = out;
	q->nout = 0;
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = pick_column(q, &picked[i], &q->into.col[i]);
	for (size_t i = 0; i < nall; i++)
		out_free(&all[i]);
	free(all);
	free(picked);
	return rc == 0 ? check_names(q, "--into 'NAME AS RESULT'") : rc;
}

/* The field that a column of --into names, or that is computed for it. */
static int
find_into(struct query *q, const char *value, const struct column *want)
{
	const struct sql_scope scope = { q, find_field, field_name, NULL };
	struct computed c = {
		.by = BY_INTO, .text = want->expression, .column = want->name
	};
	struct type type;
	int field;

	if (!column_is_computed(want)) {
		field = find_field(q, span_of(want->name), &type);
		if (field == -1)
			no_such_column(q, want->name);
		return field;
	}
	c.program =
	    compile_column("into", value, &q->into, want, &scope, &q->env);
	if (c.program == NULL)
		return -1;
	field = sql_program_is_column(c.program);
	if (field == -1)
		return add_computed(q, "", c, c.program->type);
	sql_program_free(c.program);
	return field;
}

/* The columns that --each writes: those of --into, or all of --from. */
static int
pick_fields(struct query *q, const struct query_words *w)
{
	const struct columns *all = w->into != NULL ? &q->into : &q->from;

	for (size_t i = 0; i < all->n; i++) {
		const struct column *c = &all->col[i];
		struct column want = { .name = c->name };
		struct out_column have = { .source = OUT_FIELD };

		if (w->into == NULL) {
			have.index = use_field(q, "from", span_of(c->name));
		} else {
			have.index = find_into(q, w->into, c);
			want.type = c->type;
		}
		if (have.index == -1)
			return -1;
		have.from = q->fields[have.index].type;
		if (add_cast(q, &have, &want) == -1)
			return -1;
	}
	return check_names(q, "--into 'NAME AS COLUMN'");
}

static int
resolve(struct query *q, const struct query_words *w)
{
	q->env.zone = q->zone;
	if (compute_columns(q, w->from) == -1)
		return -1;
	if (w->event_time != NULL) {
		q->time_field =
		    use_field(q, "event-time", span_of(w->event_time));
		if (q->time_field == -1 || check_time_type(q) == -1)
			return -1;
		q->fields[q->time_field].is_time = true;
	}
	for (size_t i = 0; i < w->keys.n; i++)
		if (add_key(q, w->keys.text[i]) == -1)
			return -1;
	for (size_t i = 0; i < w->naggs; i++)
		if (add_agg(q, &w->aggs[i]) == -1)
			return -1;
	if (add_where(q, w->where) == -1)
		return -1;
	if (q->each)
		return pick_fields(q, w) == -1 ? -1 : settle(q);
	if (settle(q) == -1 || add_all(q) == -1)
		return -1;
	if (add_having(q, w->having) == -1 || add_top(q, w->top) == -1 ||
	    (w->into != NULL && add_rank(q) == -1) || keep_results(q) == -1)
		return -1;
	return w->into == NULL ? 0 : pick(q, w->into);
}

int
query_init(struct query *q, const struct query_words *w)
{
	*q = (struct query){ 0 };
	if (check_words(w) == -1)
		return -1;
	take_words(q, w);
	return load_columns("from", w->from, &q->from) == 0 &&
	               check_header(q) == 0 &&
	               load_columns("into", w->into, &q->into) == 0 &&
	               make_room(q, w) == 0 && check_types(&q->from) == 0 &&
	               load_zone(q, w->timezone) == 0 &&
	               load_format(q, w->time_format) == 0 && resolve(q, w) == 0
	           ? 0
	           : -1;
}

void
query_free(struct query *q)
{
	for (size_t i = 0; i < q->nall; i++)
		free(q->fields[i].name);
	free(q->fields);
	for (size_t i = 0; i < q->nkeys; i++)
		free(q->keys[i].name);
	free(q->keys);
	for (size_t i = 0; i < q->ncalls; i++)
		free(q->calls[i].name);
	free(q->calls);
	for (size_t i = 0; i < q->nout; i++)
		out_free(&q->out[i]);
	free(q->out);
	sql_program_free(q->where);
	for (size_t i = 0; i < q->ncomputed; i++)
		sql_program_free(q->computed[i].program);
	free(q->computed);
	sql_program_free(q->having);
	ranking_free(&q->ranking);
	free(q->results);
	for (size_t i = 0; i < q->nmade; i++)
		sql_program_free(q->made[i].program);
	free(q->made);
	columns_free(&q->into);
	columns_free(&q->from);
	json_paths_del(q->paths);
	zone_free(q->zone);
	free(q->time_format);
	*q = (struct query){ 0 };
}
