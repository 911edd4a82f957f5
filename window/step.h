/* step - one value of a row, of which is known where it stands and what it
 * is like.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_STEP_H
#define WINDOW_STEP_H

#include <string.h>

#include "lib/json.h"
#include "window/row.h"
#include "window/swar.h"

enum step_op {
	STEP_GENERIC,     /* by json_scan_value() and field_read() */
	STEP_SKIP_NUMBER, /* nobody wants it */
	STEP_SKIP_TEXT,
	STEP_SKIP_WORD,
	STEP_INT,
	STEP_DECIMAL, /* declared, of up to 18 digits */
	STEP_FLOAT,
	STEP_DOUBLE,
	STEP_ANY_NUMBER, /* undeclared */
	STEP_TEXT,
	STEP_TIMESTAMP, /* TIMESTAMP or TIMESTAMP_LTZ, as text */
	STEP_EVENT_TIMESTAMP,
	STEP_EVENT_TEXT, /* the event time, a text of no time type */
};

/* How a value is read; of many fields, how their numbers and texts are. */
struct step {
	enum step_op op;
	int field; /* its place among the values; -1: nobody wants it */
	int scale;
	int64_t min, max;
	bool local;
};

/* What reading steps needs, and what it remembers from row to row. */
struct step_reader {
	const struct query *q;
	struct step *number, *text; /* by field */
	const char **value; /* of a row, by path: where it begins, or NULL */
	struct field_env env;
	struct misfits *misfits; /* the plain reader's */
	int *unfit;              /* fields of the row being read that did not */
	size_t nunfit;           /* fit: they count if it is taken */
	struct buf scratch; /* never grows: what lies in it must not move */
	struct memo {
		char minute[16]; /* "2026-11-22T06:13" */
		int64_t ms;      /* its time */
		int kind;        /* step_memo_kind(); 0: nothing known */
	} memo;
	struct {
		char text[40]; /* of the slow way: rows of a second are many */
		size_t n;      /* 0: nothing known */
		int64_t ms;    /* its time */
		int field;
	} last;
};

/*
 * Any value by the plain functions: what step_read() does not take.
 */
const char *step_read_generic(struct step_reader *, const struct step *,
    const char *p, const char *end, struct value *, int64_t *t_ms);

/* 0, or -1: out of memory; to be freed all the same. */
int step_init(struct step_reader *, const struct query *, struct misfits *);
void step_free(struct step_reader *);

/* The event time where no step has read it; false: there is none. */
bool step_time(
    const struct step_reader *, const struct value *values, int64_t *t_ms);

/*
 * A text that is time text, as below.  False: it is none, or not of this
 * reader.
 */
bool
step_time_text(struct step_reader *, int field, struct span text, int64_t *ms);

/*
 * A text in quotes that is time text: by the seconds alone where its minute is
 * the one before, else by the whole parser, and then that minute is remembered.
 */
const char *step_read_time_text(struct step_reader *, int field, const char *p,
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
step_exact_digits(enum step_op op)
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
	if (q == NULL || n.digits > step_exact_digits(step->op) ||
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
step_memo_kind(const struct step_reader *r, bool local, bool zoned)
{
	return r->q->zone == NULL ? 1 : 1 + 2 * local + zoned;
}

/*
 * Time text whose date and minute are those of the text before, with seconds
 * and three digits behind them, as machines mostly write it.
 */
static inline const char *
read_minute_again(
    const struct step_reader *r, bool local, const char *p, int64_t *ms)
{
	const struct memo *memo = &r->memo;
	bool zoned;
	int32_t rest;

	if (memo->kind == 0 || *p != '"' ||
	    memcmp(p + 1, memo->minute, 16) != 0)
		return NULL;
	rest = swar_seconds(p + 17);
	*ms = memo->ms + rest;
	p += 24;
	zoned = (*p | 0x20) == 'z';
	p += zoned;
	return rest >= 0 && *p == '"' &&
	               memo->kind == step_memo_kind(r, local, zoned)
	           ? p + 1
	           : NULL;
}

static inline const char *
read_time(struct step_reader *r, int field, bool local, const char *p,
    const char *end, int64_t *ms, struct span *text)
{
	const char *q = read_minute_again(r, local, p, ms);

	if (q == NULL)
		return step_read_time_text(r, field, p, end, ms, text);
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
step_read(struct step_reader *r, const struct step *step, const char *p,
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
		q = read_time(r, step->field, step->local, p, end, t_ms, &text);
		v->kind = VALUE_INT;
		v->i = *t_ms;
		return q;
	case STEP_TIMESTAMP:
		q = read_time(r, step->field, step->local, p, end, &t, &text);
		v->kind = VALUE_INT;
		v->i = t;
		return q;
	case STEP_EVENT_TEXT:
		q = read_time(r, step->field, false, p, end, t_ms, &text);
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
