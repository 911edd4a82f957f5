/* layout - the bytes of a row that are the same in every row.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_LAYOUT_H
#define DATAGEN_LAYOUT_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/columns.h"

/*
 * literal i (up to ends[i] in text) stands before the value of column
 * order[i]; the last, literal n, ends the row with "}\n".  Columns whose names
 * share an object, o.a and o.b, stand together in it.
 */
struct layout {
	size_t *order;
	size_t *ends;
	size_t n;
	struct buf text;
};

/*
 * All zero before; layout_free() after in any case.  -1: *bad is the index of
 * the column at fault and why says what; why is empty where memory ran out.
 */
int layout_make(
    const struct columns *, struct layout *, struct buf *why, size_t *bad);
void layout_free(struct layout *);

struct span layout_literal(const struct layout *, size_t i);

#endif
