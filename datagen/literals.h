/* literals - the bytes of a row that are the same in every row.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_LITERALS_H
#define DATAGEN_LITERALS_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/columns.h"

/*
 * literal i (up to ends[i] in text) stands before the value of column
 * order[i]; the last, literal n, ends the row with "}\n".  Columns whose names
 * share an object, o.a and o.b, stand together in it.
 */
struct literals {
	size_t *order;
	size_t *ends;
	size_t n;
	struct buf text;
};

/*
 * All zero before; literals_free() after in any case.  -1: *bad is the index of
 * the column at fault and why says what; why is empty where memory ran out.
 */
int literals_make(
    const struct columns *, struct literals *, struct buf *why, size_t *bad);
void literals_free(struct literals *);

struct span literals_at(const struct literals *, size_t i);

#endif
