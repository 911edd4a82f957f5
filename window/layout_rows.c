/* layout_rows - rows of a layout's shapes: each told by its bytes as a whole,
 * then read value by value, one value of all the rows at once.
 * SPDX-License-Identifier: ISC */
#include "window/layout_shape.h"

/* Rows that have been told, each of a shape of one layout. */
struct rows {
	struct layouts *l;
	const char *end;
	const char *const *row; /* where each begins */
	const struct shape *const *shape;
	struct value *values; /* of the first */
	int64_t *t_ms;
	int n;
};

/* What x exceeds low by, less range, byte by byte: 0 where it is within. */
static inline shape_bytes
excess(shape_bytes x, shape_bytes low, shape_bytes range)
{
#ifdef __SSE2__
	return (shape_bytes)_mm_subs_epu8(
	    _mm_sub_epi8((__m128i)x, (__m128i)low), (__m128i)range);
#else
	return (shape_bytes)((x - low) > range);
#endif
}

static inline bool
is_zero(shape_bytes x)
{
#ifdef __SSE2__
	return _mm_movemask_epi8(
		   _mm_cmpeq_epi8((__m128i)x, _mm_setzero_si128())) == 0xffff;
#else
	uint64_t half[2];

	memcpy(half, &x, sizeof half);
	return (half[0] | half[1]) == 0;
#endif
}

static inline bool
blocks_match(const struct shape_bounds *b, uint32_t blocks, const char *p)
{
	shape_bytes bad = { 0 }, x, y;

#pragma GCC unroll 4
	for (uint32_t i = 0; i < blocks; i++, p += SHAPE_BLOCK) {
		memcpy(&x, p, sizeof x);
		memcpy(&y, p + sizeof x, sizeof y);
		bad |= excess(x, b[i].low[0], b[i].range[0]);
		bad |= excess(y, b[i].low[1], b[i].range[1]);
	}
	return is_zero(bad);
}

/* The common lengths have code of their own, without a loop. */
static inline bool
matches(const struct shape *s, const char *p)
{
	switch (s->blocks) {
	case 2:
		return blocks_match(s->bounds, 2, p);
	case 3:
		return blocks_match(s->bounds, 3, p);
	case 4:
		return blocks_match(s->bounds, 4, p);
	default:
		return blocks_match(s->bounds, s->blocks, p);
	}
}

/* The layout's shape that the row at p is of, NULL: none that it knows. */
static inline struct shape *
tell(const struct layout *layout, const char *p, const char *end)
{
	for (int i = 0; i < LAYOUT_SHAPES; i++) {
		struct shape *s = layout->shape[i];

		if (s == NULL)
			break;
		if ((size_t)(end - p) >= s->n && matches(s, p))
			return s;
	}
	return NULL;
}

static int64_t
digits(const char *p, unsigned n)
{
	if (n > 8)
		return swar_digits8(p, n - 8) * 100000000 +
		       swar_digits8(p + n - 8, 8);
	return swar_digits8(p, n);
}

/* Numbers of more than eight bytes; up to 16 digits. */
static int64_t
long_units(const struct shape_slot *slot, const char *p)
{
	int64_t units = digits(p, slot->whole);

	if (slot->fraction > 0)
		units = units * swar_pow10[slot->fraction] +
		        digits(p + slot->whole + 1, slot->fraction);
	return units;
}

static int64_t
units_of(const struct shape_slot *slot, const char *p)
{
	int64_t units = slot->one_load
	                    ? swar_digits_around(p, slot->low, slot->left)
	                    : long_units(slot, p);

	return ((units ^ slot->sign) - slot->sign) * slot->times;
}

static inline void
set_int(struct value *v, int64_t i)
{
	v->kind = VALUE_INT;
	v->i = i;
}

static inline void
set_word(struct value *v, const struct shape_slot *slot)
{
	v->kind = slot->word;
	v->i = slot->times;
}

/*
 * Each of these reads slot k of all the rows and returns of how many: the next
 * one's value is none that the slot takes.
 */
static int
read_ints(const struct rows *r, uint32_t k, struct value *v)
{
	const struct shape *const *shape = r->shape;
	const char *const *row = r->row;
	size_t stride = r->l->stride;
	int n = r->n;

	for (int i = 0; i < n; i++, v += stride) {
		const struct shape_slot *slot = &shape[i]->slot[k];
		const char *p = row[i] + slot->at;

		if (slot->few) {
			set_int(v, swar_few(p, &slot->weights));
			continue;
		}
		if (slot->is_word) {
			set_word(v, slot);
			continue;
		}
		set_int(v, units_of(slot, p));
		if (v->i > slot->max || v->i < slot->min)
			return i;
	}
	return n;
}

static int
read_decimals(const struct rows *r, uint32_t k, struct value *v)
{
	const struct shape *const *shape = r->shape;
	const char *const *row = r->row;
	size_t stride = r->l->stride;
	int n = r->n;

	for (int i = 0; i < n; i++, v += stride) {
		const struct shape_slot *slot = &shape[i]->slot[k];
		const char *p = row[i] + slot->at;

		if (slot->few) {
			set_units(v, slot->scale, swar_few(p, &slot->weights));
			continue;
		}
		if (slot->is_word) {
			set_word(v, slot);
			continue;
		}
		set_units(v, slot->scale, units_of(slot, p));
		if (v->units > slot->max || v->units < slot->min)
			return i;
	}
	return n;
}

static int
read_numbers(const struct rows *r, uint32_t k, struct value *v)
{
	for (int i = 0; i < r->n; i++, v += r->l->stride) {
		const struct shape_slot *slot = &r->shape[i]->slot[k];
		const char *p = r->row[i] + slot->at;
		int scale = slot->fraction;
		int64_t units;

		if (slot->is_word) {
			set_word(v, slot);
			continue;
		}
		units =
		    slot->few ? swar_few(p, &slot->weights) : units_of(slot, p);
		for (; scale > 0 && units % 10 == 0; scale--)
			units /= 10;
		set_units(v, scale, units);
	}
	return r->n;
}

static int
read_floatings(const struct rows *r, uint32_t k, struct value *v)
{
	for (int i = 0; i < r->n; i++, v += r->l->stride) {
		const struct shape_slot *slot = &r->shape[i]->slot[k];
		const char *p = r->row[i] + slot->at;
		int64_t units;

		if (slot->is_word) {
			set_word(v, slot);
			continue;
		}
		units =
		    slot->few ? swar_few(p, &slot->weights) : units_of(slot, p);
		/* It may be -0, which has no units. */
		if (units == 0 && slot->sign != 0)
			return i;
		set_floating(v, slot->op, units, slot->fraction);
	}
	return r->n;
}

static inline int
read_event(const struct rows *r, uint32_t k, struct value *v, bool as_text)
{
	const struct memo *memo = &r->l->memo;
	const struct shape *const *shape = r->shape;
	const char *const *row = r->row;
	size_t stride = r->l->stride;
	int64_t *t = r->t_ms;
	struct span text;
	int n = r->n;

	for (int i = 0; i < n; i++, v += stride, t++) {
		const struct shape_slot *slot = &shape[i]->slot[k];
		const char *p = row[i] + slot->at;

		/* A quote inside would end the text before its place. */
		if (slot->memo_kind != 0 && slot->memo_kind == memo->kind &&
		    literal_matches(p + 1, memo->minute, 16))
			*t = memo->ms + swar_few(p + 17, &slot->weights);
		else if (layout_read_time_text(r->l, slot->local, p, r->end, t,
			     &text) != p + slot->whole + 2)
			return i;
		if (as_text) {
			v->kind = VALUE_TEXT;
			v->text = (struct span){ p + 1, slot->whole };
		} else {
			set_int(v, *t);
		}
	}
	return n;
}

static int
read_event_times(const struct rows *r, uint32_t k, struct value *v)
{
	return read_event(r, k, v, false);
}

static int
read_event_texts(const struct rows *r, uint32_t k, struct value *v)
{
	return read_event(r, k, v, true);
}

/* Texts, times that are not the event time, and words. */
static bool
read_other(const struct rows *r, const struct shape_slot *slot, const char *p,
    struct value *v)
{
	struct span text = { p + 1, slot->whole };
	const char *behind = text.p + text.n;
	int64_t t;

	if (slot->is_word) {
		set_word(v, slot);
		return true;
	}
	switch (slot->op) {
	case STEP_TIMESTAMP:
		if (read_time(r->l, slot->local, p, r->end, &t, &text) !=
		    behind + 1)
			return false;
		set_int(v, t);
		return true;
	case STEP_TEXT:
		v->kind = VALUE_TEXT;
		v->text = text;
		return json_skip_text(text.p, r->end) == behind;
	case STEP_SKIP_TEXT:
		return json_skip_text(text.p, r->end) == behind;
	default:
		break;
	}
	return false;
}

static int
read_others(const struct rows *r, uint32_t k, struct value *v)
{
	for (int i = 0; i < r->n; i++, v += r->l->stride) {
		const struct shape_slot *slot = &r->shape[i]->slot[k];

		if (!read_other(r, slot, r->row[i] + slot->at, v))
			return i;
	}
	return r->n;
}

typedef int reader(const struct rows *, uint32_t k, struct value *);

static reader *const readers[] = {
	[STEP_GENERIC] = read_others,
	[STEP_SKIP_TEXT] = read_others,
	[STEP_INT] = read_ints,
	[STEP_DECIMAL] = read_decimals,
	[STEP_FLOAT] = read_floatings,
	[STEP_DOUBLE] = read_floatings,
	[STEP_ANY_NUMBER] = read_numbers,
	[STEP_TEXT] = read_others,
	[STEP_TIMESTAMP] = read_others,
	[STEP_EVENT_TIMESTAMP] = read_event_times,
	[STEP_EVENT_TEXT] = read_event_texts,
};

static void
set_nulls(const struct rows *r, const struct layout *layout)
{
	for (size_t k = 0; k < layout->nunset; k++) {
		struct value *v = r->values + layout->unset[k];

		for (int i = 0; i < r->n; i++, v += r->l->stride)
			v->kind = VALUE_NULL;
	}
}

int
shape_rows(
    struct layouts *l, const struct layout *layout, int first, const char *end)
{
	const struct shape *shape[LAYOUT_ROWS];
	const char **row = l->row + first;
	struct rows r = {
		.l = l,
		.end = end,
		.row = row,
		.shape = shape,
		.values = l->values + (size_t)first * l->stride,
		.t_ms = l->t_ms + first,
	};

	for (; r.n < LAYOUT_ROWS - first; r.n++) {
		struct shape *s = tell(layout, row[r.n], end);

		if (s == NULL)
			break;
		s->hits++;
		shape[r.n] = s;
		row[r.n + 1] = row[r.n] + s->n;
	}
	/* All shapes of a layout have the same slots, at other places. */
	for (uint32_t k = 0; r.n > 0 && k < shape[0]->slots; k++) {
		const struct shape_slot *slot = &shape[0]->slot[k];

		r.n = readers[slot->op](&r, k, r.values + slot->value);
	}
	set_nulls(&r, layout);
	return first + r.n;
}
