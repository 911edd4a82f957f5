/* package - a job as a folder that Maven makes a jar and a zip of, for Apache
 * Flink and for Amazon Managed Service for Apache Flink.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_PACKAGE_H
#define WINDOWPIPE_PACKAGE_H

#include "lib/diag.h"
#include "windowpipe/options.h"

/*
 * windowpipe package JOB DIR: checks the job and writes the folder; what Flink
 * does otherwise than windowpipe is in its NOTES.md.  With --strict nothing is
 * written where there is a note (status 2).
 */
enum status package_job(const struct options *);

#endif
