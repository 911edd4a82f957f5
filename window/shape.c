/* shape - how a shape is made from a row.
 * SPDX-License-Identifier: ISC */
#include "window/shape.h"

#include <stdlib.h>

/* One making: the row's bytes as bounds, the slots so far. */
struct maker {
	unsigned char low[SHAPE_BYTES_MAX], range[SHAPE_BYTES_MAX];
	struct shape_slot slot[SHAPE_SLOTS_MAX];
	uint32_t slots;
	const char *row;
};

void
shape_del(struct shape *s)
{
	if (s == NULL)
		return;
	free(s->bounds);
	free(s);
}

static void
allow_digits(struct maker *m, size_t at, size_t n, bool leads)
{
	for (size_t i = 0; i < n; i++) {
		m->low[at + i] = '0';
		m->range[at + i] = 9;
	}
	/* 0 leads a number only alone. */
	if (leads && n > 1) {
		m->low[at] = '1';
		m->range[at] = 8;
	}
}

static void
allow_any(struct maker *m, size_t at, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		m->low[at + i] = 0;
		m->range[at + i] = 255;
	}
}

/* A slot for the step's value at that place of the row. */
static struct shape_slot *
add_slot(struct maker *m, const struct step *step, size_t at)
{
	struct shape_slot *slot = &m->slot[m->slots++];

	*slot = (struct shape_slot){ .op = step->op,
		.at = (uint16_t)at,
		.local = step->local,
		.value = step->value,
		.scale = step->scale,
		.times = 1,
		.min = step->min,
		.max = step->max };
	if (step->op == STEP_DECIMAL)
		slot->min = -step->max;
	return slot;
}

static void
set_widths(
    struct shape_slot *slot, size_t whole, size_t fraction, bool negative)
{
	size_t bytes = whole + fraction + (fraction > 0);

	slot->whole = (uint16_t)whole;
	slot->fraction = (uint16_t)fraction;
	slot->sign = negative ? -1 : 0;
	slot->one_load = bytes <= 8;
	if (!slot->one_load)
		return;
	slot->low =
	    fraction == 0 ? ~(uint64_t)0 : ((uint64_t)1 << 8 * whole) - 1;
	slot->left = (int)(64 - 8 * (whole + fraction));
}

static size_t
count_digits(const char *p, const char *end)
{
	const char *q = p;

	while (q < end && swar_is_digit(*q))
		q++;
	return (size_t)(q - p);
}

/* A number of at most 16 digits, no more than 8 of them behind the point. */
static bool
make_number(
    struct maker *m, const struct step *step, const char *p, const char *end)
{
	bool negative = *p == '-';
	size_t at, whole, fraction = 0;
	struct shape_slot *slot;

	p += negative;
	at = (size_t)(p - m->row);
	whole = count_digits(p, end);
	allow_digits(m, at, whole, true);
	p += whole;
	if (p < end && *p == '.') {
		fraction = count_digits(p + 1, end);
		allow_digits(m, at + whole + 1, fraction, false);
		p += 1 + fraction;
	}
	if (p != end || whole + fraction > 16)
		return false;
	switch (step->op) {
	case STEP_SKIP_NUMBER:
		return true;
	case STEP_INT:
		if (fraction != 0)
			return false;
		break;
	case STEP_DECIMAL:
		if (fraction > (size_t)step->scale ||
		    whole + (size_t)step->scale > 18)
			return false;
		break;
	case STEP_FLOAT:
	case STEP_DOUBLE:
		if (whole + fraction > (size_t)layout_exact_digits(step->op))
			return false;
		break;
	default:
		break;
	}
	slot = add_slot(m, step, at);
	set_widths(slot, whole, fraction, negative);
	if (step->op == STEP_DECIMAL)
		slot->times = swar_pow10[(size_t)step->scale - fraction];
	slot->few = slot->one_load && whole + fraction <= SWAR_FEW &&
	            !negative && slot->times == 1 &&
	            ((step->op != STEP_INT && step->op != STEP_DECIMAL) ||
			swar_pow10[whole + fraction] - 1 <= slot->max);
	if (slot->few)
		slot->weights = swar_few_of(whole, fraction);
	return true;
}

/*
 * The length of time text as machines mostly write it, in digits where this has
 * zeros: with up to nine digits of seconds' fraction, and perhaps 'Z'.  0: not
 * so.  *digits: of the fraction.
 */
static size_t
plain_time(const char *text, size_t n, size_t *digits, bool *zoned)
{
	static const char form[] = "0000-00-00T00:00:00.000000000";
	static const char other[] = "0000/00/00*00:00:00,";
	size_t i = 0;

	*zoned = n > 0 && (text[n - 1] | 0x20) == 'z';
	n -= *zoned;
	/* What parts the numbers stays as it is in all rows of the shape. */
	while (i < n && i < sizeof form - 1 &&
	       (form[i] == '0' ? swar_is_digit(text[i])
			       : form[i] == text[i] || form[i] == 'T' ||
				     other[i] == text[i]))
		i++;
	*digits = n < 20 ? 0 : n - 20;
	return i == n && (n == 19 || n > 20) ? n : 0;
}

/* Of any other time only the width stays: read_time() looks at it all. */
static void
make_event_time(struct maker *m, const struct layouts *l,
    const struct step *step, size_t at, size_t n)
{
	struct shape_slot *slot = add_slot(m, step, at);
	size_t text = at + 1, digits;
	bool zoned;

	slot->whole = (uint16_t)n;
	n = plain_time(m->row + text, n, &digits, &zoned);
	if (n == 0 || l->q->time_format != NULL) {
		allow_any(m, text, slot->whole);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (swar_is_digit(m->row[text + i]))
			allow_digits(m, text + i, 1, false);
	/* The tens of the seconds. */
	m->range[text + 17] = 5;
	slot->weights = swar_few_seconds(digits);
	slot->memo_kind = layout_memo_kind(l, step->local, zoned);
}

/* A value that is a word stays that word in all rows of the shape. */
static bool
make_word(struct maker *m, const struct step *step, const char *p,
    const struct value *v)
{
	struct shape_slot *slot;

	if (*p != 't' && *p != 'f' && *p != 'n')
		return false;
	if (step->op == STEP_SKIP_NUMBER)
		return true;
	if (step->field != -1 && v->kind != VALUE_NULL && v->kind != VALUE_BOOL)
		return false;
	slot = add_slot(m, step, (size_t)(p - m->row));
	slot->is_word = true;
	slot->word = v->kind;
	slot->times = v->i;
	return true;
}

static bool
make_value(struct maker *m, const struct layouts *l, const struct step *step,
    const char *p, const char *end)
{
	size_t at = (size_t)(p - m->row), n = (size_t)(end - p);

	switch (step->op) {
	case STEP_SKIP_NUMBER:
	case STEP_INT:
	case STEP_DECIMAL:
	case STEP_FLOAT:
	case STEP_DOUBLE:
	case STEP_ANY_NUMBER:
		return make_number(m, step, p, end);
	case STEP_EVENT_TIMESTAMP:
	case STEP_EVENT_TEXT:
		make_event_time(m, l, step, at, n - 2);
		return true;
	case STEP_SKIP_TEXT:
	case STEP_TEXT:
	case STEP_TIMESTAMP:
		/* The quotes stay literals. */
		allow_any(m, at + 1, n - 2);
		add_slot(m, step, at)->whole = (uint16_t)(n - 2);
		return true;
	case STEP_SKIP_WORD:
		return true;
	case STEP_GENERIC:
		break;
	}
	return false;
}

static struct shape *
build(const struct maker *m, size_t n)
{
	size_t blocks = (n + SHAPE_BLOCK - 1) / SHAPE_BLOCK;
	struct shape *s =
	    calloc(1, sizeof *s + m->slots * sizeof(struct shape_slot));

	if (s == NULL)
		return NULL;
	s->bounds =
	    aligned_alloc(sizeof(shape_bytes), blocks * sizeof *s->bounds);
	if (s->bounds == NULL) {
		shape_del(s);
		return NULL;
	}
	for (size_t i = 0; i < blocks; i++) {
		memcpy(s->bounds[i].low, m->low + i * SHAPE_BLOCK, SHAPE_BLOCK);
		memcpy(s->bounds[i].range, m->range + i * SHAPE_BLOCK,
		    SHAPE_BLOCK);
	}
	memcpy(s->slot, m->slot, m->slots * sizeof(struct shape_slot));
	s->n = (uint32_t)n;
	s->blocks = (uint32_t)blocks;
	s->slots = m->slots;
	return s;
}

struct shape *
shape_new(struct layouts *l, const struct layout *layout, const char *p,
    const char *end)
{
	struct maker m = { .row = p };
	size_t n;

	p += layout->first;
	for (size_t i = 0; i < layout->steps; i++) {
		const struct step *step = &layout->step[i];
		struct value v = { .kind = VALUE_NULL };
		int64_t t;
		const char *q = read_shaped(l, step, p, end, &v, &t);
		bool shaped = q != NULL;

		if (!shaped)
			q = layout_read_generic(l, step, p, end, &v, &t);
		if (q == NULL || q - m.row > SHAPE_BYTES_MAX ||
		    m.slots == SHAPE_SLOTS_MAX ||
		    !(shaped ? make_value(&m, l, step, p, q)
			     : make_word(&m, step, p, &v)))
			return NULL;
		p = q + step->literal_n;
	}
	n = (size_t)(p - m.row);
	if (n > SHAPE_BYTES_MAX)
		return NULL;
	/* What no value has opened up is as it stands. */
	for (size_t i = 0; i < n; i++)
		if (m.range[i] == 0)
			m.low[i] = (unsigned char)m.row[i];
	for (size_t i = n; i < SHAPE_BYTES_MAX; i++)
		m.range[i] = 255;
	return build(&m, n);
}
