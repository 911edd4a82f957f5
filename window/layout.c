/* layout - the fast reader: rows that repeat the layout of a row before.
 *
 * A line is read as a run of steps: a literal that must match, then a value.
 * All loads may pass the end of the data by less than LINES_PAD bytes; what is
 * there is zero, which no literal, number or text holds, so nothing is ever
 * taken beyond the end.
 *
 * SPDX-License-Identifier: ISC */
#include "window/layout.h"

#include <stdlib.h>

#include "window/shape.h"

int
layouts_init(struct layouts *l, const struct query *q)
{
	*l = (struct layouts){ .q = q, .stride = q->nfields + 1 };
	l->env = query_field_env(q, &l->scratch);
	l->values = calloc(LAYOUT_ROWS * l->stride, sizeof *l->values);
	l->unfit = calloc(l->stride, sizeof *l->unfit);
	/* It never grows: texts with escapes that do not fit are missed. */
	return l->values == NULL || l->unfit == NULL ||
	               buf_room(&l->scratch, LAYOUT_LINE_MAX) == NULL
	           ? -1
	           : 0;
}

void
layouts_free(struct layouts *l)
{
	for (int i = 0; i < LAYOUTS_MAX; i++)
		layout_del(l->layout[i]);
	buf_free(&l->scratch);
	free(l->values);
	free(l->unfit);
	*l = (struct layouts){ 0 };
}

/* The event time where it is not read by a step of its own. */
static bool
time_of_values(
    const struct layouts *l, const struct value *values, int64_t *t_ms)
{
	int i = l->q->time_field;

	return field_time(&l->q->fields[i], &values[i], &l->env, t_ms, NULL) ==
	       0;
}

static inline const char *
read_layout(struct layouts *l, const struct layout *layout, const char *p,
    const char *end, struct value *values, int64_t *t_ms)
{
	const struct step *step = layout->step, *last = step + layout->steps;
	const char *start = p;

	l->nunfit = 0;
	if (!literal_matches(p, layout->literals, layout->first))
		return NULL;
	p += layout->first;
	for (; step < last; step++) {
		struct value *v = &values[step->value];
		const char *q = read_shaped(l, step, p, end, v, t_ms);

		if (q == NULL)
			q = layout_read_generic(l, step, p, end, v, t_ms);
		if (q == NULL ||
		    !literal_matches(q, step->literal, step->literal_n))
			return NULL;
		p = q + step->literal_n;
	}
	if ((size_t)(p - start) - layout->line_end > l->q->max_line)
		return NULL;
	for (size_t i = 0; i < layout->nunset; i++)
		values[layout->unset[i]].kind = VALUE_NULL;
	if (layout->time_by_value && !time_of_values(l, values, t_ms))
		return NULL;
	for (size_t i = 0; i < l->nunfit; i++)
		l->misfits[l->unfit[i]].n++;
	return p;
}

/* A row that no shape took, but the layout did: its shape is kept. */
static void
learn_shape(
    struct layouts *l, struct layout *layout, const char *p, const char *end)
{
	struct shape *s;

	layout->credit -= LAYOUT_SHAPE_COST;
	if (layout->credit < 0) {
		layout->credit = LAYOUT_CREDIT;
		layout->pause = LAYOUT_PAUSE;
		return;
	}
	s = shape_new(l, layout, p, end);
	if (s == NULL)
		return;
	shape_del(layout->shape[LAYOUT_SHAPES - 1]);
	layout->shape[LAYOUT_SHAPES - 1] = s;
	for (int i = LAYOUT_SHAPES - 1; i > 0 && layout->shape[i - 1] == NULL;
	     i--) {
		layout->shape[i - 1] = s;
		layout->shape[i] = NULL;
	}
}

/* The commoner shape is asked first. */
static void
sort_shapes(struct layout *layout)
{
	struct shape **shape = layout->shape;

	for (int i = 1; i < LAYOUT_SHAPES && shape[i] != NULL; i++)
		if (shape[i]->hits > shape[i - 1]->hits) {
			struct shape *s = shape[i];

			shape[i] = shape[i - 1];
			shape[i - 1] = s;
		}
}

/* Rows by the shapes of the first layout; as shape_rows(). */
static int
shaped_rows(struct layouts *l, int first, const char *end)
{
	struct layout *layout = l->layout[0];
	int n = shape_rows(l, layout, first, end);

	sort_shapes(layout);
	if (layout->credit < LAYOUT_CREDIT)
		layout->credit += n - first;
	/* A time that is none sends its row to the plain reader. */
	for (int i = first; layout->time_by_value && i < n; i++)
		if (!time_of_values(
			l, l->values + (size_t)i * l->stride, &l->t_ms[i]))
			return i;
	return n;
}

/* The row at p by the steps of any layout, which becomes the first. */
static const char *
stepped_row(struct layouts *l, int row, const char *p, const char *end)
{
	struct value *values = l->values + (size_t)row * l->stride;

	for (int i = 0; i < LAYOUTS_MAX && l->layout[i] != NULL; i++) {
		struct layout *layout = l->layout[i];
		const char *q =
		    read_layout(l, layout, p, end, values, &l->t_ms[row]);

		if (q == NULL)
			continue;
		memmove(l->layout + 1, l->layout,
		    (size_t)i * sizeof(struct layout *));
		l->layout[0] = layout;
		if (layout->pause > 0)
			layout->pause--;
		else
			learn_shape(l, layout, p, end);
		return q;
	}
	return NULL;
}

int
layouts_rows(struct layouts *l, const char *p, const char *end)
{
	int n = 0;

	if (l->layout[0] == NULL)
		return 0;
	buf_clear(&l->scratch);
	l->row[0] = p;
	while (n < LAYOUT_ROWS && l->row[n] < end) {
		if (l->layout[0]->pause == 0)
			n = shaped_rows(l, n, end);
		if (n == LAYOUT_ROWS || l->row[n] >= end)
			break;
		p = stepped_row(l, n, l->row[n], end);
		if (p == NULL)
			break;
		l->row[++n] = p;
	}
	if (n > 0)
		l->misses = 0;
	return n;
}
