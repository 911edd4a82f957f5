/* counts - numbers, one after the other, in a part of a checkpoint.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_COUNTS_H
#define LIB_COUNTS_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/* Adds numbers, in decimal, each on a line. */
void counts_add(struct buf *, const uint64_t *, size_t n);

/* Takes that many off the beginning: 0, or -1 where they are not there. */
int counts_take(struct span *, uint64_t *, size_t n);

#endif
