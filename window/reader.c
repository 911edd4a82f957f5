/* reader - many lines at once become rows.
 *
 * All loads may pass the end of the data by less than LINES_PAD bytes; what is
 * there is zero, which no number or text holds, so nothing is ever taken beyond
 * the end.
 *
 * SPDX-License-Identifier: ISC */
#include "window/reader.h"

#include <stdlib.h>
#include <string.h>

enum {
	/* Texts with escapes are decoded into so much; rows begin only where
	 * half of it is free.  Larger ones are the plain reader's. */
	SCRATCH_BYTES = 128 * 1024,
};

int
reader_init(struct reader *r, struct row_reader *plain)
{
	*r = (struct reader){ .q = plain->q, .plain = plain };
	shapes_init(&r->shapes);
	if (step_init(&r->steps, plain->q, plain->misfits) == -1)
		return -1;
	return records_init(&r->records, plain, &r->steps);
}

void
reader_free(struct reader *r)
{
	shapes_free(&r->shapes);
	json_lines_free(&r->lines);
	step_free(&r->steps);
	records_free(&r->records);
}

enum {
	/* Lines are looked for so far: each time that bytes have come. */
	AHEAD_BYTES = 1024 * 1024,
};

/* --- rows by search ------------------------------------------------------- */

/* Reads the values, in the order of the fields wherever they stand. */
static bool
read_values(struct reader *r, struct value *values, int64_t *t_ms)
{
	const struct query *q = r->q;
	struct step_reader *s = &r->steps;
	bool time_is_read = !query_reads_time(q);

	s->nunfit = 0;
	for (size_t i = 0; i < q->nfields; i++) {
		const char *p = r->steps.value[q->fields[i].path], *behind;
		const struct step *step = &s->number[i];

		if (p == NULL) {
			values[i].kind = VALUE_NULL;
			if (q->fields[i].type.not_null)
				return false;
			continue;
		}
		if (*p == '"')
			step = &s->text[i];
		behind = step_read(s, step, p, r->end, &values[i], t_ms);
		if (behind == NULL && step_read_generic(s, step, p, r->end,
					  &values[i], t_ms) == NULL)
			return false;
		time_is_read |= step->op == STEP_EVENT_TIMESTAMP ||
		                step->op == STEP_EVENT_TEXT;
	}
	if (!time_is_read && !step_time(s, values, t_ms))
		return false;
	for (size_t i = 0; i < s->nunfit; i++)
		s->misfits[s->unfit[i]].n++;
	return true;
}

/* The length of the line that ends before there, as --max-line has it. */
static size_t
line_bytes(const char *p, const char *behind)
{
	size_t n = (size_t)(behind - p) - 1;

	return n - (n > 0 && p[n - 1] == '\r');
}

static void
see_fields(struct reader *r)
{
	for (size_t i = 0; i < r->q->nfields; i++)
		if (r->steps.value[r->q->fields[i].path] != NULL)
			absent_see(&r->plain->absent, i);
}

/* The row at p; false: it is for the plain reader. */
static bool
search_row(struct reader *r, struct rows *rows)
{
	struct value *values = rows->values + (size_t)rows->n * rows->stride;
	const char *end = r->end, *behind;

	if (!r->searched) {
		/* One line alone, where its shape may be that of many. */
		if (shapes_are_asked(&r->shapes))
			end = memchr(r->p, '\n', (size_t)(end - r->p)) + 1;
		json_lines_begin(&r->lines, r->q->paths, r->p, end);
		r->searched = true;
	}
	behind = json_lines_next(&r->lines, r->steps.value);
	if (behind == NULL || line_bytes(r->p, behind) > r->q->max_line ||
	    !read_values(r, values, &rows->t_ms[rows->n]))
		return false;
	if (r->plain->absent.left > 0)
		see_fields(r);
	/* Shapes are asked again, or for the first time after a pause. */
	if (shapes_learn(&r->shapes, &r->steps, r->p, behind))
		r->searched = false;
	r->p = behind;
	rows->line[++rows->n] = r->p;
	return true;
}

/* --- rows ----------------------------------------------------------------- */

void
reader_begin(struct reader *r)
{
	r->end = NULL;
}

void
reader_from(struct reader *r, const char *p, const char *end)
{
	size_t n = (size_t)(end - p);
	const char *last;

	r->p = p;
	r->searched = r->refused = false;
	records_reset(&r->records);
	if (r->end != NULL && p < r->end)
		return;
	if (n > AHEAD_BYTES)
		n = AHEAD_BYTES;
	last = memrchr(p, '\n', n);
	r->end = last == NULL ? p : last + 1;
}

/* Quotes of another kind are the plain reader's. */
static int
record_rows(struct reader *r, struct rows *rows)
{
	char quote = r->q->input.csv.quote;

	while (rows->n < ROWS_MAX && r->p < r->end) {
		const char *behind = NULL;

		if (quote == '"' || quote == '\0')
			behind = records_read(&r->records, r->p, r->end, rows);
		r->refused = behind == NULL;
		if (r->refused)
			break;
		r->p = behind;
	}
	return rows->n;
}

int
reader_rows(struct reader *r, struct rows *rows)
{
	const struct buf *scratch = &r->steps.scratch;

	rows->n = 0;
	rows->line[0] = r->p;
	/* Of the first rows the plain reader compares the names of fields. */
	if (r->off || r->refused || absent_looks(&r->plain->absent))
		return 0;
	buf_clear(&r->steps.scratch);
	if (r->q->input.kind == INPUT_CSV)
		return record_rows(r, rows);
	while (rows->n < ROWS_MAX && r->p < r->end &&
	       scratch->n <= scratch->cap / 2) {
		if (!r->searched) {
			shapes_rows(&r->shapes, &r->steps, rows, r->end);
			r->p = rows->line[rows->n];
			if (rows->n == ROWS_MAX || r->p == r->end)
				break;
		}
		r->refused = !search_row(r, rows);
		if (r->refused)
			break;
	}
	return rows->n;
}
