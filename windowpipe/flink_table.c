/* flink_table - the tables that queries read, one for all that can share it.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/flink_table.h"

#include "lib/path.h"

/* --- what a source needs of a table --------------------------------------- */

static void
add_character(struct buf *out, const char *option, char c)
{
	buf_addf(
	    out, ",\n  'csv.%s' = '%s%c'", option, c == '\'' ? "'" : "", c);
}

static void
add_format(struct buf *out, const struct query *q, bool times_sql)
{
	const struct csv *csv = &q->input.csv;
	bool is_csv = q->input.kind == INPUT_CSV;

	buf_addf(out, "  'format' = '%s'", is_csv ? "csv" : "json");
	if (!is_csv)
		buf_addf(out, ",\n  'json.timestamp-format.standard' = '%s'",
		    times_sql ? "SQL" : "ISO-8601");
	else if (csv->delimiter != ',')
		add_character(out, "field-delimiter", csv->delimiter);
	if (is_csv && csv->quote == '\0')
		buf_add_text(
		    out, ",\n  'csv.disable-quote-character' = 'true'");
	else if (is_csv && csv->quote != '"')
		add_character(out, "quote-character", csv->quote);
	if (is_csv && csv->comments)
		buf_add_text(out, ",\n  'csv.allow-comments' = 'true'");
	if (q->on_bad == ON_BAD_NULL)
		buf_addf(out, ",\n  '%s.ignore-parse-errors' = 'true'",
		    is_csv ? "csv" : "json");
}

static struct span
keep(struct arena *a, struct buf *b)
{
	struct span s = { NULL, 0 };

	if (!b->failed)
		s = arena_copy(a, buf_span(b));
	buf_free(b);
	return s;
}

static struct flink_table_column *
make_column(struct arena *a, const struct flink_source *s,
    const struct flink_column *from)
{
	struct flink_table_column *c = arena_zero(a, sizeof *c);
	struct buf b = { 0 };

	if (c == NULL)
		return NULL;
	c->path = from->path;
	c->computed = from->expression.n > 0;
	if (c->computed)
		flink_add_expression(&b, from->expression,
		    flink_source_add_inner, (void *)(uintptr_t)s);
	else
		flink_add_type(&b, from->type);
	c->type = keep(a, &b);
	return c->type.p == NULL ? NULL : c;
}

/* A table for that source alone; NULL: out of memory. */
static struct flink_table *
make(struct arena *a, const struct flink_source *s)
{
	struct flink_table *t = arena_zero(a, sizeof *t);
	struct flink_table_column **last;
	struct buf b = { 0 };

	if (t == NULL)
		return NULL;
	last = &t->first;
	for (size_t i = 0; i < s->n; i++, last = &(*last)->next)
		if ((*last = make_column(a, s, &s->column[i])) == NULL)
			return NULL;
	add_format(&b, s->q, s->times_sql);
	t->format = keep(a, &b);
	t->ordered = s->q->input.kind == INPUT_CSV;
	t->by_clock = s->q->processing_time;
	t->made = s->made;
	if (s->made)
		flink_source_add_time(s, &b);
	else if (s->time != NULL)
		flink_add_path(&b, s->time->path);
	t->time = keep(a, &b);
	if (s->time != NULL && s->q->by_rows)
		flink_add_shift(&b, s->q->delay_ms);
	t->delay = keep(a, &b);
	return t->format.p == NULL || t->time.p == NULL || t->delay.p == NULL
	           ? NULL
	           : t;
}

/* --- sharing -------------------------------------------------------------- */

static bool
columns_agree(
    const struct flink_table_column *a, const struct flink_table_column *b)
{
	return !flink_paths_touch(a->path, b->path) ||
	       (path_same(a->path, b->path) && a->computed == b->computed &&
		   span_equal(a->type, b->type));
}

static bool
same_columns(
    const struct flink_table_column *a, const struct flink_table_column *b)
{
	while (a != NULL && b != NULL && path_same(a->path, b->path)) {
		a = a->next;
		b = b->next;
	}
	return a == NULL && b == NULL;
}

static bool
tables_agree(const struct flink_table *a, const struct flink_table *b)
{
	bool agree = span_equal(a->format, b->format);

	if (a->ordered)
		agree &= same_columns(a->first, b->first);
	/* A table has one event time. */
	if (a->time.n > 0 && b->time.n > 0)
		agree &= a->made == b->made && span_equal(a->time, b->time) &&
		         span_equal(a->delay, b->delay);
	for (const struct flink_table_column *x = a->first; x; x = x->next)
		for (const struct flink_table_column *y = b->first; y;
		     y = y->next)
			agree &= columns_agree(x, y);
	return agree;
}

/* What is read comes before what is computed of it. */
static void
take_column(struct flink_table *t, struct flink_table_column *c)
{
	struct flink_table_column **at = &t->first;

	for (; *at != NULL; at = &(*at)->next)
		if (path_same((*at)->path, c->path))
			return;
	for (at = &t->first; *at != NULL; at = &(*at)->next)
		if ((*at)->computed && !c->computed)
			break;
	c->next = *at;
	*at = c;
}

static void
merge(struct flink_table *into, const struct flink_table *from)
{
	struct flink_table_column *next;

	for (struct flink_table_column *c = from->first; c != NULL; c = next) {
		next = c->next;
		take_column(into, c);
	}
	into->by_clock |= from->by_clock;
	if (from->time.n > 0) {
		into->time = from->time;
		into->delay = from->delay;
		into->made = from->made;
	}
}

struct flink_table *
flink_table_share(
    struct flink_table **first, struct arena *a, const struct flink_source *s)
{
	struct flink_table *t = make(a, s);

	if (t == NULL)
		return NULL;
	for (t->number = 1; *first != NULL; first = &(*first)->next) {
		if (tables_agree(*first, t)) {
			merge(*first, t);
			return *first;
		}
		t->number++;
	}
	*first = t;
	return t;
}

/* --- names ---------------------------------------------------------------- */

static bool
is_column(const struct flink_table *t, struct span name)
{
	struct buf part = { 0 };
	bool found = false;

	for (const struct flink_table_column *c = t->first; c != NULL && !found;
	     c = c->next) {
		const char *path = c->path;

		flink_take_part(&path, &part);
		found = span_equal(buf_span(&part), name);
	}
	buf_free(&part);
	return found;
}

/* Underscores tell it from the input's. */
static const char *
free_name(const struct flink_table *t, struct arena *a, const char *name)
{
	struct buf b = { 0 };

	buf_add_text(&b, name);
	while (!b.failed && is_column(t, buf_span(&b)))
		buf_add_char(&b, '_');
	return keep(a, &b).p;
}

bool
flink_table_name(struct flink_table *t, struct arena *a)
{
	t->time_name = free_name(t, a, "row_time");
	t->clock_name = free_name(t, a, "proc_time");
	return t->time_name != NULL && t->clock_name != NULL;
}

void
flink_table_add_name(const struct flink_table *t, struct buf *out)
{
	buf_add_text(out, "readings");
	if (t->number > 1)
		buf_addf(out, "_%zu", t->number);
}

void
flink_table_add_time(
    const struct flink_table *t, const struct flink_source *s, struct buf *out)
{
	if (s->q->processing_time)
		flink_add_name(out, t->clock_name);
	else if (t->made)
		flink_add_name(out, t->time_name);
	else
		buf_add_span(out, t->time);
}

/* --- CREATE TABLE --------------------------------------------------------- */

/* True where both paths begin with the same n parts. */
static bool
same_start(const char *a, const char *b, int n)
{
	for (; n > 0; n--)
		if (!flink_take_same(&a, &b))
			return false;
	return true;
}

/* The first whose path begins so. */
static bool
is_first(
    const struct flink_table *t, const struct flink_table_column *c, int depth)
{
	const struct flink_table_column *before = t->first;

	while (before != c && !same_start(before->path, c->path, depth))
		before = before->next;
	return before == c;
}

/*
 * The columns whose paths begin as that of like does for depth parts: nested
 * ones are rows.
 */
static void
add_columns(
    const struct flink_table *t, struct buf *out, const char *like, int depth)
{
	const char *between = depth == 0 ? "" : NULL;
	struct buf part = { 0 };

	for (const struct flink_table_column *c = t->first; c; c = c->next) {
		const char *rest = c->path;

		if (!same_start(c->path, like, depth) ||
		    !is_first(t, c, depth + 1))
			continue;
		for (int n = 0; n <= depth; n++)
			flink_take_part(&rest, &part);
		buf_add_text(out, between == NULL ? "" : between);
		buf_add_text(out, depth == 0 ? "\n  " : "");
		between = depth == 0 ? "," : ", ";
		flink_add_name(out, buf_text(&part) == NULL ? "" : part.p);
		if (*rest != '\0') {
			buf_add_text(out, " ROW<");
			add_columns(t, out, c->path, depth + 1);
			buf_add_char(out, '>');
		} else {
			buf_add_text(out, c->computed ? " AS " : " ");
			buf_add_span(out, c->type);
		}
	}
	out->failed |= part.failed;
	buf_free(&part);
}

static void
add_watermark(const struct flink_table *t, struct buf *out)
{
	struct buf name = { 0 };

	if (t->made)
		flink_add_name(&name, t->time_name);
	else
		buf_add_span(&name, t->time);
	if (t->made) {
		buf_addf(out, ",\n  %.*s AS ", (int)name.n, name.p);
		buf_add_span(out, t->time);
	}
	buf_addf(out, ",\n  WATERMARK FOR %.*s AS %.*s", (int)name.n, name.p,
	    (int)name.n, name.p);
	buf_add_span(out, t->delay);
	out->failed |= name.failed;
	buf_free(&name);
}

void
flink_table_write(const struct flink_table *t, struct buf *out)
{
	struct buf name = { 0 };

	flink_table_add_name(t, &name);
	buf_addf(out, "\nCREATE TABLE %.*s (", (int)name.n, name.p);
	add_columns(t, out, "", 0);
	if (t->by_clock) {
		buf_add_text(out, t->first == NULL ? "\n  " : ",\n  ");
		flink_add_name(out, t->clock_name);
		buf_add_text(out, " AS PROCTIME()");
	}
	if (t->time.n > 0)
		add_watermark(t, out);
	/* All tables are of the same rows. */
	buf_add_text(out, "\n) WITH (\n  'connector' = 'filesystem',\n"
			  "  'path' = '${readings.path:-readings.ndjson}',\n");
	buf_add_span(out, t->format);
	buf_add_text(out, "\n);\n");
	out->failed |= name.failed;
	buf_free(&name);
}
