/* row - writes rows.
 * SPDX-License-Identifier: ISC */
#include "datagen/row.h"

#include <string.h>

#include "datagen/normal.h"
#include "datagen/op.h"
#include "datagen/rng.h"
#include "datagen/text.h"

/* 0001-01-01T00:00:00Z, before which there is no time text. */
#define FIRST_MS INT64_C(-62135596800000)

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

	if (ms < FIRST_MS)
		ms = FIRST_MS;
	if (ms > ROWTIME_LAST_MS)
		ms = ROWTIME_LAST_MS;
	op->base_ms = floor_to(ms, op->span_ms);
	day = floor_to(ms, 86400000);
	if (op->has_date)
		to = text_date(to, day / 86400000);
	if (op->has_date && op->has_clock)
		*to++ = 'T';
	if (op->has_clock)
		to = text_clock(to, (op->base_ms - day) / 1000);
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
	to = text_put(to, op->literal, op->literal_n);
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
	return text_wide(to, ms * op->by, op->generator->scale);
}

static char *
write_normal(struct op *op, char *to)
{
	const struct generator *g = op->generator;
	int128 one = (int128)1 << NORMAL_BITS, value, unit = op->finer;

	/* What lies outside the range is drawn anew: see value_normal(). */
	do {
		value = (int128)g->mean * one +
		        (int128)g->deviation * normal_next(&op->rng);
		/* In halves of a unit, floored, so that half is rounded up. */
		value = (value * 2 / unit) >> NORMAL_BITS;
		value = (value + 1) >> 1;
	} while (value < g->lo || value > g->hi);
	return generator_write_units(g, to, value);
}

static char *
write_hex(const struct row *row, struct op *op, char *to)
{
	uint64_t n = op->length;
	char *end;

	if (op->bound > 1)
		n += rng_below(&op->rng, op->bound);
	*to++ = '"';
	end = to + n;
	while (to < end) {
		uint64_t bits = rng_next(&op->rng);

		for (int i = 0; i < 8; i++) {
			memcpy(to, row->hex[bits & 0xff], 2);
			to += 2;
			bits >>= 8;
		}
	}
	*end = '"';
	return end + 1;
}

static char *
write_text(struct op *op, char *to)
{
	const struct generator *g = op->generator;
	size_t i = (size_t)rng_below(&op->rng, op->bound);
	size_t begin = i == 0 ? 0 : g->ends[i - 1];

	memcpy(to, g->texts.p + begin, g->ends[i] - begin);
	return to + (g->ends[i] - begin);
}

static char *
write_sequence(struct op *op, char *to)
{
	int128 value = op->next;

	op->next += op->by;
	if (op->is_quoted)
		*to++ = '"';
	to = op->generator->type.kind == TYPE_FLOAT ||
	             op->generator->type.kind == TYPE_DOUBLE
	         ? text_floating(to, (int64_t)value, 0)
	         : text_wide(to, value, op->scale);
	if (op->is_quoted)
		*to++ = '"';
	return to;
}

/* The numbers that a range draws, from 0 on. */
static inline uint64_t
draw(struct op *op)
{
	return (rng_below(&op->rng, op->bound) + op->half) >> op->half;
}

static char *
write_wide(struct op *op, char *to)
{
	uint128 drawn = rng_below_wide(&op->rng, op->bound_wide);

	/* The values between the ends are met from both sides. */
	if (op->half != 0)
		drawn += rng_next(&op->rng) >> 63;
	return generator_write_units(
	    op->generator, to, (int128)((uint128)op->generator->lo + drawn));
}

static char *
write_integer(struct op *op, char *to)
{
	/* Within 64 bits the sum of lo and what is drawn fits again. */
	int64_t v = (int64_t)((uint64_t)op->lo + draw(op));

	return text_fixed(
	    to, v < 0 ? -(uint64_t)v : (uint64_t)v, v < 0, op->scale);
}

static char *
write_null(const struct op *op, char *to)
{
	to = text_put(to, op->literal, op->name_n);
	memcpy(to, "null", 4);
	return to + 4;
}

/* The kinds that are not in the sample's table. */
static char *
write_other(const struct row *row, struct op *op, char *to)
{
	switch (op->kind) {
	case OP_TEXTS:
		return write_text(op, to);
	case OP_INTEGER:
		return write_integer(op, to);
	case OP_UNITS:
		return generator_write_units(
		    op->generator, to, (int64_t)((uint64_t)op->lo + draw(op)));
	case OP_WIDE:
		return write_wide(op, to);
	case OP_SEQUENCE:
		return write_sequence(op, to);
	case OP_NORMAL:
		return write_normal(op, to);
	case OP_HEX:
		return write_hex(row, op, to);
	case OP_CELLS:
	case OP_CELLS8:
	case OP_TIME:
	case OP_EPOCH:
		break; /* row_write() has them */
	}
	return to;
}

static inline char *
write_row(struct row *row, char *to, int64_t ms)
{
	struct op *end = row->op + row->n;

	for (struct op *op = row->op; op < end; op++) {
		const char *cell;

		if (__builtin_expect(op->null_below != 0, 0) &&
		    (rng_chance(&op->rng, op->null_below) || op->always_null)) {
			to = write_null(op, to);
			continue;
		}
		switch (op->kind) {
		case OP_CELLS:
			if (!op->is_fused)
				to = text_put(to, op->literal, op->literal_n);
			cell = op->cells + draw(op) * op->stride;
			to = text_put(
			    to, cell, (unsigned char)cell[op->stride - 1]);
			break;
		case OP_CELLS8:
			to = text_put(to, op->literal, op->literal_n);
			cell = op->cells + draw(op) * 8;
			memcpy(to, cell, 8);
			to += (unsigned char)cell[7];
			break;
		case OP_TIME:
			to = write_time(op, to, ms);
			break;
		case OP_EPOCH:
			to = text_put(to, op->literal, op->literal_n);
			to = write_epoch(op, to, ms);
			break;
		case OP_TEXTS:
		case OP_INTEGER:
		case OP_UNITS:
		case OP_WIDE:
		case OP_SEQUENCE:
		case OP_NORMAL:
		case OP_HEX:
			to = text_put(to, op->literal, op->literal_n);
			to = write_other(row, op, to);
			break;
		}
	}
	return text_put(to, row->tail, row->tail_n);
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

size_t
row_room(const struct row *row)
{
	return row->room;
}

uint64_t
row_count(const struct row *row)
{
	return row->count;
}

bool
row_has_time(const struct row *row)
{
	for (size_t i = 0; i < row->n; i++) {
		if (row->op[i].kind == OP_TIME || row->op[i].kind == OP_EPOCH)
			return true;
	}
	return false;
}
