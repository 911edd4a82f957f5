/* branch - an INSERT, or a SELECT alone, becomes a chain of programs.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_BRANCH_H
#define WINDOWPIPE_BRANCH_H

#include "windowpipe/connector.h"
#include "windowpipe/query.h"

/* What SET and the command line say for the whole job. */
struct settings {
	const char *timezone;    /* NULL: UTC */
	int64_t idle_ms;         /* -1: no timeout */
	bool stands;             /* time stands until the rows end */
	const char *rejects;     /* file, or NULL */
	const char *stdin_table; /* whose rows are standard input, or NULL */
	const char
	    *stdout_table; /* whose rows go to standard output, or NULL */
};

/* source | window | window ... | sink */
struct branch {
	const struct sql_statement *statement;
	const char *name; /* of what it writes to */
	struct table *source;
	struct args *windows; /* owned, as all arguments are */
	size_t nwindows, window_cap;
	struct table *target; /* NULL: standard output */
	struct endpoint sink;
	struct branch *next;
};

/* NULL after errors; made in the script's arena. */
struct branch *branch_of(
    struct compiler *, const struct sql_statement *, const struct settings *);
void branch_free(struct branch *);

#endif
