/* remedy - what would help against a bad line.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_REMEDY_H
#define WINDOW_REMEDY_H

#include "window/row.h"

/*
 * Adds "; WHAT TO DO", chosen by the cause of the fault, where that is known.
 * first: nothing stood before the line; line is its beginning at least.  True
 * where it cures the input; else such lines may be kept, too.
 */
bool remedy_add(struct buf *, const struct row_reader *,
    const struct row_fault *, struct span line, bool first);

#endif
