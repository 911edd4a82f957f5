/* guess - from values that were seen to a generator of values like them.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_GUESS_H
#define DATAGEN_GUESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/decimal.h"
#include "lib/json.h"

enum { GUESS_TEXTS = 16 }; /* distinct texts that one-of may list */

struct guess_range {
	uint64_t count;
	int64_t least, most;
};

/* What has been seen of one field.  All zero is nothing yet. */
struct guess {
	uint64_t values; /* neither null nor missing */
	uint64_t truths, lies, numbers, others;

	bool is_floating; /* an exponent, or more digits than a DECIMAL */
	double lowest, highest;
	double behind; /* the highest one so far, at most */
	struct decimal lo, hi;
	int whole, scale; /* digits before and behind the point, at most */
	bool is_steps;    /* each number is the one before and 1 */

	struct buf distinct; /* texts, each ended by NUL */
	size_t ndistinct;    /* GUESS_TEXTS + 1: more, or not listable */

	/* Of the texts: characters; those that are dates, and clocks in ms. */
	struct guess_range texts, dates, clocks;
	uint64_t times, zoned; /* of the texts */
	int64_t newest_ms, back_ms;
	int fraction; /* digits of the second, at most 3 */
};

/* A value that is there and not null; scratch is cleared. */
void guess_add(struct guess *, const struct cell *, struct buf *scratch);

/*
 * "INT 10..20 null 5%" for rows rows.  False, and nothing written, where there
 * is no generator for what was seen (arrays).
 */
bool guess_write(const struct guess *, uint64_t rows, struct buf *);

/* What the generator does not tell of the values, in words; NULL: nothing. */
const char *guess_note(const struct guess *);
void guess_free(struct guess *);

#endif
