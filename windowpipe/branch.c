/* branch - an INSERT, or a SELECT alone, becomes a chain of programs.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/branch.h"

#include <stdlib.h>

#include "lib/array.h"
#include "lib/nearest.h"
#include "windowpipe/expression.h"

/* What is written: a result's column and, where it is not that, what it is. */
struct written {
	struct span name;
	struct type type;
	bool typed;
	const char *text;
	bool same; /* text is a column of that name */
};

struct into {
	struct written *column;
	size_t n;
};

/* While a branch is made. */
struct making {
	struct compiler *c;
	const struct settings *settings;
	struct branch *branch;
};

static void
build(struct making *, const struct relation *, const struct into *, bool last);

/* --- the columns of a stage ------------------------------------------------
 */

/* Texts of a stage that may name columns of what it reads. */
struct texts {
	const char **text;
	size_t n, cap;
};

static void
mention(struct making *m, struct texts *t, const char *text)
{
	if (text == NULL)
		return;
	if (array_room(t->text, t->cap, t->n + 1) == -1)
		m->c->script->errors.out_of_memory = true;
	else
		t->text[t->n++] = text;
}

static bool
mentioned(const struct texts *t, struct span name)
{
	for (size_t i = 0; i < t->n; i++)
		if (expression_mentions(t->text[i], name))
			return true;
	return false;
}

static void
mention_results(struct making *m, struct texts *t, const struct results *of)
{
	mention(m, t, of->in->where);
	mention(m, t, of->windows.by_clock ? NULL : of->windows.time);
	for (const struct computed *p = of->computed; p != NULL; p = p->next)
		mention(m, t, p->text);
	for (const struct result_key *k = of->keys; k != NULL; k = k->next)
		mention(m, t, k->column);
	for (const struct result_call *k = of->calls; k != NULL; k = k->next) {
		mention(m, t, k->column);
		mention(m, t, k->filter);
	}
}

static void
mention_into(struct making *m, struct texts *t, const struct into *into)
{
	for (size_t i = 0; i < into->n; i++)
		mention(m, t, into->column[i].text);
}

/* Columns of the table that are used, computed ones by what they are. */
static void
add_table_columns(
    struct making *m, struct buf *b, const struct relation *r, struct texts *t)
{
	bool *used = script_make(m->c->script, r->n * sizeof *used + 1);

	if (used == NULL)
		return;
	/* A computed one uses others, which stand before it. */
	for (size_t i = r->n; i-- > 0;) {
		const struct field *f = &r->field[i];

		/* Cells of CSV are known by their place alone. */
		used[i] = f->plain && (mentioned(t, f->name) ||
					  (r->table->format == FORMAT_CSV &&
					      f->computed == NULL));
		if (used[i])
			mention(m, t, f->computed);
	}
	for (size_t i = 0; i < r->n; i++) {
		const struct field *f = &r->field[i];

		if (!used[i])
			continue;
		buf_addf(b, "%s%s ", b->n > 0 ? ", " : "",
		    expression_column(m->c->script, f->name));
		if (f->computed != NULL)
			buf_addf(b, "AS %s", f->computed);
		else
			type_write(b, f->type);
	}
}

/* A window's bound: TIMESTAMP in SQL, which window has to be told. */
static bool
is_bound(const struct field *f)
{
	return f->role == FIELD_START || f->role == FIELD_END;
}

/* Columns that are written upstream for this stage. */
static void
add_piped_columns(struct making *m, struct buf *b, const struct relation *r,
    const struct texts *t)
{
	const struct relation *up = r->upstream;
	struct into into = { 0 };

	into.column =
	    script_make(m->c->script, up->n * sizeof *into.column + 1);
	if (into.column == NULL)
		return;
	for (size_t i = 0; i < up->n; i++) {
		const struct field *f = &up->field[i];
		struct type type = f->type;
		const char *text = f->text;

		if (text == NULL || !mentioned(t, f->name))
			continue;
		/* Neither has a type that a column can have. */
		if (type.kind == SQL_NULL) {
			type = sql_type(TYPE_STRING);
			text = "CAST(NULL AS STRING)";
		} else if (sql_type_is_interval(type.kind)) {
			sql_errors_add(&m->c->script->errors,
			    m->branch->statement->query->at, 6,
			    "an INTERVAL, %s, in what is read again: Flink runs"
			    " this, windowpipe does not",
			    script_quote(f->name));
			continue;
		}
		into.column[into.n++] = (struct written){ .name = f->name,
			.type = type,
			.typed = is_bound(f),
			.text = text,
			.same = f->plain && span_is(f->name, text) };
		buf_addf(b, "%s%s ", b->n > 0 ? ", " : "",
		    expression_column(m->c->script, f->name));
		type_write(b, type);
	}
	build(m, up, &into, false);
}

/*
 * --from: what the stage reads.  Where that is another stage of window, it is
 * made first.
 */
static const char *
from_columns(struct making *m, const struct relation *r, struct texts *t,
    const struct computed *computed)
{
	struct buf b = { 0 };
	const char *text;

	if (r->base == BASE_TABLE)
		add_table_columns(m, &b, query_table(m->c, r->table), t);
	else
		add_piped_columns(m, &b, r, t);
	for (; computed != NULL; computed = computed->next)
		buf_addf(&b, "%s%s AS %s", b.n > 0 ? ", " : "", computed->name,
		    computed->text);
	text = b.n == 0 ? NULL : script_copy(m->c->script, buf_span(&b));
	buf_free(&b);
	return text;
}

/* --into: "name TYPE AS text". */
static const char *
into_columns(struct making *m, const struct into *into)
{
	struct buf b = { 0 };
	const char *text;

	for (size_t i = 0; i < into->n; i++) {
		const struct written *w = &into->column[i];

		buf_addf(&b, "%s%s", i > 0 ? ", " : "",
		    expression_column(m->c->script, w->name));
		if (w->typed) {
			buf_add_char(&b, ' ');
			type_write(&b, w->type);
		}
		if (!w->same)
			buf_addf(&b, " AS %s", w->text);
	}
	text = script_copy(m->c->script, buf_span(&b));
	buf_free(&b);
	return text;
}

/* --- stages --------------------------------------------------------------- */

static struct args *
new_stage(struct making *m)
{
	struct branch *b = m->branch;

	if (array_room(b->windows, b->window_cap, b->nwindows + 1) == -1) {
		m->c->script->errors.out_of_memory = true;
		return NULL;
	}
	b->windows[b->nwindows] = (struct args){ 0 };
	args_add(&b->windows[b->nwindows], "window");
	return &b->windows[b->nwindows++];
}

/* Has the table a last row? */
static bool
ends(const struct table *t)
{
	return (t->connector == CONNECTOR_FILESYSTEM &&
		   table_option(t, "source.monitor-interval") == NULL) ||
	       (t->connector == CONNECTOR_DATAGEN &&
		   table_option(t, "number-of-rows") != NULL);
}

static void
add_windows(struct making *m, struct args *a, const struct results *of)
{
	static const char *const options[] = { "--tumble", "--hop",
		"--cumulate", "--session" };
	const struct windows *w = &of->windows;
	const struct sql_option *idle;
	int64_t idle_ms = m->settings->idle_ms;

	args_add_duration(a, options[w->kind], w->size_ms);
	if (w->kind == WINDOW_HOP)
		args_add_duration(a, "--slide", w->slide_ms);
	if (w->kind == WINDOW_CUMULATE)
		args_add_duration(a, "--step", w->slide_ms);
	if (w->offset_ms != 0)
		args_add_duration(a, "--offset", w->offset_ms);
	if (w->by_clock) {
		args_add(a, "--processing-time");
		if (ends(of->in->table))
			script_note(m->c->script,
			    m->branch->statement->query->group_at,
			    "windows of processing time that are open when the"
			    " rows end are written; Flink discards them");
		return;
	}
	args_add_option(a, "--event-time", w->time);
	if (m->settings->stands && of->in->base == BASE_TABLE)
		args_add_option(a, "--delay", "all");
	else if (w->delay_ms > 0)
		args_add_duration(a, "--delay", w->delay_ms);
	if (of->in->base != BASE_TABLE)
		return;
	idle = table_option(of->in->table, "scan.watermark.idle-timeout");
	if (idle != NULL && !connector_duration(idle->value, &idle_ms))
		sql_errors_add(&m->c->script->errors, idle->at, idle->length,
		    "a duration is '10 s', '500 ms'");
	if (idle_ms > 0)
		args_add_duration(a, "--idle-timeout", idle_ms);
}

/* FIELD, or FIELD:NAME where the result is called otherwise. */
static void
add_named(struct making *m, struct args *a, const char *option,
    const char *column, const char *name, const char *otherwise)
{
	args_add_option(a, option,
	    strcmp(otherwise, name) == 0
		? column
		: script_print(m->c->script, "%s:%s", column, name));
}

static void
add_calls(struct making *m, struct args *a, const struct results *of)
{
	for (const struct result_key *k = of->keys; k != NULL; k = k->next)
		add_named(m, a, "--key", k->column, k->name, k->column);
	for (const struct result_call *k = of->calls; k != NULL; k = k->next) {
		if (k->column == NULL)
			args_add(a, script_print(m->c->script, "--%s=%s",
					k->option, k->name));
		else
			add_named(m, a,
			    script_print(m->c->script, "--%s", k->option),
			    k->quantile == NULL
				? k->column
				: script_print(m->c->script, "%s:%s",
				      k->quantile, k->column),
			    k->name, "");
		if (k->filter != NULL)
			args_add_option(a, "--filter", k->filter);
	}
	if (of->having != NULL)
		args_add_option(a, "--having", of->having);
	if (of->top > 0)
		args_add_option(a, "--top",
		    script_print(m->c->script, "%llu:%s",
			(unsigned long long)of->top, of->top_by));
}

/* One character of CSV, as an option of window's. */
static void
add_character(struct making *m, struct args *a, const char *option,
    const struct sql_option *o)
{
	if (o == NULL)
		return;
	if (span_is(o->value, "\t") || span_is(o->value, "\\t"))
		args_add_option(a, option, "tab");
	else if (o->value.n == 1)
		args_add_option(a, option, script_copy(m->c->script, o->value));
	else
		sql_errors_add(&m->c->script->errors, o->at, o->length,
		    "it is one character");
}

/* CSV of Flink's has no line that names the columns. */
static void
add_csv_reading(struct making *m, struct args *a, const struct table *t)
{
	const struct sql_option *null = table_option(t, "csv.null-literal");

	args_add_option(a, "--format", "csv");
	args_add_option(a, "--header", "no");
	add_character(
	    m, a, "--delimiter", table_option(t, "csv.field-delimiter"));
	if (table_option_is_true(t, "csv.disable-quote-character"))
		args_add_option(a, "--quote", "none");
	else
		add_character(
		    m, a, "--quote", table_option(t, "csv.quote-character"));
	if (table_option_is_true(t, "csv.allow-comments"))
		args_add(a, "--comments");
	if (null != NULL)
		args_add_option(
		    a, "--null", script_copy(m->c->script, null->value));
}

/* How a table's values are read: of the stage that reads its rows. */
static void
add_reading(struct making *m, struct args *a, const struct relation *r)
{
	const struct table *t = r->table;

	if (r->base != BASE_TABLE)
		return;
	if (t->format == FORMAT_CSV)
		add_csv_reading(m, a, t);
	if (table_option_is_true(t, t->format == FORMAT_CSV
					? "csv.ignore-parse-errors"
					: "json.ignore-parse-errors")) {
		args_add_option(a, "--on-bad", "null");
		args_add_option(a, "--rejects",
		    m->settings->rejects != NULL ? m->settings->rejects
						 : "/dev/null");
	} else if (m->settings->rejects != NULL) {
		args_add_option(a, "--rejects", m->settings->rejects);
	}
}

static void
add_csv_writing(struct making *m, struct args *a, const struct table *t)
{
	static const char scientific[] =
	    "csv.write-bigdecimal-in-scientific-notation";
	static const struct {
		const char *key, *same; /* the value that changes nothing */
	} read_alone[] = { { "csv.null-literal", "" },
		{ "csv.quote-character", "\"" },
		{ "csv.disable-quote-character", "false" } };

	for (size_t i = 0; i < sizeof read_alone / sizeof *read_alone; i++) {
		const struct sql_option *o = table_option(t, read_alone[i].key);

		if (o != NULL && !span_is(o->value, read_alone[i].same))
			sql_errors_add(&m->c->script->errors, o->at, o->length,
			    "windowpipe has this option for sources alone; a"
			    " sink quotes by \" and writes null as nothing");
	}

	args_add_option(a, "--output", "csv");
	args_add_option(a, "--output-header", "no");
	add_character(
	    m, a, "--output-delimiter", table_option(t, "csv.field-delimiter"));
	if (table_option(t, scientific) == NULL ||
	    table_option_is_true(t, scientific))
		args_add_option(a, "--decimal", "flink");
	args_add_option(a, "--timestamps", "sql");
}

/* How the target's values are written. */
static void
add_writing(struct making *m, struct args *a)
{
	const struct table *t = m->branch->target;
	const struct sql_option *standard;

	if (t == NULL || table_option(t, "format") == NULL)
		return;
	if (t->format == FORMAT_CSV) {
		add_csv_writing(m, a, t);
		return;
	}
	if (!table_option_is_true(t, "json.encode.decimal-as-plain-number"))
		args_add_option(a, "--decimal", "flink");
	standard = table_option(t, "json.timestamp-format.standard");
	if (standard == NULL || span_is(standard->value, "SQL"))
		args_add_option(a, "--timestamps", "sql");
}

static void
build(struct making *m, const struct relation *r, const struct into *into,
    bool last)
{
	const struct results *of = r->base == BASE_RESULTS ? r->of : NULL;
	const struct relation *in = of != NULL ? of->in : r;
	struct texts texts = { 0 };
	const char *from;
	struct args *a;

	if (of != NULL) {
		mention_results(m, &texts, of);
	} else {
		mention(m, &texts, r->where);
		mention_into(m, &texts, into);
	}
	from = from_columns(m, in, &texts, of != NULL ? of->computed : NULL);
	free(texts.text);
	if (in->base == BASE_TABLE)
		m->branch->source = in->table;
	a = new_stage(m);
	if (a == NULL)
		return;
	if (of != NULL)
		add_windows(m, a, of);
	else
		args_add(a, "--each");
	if (m->settings->timezone != NULL)
		args_add_option(a, "--timezone", m->settings->timezone);
	if (from != NULL)
		args_add_option(a, "--from", from);
	if (in->where != NULL)
		args_add_option(a, "--where", in->where);
	if (of != NULL)
		add_calls(m, a, of);
	args_add_option(a, "--into", into_columns(m, into));
	add_reading(m, a, in);
	if (last)
		add_writing(m, a);
	if (a->failed)
		m->c->script->errors.out_of_memory = true;
}

/* --- INSERT --------------------------------------------------------------- */

/* Where the i-th column of the query stands. */
static size_t
place_of_column(const struct sql_query *q, size_t i, size_t *length)
{
	const struct sql_item *item = q->items;

	*length = 6;
	for (; item != NULL && item->expr != NULL; item = item->next)
		if (i-- == 0) {
			*length = item->length;
			return item->at;
		}
	return q->at;
}

/* The field becomes a column of the target. */
static struct written
write_field(struct making *m, const struct sql_query *q, size_t i,
    const struct field *f, const struct sql_column *to)
{
	char from_name[SQL_TYPE_NAME_MAX], to_name[SQL_TYPE_NAME_MAX];
	size_t length, at = place_of_column(q, i, &length);
	struct written w = { .name = to->name.text,
		.type = to->type,
		.typed = true,
		.text = f->text };

	if (f->type.kind == SQL_POISON)
		return w;
	if (f->text == NULL) {
		sql_errors_add(&m->c->script->errors, at, length,
		    f->role == FIELD_RANK
			? "ROW_NUMBER() without WHERE … <= N: Flink runs"
			  " this, windowpipe does not"
			: "a window's rows one by one: Flink runs this,"
			  " windowpipe does not; GROUP BY window_start,"
			  " window_end");
	} else if (!sql_type_assignable(f->type, to->type)) {
		sql_errors_add(&m->c->script->errors, at, length,
		    "%s cannot be written to the column %s, which is %s;"
		    " CAST it",
		    sql_type_name(from_name, f->type),
		    script_quote(to->name.text),
		    sql_type_name(to_name, to->type));
	} else if (f->type.kind == SQL_NULL) {
		w.text = script_print(m->c->script, "CAST(NULL AS %s)",
		    sql_type_name(to_name, to->type));
	}
	w.same = f->plain && span_is(to->name.text, f->text);
	return w;
}

/* The target's columns: names behind INSERT INTO t, or all that are stored. */
struct targets {
	const struct sql_column **column;
	size_t n;
	struct span *names;
};

static bool
find_targets(struct making *m, const struct sql_statement *s,
    const struct sql_table *def, struct targets *t)
{
	const struct sql_name *name = s->columns;
	size_t most = 0;

	for (const struct sql_column *c = def->columns; c != NULL; c = c->next)
		most++;
	for (; name != NULL; name = name->next)
		most++;
	t->column = script_make(m->c->script, (most + 1) * sizeof *t->column);
	t->names = script_make(m->c->script, (most + 1) * sizeof *t->names);
	if (t->column == NULL || t->names == NULL)
		return false;
	for (const struct sql_column *c = def->columns; c != NULL; c = c->next)
		if (c->nested) {
			sql_errors_add(&m->c->script->errors, c->name.at,
			    c->name.length,
			    "columns of the type ROW are only read: Flink"
			    " writes them, windowpipe does not");
			return false;
		}
	for (const struct sql_column *c = def->columns; c != NULL; c = c->next)
		if (c->kind == SQL_METADATA && !c->is_virtual) {
			sql_errors_add(&m->c->script->errors, c->name.at,
			    c->name.length,
			    "METADATA of a stream is only read, and this table"
			    " is written to; add VIRTUAL");
			return false;
		}
	if (s->columns == NULL)
		for (const struct sql_column *c = def->columns; c != NULL;
		     c = c->next)
			if (c->kind == SQL_PHYSICAL)
				t->column[t->n++] = c;
	for (name = s->columns; name != NULL; name = name->next) {
		const struct sql_column *c = def->columns;

		while (c != NULL && (c->kind != SQL_PHYSICAL ||
					!span_equal(c->name.text, name->text)))
			c = c->next;
		if (c == NULL) {
			sql_errors_add(&m->c->script->errors, name->at,
			    name->length, "the table has no column %s",
			    script_quote(name->text));
			return false;
		}
		for (size_t i = 0; i < t->n; i++)
			if (t->column[i] == c) {
				sql_errors_add(&m->c->script->errors, name->at,
				    name->length, "the column stands twice");
				return false;
			}
		t->column[t->n++] = c;
	}
	for (size_t i = 0; i < t->n; i++)
		t->names[i] = t->column[i]->name.text;
	return true;
}

/* All columns of the table; those that the INSERT does not name are null. */
static void
write_all(struct making *m, const struct sql_statement *s,
    const struct sql_table *def, const struct relation *r,
    const struct targets *t, struct into *into)
{
	size_t n = 0, i;

	for (const struct sql_column *c = def->columns; c != NULL; c = c->next)
		n++;
	into->column =
	    script_make(m->c->script, (n + 1) * sizeof *into->column);
	if (into->column == NULL)
		return;
	if (r->n != t->n) {
		sql_errors_add(&m->c->script->errors, s->query->at, 6,
		    "columns: %zu of the query, %zu of %s; name those that it"
		    " fills: INSERT INTO t (a, b)",
		    r->n, t->n, script_quote(def->name.text));
		return;
	}
	for (const struct sql_column *c = def->columns; c != NULL;
	     c = c->next) {
		static const struct field null = { .text = "NULL" };
		struct field f = null;

		f.type = sql_type(SQL_NULL);
		if (c->kind != SQL_PHYSICAL)
			continue;
		for (i = 0; i < t->n && t->column[i] != c; i++)
			continue;
		into->column[into->n++] = write_field(
		    m, s->query, i, i < t->n ? &r->field[i] : &f, c);
	}
}

/* SELECT alone: as it is. */
static void
write_selected(struct making *m, const struct sql_statement *s,
    const struct relation *r, struct into *into)
{
	into->column =
	    script_make(m->c->script, (r->n + 1) * sizeof *into->column);
	if (into->column == NULL)
		return;
	for (size_t i = 0; i < r->n; i++) {
		const struct field *f = &r->field[i];
		struct sql_column as = { .name.text = f->name,
			.type = f->type.kind == SQL_NULL ? sql_type(TYPE_STRING)
			                                 : f->type };

		for (size_t k = 0; k < i; k++)
			if (span_equal(r->field[k].name, f->name)) {
				size_t length, at;

				at = place_of_column(s->query, i, &length);
				sql_errors_add(&m->c->script->errors, at,
				    length,
				    "two columns are called %s here; give one"
				    " another name, by AS",
				    script_quote(f->name));
				return;
			}
		into->column[into->n] = write_field(m, s->query, i, f, &as);
		into->column[into->n].typed =
		    f->type.kind == SQL_NULL || is_bound(f);
		into->n++;
	}
}

static bool
set_sink(struct making *m, const struct table *t)
{
	const char *name = m->settings->stdout_table;

	return (name != NULL && span_is(t->name, name)) ||
	       connector_sink(m->c->script, t, &m->branch->sink) == 0;
}

struct branch *
branch_of(struct compiler *c, const struct sql_statement *s,
    const struct settings *settings)
{
	struct making m = { .c = c,
		.settings = settings,
		.branch = script_make(c->script, sizeof *m.branch) };
	size_t told = c->script->errors.n;
	struct targets targets = { 0 };
	struct into into = { 0 };
	struct relation *r;
	struct table *t = NULL;

	if (m.branch == NULL)
		return NULL;
	m.branch->statement = s;
	m.branch->name = "output";
	m.branch->sink.file = "-";
	if (s->kind == SQL_INSERT) {
		t = catalog_find(&c->catalog, c->script, &s->name);
		if (t != NULL && t->view != NULL) {
			sql_errors_add(&c->script->errors, s->name.at,
			    s->name.length, "nothing is inserted into a view");
			t = NULL;
		}
		if (t != NULL && !t->broken &&
		    (!find_targets(&m, s, t->def, &targets) ||
			!set_sink(&m, t)))
			t = NULL;
	}
	r = query_relation(c, s->query, targets.names, targets.n);
	if (r != NULL && s->kind == SQL_SELECT) {
		write_selected(&m, s, r, &into);
	} else if (r != NULL && t != NULL && !t->broken) {
		m.branch->target = t;
		m.branch->name = script_copy(c->script, t->name);
		write_all(&m, s, t->def, r, &targets, &into);
	}
	if (r != NULL && into.n > 0 && c->script->errors.n == told)
		build(&m, r, &into, true);
	if (m.branch->nwindows > 0 && c->script->errors.n == told &&
	    !c->script->errors.out_of_memory)
		return m.branch;
	branch_free(m.branch);
	return NULL;
}

void
branch_free(struct branch *b)
{
	for (size_t i = 0; i < b->nwindows; i++)
		args_free(&b->windows[i]);
	free(b->windows);
	args_free(&b->sink.args);
	b->windows = NULL;
	b->nwindows = b->window_cap = 0;
}
