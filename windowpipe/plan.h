/* plan - what a job becomes: programs, and the pipes between them.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_PLAN_H
#define WINDOWPIPE_PLAN_H

#include <stddef.h>

#include "lib/buf.h"

enum stage_role {
	STAGE_SOURCE, /* datagen, kinesis-get, or files (cat) */
	STAGE_FANOUT,
	STAGE_WINDOW,
	STAGE_SINK, /* kinesis-put */
};

enum { STAGE_NONE = -1 };

/*
 * A process.  Its standard input is what the stage `from` writes, or the file
 * `input`; its standard output goes to whoever has it as `from`, else to the
 * file `output`.  A fanout has as many outputs as stages have it as `from`,
 * each named behind its argv by whoever runs or prints the plan; any other
 * stage is the `from` of one at the most.
 */
struct stage {
	enum stage_role role;
	char *name;        /* "sensors", "avg_by_sensor": one among its role */
	char **argv;       /* to its NULL; argv[0]: the program */
	int from;          /* index of an earlier stage, or STAGE_NONE */
	const char *input; /* "-": standard input of the run; NULL: /dev/null */
	const char *output; /* "-": standard output of the run; a file is
	                     * appended to; NULL: nobody reads, /dev/null */
};

/* Sources first, each followed by what hangs on it, depth first. */
struct plan {
	struct stage *stage;
	size_t nstages;
};

void plan_free(struct plan *);

/* A stage's name as the name of a file: without slashes, and not hidden. */
void plan_add_file(struct buf *, const char *name);

#endif
