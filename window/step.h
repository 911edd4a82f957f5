/* step - the values of a layout's steps, read in place: for the files
 * that read layouts.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_STEP_H
#define WINDOW_STEP_H

#include <string.h>

#include "lib/json.h"
#include "window/layout_inner.h"
#include "window/swar.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

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

/*
 * Any scalar, or what the step says may be nested, by the plain functions: for
 * values that are not of the shape learned, too.
 */
const char *layout_read_generic(struct layouts *, const struct step *,
    const char *p, const char *end, struct value *, int64_t *t_ms);

/*
 * A text in quotes that is time text: by the seconds alone where its minute is
 * the one before, else by the whole parser, and then that minute is remembered.
 */
const char *layout_read_time_text(struct layouts *, int field, const char *p,
    const char *end, int64_t *ms, struct span *text);

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

/* Digits that any number of so many is exact with, in FLOAT and DOUBLE. */
static inline int
layout_exact_digits(enum step_op op)
{
	return op == STEP_FLOAT ? 7 : 15;
}

/*
 * units / 10^scale for FLOAT and DOUBLE.  Both numbers are exact, and one
 * division rounds once: so it is the nearest to the number as it was written
 * (Clinger, "How to read floating point numbers accurately", PLDI 1990).
 */
static inline void
set_floating(struct value *v, enum step_op op, int64_t units, int scale)
{
	v->kind = VALUE_DOUBLE;
	if (op == STEP_FLOAT)
		v->d = (double)((float)units / (float)swar_pow10[scale]);
	else
		v->d = (double)units / (double)swar_pow10[scale];
}

static inline const char *
read_floating(const struct step *step, const char *p, struct value *v)
{
	struct swar_number n;
	const char *q = read_number(p, &n);

	/* -0 has no units. */
	if (q == NULL || n.digits > layout_exact_digits(step->op) ||
	    (n.units == 0 && *p == '-'))
		return NULL;
	set_floating(v, step->op, n.units, n.scale);
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
	q = json_skip_text(p, end);
	if (q >= end || *q != '"')
		return NULL;
	*text = (struct span){ p, (size_t)(q - p) };
	return q + 1;
}

/*
 * Of what times the minute remembered is: with --timezone text with 'Z' and
 * without are different times, and local ones are others than instants.
 */
static inline int
layout_memo_kind(const struct layouts *l, bool local, bool zoned)
{
	return l->q->zone == NULL ? 1 : 1 + 2 * local + zoned;
}

/*
 * Time text whose date and minute are those of the text before, with seconds
 * and three digits behind them, as machines mostly write it.
 */
static inline const char *
read_minute_again(
    const struct layouts *l, bool local, const char *p, int64_t *ms)
{
	const struct memo *memo = &l->memo;
	bool zoned;
	int32_t rest;

	if (memo->kind == 0 || *p != '"' ||
	    !literal_matches(p + 1, memo->minute, 16))
		return NULL;
	rest = swar_seconds(p + 17);
	*ms = memo->ms + rest;
	p += 24;
	zoned = (*p | 0x20) == 'z';
	p += zoned;
	return rest >= 0 && *p == '"' &&
	               memo->kind == layout_memo_kind(l, local, zoned)
	           ? p + 1
	           : NULL;
}

static inline const char *
read_time(struct layouts *l, int field, bool local, const char *p,
    const char *end, int64_t *ms, struct span *text)
{
	const char *q = read_minute_again(l, local, p, ms);

	if (q == NULL)
		return layout_read_time_text(l, field, p, end, ms, text);
	*text = (struct span){ p + 1, (size_t)(q - p - 2) };
	return q;
}

/* true, false or null. */
static inline const char *
skip_word(const char *p)
{
	if (memcmp(p, "true", 4) == 0 || memcmp(p, "null", 4) == 0)
		return p + 4;
	return memcmp(p, "false", 5) == 0 ? p + 5 : NULL;
}

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
		q = read_time(l, step->field, step->local, p, end, t_ms, &text);
		v->kind = VALUE_INT;
		v->i = *t_ms;
		return q;
	case STEP_TIMESTAMP:
		q = read_time(l, step->field, step->local, p, end, &t, &text);
		v->kind = VALUE_INT;
		v->i = t;
		return q;
	case STEP_EVENT_TEXT:
		q = read_time(l, step->field, false, p, end, t_ms, &text);
		v->kind = VALUE_TEXT;
		v->text = text;
		return q;
	case STEP_TEXT:
		q = read_text(p, end, &text);
		v->kind = VALUE_TEXT;
		v->text = text;
		return q;
	case STEP_FLOAT:
	case STEP_DOUBLE:
		return read_floating(step, p, v);
	case STEP_ANY_NUMBER:
		return read_any_number(p, v);
	case STEP_SKIP_NUMBER:
		q = swar_number8(p, &number);
		return q != NULL ? q : read_number(p, &number);
	case STEP_SKIP_TEXT:
		return read_text(p, end, &text);
	case STEP_SKIP_WORD:
		return skip_word(p);
	case STEP_GENERIC:
		break;
	}
	return NULL;
}

#endif
