/* explain - what a query will do, in words, before it reads anything.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_EXPLAIN_H
#define WINDOW_EXPLAIN_H

#include "lib/diag.h"
#include "window/options.h"

/*
 * Writes the plan of a parsed command line to stdout; what it returns is as of
 * run(), never STATUS_DATA.
 */
enum status explain(const struct options *);

#endif
