/* op - the parts that a row is written by; datagen/row*.c alone.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_OP_H
#define DATAGEN_OP_H

#include <stdbool.h>

#include "datagen/generator.h"
#include "datagen/rng.h"

enum op_kind {
	OP_CELLS,    /* one of few texts, each in a cell of stride bytes */
	OP_CELLS8,   /* the same, with a stride of 8 */
	OP_TEXTS,    /* one of the generator's texts */
	OP_INTEGER,  /* lo + 0..bound-1, as text_fixed() writes it */
	OP_UNITS,    /* the same as generator_write_units() writes it */
	OP_WIDE,     /* the same, of more than 64 bits */
	OP_SEQUENCE, /* next, then next + 1 */
	OP_NORMAL,
	OP_HEX,
	OP_TIME,  /* the row's */
	OP_EPOCH, /* the row's, as a number: ms * by, / finer */
};

/*
 * One column: the bytes before its value, then the value.  Of a cell the last
 * byte is its text's length; is_fused: the literal is part of the cells.  Of
 * OP_TIME the literal ends with the day or second of base_ms, written anew
 * when a row lies outside of base_ms .. base_ms + span_ms; what follows, such
 * as .123Z and the quote, is stride bytes of the millisecond's cell of 8.
 */
struct op {
	enum op_kind kind;
	unsigned half; /* 1: the ends of 0..bound/2 come half as often */
	uint64_t bound;
	struct rng rng;
	char *literal; /* owned, with TEXT_PAD bytes behind it */
	size_t literal_n;
	size_t name_n; /* of it, what stands before the value */
	bool always_null;
	uint64_t null_below;
	const struct generator *generator;

	char *cells; /* owned */
	size_t stride;
	bool is_fused;

	int64_t lo;
	uint128 bound_wide;
	int scale;
	int128 next, by;
	bool is_quoted;
	int128 finer;
	uint64_t length;

	char *time_text; /* within literal */
	int64_t base_ms, span_ms;
	bool has_date, has_clock, has_fraction;
};

struct row {
	struct op *op;
	size_t n;
	char *tail; /* owned, with TEXT_PAD bytes behind it */
	size_t tail_n;
	size_t room;
	uint64_t count;
	char hex[256][2];
};

#endif
