/* parser - the words and values of a generator; datagen/part*.c alone.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_PARSER_H
#define DATAGEN_PARSER_H

#include <stdbool.h>

#include "datagen/generator.h"
#include "lib/span.h"

/* The text of one column's generator while it is read. */
struct parser {
	const struct column *column;
	struct generator *g;
	struct span text;
	size_t at;
	struct buf quoted; /* values with their quotes taken off */
	struct buf *why;
	bool has_range, has_kind, has_null;
	size_t kind_at;
	struct span mean, deviation;
};

/*
 * Says in why "NAME TYPE: 'subject' WHAT; example: NAME TYPE EXAMPLE" and sets
 * p->at; returns -1.  subject may be empty; example NULL: one of the type's.
 */
int parser_fail(struct parser *, size_t at, struct span subject,
    const char *what, const char *example);

void parser_skip_blanks(struct parser *);

/* The bytes up to the next blank; those that follow the blanks, taken. */
struct span parser_peek_word(const struct parser *);
struct span parser_take_word(struct parser *);
bool parser_word_is(struct span word, const char *text); /* in any case */

/*
 * Takes a value: in single quotes ('' is one), or the bytes up to a blank or
 * to what ends it: ".." or "|".
 */
int
parser_take_value(struct parser *, const char *end_mark, struct span *value);

/* The ends of "A..B" and where each stands. */
struct ends {
	struct span lo, hi, all;
	size_t at, lo_at, hi_at;
};

int parser_take_ends(struct parser *, struct ends *, const char *example);

#endif
