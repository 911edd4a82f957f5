/* args - a command line while it is made.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_ARGS_H
#define WINDOWPIPE_ARGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* All zero is empty; the texts are owned.  After a lack of memory failed is
 * set, and adding does nothing. */
struct args {
	char **arg; /* n of them, and a NULL */
	size_t n, cap;
	bool failed;
};

void args_free(struct args *);
void args_add(struct args *, const char *text);
void args_add_option(struct args *, const char *option, const char *value);

/* A duration in the largest unit that it is whole in: "90s", "2m", "250ms". */
void args_add_duration(struct args *, const char *option, int64_t ms);

#endif
