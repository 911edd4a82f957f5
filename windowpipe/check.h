/* check - the commands that start nothing: windowpipe check and plan.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_CHECK_H
#define WINDOWPIPE_CHECK_H

#include "lib/diag.h"
#include "windowpipe/options.h"

/* Prints what the job becomes: stage by stage, or as a script. */
enum status check_job(const struct options *);
enum status check_plan(const struct options *);

#endif
