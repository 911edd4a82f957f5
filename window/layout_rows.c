/* layout_rows - rows of a layout's shapes: each told by its bytes as a whole,
 * then read value by value, one value of all the rows of a shape at once.
 * SPDX-License-Identifier: ISC */
#include "window/shape.h"

/* A row that has been told, and where its values and its time go. */
struct told {
	const char *p;
	struct value *v;
	int64_t *t_ms;
};

/*
 * Such rows, by their shape: what is the same for all rows of one shape is
 * looked up once.  Within a shape they are as they came.
 */
struct rows {
	struct layouts *l;
	const char *end;
	int first, until; /* their places in l */
	int count[LAYOUT_SHAPES];
	struct told of[LAYOUT_SHAPES][LAYOUT_ROWS];
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

/* Rows from r->until on while they are of the shape, which is the k-th. */
static inline void
tell_blocks(struct rows *r, int k, const struct shape *s, uint32_t blocks)
{
	struct layouts *l = r->l;
	struct told *told = r->of[k] + r->count[k];
	int i = r->until;
	struct value *v = l->values + (size_t)i * l->stride;
	const char *p = l->row[i];
	size_t n = s->n, left = (size_t)(r->end - p);

	for (;
	     i < LAYOUT_ROWS && left >= n && blocks_match(s->bounds, blocks, p);
	     i++, v += l->stride) {
		*told++ = (struct told){ p, v, &l->t_ms[i] };
		p += n;
		left -= n;
		l->row[i + 1] = p;
	}
	r->count[k] += i - r->until;
	r->until = i;
}

/* The common lengths have code of their own, without a loop. */
static void
tell_shape(struct rows *r, int k, const struct shape *s)
{
	switch (s->blocks) {
	case 2:
		tell_blocks(r, k, s, 2);
		break;
	case 3:
		tell_blocks(r, k, s, 3);
		break;
	case 4:
		tell_blocks(r, k, s, 4);
		break;
	default:
		tell_blocks(r, k, s, s->blocks);
	}
}

/* As many rows as there are places, until one is of no shape. */
static void
tell(struct rows *r, const struct layout *layout)
{
	int before = -1; /* the shape whose rows have just ended */

	for (int k = 0; k < LAYOUT_SHAPES && layout->shape[k] != NULL &&
			r->until < LAYOUT_ROWS;) {
		int from = r->until;

		if (k != before)
			tell_shape(r, k, layout->shape[k]);
		if (r->until > from) {
			before = k;
			k = 0;
		} else {
			k++;
		}
	}
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
 * Each of these reads a slot's value of n rows of one shape.  Returns of how
 * many: the next one's value is none that the slot takes.
 */
typedef int slot_reader(
    struct rows *, const struct shape_slot *, const struct told *, int n);

static int
read_words(struct rows *r, const struct shape_slot *slot,
    const struct told *row, int n)
{
	(void)r;
	for (int i = 0; i < n; i++)
		set_word(row[i].v + slot->value, slot);
	return n;
}

static inline void
set_number(struct value *v, int scale, int64_t units, bool whole)
{
	if (whole)
		set_int(v, units);
	else
		set_units(v, scale, units);
}

static inline int
read_few(
    const struct shape_slot *slot, const struct told *row, int n, bool whole)
{
	struct swar_few weights = slot->weights;
	int scale = slot->scale, value = slot->value;
	size_t at = slot->at;

	for (int i = 0; i < n; i++)
		set_number(row[i].v + value, scale,
		    swar_few(row[i].p + at, &weights), whole);
	return n;
}

static inline int
read_units(
    const struct shape_slot *slot, const struct told *row, int n, bool whole)
{
	if (slot->few)
		return read_few(slot, row, n, whole);
	for (int i = 0; i < n; i++) {
		int64_t units = units_of(slot, row[i].p + slot->at);

		if (units > slot->max || units < slot->min)
			return i;
		set_number(row[i].v + slot->value, slot->scale, units, whole);
	}
	return n;
}

static int
read_ints(struct rows *r, const struct shape_slot *slot, const struct told *row,
    int n)
{
	(void)r;
	return read_units(slot, row, n, true);
}

static int
read_decimals(struct rows *r, const struct shape_slot *slot,
    const struct told *row, int n)
{
	(void)r;
	return read_units(slot, row, n, false);
}

static inline int64_t
units_or_few(const struct shape_slot *slot, const char *p)
{
	return slot->few ? swar_few(p, &slot->weights) : units_of(slot, p);
}

static int
read_numbers(struct rows *r, const struct shape_slot *slot,
    const struct told *row, int n)
{
	(void)r;
	for (int i = 0; i < n; i++) {
		int64_t units = units_or_few(slot, row[i].p + slot->at);
		int scale = slot->fraction;

		for (; scale > 0 && units % 10 == 0; scale--)
			units /= 10;
		set_units(row[i].v + slot->value, scale, units);
	}
	return n;
}

static int
read_floatings(struct rows *r, const struct shape_slot *slot,
    const struct told *row, int n)
{
	(void)r;
	for (int i = 0; i < n; i++) {
		int64_t units = units_or_few(slot, row[i].p + slot->at);

		/* It may be -0, which has no units. */
		if (units == 0 && slot->sign != 0)
			return i;
		set_floating(
		    row[i].v + slot->value, slot->op, units, slot->fraction);
	}
	return n;
}

static inline void
set_event(struct value *v, int64_t t, struct span text, bool as_text)
{
	if (as_text) {
		v->kind = VALUE_TEXT;
		v->text = text;
	} else {
		set_int(v, t);
	}
}

/* Times of the minute before, then one that is not, and so on. */
static inline int
read_event(struct rows *r, const struct shape_slot *slot,
    const struct told *row, int n, bool as_text)
{
	struct swar_few weights = slot->weights;
	struct span text = { NULL, slot->whole };
	size_t begin = (size_t)slot->at + 1;
	int value = slot->value;

	for (int i = 0;; i++) {
		struct memo memo = r->l->memo;
		bool alike = memo.kind != 0 && slot->memo_kind == memo.kind;

		for (; alike && i < n; i++) {
			text.p = row[i].p + begin;
			if (!literal_matches(text.p, memo.minute, 16))
				break;
			*row[i].t_ms =
			    memo.ms + swar_few(text.p + 16, &weights);
			set_event(
			    row[i].v + value, *row[i].t_ms, text, as_text);
		}
		if (i == n)
			return n;
		/* A quote inside would end the text before its place. */
		text.p = row[i].p + begin;
		if (layout_read_time_text(r->l, value, text.p - 1, r->end,
			row[i].t_ms,
			&text) != row[i].p + begin + slot->whole + 1)
			return i;
		set_event(row[i].v + value, *row[i].t_ms, text, as_text);
	}
}

static int
read_event_times(struct rows *r, const struct shape_slot *slot,
    const struct told *row, int n)
{
	return read_event(r, slot, row, n, false);
}

static int
read_event_texts(struct rows *r, const struct shape_slot *slot,
    const struct told *row, int n)
{
	return read_event(r, slot, row, n, true);
}

/* Texts, and times that are not the event time. */
static bool
read_other(struct layouts *l, const struct shape_slot *slot, const char *p,
    const char *end, struct value *v)
{
	struct span text = { p + 1, slot->whole };
	const char *behind = text.p + text.n;
	int64_t t;

	switch (slot->op) {
	case STEP_TIMESTAMP:
		if (read_time(l, slot->value, slot->local, p, end, &t, &text) !=
		    behind + 1)
			return false;
		set_int(v, t);
		return true;
	case STEP_TEXT:
		v->kind = VALUE_TEXT;
		v->text = text;
		return json_skip_text(text.p, end) == behind;
	case STEP_SKIP_TEXT:
		return json_skip_text(text.p, end) == behind;
	default:
		break;
	}
	return false;
}

static int
read_others(struct rows *r, const struct shape_slot *slot,
    const struct told *row, int n)
{
	for (int i = 0; i < n; i++)
		if (!read_other(r->l, slot, row[i].p + slot->at, r->end,
			row[i].v + slot->value))
			return i;
	return n;
}

static slot_reader *const readers[] = {
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

/* The k-th shape's rows; one that it does not take after all is the end. */
static void
read_shape(struct rows *r, int k, const struct shape *s)
{
	const struct told *row = r->of[k];

	for (uint32_t i = 0; i < s->slots; i++) {
		const struct shape_slot *slot = &s->slot[i];
		slot_reader *read =
		    slot->is_word ? read_words : readers[slot->op];
		int n = read(r, slot, row, r->count[k]);

		if (n == r->count[k])
			continue;
		r->count[k] = n;
		if (row[n].t_ms < &r->l->t_ms[r->until])
			r->until = (int)(row[n].t_ms - r->l->t_ms);
	}
}

static void
set_nulls(const struct rows *r, const struct layout *layout)
{
	const struct layouts *l = r->l;

	for (size_t k = 0; k < layout->nunset; k++) {
		struct value *v = l->values + layout->unset[k];

		for (int i = r->first; i < r->until; i++)
			v[(size_t)i * l->stride].kind = VALUE_NULL;
	}
}

int
shape_rows(
    struct layouts *l, const struct layout *layout, int first, const char *end)
{
	struct rows r;

	r.l = l;
	r.end = end;
	r.first = r.until = first;
	memset(r.count, 0, sizeof r.count);
	tell(&r, layout);
	for (int k = 0; k < LAYOUT_SHAPES && layout->shape[k] != NULL; k++) {
		layout->shape[k]->hits += (uint32_t)r.count[k];
		if (r.count[k] > 0)
			read_shape(&r, k, layout->shape[k]);
	}
	set_nulls(&r, layout);
	return r.until;
}
