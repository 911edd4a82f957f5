/* explain_wrap - lines that fit a terminal of 80 columns.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_EXPLAIN_WRAP_H
#define WINDOW_EXPLAIN_WRAP_H

#include "lib/buf.h"

/* What follows the first indent columns of a line goes on below itself. */
void explain_wrap_plan(struct buf *, struct span text, size_t indent);

/* Lines of SQL; a blank within quotes stays as it is. */
void explain_wrap_sql(struct buf *, struct span text);

#endif
