/* spawn - starts a process of a pipeline.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_SPAWN_H
#define WINDOWPIPE_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct spawn {
	const char *path; /* with a slash, or found in PATH */
	const char *const *argv;
	char *const *env; /* NULL: as ours */
	int in, out, err;
	const int *keep; /* are open in it under the same numbers */
	size_t nkeep;
	bool ends_with_us; /* SIGTERM, when we have gone */
	bool dies_with_us; /* SIGKILL instead */
	bool holds_term;   /* SIGTERM waits for its signals_open() */
};

/*
 * Starts it.  The terminal's Ctrl-C, SIGQUIT and SIGHUP are not for it;
 * SIGPIPE kills it whatever it is here.  Returns its number, or -1 with errno,
 * of exec(2) too.  *pidfd is a descriptor that turns readable at its end, -1
 * where the system has none.
 */
pid_t spawn(const struct spawn *, int *pidfd);

#endif
