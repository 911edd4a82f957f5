/* nearest - how near one name is to another.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_NEAREST_H
#define LIB_NEAREST_H

#include "lib/span.h"

/*
 * The fewest insertions, deletions, replacements and swaps of neighbours that
 * make a of b, letters of either case being the same; SIZE_MAX where one is
 * longer than any name should be.
 */
size_t nearest_edits(struct span a, struct span b);

/* True where names that many edits apart may well be meant for each other. */
bool nearest_is_near(struct span a, struct span b, size_t edits);

#endif
