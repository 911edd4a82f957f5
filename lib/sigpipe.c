/* sigpipe - holds SIGPIPE back while something else than results is written.
 * SPDX-License-Identifier: ISC */
#include "lib/sigpipe.h"

#include <errno.h>
#include <stddef.h>
#include <time.h>

static bool
is_pending(void)
{
	sigset_t pending;

	return sigpending(&pending) == 0 && sigismember(&pending, SIGPIPE) == 1;
}

static void
only_pipe(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGPIPE);
}

void
sigpipe_hold(struct sigpipe *s)
{
	sigset_t pipe_only;

	only_pipe(&pipe_only);
	s->pending = is_pending();
	/* Fails for a wrong "how" only, and that is a constant. */
	sigprocmask(SIG_BLOCK, &pipe_only, &s->mask);
}

void
sigpipe_let_go(const struct sigpipe *s)
{
	static const struct timespec at_once;
	sigset_t pipe_only;

	only_pipe(&pipe_only);
	if (!s->pending && is_pending())
		while (sigtimedwait(&pipe_only, NULL, &at_once) == -1 &&
		       errno == EINTR)
			continue;
	sigprocmask(SIG_SETMASK, &s->mask, NULL);
}
