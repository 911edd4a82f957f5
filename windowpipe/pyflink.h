/* pyflink - the statements of a PyFlink program, without PyFlink.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_PYFLINK_H
#define WINDOWPIPE_PYFLINK_H

#include <stdbool.h>

#include "lib/buf.h"

/* Is that a program in Python, by its name? */
bool pyflink_is(const char *file);

/*
 * Runs it by python3, with python/pyflink in place of the package, and adds the
 * statements that it executed, each with its semicolon.  What it prints goes to
 * standard error, for standard output belongs to the job's rows.  Returns 0, or
 * -1 after an error.
 */
int pyflink_collect(const char *file, struct buf *statements);

#endif
