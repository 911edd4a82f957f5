/* sigpipe - holds SIGPIPE back while a library writes to sockets.
 * SPDX-License-Identifier: ISC */
#include "aws/sigpipe.h"

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
	pthread_sigmask(SIG_BLOCK, &pipe_only, &s->mask);
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
	pthread_sigmask(SIG_SETMASK, &s->mask, NULL);
}
