/* options - the command line of windowpipe.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_OPTIONS_H
#define WINDOWPIPE_OPTIONS_H

#include "lib/opt.h"

struct options {
	struct opt_common common;
	const char *command;      /* the first operand, or NULL */
	const char *job;          /* the second, or NULL */
	const char *properties;   /* file, or NULL */
	const char *stdin_table;  /* table, or NULL */
	const char *stdout_table; /* table, or NULL */
};

/* Returns 0, or -1 after saying what is wrong. */
int options_parse(struct options *, int argc, char **argv);

#endif
