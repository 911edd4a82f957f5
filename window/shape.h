/* shape - rows of a layout whose values are as wide as a row's before:
 * checked as a whole, read at fixed places.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_SHAPE_H
#define WINDOW_SHAPE_H

#include "window/step.h"

enum {
	SHAPE_BLOCK = 32,      /* half of what may be read behind the data */
	SHAPE_BYTES_MAX = 512, /* longer rows are read step by step, */
	SHAPE_SLOTS_MAX = 64,  /* as are those of more values */
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
 * layout has a literal, 9 where a digit stands, 255 within texts, which are
 * checked on their own.
 */
struct shape {
	struct shape_bounds *bounds; /* of block after block */
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

/*
 * Rows from l->row[first] on that are of shapes of the layout, LAYOUT_ROWS all
 * in all, into l's places from first on.  Returns how many there are then;
 * l->row[of that] is behind them.
 */
int
shape_rows(struct layouts *, const struct layout *, int first, const char *end);

#endif
