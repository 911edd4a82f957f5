/* translate - window's queries as a job for Apache Flink.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_TRANSLATE_H
#define WINDOWPIPE_TRANSLATE_H

#include "lib/diag.h"
#include "windowpipe/options.h"

/*
 * windowpipe sql -- WINDOW-OPTIONS...: prints the job.  With --strict nothing
 * is printed where there is a note (status 2).
 */
enum status translate_query(const struct options *);

#endif
