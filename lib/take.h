/* take - words off the beginning of a text.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_TAKE_H
#define LIB_TAKE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"

/* Each is false, and takes nothing, where what is to be taken is not there. */

bool take_text(struct span *, const char *);

/* A number below 2^64: all digits that stand there. */
bool take_number(struct span *, uint64_t *);

/*
 * The bytes up to the first one that is end, which goes too; all bytes where
 * there is none.  False, and an empty part, of an empty text.
 */
bool take_part(struct span *, char end, struct span *part);

#endif
