/* package_text - a job's text as a package has it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_PACKAGE_TEXT_H
#define WINDOWPIPE_PACKAGE_TEXT_H

#include "windowpipe/job.h"

/* What the tables that the job reads are on the cluster. */
enum package_source {
	PACKAGE_SOURCE_OWN,  /* what they are in the job */
	PACKAGE_SOURCE_NAME, /* Kinesis by 'stream' */
	PACKAGE_SOURCE_ARN,  /* Kinesis by 'stream.arn' */
	PACKAGE_SOURCE_FILES,
};

/* Is it one that the job reads, and does not write? */
bool package_is_source(const struct job *, const struct table *);

/*
 * The job's file.  Options of the n-th table that is a source, from 0, are
 * those of the connector and of its format; its stream or path is of the group
 * InputStreamN or InputFileN.
 */
void package_text_add(struct buf *, const struct job *, enum package_source);

/* Is it a property that the text has, though the job does not name it? */
bool package_text_uses(enum package_source, struct span property);

/* Groups of properties that the text has and the job had not, each after a
 * comma: with values that are to be changed. */
void
package_text_add_groups(struct buf *, const struct job *, enum package_source);

#endif
