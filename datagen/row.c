/* row - writes rows: the program that a table's columns are compiled to.
 * SPDX-License-Identifier: ISC */
#include "datagen/row.h"

#include <stdlib.h>
#include <string.h>

#include "lib/counts.h"
#include "datagen/rng.h"
#include "lib/decimal.h"
#include "lib/digits.h"
#include "lib/timestamp.h"

enum op_kind {
	OP_CELLS,  /* one of few texts, each in a cell of stride bytes */
	OP_CELLS8, /* the same, with a stride of 8 */
	OP_TIME,   /* the row's */
	OP_WRITE,  /* as write() does it */
};

/*
 * One column: the bytes before its value, then the value.  Of a cell the last
 * byte is its text's length.  Of OP_TIME the literal ends with the day or
 * second of base_ms, written anew when a row lies outside of base_ms .. base_ms
 * + span_ms; what follows, such as .123Z and the quote, is stride bytes of the
 * millisecond's cell of 8.
 */
struct op {
	enum op_kind kind;
	unsigned half; /* 1: the ends of 0..bound/2 come half as often */
	uint64_t bound;
	struct rng rng;
	char *literal; /* owned, with ROW_PAD bytes behind it */
	size_t literal_n;
	size_t name_n; /* of it, what stands before the value */
	uint64_t null_below;
	const struct generator *generator;
	char *(*write)(struct op *, char *to, int64_t ms);

	char *cells; /* owned */
	size_t stride;

	bool is_wide; /* of more than 64 bits */
	uint128 bound_wide;
	int128 next; /* of a sequence */
	int128 by, finer;

	char *time_text; /* within literal */
	int64_t base_ms, span_ms;
	bool has_date, has_clock, has_fraction;
};

/*
 * Copies n bytes, and up to ROW_PAD that follow them: there is room for those,
 * and constant lengths are faster.
 */
static inline char *
put(char *to, const char *from, size_t n)
{
	if (__builtin_expect(n > ROW_PAD, 0)) {
		memcpy(to, from, n);
		return to + n;
	}
	__builtin_memcpy(to, from, 32);
	if (n > 32)
		__builtin_memcpy(to + 32, from + 32, 32);
	return to + n;
}

static int64_t
floor_to(int64_t v, int64_t step)
{
	int64_t rest = v % step;

	return v - (rest < 0 ? rest + step : rest);
}

/* Writes the day or the second that ms lies in; returns ms within 1..9999. */
static int64_t
renew_time(struct op *op, int64_t ms)
{
	int64_t day;
	char *to = op->time_text;

	if (ms < TIMESTAMP_FIRST_MS)
		ms = TIMESTAMP_FIRST_MS;
	if (ms > TIMESTAMP_LAST_MS)
		ms = TIMESTAMP_LAST_MS;
	op->base_ms = floor_to(ms, op->span_ms);
	day = floor_to(ms, 86400000);
	if (op->has_date)
		to = timestamp_put_date(to, day / 86400000);
	if (op->has_date && op->has_clock)
		*to++ = 'T';
	if (op->has_clock)
		to = timestamp_put_clock(to, op->base_ms - day, 0);
	return ms;
}

static inline char *
write_time(struct op *op, char *to, int64_t ms)
{
	int64_t offset;

	if (op->bound > 1)
		ms -= (int64_t)rng_below(&op->rng, op->bound);
	offset = ms - op->base_ms;
	if (__builtin_expect((uint64_t)offset >= (uint64_t)op->span_ms, 0))
		offset = renew_time(op, ms) - op->base_ms;
	to = put(to, op->literal, op->literal_n);
	memcpy(to, op->cells + (op->has_fraction ? offset * 8 : 0), 8);
	return to + op->stride;
}

/* Nanoseconds pass 64 bits in 2262; the digits are what they are. */
static char *
write_epoch(struct op *op, char *to, int64_t ms)
{
	if (op->bound > 1)
		ms -= (int64_t)rng_below(&op->rng, op->bound);
	if (op->finer > 1)
		ms = floor_to(ms, (int64_t)op->finer) / (int64_t)op->finer;
	return digits_wide(to, ms * op->by, op->generator->scale);
}

static char *
write_normal(struct op *op, char *to, int64_t ms)
{
	const struct generator *g = op->generator;
	int128 one = (int128)1 << NORMAL_BITS, value, unit = op->finer;

	(void)ms;
	/* What lies outside the range is drawn anew: see value_normal(). */
	do {
		value = (int128)g->mean * one +
		        (int128)g->deviation * rng_normal(&op->rng);
		/* In halves of a unit, floored, so that half is rounded up. */
		value = (value * 2 / unit) >> NORMAL_BITS;
		value = (value + 1) >> 1;
	} while (value < g->lo || value > g->hi);
	return generator_write_units(g, to, value);
}

static char *
write_hex(struct op *op, char *to, int64_t ms)
{
	uint64_t n = op->generator->length_min;
	char *end;

	(void)ms;
	if (op->bound > 1)
		n += rng_below(&op->rng, op->bound);
	*to++ = '"';
	end = to + n;
	while (to < end) {
		uint64_t bits = rng_next(&op->rng);

		for (int i = 0; i < 8; i++) {
			memcpy(to, op->cells + 2 * (bits & 0xff), 2);
			to += 2;
			bits >>= 8;
		}
	}
	*end = '"';
	return end + 1;
}

static char *
write_text(struct op *op, char *to, int64_t ms)
{
	struct span text = generator_text(
	    op->generator, (size_t)rng_below(&op->rng, op->bound));

	(void)ms;
	memcpy(to, text.p, text.n);
	return to + text.n;
}

static char *
write_sequence(struct op *op, char *to, int64_t ms)
{
	bool is_text = type_is_text(op->generator->type.kind);

	(void)ms;
	if (is_text)
		*to++ = '"';
	to = generator_write_units(op->generator, to, op->next);
	op->next += op->by;
	if (is_text)
		*to++ = '"';
	return to;
}

/* The numbers that a range draws, from 0 on. */
static inline uint64_t
draw(struct op *op)
{
	return (rng_below(&op->rng, op->bound) + op->half) >> op->half;
}

static uint128
draw_wide(struct op *op)
{
	uint128 drawn = rng_below_wide(&op->rng, op->bound_wide);

	/* The values between the ends are met from both sides. */
	return op->half == 0 ? drawn : drawn + (rng_next(&op->rng) >> 63);
}

/* Any value of a range. */
static char *
write_units(struct op *op, char *to, int64_t ms)
{
	uint128 drawn = op->is_wide ? draw_wide(op) : draw(op);

	(void)ms;
	return generator_write_units(
	    op->generator, to, (int128)((uint128)op->generator->lo + drawn));
}

/* The usual ones, faster. */
static char *
write_integer(struct op *op, char *to, int64_t ms)
{
	/* Within 64 bits the sum of lo and what is drawn fits again. */
	int64_t v = (int64_t)((uint64_t)op->generator->lo + draw(op));

	(void)ms;
	return digits_fixed(to, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0,
	    op->generator->scale);
}

static char *
write_null(const struct op *op, char *to)
{
	to = put(to, op->literal, op->name_n);
	memcpy(to, "null", 4);
	return to + 4;
}

static inline char *
write_row(struct row *row, char *to, int64_t ms)
{
	struct op *end = row->op + row->n;

	for (struct op *op = row->op; op < end; op++) {
		const char *cell;

		if (__builtin_expect(op->null_below != 0, 0) &&
		    (rng_chance(&op->rng, op->null_below) ||
			op->generator->always_null)) {
			to = write_null(op, to);
			continue;
		}
		switch (op->kind) {
		case OP_CELLS:
			to = put(to, op->literal, op->literal_n);
			cell = op->cells + draw(op) * op->stride;
			to = put(to, cell, (unsigned char)cell[op->stride - 1]);
			break;
		case OP_CELLS8:
			to = put(to, op->literal, op->literal_n);
			cell = op->cells + draw(op) * 8;
			memcpy(to, cell, 8);
			to += (unsigned char)cell[7];
			break;
		case OP_TIME:
			to = write_time(op, to, ms);
			break;
		case OP_WRITE:
			to = put(to, op->literal, op->literal_n);
			to = op->write(op, to, ms);
			break;
		}
	}
	return put(to, row->tail, row->tail_n);
}

char *
row_write(struct row *row, char *to, int64_t ms)
{
	return write_row(row, to, ms);
}

char *
row_fill(struct row *row, struct rowtime *time, char *to, const char *limit,
    uint64_t *rows)
{
	struct rowtime t = *time; /* a copy, for the registers */
	uint64_t n = *rows, done = 0;

	while (done < n && to < limit) {
		to = write_row(row, to, rowtime_next(&t));
		done++;
	}
	*time = t;
	*rows = done;
	return to;
}

/* --- compiling a table -------------------------------------------------- */

enum {
	CELLS_MAX = 16384,
	CELLS_BYTES_MAX = 131072, /* well within the second cache */
	CELL_BYTES_MAX = 64,
	FRACTION_CELLS = 1000,
};

/* Room for n bytes and the padding, of which the bytes are copied. */
static char *
padded(const char *p, size_t n, size_t more)
{
	char *copy = calloc(1, n + more + ROW_PAD);

	if (copy != NULL)
		memcpy(copy, p, n);
	return copy;
}

/* The value at i of a range or of one-of; returns its end. */
static char *
write_value(const struct generator *g, uint64_t i, char *to)
{
	struct span text;

	if (g->kind == GENERATOR_RANGE)
		return generator_write_units(g, to, g->lo + (int128)i);
	text = generator_text(g, i);
	memcpy(to, text.p, text.n);
	return to + text.n;
}

static size_t
longest_text(const struct generator *g)
{
	size_t longest = 0;

	for (size_t i = 0; i < g->ntexts; i++)
		if (generator_text(g, i).n > longest)
			longest = generator_text(g, i).n;
	return longest;
}

/* The longest text of n values; CELL_BYTES_MAX where one has more. */
static size_t
longest_value(const struct generator *g, uint64_t n)
{
	char text[DIGITS_MAX];
	size_t longest = 0;

	if (g->kind == GENERATOR_ONE_OF) {
		longest = longest_text(g);
		return longest < CELL_BYTES_MAX ? longest : CELL_BYTES_MAX;
	}
	for (uint64_t i = 0; i < n; i++) {
		size_t bytes = (size_t)(write_value(g, i, text) - text);

		if (bytes > longest)
			longest = bytes;
	}
	return longest;
}

static size_t
stride_for(size_t longest)
{
	size_t stride = 8;

	while (stride < longest + 1)
		stride *= 2;
	return stride;
}

static int
build_cells(struct op *op, uint64_t n, size_t longest)
{
	op->stride = stride_for(longest);
	op->kind = op->stride == 8 ? OP_CELLS8 : OP_CELLS;
	op->cells = padded("", 0, n * op->stride);
	if (op->cells == NULL)
		return -1;
	for (uint64_t i = 0; i < n; i++) {
		char *cell = op->cells + i * op->stride;
		char *end = write_value(op->generator, i, cell);

		cell[op->stride - 1] = (char)(end - cell);
	}
	return 0;
}

/* Uniform numbers and texts: cells where they are few and short. */
static int
build_drawn(struct op *op, size_t *room)
{
	const struct generator *g = op->generator;
	enum type_kind kind = g->type.kind;
	uint128 n = g->kind == GENERATOR_ONE_OF
	                ? g->ntexts
	                : (uint128)g->hi - (uint128)g->lo + 1;
	size_t longest = CELL_BYTES_MAX;

	op->half = g->halved && n > 1;
	op->bound_wide = op->half ? n - 1 : n;
	/* 2^64 is 0, as rng_below() takes it. */
	op->bound = (uint64_t)(op->half ? op->bound_wide * 2 : n);
	if (n <= CELLS_MAX)
		longest = longest_value(g, (uint64_t)n);
	if (longest < CELL_BYTES_MAX &&
	    n * stride_for(longest) > CELLS_BYTES_MAX)
		longest = CELL_BYTES_MAX;
	*room = g->kind == GENERATOR_ONE_OF ? longest_text(g) : DIGITS_MAX;
	if (longest < CELL_BYTES_MAX)
		return build_cells(op, (uint64_t)n, longest);
	op->is_wide = op->bound_wide > UINT64_MAX / 2 || g->lo < INT64_MIN ||
	              g->hi > INT64_MAX;
	if (g->kind == GENERATOR_ONE_OF)
		op->write = write_text;
	else if (!op->is_wide &&
		 (type_is_integer(kind) || kind == TYPE_DECIMAL))
		op->write = write_integer;
	else
		op->write = write_units;
	return 0;
}

static void
build_sequence(struct op *op, uint64_t *count)
{
	const struct generator *g = op->generator;
	uint128 n = (uint128)(g->hi - g->lo) + 1;

	op->write = write_sequence;
	op->by = g->type.kind == TYPE_DECIMAL ? decimal_pow10(g->scale) : 1;
	op->next = g->lo * op->by;
	if (n < *count)
		*count = (uint64_t)n;
}

static int
build_hex(struct op *op)
{
	static const char digits[] = "0123456789abcdef";

	op->write = write_hex;
	op->bound = op->generator->length_max - op->generator->length_min + 1;
	op->cells = padded("", 0, 512);
	for (int i = 0; i < 256 && op->cells != NULL; i++) {
		op->cells[2 * i] = digits[i >> 4];
		op->cells[2 * i + 1] = digits[i & 15];
	}
	return op->cells == NULL ? -1 : 0;
}

/* The texts that follow the second: ".123", and Z, and the quote. */
static int
build_time(struct op *op)
{
	const struct generator *g = op->generator;
	const char *close = g->type.kind == TYPE_TIMESTAMP_LTZ ? "Z\"" : "\"";
	size_t text_n;
	char *literal;

	op->kind = OP_TIME;
	op->bound = (uint64_t)g->past_ms + 1;
	op->has_date = g->type.kind != TYPE_TIME;
	op->has_clock = g->type.kind != TYPE_DATE;
	op->has_fraction = op->has_clock && g->scale > 0;
	op->span_ms = op->has_clock ? 1000 : 86400000;
	op->base_ms = INT64_MIN / 2; /* no row's, so the first one renews it */
	text_n = op->has_date && op->has_clock ? 19U : op->has_date ? 10U : 8U;
	literal = padded(op->literal, op->literal_n, 1 + text_n);
	op->cells = padded("", 0, (size_t)FRACTION_CELLS * 8);
	if (literal == NULL || op->cells == NULL) {
		free(literal);
		return -1;
	}
	free(op->literal);
	op->literal = literal;
	op->literal[op->literal_n] = '"';
	op->time_text = op->literal + op->literal_n + 1;
	op->literal_n += 1 + text_n;
	for (int64_t ms = 0; ms < FRACTION_CELLS; ms++) {
		char clock[32], *fraction = clock + 8;
		char *to = timestamp_put_clock(
		    clock, ms, op->has_fraction ? g->scale : 0);

		memcpy(to, close, strlen(close));
		op->stride = (size_t)(to - fraction) + strlen(close);
		memcpy(op->cells + ms * 8, fraction, op->stride);
	}
	return 0;
}

static void
build_epoch(struct op *op)
{
	const struct generator *g = op->generator;
	int finer = g->epoch_digits + g->scale - 3; /* than a millisecond */

	op->write = write_epoch;
	op->bound = (uint64_t)g->past_ms + 1;
	op->by = finer > 0 ? decimal_pow10(finer) : 1;
	op->finer = finer < 0 ? decimal_pow10(-finer) : 1;
}

/* room: bytes that the value may need. */
static int
build_op(struct op *op, size_t *room, uint64_t *count)
{
	const struct generator *g = op->generator;

	op->null_below = g->null_below;
	op->kind = OP_WRITE;
	*room = DIGITS_MAX;
	switch (g->kind) {
	case GENERATOR_RANGE:
	case GENERATOR_ONE_OF:
		return build_drawn(op, room);
	case GENERATOR_SEQUENCE:
		build_sequence(op, count);
		return 0;
	case GENERATOR_NORMAL:
		op->write = write_normal;
		op->finer = decimal_pow10(g->finer);
		return 0;
	case GENERATOR_HEX:
		*room = g->length_max + 2;
		return build_hex(op);
	case GENERATOR_ROW_TIME:
		if (!g->is_epoch)
			return build_time(op);
		build_epoch(op);
		return 0;
	}
	return -1;
}

static int
build(struct row *row, const struct generator *generators,
    const struct literals *literals)
{
	struct span tail = literals_at(literals, literals->n);

	row->count = UINT64_MAX;
	row->room = tail.n + 2 * ROW_PAD;
	row->tail_n = tail.n;
	row->tail = padded(tail.p, tail.n, 0);
	if (row->tail == NULL)
		return -1;
	for (size_t i = 0; i < row->n; i++) {
		struct span literal = literals_at(literals, i);
		struct op *op = &row->op[i];
		size_t room;

		op->generator = &generators[literals->order[i]];
		op->literal_n = op->name_n = literal.n;
		op->literal = padded(literal.p, literal.n, 0);
		if (op->literal == NULL ||
		    build_op(op, &room, &row->count) == -1)
			return -1;
		row->room += literal.n + room;
		row->has_time |= op->generator->kind == GENERATOR_ROW_TIME;
	}
	return 0;
}

/* By column, not by place in the row: see rng_jump(). */
static int
seed_columns(struct row *row, const struct literals *literals, uint64_t seed)
{
	struct rng *of_column = calloc(row->n, sizeof *of_column);
	struct rng rng;

	if (of_column == NULL)
		return -1;
	rng_seed(&rng, seed);
	for (size_t i = 0; i < row->n; i++) {
		of_column[i] = rng;
		rng_jump(&rng);
	}
	for (size_t i = 0; i < row->n; i++)
		row->op[i].rng = of_column[literals->order[i]];
	free(of_column);
	return 0;
}

struct row *
row_new(const struct generator *generators, const struct literals *literals,
    uint64_t seed)
{
	struct row *row = calloc(1, sizeof *row);

	if (row == NULL)
		return NULL;
	row->op = calloc(literals->n, sizeof *row->op);
	row->n = row->op == NULL ? 0 : literals->n;
	if (row->op == NULL || build(row, generators, literals) == -1 ||
	    seed_columns(row, literals, seed) == -1) {
		row_del(row);
		return NULL;
	}
	return row;
}

/* The random numbers, and the number that a sequence writes next. */
enum { OP_NUMBERS = 6 };

void
row_save(const struct row *row, struct buf *b)
{
	for (size_t i = 0; i < row->n; i++) {
		const struct op *op = &row->op[i];
		uint128 next = (uint128)op->next;

		counts_add(b, op->rng.s, 4);
		counts_add(b,
		    (uint64_t[]){ (uint64_t)(next >> 64), (uint64_t)next }, 2);
	}
}

int
row_load(struct row *row, struct span *in)
{
	uint64_t v[OP_NUMBERS];

	for (size_t i = 0; i < row->n; i++) {
		if (counts_take(in, v, OP_NUMBERS) == -1)
			return -1;
		memcpy(row->op[i].rng.s, v, sizeof row->op[i].rng.s);
		row->op[i].next = (int128)((uint128)v[4] << 64 | v[5]);
	}
	return 0;
}

void
row_del(struct row *row)
{
	if (row == NULL)
		return;
	for (size_t i = 0; i < row->n; i++) {
		free(row->op[i].literal);
		free(row->op[i].cells);
	}
	free(row->op);
	free(row->tail);
	free(row);
}
