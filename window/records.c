/* records - many records of CSV at once become rows.
 *
 * Blocks of 64 bytes are looked at for delimiters, newlines and quotes; what
 * stands in quotes, which the parity of the quotes before it tells, is none of
 * a record's marks.  That parity holds where quotes stand only around cells,
 * which is checked of each record before its marks are believed.
 *
 * SPDX-License-Identifier: ISC */
#include "window/records.h"

#include <stdlib.h>
#include <string.h>

#include "lib/utf8.h"

int
records_init(
    struct records *r, struct row_reader *plain, struct step_reader *steps)
{
	const struct query *q = plain->q;

	*r = (struct records){ .q = q, .plain = plain, .steps = steps };
	r->look = json_mask_reader_of(json_mask_best());
	r->ends = malloc(RECORDS_BYTES * sizeof *r->ends);
	r->wanted = calloc(q->nfields + 1, sizeof *r->wanted);
	r->null = calloc(q->nnull + 1, sizeof *r->null);
	if (r->ends == NULL || r->wanted == NULL || r->null == NULL)
		return -1;
	for (size_t i = 0; i < q->nnull; i++)
		r->null[i] = span_of(q->null[i]);
	return 0;
}

void
records_free(struct records *r)
{
	free(r->ends);
	free(r->wanted);
	free(r->null);
	*r = (struct records){ 0 };
}

void
records_reset(struct records *r)
{
	r->base = r->end = NULL;
	r->n = r->at = 0;
}

/* The header has been read by now. */
static void
find_wanted(struct records *r)
{
	const struct query *q = r->q;

	for (size_t k = 0; k < r->plain->ncolumns; k++)
		for (size_t i = 0; i < q->nfields; i++)
			if (q->fields[i].path == r->plain->columns[k])
				r->wanted[r->nwanted++] =
				    (struct wanted){ k, (int)i };
}

/* --- marks ---------------------------------------------------------------- */

/* A bit is set where an odd number of bits up to it are. */
static inline uint64_t
parity(uint64_t x)
{
	for (int shift = 1; shift < 64; shift *= 2)
		x ^= x << shift;
	return x;
}

/* Looks ahead from p, which no quotes are open at. */
static void
look_ahead(struct records *r, const char *p, const char *end)
{
	const struct csv *csv = &r->q->input.csv;
	struct json_firsts first = { 0 };
	size_t bytes = (size_t)(end - p), n = 0;
	struct json_masks m;
	uint64_t open = 0;

	if (bytes > RECORDS_BYTES)
		bytes = RECORDS_BYTES;
	for (int i = 0; i < JSON_MASK_FIRSTS; i++)
		json_firsts_set(&first, i, csv->delimiter);
	memset(r->quotes, 0, sizeof r->quotes);
	memset(r->high, 0, sizeof r->high);
	for (size_t at = 0, i = 0; at < bytes; at += JSON_MASK_BYTES, i++) {
		uint64_t marks, inside = open, quote;

		r->look(p + at, 1, &first, &m);
		quote = csv->quote == '\0' ? 0 : m.quote[0];
		if (quote != 0) {
			inside ^= parity(quote);
			open = (uint64_t)((int64_t)inside >> 63);
			r->quotes[i / 64] |= (uint64_t)1 << i % 64;
		}
		r->high[i / 64] |= (uint64_t)(m.high[0] != 0) << i % 64;
		marks = (m.first[0] | m.newline[0]) & ~inside;
		if (bytes - at < JSON_MASK_BYTES)
			marks &= ((uint64_t)1 << (bytes - at)) - 1;
		for (; marks != 0; marks &= marks - 1)
			r->ends[n++] =
			    (uint16_t)(at + (size_t)__builtin_ctzll(marks));
	}
	r->base = p;
	r->end = p + bytes;
	r->n = n;
	r->at = 0;
}

/* Whether a block of [from, to), counted from base, is among these. */
static inline bool
has_block(const uint64_t *blocks, size_t from, size_t to)
{
	for (from /= JSON_MASK_BYTES; from * JSON_MASK_BYTES < to; from++)
		if ((blocks[from / 64] >> from % 64 & 1) != 0)
			return true;
	return false;
}

/*
 * The marks of a record of as many cells as there are columns, from at on; its
 * line has no other.
 */
static bool
is_whole(const struct records *r)
{
	size_t last = r->plain->ncolumns - 1;

	if (r->n - r->at <= last || r->base[r->ends[r->at + last]] != '\n')
		return false;
	for (size_t i = 0; i < last; i++)
		if (r->base[r->ends[r->at + i]] == '\n')
			return false;
	return true;
}

/* --- cells ---------------------------------------------------------------- */

/* The cell of a column; begin: where the record begins. */
static inline struct span
cell_at(const struct records *r, size_t begin, size_t column)
{
	size_t from =
	    column == 0 ? begin : (size_t)r->ends[r->at + column - 1] + 1;
	size_t to = r->ends[r->at + column];

	if (column + 1 == r->plain->ncolumns && to > from &&
	    r->base[to - 1] == '\r')
		to--;
	return (struct span){ r->base + from, to - from };
}

/* No quotes, or one at each end, and no newline, which ends a line. */
static bool
is_regular(struct span cell)
{
	if (cell.n > 0 && cell.p[0] == '"') {
		if (cell.n < 2 || cell.p[cell.n - 1] != '"')
			return false;
		cell = (struct span){ cell.p + 1, cell.n - 2 };
	}
	return cell.n == 0 || (memchr(cell.p, '"', cell.n) == NULL &&
				  memchr(cell.p, '\n', cell.n) == NULL);
}

static bool
are_regular(const struct records *r, size_t begin)
{
	for (size_t i = 0; i < r->plain->ncolumns; i++)
		if (!is_regular(cell_at(r, begin, i)))
			return false;
	return true;
}

/* --- values --------------------------------------------------------------- */

static bool
stands_for_null(const struct records *r, struct span text)
{
	for (size_t i = 0; i < r->q->nnull; i++)
		if (span_equal(text, r->null[i]))
			return true;
	return false;
}

static bool
read_generic(struct records *r, const struct step *step,
    const struct cell *cell, struct value *v, int64_t *t_ms)
{
	struct step_reader *s = r->steps;
	const struct field *f = &r->q->fields[step->field];
	int rc = field_read(f, cell, &s->env, v, NULL);

	/* The plain reader tells which was the first that did not fit. */
	if (rc == -1 || (rc == 1 && s->misfits[step->field].n == 0))
		return false;
	if (rc == 1)
		s->unfit[s->nunfit++] = step->field;
	return (step->op != STEP_EVENT_TIMESTAMP &&
		   step->op != STEP_EVENT_TEXT) ||
	       field_time(f, v, &s->env, t_ms, NULL) == 0;
}

/* An undeclared one that cannot be what JSON writes without quotes. */
static inline bool
is_plain_text(const struct cell *cell)
{
	struct span text = cell->raw;

	/* A date, above all: no exponent has its sign behind a digit. */
	return !cell->bare || text.n == 0 ||
	       strchr("-0123456789tf", text.p[0]) == NULL ||
	       (text.n > 4 && text.p[4] == '-' && swar_is_digit(text.p[3]));
}

/* True where the number is all of the text. */
static inline bool
read_number_cell(struct records *r, const struct step *step, struct span text,
    struct value *v)
{
	int64_t none;

	switch (step->op) {
	case STEP_INT:
	case STEP_DECIMAL:
	case STEP_FLOAT:
	case STEP_DOUBLE:
	case STEP_ANY_NUMBER:
		return step_read(r->steps, step, text.p, text.p + text.n, v,
			   &none) == text.p + text.n;
	default:
		return false;
	}
}

/* By the step for texts: false where that is none. */
static inline bool
read_text_cell(struct records *r, const struct step *step,
    const struct cell *cell, struct value *v, int64_t *t_ms)
{
	int64_t t = 0;

	switch (step->op) {
	case STEP_EVENT_TIMESTAMP:
	case STEP_TIMESTAMP:
		if (!step_time_text(r->steps, step->field, cell->raw, &t))
			return false;
		v->kind = VALUE_INT;
		v->i = t;
		if (step->op == STEP_EVENT_TIMESTAMP)
			*t_ms = t;
		return true;
	case STEP_EVENT_TEXT:
	case STEP_TEXT:
		if (r->q->fields[step->field].type.kind == TYPE_ANY &&
		    !is_plain_text(cell))
			return false;
		if (step->op == STEP_EVENT_TEXT &&
		    !step_time_text(r->steps, step->field, cell->raw, t_ms))
			return false;
		v->kind = VALUE_TEXT;
		v->text = cell->raw;
		return true;
	default:
		return false;
	}
}

static bool
read_cell(struct records *r, int field, struct span raw, struct value *v,
    int64_t *t_ms)
{
	const struct step *number = &r->steps->number[field];
	const struct step *text = &r->steps->text[field];
	struct cell cell = { .kind = CELL_TEXT, .bare = true, .raw = raw };

	if (r->q->input.csv.quote != '\0' && raw.n > 0 && raw.p[0] == '"') {
		cell.bare = false;
		cell.raw = (struct span){ raw.p + 1, raw.n - 2 };
	}
	if (stands_for_null(r, cell.raw)) {
		v->kind = VALUE_NULL;
		return !r->q->fields[field].type.not_null;
	}
	if ((cell.bare || number->op != STEP_ANY_NUMBER) &&
	    read_number_cell(r, number, cell.raw, v))
		return true;
	return read_text_cell(r, text, &cell, v, t_ms) ||
	       read_generic(r, text, &cell, v, t_ms);
}

/* Of a record that begins there, as rows has room for them. */
static bool
read_values(
    struct records *r, size_t begin, struct value *values, int64_t *t_ms)
{
	struct step_reader *s = r->steps;
	int time = query_reads_time(r->q) ? r->q->time_field : -1;
	bool time_is_read = time == -1;

	s->nunfit = 0;
	for (size_t i = 0; i < r->nwanted; i++) {
		const struct wanted *w = &r->wanted[i];
		struct value *v = &values[w->field];

		if (!read_cell(
			r, w->field, cell_at(r, begin, w->column), v, t_ms))
			return false;
		/* A number, too, may be one's time. */
		if (w->field == time)
			time_is_read =
			    v->kind == VALUE_TEXT ||
			    (v->kind == VALUE_INT &&
				s->text[time].op == STEP_EVENT_TIMESTAMP);
	}
	if (!time_is_read && !step_time(s, values, t_ms))
		return false;
	for (size_t i = 0; i < s->nunfit; i++)
		s->misfits[s->unfit[i]].n++;
	return true;
}

const char *
records_read(
    struct records *r, const char *p, const char *end, struct rows *rows)
{
	size_t columns = r->plain->ncolumns, begin, last, n;

	if (r->nwanted == 0)
		find_wanted(r);
	if (r->base == NULL || r->n - r->at < columns)
		look_ahead(r, p, end);
	if (!is_whole(r))
		return NULL;
	begin = (size_t)(p - r->base);
	last = r->ends[r->at + columns - 1];
	n = last - begin;
	n -= n > 0 && r->base[last - 1] == '\r';
	/* Lines that hold nothing, and comments, are the plain reader's. */
	if (n > r->q->max_line || (unsigned char)*p <= ' ' || *p == '#')
		return NULL;
	if (has_block(r->quotes, begin, last) && !are_regular(r, begin))
		return NULL;
	if (has_block(r->high, begin, last) &&
	    !utf8_is_valid((struct span){ p, last - begin }))
		return NULL;
	if (!read_values(r, begin,
		rows->values + (size_t)rows->n * rows->stride,
		&rows->t_ms[rows->n]))
		return NULL;
	r->at += columns;
	rows->line[++rows->n] = r->base + last + 1;
	return r->base + last + 1;
}
