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

void
layouts_init(struct layouts *l, const struct query *q)
{
	*l = (struct layouts){ .q = q };
	l->env = (struct field_env){ q->zone, q->unit, &l->scratch };
}

void
layouts_free(struct layouts *l)
{
	for (int i = 0; i < LAYOUTS_MAX; i++)
		layout_del(l->layout[i]);
	buf_free(&l->scratch);
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
		unsigned equal =
		    (unsigned)_mm_movemask_epi8(_mm_cmpeq_epi8(a, b));

		if (n <= 16)
			return (~equal & ((1u << n) - 1)) == 0;
		if (equal != 0xffff)
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
	if (step->is_time && field_time(f, v, &l->env, t, NULL) == -1)
		return NULL;
	return s.p;
}

/* A whole number of up to 18 digits. */
static inline const char *
read_int(const struct step *step, const char *p, struct value *v)
{
	const char *start = p + (*p == '-');
	uint64_t n = 0;
	const char *q = start;

	while ((unsigned char)(*q - '0') <= 9)
		n = n * 10 + (uint64_t)(*q++ - '0');
	if (q == start || q - start > 18 || (*start == '0' && q - start > 1))
		return NULL;
	v->kind = VALUE_INT;
	v->i = *p == '-' ? -(int64_t)n : (int64_t)n;
	if (v->i < step->min || v->i > step->max)
		return NULL;
	return q;
}

/* A number of up to 18 digits without an exponent. */
static inline const char *
read_number(const char *p, struct swar_number *n)
{
	const char *q = swar_number8(p, n);

	return q != NULL ? q : swar_number(p, n);
}

static inline const char *
read_decimal(const struct step *step, const char *p, struct value *v)
{
	struct swar_number n;
	const char *q = read_number(p, &n);
	int up;
	int64_t units;

	if (q == NULL)
		return NULL;
	up = step->scale - n.scale;
	if (up < 0 || n.digits + up > 18)
		return NULL;
	units = n.units * swar_pow10[up];
	if (units > step->max || units < -step->max)
		return NULL;
	v->kind = VALUE_DECIMAL;
	v->scale = step->scale;
	v->units = units;
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
	v->kind = VALUE_DECIMAL;
	v->scale = n.scale;
	v->units = n.units;
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

static const char *
read_step(struct layouts *l, const struct step *step, const char *p,
    const char *end, struct value *v, int64_t *t)
{
	struct span text = { 0 };
	const char *q = NULL;

	switch (step->op) {
	case STEP_SKIP_NUMBER: {
		struct swar_number n;

		q = read_number(p, &n);
		break;
	}
	case STEP_SKIP_TEXT:
		q = read_text(p, end, &text);
		break;
	case STEP_INT:
		q = read_int(step, p, v);
		break;
	case STEP_DECIMAL:
		q = read_decimal(step, p, v);
		break;
	case STEP_ANY_NUMBER:
		q = read_any_number(p, v);
		break;
	case STEP_TEXT:
		q = read_text(p, end, &text);
		v->kind = VALUE_TEXT;
		v->text = text;
		break;
	case STEP_TIMESTAMP:
		q = read_time(l, step->local, p, end, t, &text);
		v->kind = VALUE_INT;
		v->i = *t;
		break;
	case STEP_TIME_TEXT:
		q = read_time(l, false, p, end, t, &text);
		v->kind = VALUE_TEXT;
		v->text = text;
		break;
	case STEP_GENERIC:
		break;
	}
	return q != NULL ? q : read_generic(l, step, p, end, v, t);
}

static const char *
read_layout(struct layouts *l, struct layout *layout, const char *p,
    const char *end, int64_t *t_ms)
{
	struct value none;
	const char *start = p;
	int64_t other; /* a time that is not the row's */

	if (!literal_matches(p, layout->literals, layout->first))
		return NULL;
	p += layout->first;
	for (const struct step *step = layout->step,
			       *last = step + layout->steps;
	     step < last; step++) {
		p = read_step(l, step, p, end,
		    step->field == -1 ? &none : &layout->values[step->field],
		    step->is_time ? t_ms : &other);
		if (p == NULL ||
		    !literal_matches(
			p, layout->literals + step->literal, step->literal_n))
			return NULL;
		p += step->literal_n;
	}
	if ((size_t)(p - start) - layout->line_end > l->q->max_line)
		return NULL;
	if (layout->time_by_value &&
	    field_time(&l->q->fields[l->q->time_field],
		&layout->values[l->q->time_field], &l->env, t_ms, NULL) == -1)
		return NULL;
	return p;
}

const char *
layouts_row(struct layouts *l, const char *p, const char *end,
    const struct value **values, int64_t *t_ms)
{
	if (l->scratch.n > 0)
		buf_clear(&l->scratch);
	for (int i = 0; i < LAYOUTS_MAX && l->layout[i] != NULL; i++) {
		struct layout *layout = l->layout[i];
		const char *q = read_layout(l, layout, p, end, t_ms);

		if (q == NULL)
			continue;
		if (i > 0) {
			memmove(l->layout + 1, l->layout,
			    (size_t)i * sizeof(struct layout *));
			l->layout[0] = layout;
		}
		l->misses = 0;
		*values = layout->values;
		return q;
	}
	return NULL;
}
