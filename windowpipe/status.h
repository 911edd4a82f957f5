/* status - the jobs that run, seen from outside.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_STATUS_H
#define WINDOWPIPE_STATUS_H

#include "lib/diag.h"
#include "windowpipe/options.h"

/*
 * Prints those of this user, or those of the job, or of the folder, that is
 * named; STATUS_DATA where none runs.
 */
enum status status_jobs(const struct options *);

#endif
