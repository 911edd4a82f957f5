/* run - a job as processes, from their start to the account at their end.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_RUN_H
#define WINDOWPIPE_RUN_H

#include "lib/diag.h"
#include "windowpipe/options.h"

/*
 * The command run: loads the job that the options name, and runs it to its end.
 * Does not return where a second signal ends it.
 */
enum status run_job(const struct options *);

#endif
