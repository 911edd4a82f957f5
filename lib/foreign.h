/* foreign - input that is no rows of JSON, and what makes rows of it.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_FOREIGN_H
#define LIB_FOREIGN_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/*
 * Adds "; it is gzip: send it through zcat" or the like, where that can be told
 * from a line which is no row, or from the first bytes of one that is too long.
 * why says what is wrong with it as JSON (NULL: nothing, but it has not the
 * fields that rows have), first that nothing stood before it, reads_csv that
 * --format csv reads CSV.
 */
bool foreign_add_remedy(struct buf *, struct span line, const struct fault *why,
    bool first, bool reads_csv);

#endif
