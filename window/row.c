/* row - one line of input becomes the values that the query uses.
 * SPDX-License-Identifier: ISC */
#include "window/row.h"

#include <stdlib.h>

int
row_init(struct row_reader *r, const struct query *q)
{
	*r = (struct row_reader){ .q = q };
	r->env = query_field_env(q, &r->scratch);
	r->cells = calloc(json_paths_count(q->paths) + 1, sizeof *r->cells);
	r->misfits = calloc(q->nfields + 1, sizeof *r->misfits);
	if (r->cells == NULL || r->misfits == NULL)
		return -1;
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
		/* Of a text the quote, too. */
		if (cell->kind == CELL_TEXT) {
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

	if (json_read(q->paths, line->text, r->cells, &why) == -1) {
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
	r->nulled = 0;
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
	field = query_read_field(r->q, field);
	/* It may have been read by the fast reader: the values' places are not
	 * known then. */
	if (field != -1 && json_read(r->q->paths, line, r->cells, &why) == 0) {
		why.what = what;
		why.at = 0;
		field_fault(r, line, (size_t)field, &why, fault);
	}
}
