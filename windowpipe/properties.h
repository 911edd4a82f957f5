/* properties - what fills a job's placeholders: groups of keys and values, in
 * the file of Managed Service for Apache Flink.
 *
 *     [{"PropertyGroupId": "OutputStream0",
 *       "PropertyMap": {"stream.name": "results", "aws.region": "us-east-1"}}]
 *
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_PROPERTIES_H
#define WINDOWPIPE_PROPERTIES_H

#include <stdbool.h>

#include "lib/arena.h"

/* All zero is none; what is in it belongs to the arena. */
struct properties {
	const char *path; /* the file; NULL: none has been looked for */
	bool absent;      /* there is none of that name */
	struct property {
		struct span name; /* "OutputStream0.stream.name" */
		struct span value;
		struct property *next;
	} * first;
};

/*
 * Reads the file: given, if that is not NULL; application_properties.json
 * beside the job where IS_LOCAL is set; else the one in /etc/flink.  That the
 * latter two are not there is no error: all may have defaults.  Returns 0, or
 * -1 after an error.
 */
int properties_load(
    struct properties *, const char *given, const char *job, struct arena *);

/* The value of "Group.key", or NULL. */
const struct property *
properties_find(const struct properties *, struct span name);

#endif
