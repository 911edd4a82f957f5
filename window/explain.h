/* explain - what a query will do, in words, before it reads anything.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_EXPLAIN_H
#define WINDOW_EXPLAIN_H

#include "lib/diag.h"
#include "window/options.h"

/* Writes to stdout.  As run() does, but for statuses of data. */
enum status explain(const struct options *);

#endif
