/* row - one line of input becomes the values that the query uses.
 * SPDX-License-Identifier: ISC */
#include "window/row.h"

#include <stdlib.h>
#include <stdio.h>

#include "lib/array.h"
#include "lib/path.h"
#include "lib/utf8.h"

/* --- the columns of CSV -------------------------------------------------- */

/* Whether a column of that name is the field. */
static bool
is_field(const struct field *f, struct span name)
{
	struct buf own = { 0 };
	bool is;

	path_add_unquoted(&own, f->name);
	is = !own.failed && span_equal(buf_span(&own), name);
	buf_free(&own);
	return is;
}

/* One more column, of that name.  0, or -1: out of memory. */
static int
add_column(struct row_reader *r, size_t *cap, struct span name)
{
	const struct query *q = r->q;

	if (array_room(r->columns, *cap, r->ncolumns + 1) == -1)
		return -1;
	r->columns[r->ncolumns] = -1;
	for (size_t i = 0; i < q->nfields; i++)
		if (is_field(&q->fields[i], name))
			r->columns[r->ncolumns] = q->fields[i].path;
	r->ncolumns++;
	return 0;
}

/* Without a header they are those of --from, in their order. */
static int
declared_columns(struct row_reader *r)
{
	const struct columns *from = &r->q->from;
	size_t cap = 0;

	for (size_t i = 0; i < from->n; i++) {
		struct buf name = { 0 };
		int rc;

		if (column_is_computed(&from->col[i]))
			continue;
		path_add_unquoted(&name, from->col[i].name);
		rc = name.failed ? -1 : add_column(r, &cap, buf_span(&name));
		buf_free(&name);
		if (rc == -1)
			return -1;
	}
	return 0;
}

static size_t
count_columns(const struct row_reader *r, int path)
{
	size_t n = 0;

	for (size_t i = 0; i < r->ncolumns; i++)
		n += r->columns[i] == path;
	return n;
}

/* Each field that is used is one column. */
static int
check_columns(const struct row_reader *r, struct span text, struct buf *why)
{
	char quoted[DIAG_QUOTE_MAX], names[DIAG_QUOTE_MAX];

	for (size_t i = 0; i < r->q->nfields; i++) {
		const struct field *f = &r->q->fields[i];
		size_t n = count_columns(r, f->path);

		if (n == 1)
			continue;
		buf_addf(why, "the header names %s column %s: %s%s",
		    n == 0 ? "no" : "more than one",
		    diag_quote(quoted, span_of(f->name)),
		    diag_quote(names, text),
		    n == 0 && r->ncolumns == 1
			? "; another delimiter: --delimiter"
			: "; without a header: --header no");
		return -1;
	}
	return 0;
}

int
row_header(struct row_reader *r, struct span text, struct buf *why)
{
	struct buf name = { 0 };
	struct cell cell;
	struct fault fault = { 0 };
	size_t at = 0, cap = 0;
	int rc;

	while (
	    (rc = csv_cell(&r->q->input.csv, text, &at, &cell, &fault)) == 1) {
		buf_clear(&name);
		(void)buf_room(&name, text.n);
		if (name.failed ||
		    add_column(r, &cap, csv_text(&cell, &name)) == -1) {
			fault.what = "out of memory";
			rc = -1;
			break;
		}
	}
	buf_free(&name);
	if (rc == -1)
		buf_addf(why, "the header, at character %zu: %s", fault.at + 1,
		    fault.what);
	return rc == -1 ? -1 : check_columns(r, text, why);
}

/* The first byte that is not UTF-8; n: all of it is. */
static size_t
ill_formed(struct span s)
{
	const char *p = s.p, *end = p + s.n;

	while (p < end) {
		size_t n = (unsigned char)*p < 0x80 ? 1 : utf8_length(p, end);

		if (n == 0)
			break;
		p += n;
	}
	return (size_t)(p - s.p);
}

/* The columns from n on have no cell: they are null, as Flink has them. */
static void
pad(struct row_reader *r, size_t n)
{
	r->lacking = r->ncolumns - n;
	for (; n < r->ncolumns; n++)
		if (r->columns[n] != -1)
			r->cells[r->columns[n]] =
			    (struct cell){ .kind = CELL_MISSING };
}

/* The cells of a record, by path. */
static int
read_csv(struct row_reader *r, struct span text, struct fault *why)
{
	size_t at = 0, n = 0;
	struct cell cell;
	int rc;

	r->lacking = 0;
	if (!utf8_is_valid(text))
		return fault_set(why, ill_formed(text), "not UTF-8");
	for (; (rc = csv_cell(&r->q->input.csv, text, &at, &cell, why)) == 1;
	     n++)
		if (n < r->ncolumns && r->columns[n] != -1)
			r->cells[r->columns[n]] = cell;
	if (rc == -1 || n == r->ncolumns)
		return rc;
	snprintf(r->what, sizeof r->what,
	    "%zu cells, where there are %zu "
	    "columns",
	    n, r->ncolumns);
	if (n > r->ncolumns || r->q->on_bad != ON_BAD_NULL)
		return fault_set(why, 0, r->what);
	pad(r, n);
	return 0;
}

static int
read_cells(struct row_reader *r, struct span text, struct fault *why)
{
	if (r->q->input.kind == INPUT_CSV)
		return read_csv(r, text, why);
	return json_read(r->q->paths, text, r->cells, why);
}

/* --- a line --------------------------------------------------------------- */

int
row_init(struct row_reader *r, const struct query *q)
{
	*r = (struct row_reader){ .q = q };
	r->env = query_field_env(q, &r->scratch);
	r->cells = calloc(json_paths_count(q->paths) + 1, sizeof *r->cells);
	r->misfits = calloc(q->nfields + 1, sizeof *r->misfits);
	if (r->cells == NULL || r->misfits == NULL)
		return -1;
	if (q->input.kind == INPUT_CSV)
		return q->input.header == HEADER_NO ? declared_columns(r) : 0;
	for (size_t i = 0; i < q->nfields; i++)
		if (absent_add(
			&r->absent, q->fields[i].name, q->fields[i].path) == -1)
			return -1;
	return 0;
}

void
row_free(struct row_reader *r)
{
	free(r->cells);
	free(r->misfits);
	free(r->columns);
	absent_free(&r->absent);
	buf_free(&r->scratch);
}

static int
field_fault(const struct row_reader *r, struct span line, size_t i,
    const struct fault *why, struct row_fault *fault)
{
	const struct field *f = &r->q->fields[i];
	const struct cell *cell = &r->cells[f->path];

	*fault = (struct row_fault){
		.field = f->name, .type = f->type, .what = why->what
	};
	if (cell->kind == CELL_TEXT)
		fault->in_text = why->at;
	if (cell->kind != CELL_MISSING) {
		fault->at = (size_t)(cell->raw.p - line.p);
		fault->found = cell->raw;
		fault->bare = cell->bare;
		/* Of a text the quote, too. */
		if (cell->kind == CELL_TEXT && !cell->bare) {
			fault->at--;
			fault->found.p--;
			fault->found.n += 2;
		}
	}
	return -1;
}

/* A value of that field, where it is bad, is null: --on-bad. */
static bool
may_be_null(const struct query *q, size_t field)
{
	return q->on_bad == ON_BAD_NULL && (int)field != q->time_field &&
	       !q->fields[field].type.not_null;
}

/* The values that did not fit, once the line has been taken. */
static void
note_misfits(struct row_reader *r, const struct line *line)
{
	for (size_t i = 0; i < r->q->nfields; i++) {
		struct misfits *m = &r->misfits[i];
		struct row_fault where = { 0 };
		struct fault none = { 0 };
		struct value v;

		if (field_read(&r->q->fields[i],
			&r->cells[r->q->fields[i].path], &r->env, &v,
			&none) != 1 ||
		    m->n++ > 0)
			continue;
		field_fault(r, line->text, i, &none, &where);
		m->line = line->number;
		m->column = where.at + 1;
		diag_quote(m->found, where.found);
	}
}

int
row_read(struct row_reader *r, const struct line *line, struct rows *rows,
    struct row_fault *fault)
{
	const struct query *q = r->q;
	struct value *values = rows->values;
	struct fault why;
	bool unfit = false;

	if (read_cells(r, line->text, &why) == -1) {
		*fault = (struct row_fault){ .at = why.at, .what = why.what };
		return -1;
	}
	/* The fast reader sees to the fields of its rows. */
	absent_record(&r->absent, line->text, r->cells);
	buf_clear(&r->scratch);
	if (buf_room(&r->scratch, line->text.n) == NULL) {
		*fault = (struct row_fault){ .what = "out of memory" };
		return -1;
	}
	r->nulled = r->lacking;
	if (r->lacking > 0)
		r->nulled_first = (struct row_fault){ .what = r->what };
	for (size_t i = 0; i < q->nfields; i++) {
		int rc = field_read(&q->fields[i], &r->cells[q->fields[i].path],
		    &r->env, &values[i], &why);

		unfit |= rc == 1;
		if (rc != -1)
			continue;
		field_fault(r, line->text, i, &why, fault);
		if (!may_be_null(q, i))
			return -1;
		values[i].kind = VALUE_NULL;
		if (r->nulled++ == 0)
			r->nulled_first = *fault;
	}
	rows->t_ms[0] = 0;
	if (query_reads_time(q) &&
	    field_time(&q->fields[q->time_field], &values[q->time_field],
		&r->env, &rows->t_ms[0], &why) == -1) {
		size_t i = (size_t)q->time_field;
		enum cell_kind kind = r->cells[q->fields[i].path].kind;

		if (kind == CELL_MISSING)
			why.what = "the event time is missing";
		else if (values[i].kind == VALUE_NULL && kind == CELL_NUMBER)
			why.what = "a time out of range";
		return field_fault(r, line->text, i, &why, fault);
	}
	if (unfit)
		note_misfits(r, line);
	rows->n = 1;
	rows->line[0] = line->raw.p;
	rows->line[1] = line->raw.p + line->raw.n + 1;
	return 0;
}

void
row_field_fault(struct row_reader *r, struct span line, int field,
    const char *what, struct row_fault *fault)
{
	struct fault why;

	*fault = (struct row_fault){ .what = what };
	/* Of CSV it would belong to the last cell. */
	if (line.n > 0 && line.p[line.n - 1] == '\r')
		line.n--;
	field = query_read_field(r->q, field);
	/* It may have been read by the fast reader: the values' places are not
	 * known then. */
	if (field != -1 && read_cells(r, line, &why) == 0) {
		why.what = what;
		why.at = 0;
		field_fault(r, line, (size_t)field, &why, fault);
	}
}
