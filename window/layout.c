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
#include <string.h>

#include "lib/json.h"
#include "window/shape.h"

enum {
	STEPS_MAX = 1024,  /* values of a line that is learned from */
	MISSES_MAX = 32,   /* layouts learned in vain before a pause */
	TRIES = 4,         /* and between pauses */
	PATIENCE_MIN = 32, /* lines of half the first pause */
	DOUBLINGS = 8      /* of it, a pause each */
};

struct layout {
	struct shapes shapes; /* of rows that it has taken */
	char *literals;       /* each with zeros up to a multiple of 16 */
	uint32_t first;       /* length of the literal before any value */
	uint32_t line_end;    /* bytes of its "\n" or "\r\n" */
	bool time_by_value;   /* the event time is not read by a step */
	int *unset;           /* fields that the line lacks: null */
	size_t nunset;
	size_t steps;
	struct step step[];
};

static void
layout_del(struct layout *layout)
{
	if (layout == NULL)
		return;
	shapes_free(&layout->shapes);
	free(layout->unset);
	free(layout->literals);
	free(layout);
}

int
layouts_init(struct layouts *l, const struct query *q)
{
	struct step_reader *r = &l->reader;

	*l = (struct layouts){ .q = q, .reader.q = q };
	r->env = query_field_env(q, &r->scratch);
	r->unfit = calloc(q->nfields + 1, sizeof *r->unfit);
	/* It never grows: texts with escapes that do not fit are missed. */
	return r->unfit == NULL ||
	               buf_room(&r->scratch, LAYOUT_LINE_MAX) == NULL
	           ? -1
	           : 0;
}

void
layouts_free(struct layouts *l)
{
	for (int i = 0; i < LAYOUTS_MAX; i++)
		layout_del(l->layout[i]);
	buf_free(&l->reader.scratch);
	free(l->reader.unfit);
	*l = (struct layouts){ 0 };
}

/* --- a layout is made from a line that the plain reader took -------------- */

/* One learning: the steps and literals so far. */
struct learner {
	const struct layouts *l;
	const struct cell *cells;
	struct json_scan scan;
	const char *literal; /* where the present literal began */
	struct buf steps;    /* of struct step */
	struct buf literals;
	uint32_t first;
	bool failed;
};

/* Ends the literal that began at ->literal; it ends before p. */
static void
end_literal(struct learner *w, const char *p)
{
	static const char zeros[16];
	size_t n = (size_t)(p - w->literal), at = w->literals.n;
	struct step *last;

	buf_add(&w->literals, w->literal, n);
	buf_add(&w->literals, zeros, 16 - n % 16);
	if (w->steps.n == 0) {
		w->first = (uint32_t)n;
	} else if (!w->steps.failed) {
		last = (struct step *)(void *)(w->steps.p + w->steps.n) - 1;
		last->literal_at = (uint32_t)at;
		last->literal_n = (uint32_t)n;
	}
}

/* The field that wants the value at p, or -1. */
static int
wanted_by(const struct learner *w, const char *p)
{
	const struct query *q = w->l->q;

	for (size_t i = 0; i < q->nfields; i++) {
		const struct cell *cell = &w->cells[q->fields[i].path];
		const char *at = cell->raw.p;

		if (cell->kind == CELL_MISSING)
			continue;
		if (cell->kind == CELL_TEXT)
			at--;
		if (at == p)
			return (int)i;
	}
	return -1;
}

static void
choose_number(const struct field *f, struct step *step)
{
	static const int64_t max[TYPE_KINDS] = { [TYPE_TINYINT] = INT8_MAX,
		[TYPE_SMALLINT] = INT16_MAX,
		[TYPE_INT] = INT32_MAX,
		[TYPE_BIGINT] = INT64_MAX };

	if (type_is_integer(f->type.kind)) {
		step->op = STEP_INT;
		step->max = max[f->type.kind];
		step->min = -step->max - 1;
	} else if (f->type.kind == TYPE_DECIMAL && f->type.precision <= 18) {
		step->op = STEP_DECIMAL;
		step->scale = f->type.scale;
		step->max = (int64_t)decimal_pow10(f->type.precision) - 1;
	} else if (f->type.kind == TYPE_FLOAT) {
		step->op = STEP_FLOAT;
	} else if (f->type.kind == TYPE_DOUBLE) {
		step->op = STEP_DOUBLE;
	} else if (f->type.kind == TYPE_ANY) {
		step->op = STEP_ANY_NUMBER;
	}
}

static void
choose_text(const struct query *q, const struct field *f, struct step *step)
{
	bool event = step->field == q->time_field;

	switch (f->type.kind) {
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		step->op = event ? STEP_EVENT_TIMESTAMP : STEP_TIMESTAMP;
		step->local = f->type.kind == TYPE_TIMESTAMP;
		break;
	case TYPE_ANY:
		if (f->number_only)
			break;
		/* fall through */
	case TYPE_STRING:
	case TYPE_VARCHAR:
	case TYPE_CHAR:
		step->op = event ? STEP_EVENT_TEXT : STEP_TEXT;
		break;
	default:
		break;
	}
}

/* The step for the value that the scan stands at. */
static struct step
choose(const struct learner *w, int field, char c)
{
	struct step step = {
		.op = STEP_GENERIC,
		.field = field,
		.value = field == -1 ? (int)w->l->q->nfields : field,
		.depth = w->scan.depth,
	};
	bool number = c == '-' || (c >= '0' && c <= '9');

	/* A format may read a number. */
	if (number && field != -1 && field == w->l->q->time_field &&
	    w->l->q->time_format != NULL)
		return step;
	if (field == -1) {
		if (number)
			step.op = STEP_SKIP_NUMBER;
		else if (c == '"')
			step.op = STEP_SKIP_TEXT;
		else if (c != '{' && c != '[')
			step.op = STEP_SKIP_WORD;
		return step;
	}
	step.nested = c == '{' || c == '[';
	/* The others do not look for what stands for null. */
	if (w->l->q->nnull > 0)
		return step;
	/* A null says nothing of the rows to come, but the type does. */
	if (c == 'n') {
		choose_number(&w->l->q->fields[field], &step);
		if (step.op == STEP_GENERIC)
			choose_text(w->l->q, &w->l->q->fields[field], &step);
	} else if (number)
		choose_number(&w->l->q->fields[field], &step);
	else if (c == '"')
		choose_text(w->l->q, &w->l->q->fields[field], &step);
	return step;
}

static void
add_step(struct learner *w, int field)
{
	struct step step = choose(w, field, *w->scan.p);

	/* One step cannot see what the object holds from row to row. */
	if (step.nested &&
	    json_paths_has_inner(w->l->q->paths, w->l->q->fields[field].path)) {
		w->failed = true;
		return;
	}
	end_literal(w, w->scan.p);
	buf_add(&w->steps, &step, sizeof step);
	if (json_scan_value(&w->scan, NULL) == -1 ||
	    w->steps.n / sizeof step > STEPS_MAX)
		w->failed = true;
	w->literal = w->scan.p;
}

static void learn_value(struct learner *);

/* At '{' or '['; what nobody wants whole becomes literals and steps. */
static void
learn_nested(struct learner *w)
{
	struct json_scan *s = &w->scan;
	struct cell key;
	bool object = *s->p == '{';

	if (json_scan_enter(s) == -1) {
		w->failed = true;
		return;
	}
	s->p++;
	json_scan_blanks(s);
	while (!w->failed && s->p < s->end && *s->p != '}' && *s->p != ']') {
		if (object && json_scan_key(s, &key) == -1) {
			w->failed = true;
			return;
		}
		learn_value(w);
		json_scan_blanks(s);
		if (s->p < s->end && *s->p == ',') {
			s->p++;
			json_scan_blanks(s);
		}
	}
	s->p++;
	s->depth--;
}

/* Recursion is bounded: a step a level, and STEPS_MAX of depth at most. */
static void
learn_value(struct learner *w)
{
	char c = *w->scan.p;
	int field = wanted_by(w, w->scan.p);

	if (w->scan.depth > 64) {
		w->failed = true;
		return;
	}
	if ((c == '{' || c == '[') && field == -1)
		learn_nested(w);
	else
		add_step(w, field);
}

/* Notes the fields that no step sets: the line lacks them. */
static bool
note_unset(const struct learner *w, struct layout *layout)
{
	const struct query *q = w->l->q;

	for (size_t i = 0; i < q->nfields; i++) {
		bool found = false;

		for (size_t k = 0; !found && k < layout->steps; k++)
			found = layout->step[k].field == (int)i;
		if (found)
			continue;
		if (w->cells[q->fields[i].path].kind != CELL_MISSING)
			return false;
		layout->unset[layout->nunset++] = (int)i;
	}
	return true;
}

static struct layout *
build(struct learner *w, struct span raw)
{
	const struct query *q = w->l->q;
	struct layout *layout;
	size_t steps = w->steps.n / sizeof(struct step);
	bool time_by_step = false;

	layout = calloc(1, sizeof *layout + steps * sizeof(struct step));
	if (layout == NULL)
		return NULL;
	layout->unset = calloc(q->nfields + 1, sizeof *layout->unset);
	layout->literals = malloc(w->literals.n + 16);
	layout->steps = steps;
	shapes_init(&layout->shapes);
	layout->first = w->first;
	layout->line_end = 1 + (raw.p[raw.n - 1] == '\r');
	if (layout->unset == NULL || layout->literals == NULL) {
		layout_del(layout);
		return NULL;
	}
	memcpy(layout->literals, w->literals.p, w->literals.n);
	if (steps > 0)
		memcpy(layout->step, w->steps.p, w->steps.n);
	for (struct step *step = layout->step; step < layout->step + steps;
	     step++) {
		step->literal = layout->literals + step->literal_at;
		time_by_step |= step->op == STEP_EVENT_TIMESTAMP ||
		                step->op == STEP_EVENT_TEXT;
	}
	layout->time_by_value = q->time_field != -1 && !time_by_step;
	if (!note_unset(w, layout)) {
		layout_del(layout);
		return NULL;
	}
	return layout;
}

static void
keep(struct layouts *l, struct layout *layout)
{
	layout_del(l->layout[LAYOUTS_MAX - 1]);
	memmove(l->layout + 1, l->layout,
	    (LAYOUTS_MAX - 1) * sizeof(struct layout *));
	l->layout[0] = layout;
}

/*
 * Lines that never repeat are not worth learning from, nor are the layouts
 * worth trying that were learned from them: the less, the longer that lasts.
 */
static bool
learning_pauses(struct layouts *l)
{
	int vain;

	if (l->patience > 0) {
		l->patience--;
		return true;
	}
	vain = ++l->misses - MISSES_MAX;
	if (vain <= 0 || vain % TRIES != 0)
		return false;
	l->patience = PATIENCE_MIN << vain / TRIES;
	if (vain == DOUBLINGS * TRIES)
		l->misses -= TRIES;
	for (int i = 0; i < LAYOUTS_MAX; i++) {
		layout_del(l->layout[i]);
		l->layout[i] = NULL;
	}
	return true;
}

void
layouts_learn(struct layouts *l, struct span raw, const struct cell *cells)
{
	struct learner w;
	struct layout *layout;

	if (l->off || raw.n == 0 || raw.n > LAYOUT_LINE_MAX ||
	    raw.p[raw.n] != '\n' || learning_pauses(l))
		return;
	w = (struct learner){ .l = l,
		.cells = cells,
		.scan = { raw.p, raw.p + raw.n, raw.p, 0, NULL },
		.literal = raw.p };
	json_scan_blanks(&w.scan);
	learn_nested(&w);
	end_literal(&w, raw.p + raw.n + 1);
	if (!w.failed && !w.steps.failed && !w.literals.failed) {
		layout = build(&w, raw);
		if (layout != NULL)
			keep(l, layout);
	}
	buf_free(&w.steps);
	buf_free(&w.literals);
}

/* --- rows of layouts ------------------------------------------------------ */

/* The event time where it is not read by a step of its own. */
static bool
time_of_values(
    const struct step_reader *r, const struct value *values, int64_t *t_ms)
{
	int i = r->q->time_field;

	return field_time(&r->q->fields[i], &values[i], &r->env, t_ms, NULL) ==
	       0;
}

static inline const char *
read_layout(struct step_reader *r, const struct layout *layout, const char *p,
    const char *end, struct value *values, int64_t *t_ms)
{
	const struct step *step = layout->step, *last = step + layout->steps;
	const char *start = p;

	r->nunfit = 0;
	if (!literal_matches(p, layout->literals, layout->first))
		return NULL;
	p += layout->first;
	for (; step < last; step++) {
		struct value *v = &values[step->value];
		const char *q = step_read(r, step, p, end, v, t_ms);

		if (q == NULL)
			q = step_read_generic(r, step, p, end, v, t_ms);
		if (q == NULL ||
		    !literal_matches(q, step->literal, step->literal_n))
			return NULL;
		p = q + step->literal_n;
	}
	if ((size_t)(p - start) - layout->line_end > r->q->max_line)
		return NULL;
	for (size_t i = 0; i < layout->nunset; i++)
		values[layout->unset[i]].kind = VALUE_NULL;
	if (layout->time_by_value && !time_of_values(r, values, t_ms))
		return NULL;
	for (size_t i = 0; i < r->nunfit; i++)
		r->misfits[r->unfit[i]].n++;
	return p;
}

/* Rows by the shapes of the first layout. */
static void
shaped_rows(struct layouts *l, struct rows *rows, const char *end)
{
	struct layout *layout = l->layout[0];
	int first = rows->n;

	shapes_rows(&layout->shapes, &l->reader, rows, end);
	for (size_t k = 0; k < layout->nunset; k++)
		for (int i = first; i < rows->n; i++)
			rows->values[(size_t)i * rows->stride +
				     (size_t)layout->unset[k]]
			    .kind = VALUE_NULL;
	/* A time that is none sends its row to the plain reader. */
	for (int i = first; layout->time_by_value && i < rows->n; i++)
		if (!time_of_values(&l->reader,
			rows->values + (size_t)i * rows->stride,
			&rows->t_ms[i]))
			rows->n = i;
}

/* The row at p by the steps of any layout, which becomes the first. */
static const char *
stepped_row(
    struct layouts *l, struct rows *rows, const char *p, const char *end)
{
	struct value *values = rows->values + (size_t)rows->n * rows->stride;

	for (int i = 0; i < LAYOUTS_MAX && l->layout[i] != NULL; i++) {
		struct layout *layout = l->layout[i];
		const char *q = read_layout(
		    &l->reader, layout, p, end, values, &rows->t_ms[rows->n]);

		if (q == NULL)
			continue;
		memmove(l->layout + 1, l->layout,
		    (size_t)i * sizeof(struct layout *));
		l->layout[0] = layout;
		shapes_learn(&layout->shapes, &l->reader, layout->step,
		    layout->steps, layout->first, p, end);
		return q;
	}
	return NULL;
}

int
layouts_rows(
    struct layouts *l, struct rows *rows, const char *p, const char *end)
{
	rows->n = 0;
	if (l->layout[0] == NULL)
		return 0;
	buf_clear(&l->reader.scratch);
	rows->line[0] = p;
	while (rows->n < ROWS_MAX && rows->line[rows->n] < end) {
		shaped_rows(l, rows, end);
		if (rows->n == ROWS_MAX || rows->line[rows->n] >= end)
			break;
		p = stepped_row(l, rows, rows->line[rows->n], end);
		if (p == NULL)
			break;
		rows->line[++rows->n] = p;
	}
	if (rows->n > 0)
		l->misses = 0;
	return rows->n;
}
