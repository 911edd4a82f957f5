/* spawn - a child with its descriptors, its signals, and news of its exec(2).
 * SPDX-License-Identifier: ISC */
#include "windowpipe/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/signals.h"

/* Only what is safe after fork(). */
static void
be_stage(const struct spawn *s, pid_t parent)
{
	int end = s->dies_with_us ? SIGKILL : s->ends_with_us ? SIGTERM : 0;

	if (end != 0 && prctl(PR_SET_PDEATHSIG, end) == -1)
		return;
	/* It may have gone before we could ask. */
	if (end != 0 && getppid() != parent) {
		errno = ESRCH;
		return;
	}
	if (signal(SIGINT, SIG_IGN) == SIG_ERR ||
	    signal(SIGQUIT, SIG_IGN) == SIG_ERR ||
	    signal(SIGHUP, SIG_IGN) == SIG_ERR ||
	    signal(SIGPIPE, SIG_DFL) == SIG_ERR)
		return;
	if (s->holds_term && signals_hold_term() == -1)
		return;
	for (size_t i = 0; i < s->nkeep; i++)
		if (fcntl(s->keep[i], F_SETFD, 0) == -1)
			return;
	/* All of ours are above 2: none is overwritten before it is copied. */
	if (dup2(s->in, STDIN_FILENO) == -1 ||
	    dup2(s->out, STDOUT_FILENO) == -1 ||
	    dup2(s->err, STDERR_FILENO) == -1)
		return;
	(void)execvpe(s->path, (char *const *)(const void *)s->argv,
	    s->env != NULL ? s->env : environ);
}

pid_t
spawn(const struct spawn *s, int *pidfd)
{
	pid_t parent = getpid(), pid;
	int news[2], error = 0;
	ssize_t n;

	if (pipe2(news, O_CLOEXEC) == -1)
		return -1;
	pid = fork();
	if (pid == 0) {
		be_stage(s, parent);
		error = errno;
		/* Whoever cannot be told sees that we end with 127. */
		n = write(news[1], &error, sizeof error);
		_exit(n == (ssize_t)sizeof error ? 127 : 126);
	}
	if (pid == -1)
		error = errno;
	(void)close(news[1]); /* nothing of ours was written */
	do {
		n = pid == -1 ? 0 : read(news[0], &error, sizeof error);
	} while (n == -1 && errno == EINTR);
	(void)close(news[0]);
	if (error != 0) {
		while (pid > 0 && waitpid(pid, NULL, 0) == -1 && errno == EINTR)
			continue;
		errno = error;
		return -1;
	}
	/* Close-on-exec by itself. */
	*pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	return pid;
}
