/* words - a command line split as a shell splits it, without a shell.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_WORDS_H
#define AWS_WORDS_H

#include <stddef.h>

#include "lib/span.h"

/* All zero is empty.  argv is owned and ended by NULL. */
struct words {
	char **argv;
	size_t n;
};

/*
 * Words are separated by blanks; within '...' all is literal, within "..." a
 * backslash takes '"' and '\' literally, outside it takes any character:
 * Python's shlex.split(), which botocore uses. No variables, no globs, no
 * operators.  -1: no word, a quote left open, a NUL byte, or out of memory.
 */
int words_split(struct span command, struct words *);
void words_free(struct words *); /* wipes */

#endif
