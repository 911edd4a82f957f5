/* position - where the rows of a run stand, as numbers one after the other.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_POSITION_H
#define DATAGEN_POSITION_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/* Adds numbers, in decimal, each on a line. */
void position_add(struct buf *, const uint64_t *, size_t n);

/* Takes that many off the beginning: 0, or -1 where they are not there. */
int position_take(struct span *, uint64_t *, size_t n);

#endif
