/* shape - rows whose values are as wide as a row's before: each told by its
 * bytes as a whole, then read value by value, one value of all the rows of a
 * shape at once.
 * SPDX-License-Identifier: ISC */
#include "window/shape.h"

#include <stdlib.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum {
	SHAPE_BLOCK = 32,      /* half of what may be read behind the data */
	SHAPE_BYTES_MAX = 512, /* longer rows are read step by step, */
	SHAPE_SLOTS_MAX = 64,  /* as are those of more values */
	/* see struct shapes */
	CREDIT = 256,
	COST = 16, /* of a row whose shape is not known */
	PAUSE = 8192,
};

/*
 * A wanted value.  Up to four digits within eight bytes, a point among them
 * perhaps, are few: one load and the sum of digits times weights (swar_few()),
 * as are the seconds of a time.
 * Other numbers of up to eight bytes are read with one load, too: low keeps
 * what stands before the point, ~low takes what stands behind it moved over the
 * point, and left moves the digits to the end.
 */
struct shape_slot {
	enum step_op op;
	uint16_t at;
	uint16_t whole, fraction; /* digits; of a text whole is its bytes */
	bool few; /* no sign, and it fits whatever the digits are */
	bool one_load;
	bool local;
	bool is_word; /* true, false or null, as all its bytes: of kind word */
	enum value_kind word;
	int memo_kind; /* of a time whose digits are digits; 0: of any other */
	struct swar_few weights;
	uint64_t low;
	int left;
	int value;
	int scale;
	int64_t sign; /* 0 or -1 */
	int64_t times;
	int64_t min, max;
};

/* Compilers make one instruction of each of its operations. */
typedef unsigned char shape_bytes __attribute__((vector_size(16)));

struct shape_bounds {
	shape_bytes low[2], range[2];
};

/*
 * Byte i of such a row is low[i] to low[i] + range[i]: range is 0 where the
 * line has no value, 9 where a digit stands, 255 within texts, which are
 * checked on their own.
 */
struct shape {
	struct shape_bounds *bounds; /* of block after block */
	bool time_by_value;          /* the event time is not read by a slot */
	uint32_t n;                  /* bytes, with the newline */
	uint32_t blocks;
	uint32_t hits;
	uint32_t slots;
	struct shape_slot slot[];
};

/* --- how a shape is made from a row --------------------------------------- */

/* One making: the row's bytes as bounds, the slots so far. */
struct maker {
	unsigned char low[SHAPE_BYTES_MAX], range[SHAPE_BYTES_MAX];
	struct shape_slot slot[SHAPE_SLOTS_MAX];
	uint32_t slots;
	const char *row;
};

static void
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
		.value = step->field,
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
		if (whole + fraction > (size_t)step_exact_digits(step->op))
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
make_event_time(struct maker *m, const struct step_reader *r,
    const struct step *step, size_t at, size_t n)
{
	struct shape_slot *slot = add_slot(m, step, at);
	size_t text = at + 1, digits;
	bool zoned;

	slot->whole = (uint16_t)n;
	n = plain_time(m->row + text, n, &digits, &zoned);
	if (n == 0 || r->q->time_format != NULL) {
		allow_any(m, text, slot->whole);
		return;
	}
	for (size_t i = 0; i < n; i++)
		if (swar_is_digit(m->row[text + i]))
			allow_digits(m, text + i, 1, false);
	/* The tens of the seconds. */
	m->range[text + 17] = 5;
	slot->weights = swar_few_seconds(digits);
	slot->memo_kind = step_memo_kind(r, step->local, zoned);
}

/* A value that is a word stays that word in all rows of the shape, as does one
 * that is missing. */
static void
make_word(struct maker *m, const struct step *step, const struct value *v)
{
	struct shape_slot *slot = add_slot(m, step, 0);

	slot->is_word = true;
	slot->word = v->kind;
	slot->times = v->i;
}

static bool
make_value(struct maker *m, const struct step_reader *r,
    const struct step *step, const char *p, const char *end)
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
		make_event_time(m, r, step, at, n - 2);
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

static bool
is_number(char c)
{
	return c == '-' || swar_is_digit(c);
}

static bool
is_word(char c)
{
	return c == 't' || c == 'f' || c == 'n';
}

/* The value at p, which ends before end, as its field has it, or nobody. */
static bool
make_field(
    struct maker *m, struct step_reader *r, const char *p, const char *end)
{
	const struct query *q = r->q;
	struct step skip = { .field = -1 };
	const struct step *step = &skip;
	struct value v = { .kind = VALUE_NULL };
	int64_t t;

	skip.op = *p == '"'       ? STEP_SKIP_TEXT
	          : is_number(*p) ? STEP_SKIP_NUMBER
	                          : STEP_SKIP_WORD;
	for (size_t i = 0; i < q->nfields; i++)
		if (r->value[q->fields[i].path] == p)
			step = *p == '"' ? &r->text[i] : &r->number[i];
	/* Bytes of a value that two fields want are read but once. */
	if (step_read(r, step, p, end, &v, &t) == end)
		return make_value(m, r, step, p, end);
	if (step->field == -1 || !is_word(*p) ||
	    step_read_generic(r, step, p, end, &v, &t) != end ||
	    (v.kind != VALUE_NULL && v.kind != VALUE_BOOL))
		return false;
	make_word(m, step, &v);
	return true;
}

/* What the row lacks is null in all rows of the shape. */
static bool
make_missing(struct maker *m, const struct step_reader *r)
{
	const struct query *q = r->q;
	struct value null = { .kind = VALUE_NULL };

	for (size_t i = 0; i < q->nfields; i++) {
		const char *p = r->value[q->fields[i].path];

		/* Of an array or object a slot would not see all. */
		if (p != NULL && (*p == '{' || *p == '['))
			return false;
		if (p == NULL && m->slots == SHAPE_SLOTS_MAX)
			return false;
		if (p == NULL)
			make_word(m, &r->number[i], &null);
	}
	return true;
}

/* The values of a line, which is JSON; all else is as it stands. */
static bool
make_values(struct maker *m, struct step_reader *r, const char *end)
{
	struct json_scan s = { m->row, end, m->row, 0, NULL };

	while (s.p < end) {
		const char *p = s.p;

		if (*p != '"' && !is_number(*p) && !is_word(*p)) {
			s.p++;
			continue;
		}
		if (m->slots == SHAPE_SLOTS_MAX ||
		    json_scan_value(&s, NULL) == -1)
			return false;
		/* A key is no value. */
		if (*p == '"' && *json_skip_blanks(s.p, end) == ':')
			continue;
		if (!make_field(m, r, p, s.p))
			return false;
	}
	return make_missing(m, r);
}

static bool
time_is_by_value(const struct maker *m, const struct query *q)
{
	for (uint32_t i = 0; i < m->slots; i++)
		if (m->slot[i].op == STEP_EVENT_TIMESTAMP ||
		    m->slot[i].op == STEP_EVENT_TEXT)
			return m->slot[i].is_word;
	return query_reads_time(q);
}

/* The shape of a row as shapes_learn() has it; NULL: it has none. */
static struct shape *
shape_new(struct step_reader *r, const char *p, const char *end)
{
	struct maker m = { .row = p };
	size_t n = (size_t)(end - p);
	struct shape *s;

	if (n > SHAPE_BYTES_MAX || !make_values(&m, r, end))
		return NULL;
	/* What no value has opened up is as it stands. */
	for (size_t i = 0; i < n; i++)
		if (m.range[i] == 0)
			m.low[i] = (unsigned char)m.row[i];
	for (size_t i = n; i < SHAPE_BYTES_MAX; i++)
		m.range[i] = 255;
	s = build(&m, n);
	if (s != NULL)
		s->time_by_value = time_is_by_value(&m, r->q);
	return s;
}

void
shapes_init(struct shapes *s)
{
	*s = (struct shapes){ .credit = CREDIT };
}

void
shapes_free(struct shapes *s)
{
	for (int i = 0; i < SHAPES_MAX; i++)
		shape_del(s->shape[i]);
}

bool
shapes_learn(
    struct shapes *known, struct step_reader *r, const char *p, const char *end)
{
	struct shape **shape = known->shape, *s;

	if (known->pause > 0)
		return --known->pause == 0;
	known->credit -= COST;
	if (known->credit < 0) {
		known->credit = CREDIT;
		known->pause = PAUSE;
		return false;
	}
	s = shape_new(r, p, end);
	if (s == NULL)
		return true;
	shape_del(shape[SHAPES_MAX - 1]);
	shape[SHAPES_MAX - 1] = s;
	for (int i = SHAPES_MAX - 1; i > 0 && shape[i - 1] == NULL; i--) {
		shape[i - 1] = s;
		shape[i] = NULL;
	}
	return true;
}

/* --- rows of shapes ------------------------------------------------------- */

/* A row that matches, and where its values and its time go. */
struct match {
	const char *p;
	struct value *v;
	int64_t *t_ms;
};

/*
 * Such rows, by their shape: what is the same for all rows of one shape is
 * looked up once.  Within a shape they are as they came.
 */
struct matches {
	struct step_reader *r;
	struct rows *rows;
	const char *end;
	int count[SHAPES_MAX];
	struct match of[SHAPES_MAX][ROWS_MAX];
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

/* Rows behind the last while they are of the shape, which is the k-th. */
static inline void
match_blocks(struct matches *m, int k, const struct shape *s, uint32_t blocks)
{
	struct rows *rows = m->rows;
	struct match *match = m->of[k] + m->count[k];
	int i = rows->n;
	struct value *v = rows->values + (size_t)i * rows->stride;
	const char *p = rows->line[i];
	size_t n = s->n, left = (size_t)(m->end - p);

	for (; i < ROWS_MAX && left >= n && blocks_match(s->bounds, blocks, p);
	     i++, v += rows->stride) {
		*match++ = (struct match){ p, v, &rows->t_ms[i] };
		p += n;
		left -= n;
		rows->line[i + 1] = p;
	}
	m->count[k] += i - rows->n;
	rows->n = i;
}

/* The common lengths have code of their own, without a loop. */
static void
match_shape(struct matches *m, int k, const struct shape *s)
{
	switch (s->blocks) {
	case 2:
		match_blocks(m, k, s, 2);
		break;
	case 3:
		match_blocks(m, k, s, 3);
		break;
	case 4:
		match_blocks(m, k, s, 4);
		break;
	default:
		match_blocks(m, k, s, s->blocks);
	}
}

/* As many rows as there are places, until one is of no shape. */
static void
match_shapes(struct matches *m, const struct shapes *s)
{
	int before = -1; /* the shape whose rows have just ended */

	for (int k = 0;
	     k < SHAPES_MAX && s->shape[k] != NULL && m->rows->n < ROWS_MAX;) {
		int from = m->rows->n;

		if (k != before)
			match_shape(m, k, s->shape[k]);
		if (m->rows->n > from) {
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
    struct matches *, const struct shape_slot *, const struct match *, int n);

static int
read_words(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n)
{
	(void)m;
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
    const struct shape_slot *slot, const struct match *row, int n, bool whole)
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
    const struct shape_slot *slot, const struct match *row, int n, bool whole)
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
read_ints(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n)
{
	(void)m;
	return read_units(slot, row, n, true);
}

static int
read_decimals(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n)
{
	(void)m;
	return read_units(slot, row, n, false);
}

static inline int64_t
units_or_few(const struct shape_slot *slot, const char *p)
{
	return slot->few ? swar_few(p, &slot->weights) : units_of(slot, p);
}

static int
read_numbers(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n)
{
	(void)m;
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
read_floatings(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n)
{
	(void)m;
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

/*
 * Times of the minute before, then one that is not, and so on.  The minute is
 * held in a register: memcmp() would load it for each row.
 */
static inline int
read_event(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n, bool as_text)
{
	struct swar_few weights = slot->weights;
	struct span text = { NULL, slot->whole };
	size_t begin = (size_t)slot->at + 1;
	int value = slot->value;
	shape_bytes minute, x;

	for (int i = 0;; i++) {
		int kind = m->r->memo.kind;
		int64_t minute_ms = m->r->memo.ms;
		bool alike = kind != 0 && slot->memo_kind == kind;

		memcpy(&minute, m->r->memo.minute, sizeof minute);

		for (; alike && i < n; i++) {
			text.p = row[i].p + begin;
			memcpy(&x, text.p, sizeof x);
			if (!is_zero(x ^ minute))
				break;
			*row[i].t_ms =
			    minute_ms + swar_few(text.p + 16, &weights);
			set_event(
			    row[i].v + value, *row[i].t_ms, text, as_text);
		}
		if (i == n)
			return n;
		/* A quote inside would end the text before its place. */
		text.p = row[i].p + begin;
		if (step_read_time_text(m->r, value, text.p - 1, m->end,
			row[i].t_ms,
			&text) != row[i].p + begin + slot->whole + 1)
			return i;
		set_event(row[i].v + value, *row[i].t_ms, text, as_text);
	}
}

static int
read_event_times(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n)
{
	return read_event(m, slot, row, n, false);
}

static int
read_event_texts(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n)
{
	return read_event(m, slot, row, n, true);
}

/* Texts, and times that are not the event time. */
static bool
read_other(struct step_reader *r, const struct shape_slot *slot, const char *p,
    const char *end, struct value *v)
{
	struct span text = { p + 1, slot->whole };
	const char *behind = text.p + text.n;
	int64_t t;

	switch (slot->op) {
	case STEP_TIMESTAMP:
		if (read_time(r, slot->value, slot->local, p, end, &t, &text) !=
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
read_others(struct matches *m, const struct shape_slot *slot,
    const struct match *row, int n)
{
	for (int i = 0; i < n; i++)
		if (!read_other(m->r, slot, row[i].p + slot->at, m->end,
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

/* The event times of n rows; returns of how many. */
static int
read_times(struct matches *m, const struct match *row, int n)
{
	for (int i = 0; i < n; i++)
		if (!step_time(m->r, row[i].v, row[i].t_ms))
			return i;
	return n;
}

static void
cut(struct matches *m, int k, int n)
{
	int row = (int)(m->of[k][n].t_ms - m->rows->t_ms);

	m->count[k] = n;
	if (row < m->rows->n)
		m->rows->n = row;
}

/* The k-th shape's rows; one that it does not take after all is the end. */
static void
read_shape(struct matches *m, int k, const struct shape *s)
{
	const struct match *row = m->of[k];

	for (uint32_t i = 0; i < s->slots; i++) {
		const struct shape_slot *slot = &s->slot[i];
		slot_reader *read =
		    slot->is_word ? read_words : readers[slot->op];
		int n = read(m, slot, row, m->count[k]);

		if (n < m->count[k])
			cut(m, k, n);
	}
	if (s->time_by_value) {
		int n = read_times(m, row, m->count[k]);

		if (n < m->count[k])
			cut(m, k, n);
	}
}

/* The commoner shape is asked first. */
static void
sort_shapes(struct shape **shape)
{
	for (int i = 1; i < SHAPES_MAX && shape[i] != NULL; i++)
		if (shape[i]->hits > shape[i - 1]->hits) {
			struct shape *s = shape[i];

			shape[i] = shape[i - 1];
			shape[i - 1] = s;
		}
}

void
shapes_rows(
    struct shapes *s, struct step_reader *r, struct rows *rows, const char *end)
{
	struct matches m;
	int first = rows->n;

	if (s->pause > 0)
		return;
	m.r = r;
	m.rows = rows;
	m.end = end;
	memset(m.count, 0, sizeof m.count);
	match_shapes(&m, s);
	for (int k = 0; k < SHAPES_MAX && s->shape[k] != NULL; k++) {
		s->shape[k]->hits += (uint32_t)m.count[k];
		if (m.count[k] > 0)
			read_shape(&m, k, s->shape[k]);
	}
	sort_shapes(s->shape);
	if (s->credit < CREDIT)
		s->credit += rows->n - first;
}
