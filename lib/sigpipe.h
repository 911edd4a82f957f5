/* sigpipe - holds SIGPIPE back while something else than results is written.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_SIGPIPE_H
#define LIB_SIGPIPE_H

#include <signal.h>
#include <stdbool.h>

/*
 * The signal stays as the program was given it: stdout may die by it.  Between
 * hold and let_go it is blocked, and one that a message or a socket caused
 * meanwhile is swallowed.
 */
struct sigpipe {
	sigset_t mask; /* to be restored */
	bool pending;  /* before: not ours to swallow */
};

void sigpipe_hold(struct sigpipe *);
void sigpipe_let_go(const struct sigpipe *);

#endif
