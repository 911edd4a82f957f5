/* layout_shape - rows of a layout whose values are as wide as a row's before:
 * checked as a whole, read at fixed places.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_LAYOUT_SHAPE_H
#define WINDOW_LAYOUT_SHAPE_H

#include "window/layout_values.h"

enum {
	SHAPE_BLOCK = 16,
	SHAPE_BYTES_MAX = 512, /* longer rows are read step by step */
};

/* Compilers make one instruction of each of its operations. */
typedef unsigned char shape_block __attribute__((vector_size(SHAPE_BLOCK)));

/*
 * A wanted value.  A number of up to eight bytes, its point among them, is read
 * with one load: low keeps what stands before the point, ~low takes what stands
 * behind it moved over the point, and left moves the digits to the end.
 */
struct shape_slot {
	enum step_op op;
	uint16_t at;
	uint16_t whole, fraction; /* digits; of a text whole is its bytes */
	bool one_load;
	bool plain; /* one load, no sign, fits whatever the digits are */
	bool local;
	uint64_t low;
	int left;
	int value;
	int64_t sign; /* 0 or -1 */
	int64_t times;
	int64_t min, max;
};

struct shape_bounds {
	shape_block low, range;
};

/*
 * Byte i of such a row is low[i] to low[i] + range[i]: range is 0 where the
 * layout has a literal, 9 where a digit stands, 255 within texts, which are
 * checked on their own.
 */
struct shape {
	struct shape_bounds *bounds; /* of block after block */
	struct value *proto;         /* what all rows of this shape share */
	uint32_t n;                  /* bytes, with the newline */
	uint32_t blocks;
	uint32_t hits;
	uint32_t slots;
	struct shape_slot slot[];
};

/* The shape of a row at p that the layout takes; NULL: it has none. */
struct shape *shape_new(
    struct layouts *, const struct layout *, const char *p, const char *end);
void shape_del(struct shape *);

/* What x exceeds low by, less range, byte by byte: 0 where it is within. */
static inline shape_block
shape_excess(shape_block x, const struct shape_bounds *b)
{
#ifdef __SSE2__
	return (shape_block)_mm_subs_epu8(
	    _mm_sub_epi8((__m128i)x, (__m128i)b->low), (__m128i)b->range);
#else
	return (shape_block)((x - b->low) > b->range);
#endif
}

static inline bool
shape_matches(const struct shape *s, const char *p)
{
	const struct shape_bounds *b = s->bounds, *last = b + s->blocks;
	shape_block bad = { 0 };
	uint64_t half[2];

#pragma GCC unroll 4
	for (; b < last; b++) {
		shape_block x;

		memcpy(&x, p, sizeof x);
		p += SHAPE_BLOCK;
		bad |= shape_excess(x, b);
	}
#ifdef __SSE2__
	(void)half;
	return _mm_movemask_epi8(
		   _mm_cmpeq_epi8((__m128i)bad, _mm_setzero_si128())) == 0xffff;
#else
	memcpy(half, &bad, sizeof half);
	return (half[0] | half[1]) == 0;
#endif
}

/* Numbers of more than eight bytes; up to 16 digits. */
int64_t shape_long_units(const struct shape_slot *, const char *p);

static inline int64_t
shape_units(const struct shape_slot *slot, const char *p)
{
	int64_t units = slot->one_load
	                    ? swar_digits_around(p, slot->low, slot->left)
	                    : shape_long_units(slot, p);

	return ((units ^ slot->sign) - slot->sign) * slot->times;
}

/* The values that shape_slot_read() does not read in place. */
bool shape_slot_other(struct layouts *, const struct shape_slot *,
    const char *p, const char *end, struct value *v, int64_t *t_ms);

/*
 * False: not a value that the step takes; the row is read otherwise.  Only
 * what differs from shape->proto is set.
 */
static inline bool
shape_slot_read(struct layouts *l, const struct shape_slot *slot, const char *p,
    const char *end, struct value *v, int64_t *t_ms)
{
	struct span text;
	int64_t units;

	if (slot->op == STEP_DECIMAL || slot->op == STEP_INT) {
		units = slot->plain
		            ? swar_digits_around(p, slot->low, slot->left)
		            : shape_units(slot, p);
		if (slot->op == STEP_DECIMAL)
			v->units = units;
		else
			v->i = units;
		return slot->plain ||
		       (units <= slot->max && units >= slot->min);
	}
	if (slot->op == STEP_EVENT_TIMESTAMP) {
		/* A quote inside would end the text before its place. */
		const char *q = read_minute_again(&l->memo, p, t_ms);

		if (q == NULL)
			q = layout_read_time_text(
			    l, slot->local, p, end, t_ms, &text);
		if (q != p + slot->whole + 2)
			return false;
		v->i = *t_ms;
		return true;
	}
	return shape_slot_other(l, slot, p, end, v, t_ms);
}

/*
 * Rows from *p on that are of this shape, into l's places n and up to max;
 * returns how many there are then, and moves *p behind them.
 */
static inline int
shape_rows(struct layouts *l, const struct shape *s, int n, int max,
    const char **p, const char *end)
{
	const struct shape_slot *last = s->slot + s->slots;
	struct value *values = l->values + (size_t)n * l->stride;
	const char *row = *p;

	for (; n < max; n++, values += l->stride, row += s->n) {
		const struct shape_slot *slot = s->slot;

		if ((size_t)(end - row) < s->n || !shape_matches(s, row))
			break;
		if (l->shaped[n] != s) {
			memcpy(values, s->proto, l->stride * sizeof *values);
			l->shaped[n] = s;
		}
		for (; slot < last; slot++)
			if (!shape_slot_read(l, slot, row + slot->at, end,
				&values[slot->value], &l->t_ms[n]))
				break;
		if (slot < last) {
			l->shaped[n] = NULL;
			break;
		}
		l->behind[n] = row + s->n - 1;
	}
	*p = row;
	return n;
}

#endif
