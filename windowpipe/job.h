/* job - a file of Flink SQL becomes a plan.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_JOB_H
#define WINDOWPIPE_JOB_H

#include "windowpipe/branch.h"
#include "windowpipe/plan.h"

/* What the command line says of a job; NULL: not given. */
struct job_request {
	const char *path;
	const char *properties;   /* --properties */
	const char *rejects;      /* --rejects: for all stages that read rows */
	const char *stdin_table;  /* --stdin */
	const char *stdout_table; /* --stdout */
	bool elsewhere;           /* its files are on another machine */
	bool marks;               /* files are read by a source with marks */
};

/* All zero is empty.  The plan's texts, but for what it owns, are the job's. */
struct job {
	struct plan plan;
	const char *name; /* pipeline.name, or NULL */
	int64_t every_ms; /* execution.checkpointing.interval; 0: not set */
	struct script script;
	struct compiler compiler;
	struct settings settings;
	struct branch *branches; /* one for each INSERT */
};

/*
 * Reads and checks the whole job; nothing is started, no file is made.  Returns
 * 0, or -1 after all errors have been printed (status 2).  job_free() is due in
 * either case.
 */
int job_load(struct job *, const struct job_request *);
void job_free(struct job *);

/* Prints what Flink would do with parts of the text that have no meaning here.
 */
void job_tell_notes(const struct job *);

#endif
