/* options - the command line of windowpipe.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_OPTIONS_H
#define WINDOWPIPE_OPTIONS_H

#include "lib/opt.h"

struct options {
	struct opt_common common;
	const char *command; /* the first operand, or NULL */
	const char *job;     /* the second, or NULL */
};

/* Returns 0, or -1 after saying what is wrong. */
int options_parse(struct options *, int argc, char **argv);

#endif
