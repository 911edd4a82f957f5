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

#include "lib/json_scan.h"
#include "window/layout_inner.h"
#include "window/swar.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

int
layouts_init(struct layouts *l, const struct query *q)
{
	*l = (struct layouts){ .q = q, .stride = q->nfields + 1 };
	l->env = (struct field_env){ q->zone, q->unit, &l->scratch };
	l->values = calloc(LAYOUT_ROWS * l->stride, sizeof *l->values);
	/* It never grows: texts with escapes that do not fit are missed. */
	return l->values == NULL ||
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
	*l = (struct layouts){ 0 };
}

/* Literals are stored with zeros up to a multiple of 16 bytes. */
static inline bool
literal_matches(const char *p, const char *literal, uint32_t n)
{
#ifdef __SSE2__
	for (;;) {
		__m128i a = _mm_loadu_si128((const __m128i *)(const void *)p);
		__m128i b =
		    _mm_loadu_si128((const __m128i *)(const void *)literal);
		unsigned differ =
		    (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b)) ^ 0xffff;

		if (n <= 16)
			return differ << (32 - n) == 0;
		if (differ != 0)
			return false;
		p += 16;
		literal += 16;
		n -= 16;
	}
#else
	return memcmp(p, literal, n) == 0;
#endif
}

/* --- values -------------------------------------------------------------- */

/*
 * Any scalar, or what the step says may be nested, by the plain functions: for
 * values that are not of the shape learned, too.
 */
static const char *
read_generic(struct layouts *l, const struct step *step, const char *p,
    const char *end, struct value *v, int64_t *t)
{
	struct json_scan s = { p, end, p, step->depth, NULL };
	const struct field *f;
	struct json_value json;

	if (p >= end || ((*p == '{' || *p == '[') && !step->nested))
		return NULL;
	if (json_scan_value(&s, &json) == -1)
		return NULL;
	if (step->field == -1)
		return s.p;
	/* scratch must not move; no text is longer decoded than it stood. */
	if ((json.escaped || step->nested) &&
	    l->scratch.cap - l->scratch.n < json.raw.n)
		return NULL;
	f = &l->q->fields[step->field];
	if (field_read(f, &json, &l->env, v, NULL) == -1)
		return NULL;
	if ((step->op == STEP_EVENT_TIMESTAMP || step->op == STEP_EVENT_TEXT) &&
	    field_time(f, v, &l->env, t, NULL) == -1)
		return NULL;
	return s.p;
}

static inline void
set_units(struct value *v, int scale, int64_t units)
{
	v->kind = VALUE_DECIMAL;
	v->scale = scale;
	v->units = units;
}

/* A number of up to 18 digits without an exponent. */
static inline const char *
read_number(const char *p, struct swar_number *n)
{
	const char *q = swar_number8(p, n);

	return q != NULL ? q : swar_number(p, n);
}

static inline const char *
read_int(const struct step *step, const char *p, struct value *v)
{
	struct swar_number n;
	const char *q = read_number(p, &n);

	if (q == NULL || n.scale != 0 || n.units > step->max ||
	    n.units < step->min)
		return NULL;
	v->kind = VALUE_INT;
	v->i = n.units;
	return q;
}

static inline const char *
read_decimal(const struct step *step, const char *p, struct value *v)
{
	struct swar_number n;
	const char *q = read_number(p, &n);
	int up;

	if (q == NULL)
		return NULL;
	up = step->scale - n.scale;
	if (up != 0) {
		if (up < 0 || n.digits + up > 18)
			return NULL;
		n.units *= swar_pow10[up];
	}
	if (n.units > step->max || n.units < -step->max)
		return NULL;
	set_units(v, step->scale, n.units);
	return q;
}

static inline const char *
read_any_number(const char *p, struct value *v)
{
	struct swar_number n;
	const char *q = read_number(p, &n);

	if (q == NULL)
		return NULL;
	while (n.scale > 0 && n.units % 10 == 0) {
		n.units /= 10;
		n.scale--;
	}
	set_units(v, n.scale, n.units);
	return q;
}

/* At a text's opening quote; the text is plain: no escapes. */
static inline const char *
read_text(const char *p, const char *end, struct span *text)
{
	const char *q;

	if (*p != '"')
		return NULL;
	p++;
	q = p;
	for (;;) {
		size_t n;

		q = json_scan_plain(q, end);
		if (q >= end)
			return NULL;
		if (*q == '"')
			break;
		if ((unsigned char)*q < 0x80)
			return NULL;
		n = json_scan_utf8(q, end);
		if (n == 0)
			return NULL;
		q += n;
	}
	*text = (struct span){ p, (size_t)(q - p) };
	return q + 1;
}

/*
 * Time text in UTC whose date and minute are those of the text before: only
 * seconds and fraction are read.
 */
static inline const char *
read_minute_again(const struct memo *memo, const char *p, int64_t *ms)
{
	const char *q = p + 17;
	int seconds, fraction = 0, digits = 0;

	if (!memo->known || *p != '"' ||
	    !literal_matches(p + 1, memo->minute, 16))
		return NULL;
	if (swar_seconds(q, &seconds, &fraction)) {
		*ms = memo->ms + seconds * 1000 + fraction;
		return q + 8;
	}
	if (*q == ':') {
		if (!swar_two_digits(q + 1, &seconds) || seconds > 59)
			return NULL;
		q += 3;
	} else {
		seconds = 0;
	}
	if (*q == '.' && q != p + 17) {
		static const int scale[] = { 0, 100, 10, 1 };

		for (q++; (unsigned char)(*q - '0') <= 9; q++)
			if (++digits <= 3)
				fraction += (*q - '0') * scale[digits];
		if (digits > 9)
			return NULL;
	}
	if (*q == 'Z' || *q == 'z')
		q++;
	if (*q != '"')
		return NULL;
	*ms = memo->ms + seconds * 1000 + fraction;
	return q + 1;
}

/* Time text by the whole parser, which is remembered where it can be. */
static const char *
read_time_text(struct layouts *l, bool local, const char *p, const char *end,
    int64_t *ms, struct span *text)
{
	const char *q = read_text(p, end, text);
	bool zoned;

	if (q == NULL || timestamp_parse(*text, ms, &zoned, NULL) == -1)
		return NULL;
	if (l->q->zone != NULL) {
		if (zoned && local)
			*ms = zone_local_ms(l->q->zone, *ms);
		else if (!zoned && !local)
			*ms = zone_instant_ms(l->q->zone, *ms);
		return q;
	}
	/* Not with an offset: the minute would not be the clock's. */
	if (!zoned || (text->p[text->n - 1] | 0x20) == 'z') {
		int64_t rest = *ms % 60000;

		memcpy(l->memo.minute, text->p, sizeof l->memo.minute);
		l->memo.ms = *ms - (rest < 0 ? rest + 60000 : rest);
		l->memo.known = true;
	}
	return q;
}

static inline const char *
read_time(struct layouts *l, bool local, const char *p, const char *end,
    int64_t *ms, struct span *text)
{
	const char *q = read_minute_again(&l->memo, p, ms);

	if (q == NULL)
		return read_time_text(l, local, p, end, ms, text);
	*text = (struct span){ p + 1, (size_t)(q - p - 2) };
	return q;
}

/* --- rows ---------------------------------------------------------------- */

/* What follows the value, NULL: not of the shape that the step learned. */
static inline const char *
read_shaped(struct layouts *l, const struct step *step, const char *p,
    const char *end, struct value *v, int64_t *t_ms)
{
	struct swar_number number;
	struct span text = { 0 };
	const char *q = NULL;
	int64_t t = 0;

	switch (step->op) {
	case STEP_INT:
		return read_int(step, p, v);
	case STEP_DECIMAL:
		return read_decimal(step, p, v);
	case STEP_EVENT_TIMESTAMP:
		q = read_time(l, step->local, p, end, t_ms, &text);
		v->kind = VALUE_INT;
		v->i = *t_ms;
		return q;
	case STEP_TIMESTAMP:
		q = read_time(l, step->local, p, end, &t, &text);
		v->kind = VALUE_INT;
		v->i = t;
		return q;
	case STEP_EVENT_TEXT:
		q = read_time(l, false, p, end, t_ms, &text);
		v->kind = VALUE_TEXT;
		v->text = text;
		return q;
	case STEP_TEXT:
		q = read_text(p, end, &text);
		v->kind = VALUE_TEXT;
		v->text = text;
		return q;
	case STEP_ANY_NUMBER:
		return read_any_number(p, v);
	case STEP_SKIP_NUMBER:
		return read_number(p, &number);
	case STEP_SKIP_TEXT:
		return read_text(p, end, &text);
	case STEP_GENERIC:
		break;
	}
	return NULL;
}

static inline const char *
read_layout(struct layouts *l, const struct layout *layout, const char *p,
    const char *end, struct value *values, int64_t *t_ms)
{
	const struct step *step = layout->step, *last = step + layout->steps;
	const char *start = p;

	if (!literal_matches(p, layout->literals, layout->first))
		return NULL;
	p += layout->first;
	for (; step < last; step++) {
		struct value *v = &values[step->value];
		const char *q = read_shaped(l, step, p, end, v, t_ms);

		if (q == NULL)
			q = read_generic(l, step, p, end, v, t_ms);
		if (q == NULL ||
		    !literal_matches(q, step->literal, step->literal_n))
			return NULL;
		p = q + step->literal_n;
	}
	if ((size_t)(p - start) - layout->line_end > l->q->max_line)
		return NULL;
	for (size_t i = 0; i < layout->nunset; i++)
		values[layout->unset[i]].kind = VALUE_NULL;
	if (layout->time_by_value &&
	    field_time(&l->q->fields[l->q->time_field],
		&values[l->q->time_field], &l->env, t_ms, NULL) == -1)
		return NULL;
	return p;
}

/* By one of the layouts behind the first; it becomes the first. */
static const char *
try_others(struct layouts *l, const char *p, const char *end,
    struct value *values, int64_t *t_ms)
{
	for (int i = 1; i < LAYOUTS_MAX && l->layout[i] != NULL; i++) {
		struct layout *layout = l->layout[i];
		const char *q = read_layout(l, layout, p, end, values, t_ms);

		if (q == NULL)
			continue;
		memmove(l->layout + 1, l->layout,
		    (size_t)i * sizeof(struct layout *));
		l->layout[0] = layout;
		return q;
	}
	return NULL;
}

int
layouts_rows(struct layouts *l, const char *p, const char *end)
{
	struct value *values = l->values;
	int n = 0;

	if (l->layout[0] == NULL)
		return 0;
	buf_clear(&l->scratch);
	while (n < LAYOUT_ROWS && p < end) {
		const char *q =
		    read_layout(l, l->layout[0], p, end, values, &l->t_ms[n]);

		if (q == NULL) {
			q = try_others(l, p, end, values, &l->t_ms[n]);
			if (q == NULL)
				break;
		}
		p = q;
		l->behind[n++] = q - 1;
		values += l->stride;
	}
	if (n > 0)
		l->misses = 0;
	return n;
}
