/* generator - what a column's notation asks for, checked.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_GENERATOR_H
#define DATAGEN_GENERATOR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/columns.h"
#include "lib/wide.h"

enum generator_kind {
	GENERATOR_RANGE,    /* lo..hi, equally likely, both in */
	GENERATOR_SEQUENCE, /* lo, lo + 1, ... hi: then the table ends */
	GENERATOR_NORMAL,   /* around mean, within lo..hi */
	GENERATOR_ONE_OF,   /* one of some texts */
	GENERATOR_HEX,      /* hex digits */
	GENERATOR_ROW_TIME, /* the row's time, less 0..past_ms */
};

enum {
	GENERATOR_LENGTH_MAX = 1000000, /* characters of a text */
	GENERATOR_DEVIATIONS = 10,      /* normal: farther out is drawn anew */
};

/*
 * Values are counted in units: of 10^-scale for numbers, of days for DATE, of
 * 10^-scale seconds since 1970 (for TIME: since midnight) for times.  scale of
 * a FLOAT or DOUBLE follows from its range, so that every value has at most 6
 * or 15 digits, and may be below 0.
 *
 * halved: the two ends of the range come half as often as any other value, as
 * where a real number is rounded (DECIMAL, FLOAT and DOUBLE).
 */
struct generator {
	enum generator_kind kind;
	struct type type;
	bool always_null;
	uint64_t null_below; /* null if 64 random bits are below this */

	int128 lo, hi;
	int scale;
	bool halved;

	int64_t mean, deviation; /* in units of 10^-(scale + finer) */
	int finer;               /* 0..18 */

	uint64_t length_min, length_max;
	int64_t past_ms;
	bool is_epoch;    /* the row's time as a number, in units of */
	int epoch_digits; /* 10^-epoch_digits seconds: 0, 3, 6, 9 */

	struct buf texts; /* the values as they stand in a row */
	size_t *ends;     /* offset of each one's end in texts */
	size_t ntexts, ends_cap;
};

/*
 * Reads c->generator, or takes the default of the type where it is empty.
 * -1: why holds what is wrong and an example; *at is where, in the notation
 * that c->generator_at counts from.  All zero before; generator_free() after
 * in any case.
 */
int generator_parse(
    const struct column *c, struct generator *, struct buf *why, size_t *at);
void generator_free(struct generator *);

/* One of its texts. */
static inline struct span
generator_text(const struct generator *g, size_t i)
{
	size_t begin = i == 0 ? 0 : g->ends[i - 1];

	return (struct span){ g->texts.p + begin, g->ends[i] - begin };
}

/* A value in units, as it stands in a row; DIGITS_MAX bytes at most. */
char *generator_write_units(const struct generator *, char *to, int128 units);

/* What --columns-help prints. */
extern const char generator_help[];

#endif
