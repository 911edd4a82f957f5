/* expressions - answers a file of tests/vectors/expressions: what windowpipe
 * has for each expression's type and its value in each row, in the same form.
 *
 *     expressions < arithmetic.tsv
 *
 * SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/columns.h"
#include "lib/diag.h"
#include "lib/json.h"
#include "lib/path.h"
#include "lib/timestamp.h"
#include "sql/cast.h"
#include "sql/program.h"

enum { ROWS_MAX = 400, COLUMNS_MAX = 32 };

struct table {
	struct columns columns;
	char *notation;
	char *line[ROWS_MAX]; /* what the values' texts lie in */
	struct value row[ROWS_MAX][COLUMNS_MAX];
	size_t nrows;
	struct zone *zone;
	struct arena arena;
};

static void
die(const char *what, const char *text)
{
	fprintf(stderr, "expressions: %s: %s\n", what, text);
	exit(1);
}

/* --- rows ----------------------------------------------------------------- */

/* ISO's T and Z are not for CAST. */
static struct span
as_sql(struct arena *a, struct span s)
{
	struct span copy = arena_copy(a, s);
	char *t = memchr(copy.p, 'T', copy.n);

	if (t != NULL)
		*t = ' ';
	if (copy.n > 0 && copy.p[copy.n - 1] == 'Z')
		copy.n--;
	return copy;
}

static void
read_cell(
    struct table *t, const struct cell *cell, struct type type, struct value *v)
{
	struct sql_env env = { 0 };
	struct sql_run run = { .env = &env, .scratch = &t->arena };
	struct buf scratch = { 0 };
	struct value text = { .kind = VALUE_TEXT };

	*v = (struct value){ .kind = VALUE_NULL };
	if (cell->kind == CELL_NULL || cell->kind == CELL_MISSING)
		return;
	text.text = cell->raw;
	if (cell->kind == CELL_TEXT)
		text.text = arena_copy(&t->arena, json_text(cell, &scratch));
	buf_free(&scratch);
	if (sql_type_is_time(type.kind))
		text.text = as_sql(&t->arena, text.text);
	if (type_is_text(type.kind))
		*v = text;
	else if (sql_cast(&run, &text, sql_type(TYPE_STRING), type, v) ==
		 SQL_FAIL)
		die(run.what, cell->raw.p);
}

static void
add_row(struct table *t, const char *text)
{
	struct json_paths *paths = json_paths_new();
	struct cell cells[COLUMNS_MAX];
	struct fault fault;
	int path[COLUMNS_MAX];

	if (t->nrows == ROWS_MAX || t->columns.n > COLUMNS_MAX)
		die("too many rows or columns", text);
	t->line[t->nrows] = strdup(text);
	for (size_t i = 0; i < t->columns.n; i++)
		path[i] = json_paths_add(
		    paths, span_of(t->columns.col[i].name), &fault);
	if (json_read(paths, span_of(t->line[t->nrows]), cells, &fault) == -1)
		die(fault.what, text);
	for (size_t i = 0; i < t->columns.n; i++)
		read_cell(t, &cells[path[i]], t->columns.col[i].type,
		    &t->row[t->nrows][i]);
	t->nrows++;
	json_paths_del(paths);
}

/* --- columns by name ------------------------------------------------------ */

static int
find(void *ctx, struct span name, struct type *type)
{
	const struct table *t = ctx;

	for (size_t i = 0; i < t->columns.n; i++)
		if (span_is(name, t->columns.col[i].name)) {
			*type = t->columns.col[i].type;
			return (int)i;
		}
	return -1;
}

static const char *
name_of(void *ctx, size_t i)
{
	const struct table *t = ctx;

	return i < t->columns.n ? t->columns.col[i].name : NULL;
}

/* --- answers -------------------------------------------------------------- */

static void
write_interval(struct buf *b, int64_t ms)
{
	int64_t m = ms < 0 ? -ms : ms;
	const char *sign = ms < 0 ? "-" : "";

	buf_add_text(b, "\"PT");
	if (m >= 3600000)
		buf_addf(b, "%s%lldH", sign, (long long)(m / 3600000));
	if (m / 60000 % 60 > 0)
		buf_addf(b, "%s%lldM", sign, (long long)(m / 60000 % 60));
	if (m % 60000 > 0 || m == 0) {
		buf_addf(b, "%s%lld", sign, (long long)(m / 1000 % 60));
		if (m % 1000 > 0) {
			buf_addf(b, ".%03d", (int)(m % 1000));
			while (b->p[b->n - 1] == '0')
				b->n--;
		}
		buf_add_char(b, 'S');
	}
	buf_add_char(b, '"');
}

static void
write_value(struct buf *b, const struct value *v, struct type type)
{
	int64_t m = v->i < 0 ? -v->i : v->i;
	const char *sign = v->i < 0 ? "-" : "";

	switch (v->kind) {
	case VALUE_NULL:
		buf_add_text(b, "null");
		return;
	case VALUE_BOOL:
		buf_add_text(b, v->i ? "true" : "false");
		return;
	case VALUE_TEXT:
		json_write_text(b, v->text);
		return;
	case VALUE_DOUBLE:
		if (v->d != v->d || v->d > 1.7e308 || v->d < -1.7e308)
			buf_add_char(b, '"');
		sql_cast_write(b, v, type, NULL);
		if (v->d != v->d || v->d > 1.7e308 || v->d < -1.7e308)
			buf_add_char(b, '"');
		return;
	default:
		break;
	}
	if (type.kind == TYPE_DATE) {
		buf_add_char(b, '"');
		timestamp_write_date(b, v->i);
		buf_add_char(b, '"');
	} else if (type.kind == TYPE_TIME) {
		buf_add_char(b, '"');
		timestamp_write_time(b, v->i);
		buf_add_char(b, '"');
	} else if (sql_type_is_instant(type.kind)) {
		buf_add_char(b, '"');
		timestamp_write(b, v->i, type.kind == TYPE_TIMESTAMP_LTZ);
		buf_add_char(b, '"');
	} else if (type.kind == SQL_MS) {
		write_interval(b, v->i);
	} else if (type.kind == SQL_MONTHS && m == 0) {
		buf_add_text(b, "\"P0D\"");
	} else if (type.kind == SQL_MONTHS) {
		buf_add_text(b, "\"P");
		if (m >= 12)
			buf_addf(b, "%s%lldY", sign, (long long)(m / 12));
		if (m % 12 > 0)
			buf_addf(b, "%s%lldM", sign, (long long)(m % 12));
		buf_add_char(b, '"');
	} else {
		sql_cast_write(b, v, type, NULL);
	}
}

/* kind: "expr", or "where", in which unknown is false. */
static void
answer(struct table *t, const char *kind, const char *text)
{
	bool where = strcmp(kind, "where") == 0;
	struct sql_env env = { .zone = t->zone, .now_ms = 1800000000000 };
	struct sql_scope scope = { t, find, name_of, NULL };
	struct sql_errors errors = { 0 };
	struct arena nodes = { 0 }, scratch = { 0 };
	struct sql_node *n = sql_parse_all(span_of(text), &nodes, &errors);
	struct sql_program *p = n == NULL
	                            ? NULL
	                            : (where ? sql_compile_where : sql_compile)(
					  n, &scope, &env, &errors);
	struct buf b = { 0 };
	char name[SQL_TYPE_NAME_MAX];

	arena_free(&nodes);
	buf_addf(&b, "%s\t%s\t", kind, text);
	if (p == NULL) {
		buf_addf(&b, "!plan %s",
		    errors.n > 0 ? errors.error[0].message : "?");
	} else {
		buf_add_text(&b, sql_type_name(name, p->type));
		for (size_t i = 0; i < t->nrows; i++) {
			const struct value *v = sql_run(p, t->row[i], &scratch);

			buf_add_char(&b, '\t');
			if (v == NULL)
				buf_addf(&b, "!%s", p->run.what);
			else if (where && v->kind == VALUE_NULL)
				buf_add_text(&b, "false");
			else
				write_value(&b, v, p->type);
			arena_reset(&scratch);
		}
	}
	puts(buf_text(&b));
	buf_free(&b);
	sql_program_free(p);
	sql_errors_free(&errors);
	arena_free(&scratch);
}

static void
take_line(struct table *t, char *line)
{
	char *kind = strtok(line, "\t"), *first = strtok(NULL, "\t"), *message;
	const char *what;

	if (kind == NULL || *kind == '#' || first == NULL)
		return;
	if (strcmp(kind, "columns") == 0) {
		t->notation = strdup(first);
		if (columns_parse(
			span_of(t->notation), &t->columns, &message) == -1)
			die("columns", message);
	} else if (strcmp(kind, "row") == 0) {
		add_row(t, first);
	} else if (strcmp(kind, "expr") == 0 || strcmp(kind, "where") == 0) {
		answer(t, kind, first);
	} else if (strcmp(first, "table.local-time-zone") == 0) {
		first = strtok(NULL, "\t");
		if (first == NULL || zone_load(first, &t->zone, &what) == -1)
			die("no zone", first == NULL ? "" : first);
	}
}

int
main(void)
{
	static struct table table;
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;

	diag_init("expressions");
	while ((n = getline(&line, &cap, stdin)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		take_line(&table, line);
	}
	free(line);
	for (size_t i = 0; i < table.nrows; i++)
		free(table.line[i]);
	columns_free(&table.columns);
	free(table.notation);
	zone_free(table.zone);
	arena_free(&table.arena);
	return 0;
}
