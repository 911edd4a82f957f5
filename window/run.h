/* run - the loop: lines in, results out, time, signals, the account.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_RUN_H
#define WINDOW_RUN_H

#include "lib/diag.h"
#include "window/options.h"

/* Runs a parsed command line to its end and says how it went. */
enum status run(const struct options *);

#endif
