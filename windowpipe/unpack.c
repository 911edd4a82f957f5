/* unpack - a packed file's bytes, from a process of gzip.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/wait.h>
#include <unistd.h>

#include "windowpipe/spawn.h"

enum { GZIP_WARNING = 2 };

int
unpack_open(struct unpack *u, const char *name)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), out[2] = { -1, -1 };
	int error;

	*u = (struct unpack){ .fd = -1, .pid = -1, .pidfd = -1 };
	if (null != -1 && pipe2(out, O_CLOEXEC) == 0)
		u->pid = spawn(&(struct spawn){ .path = "gzip",
				   .argv = (const char *[]){ "gzip", "-cd",
				       "--", name, NULL },
				   .in = null,
				   .out = out[1],
				   .err = STDERR_FILENO,
				   .ends_with_us = true },
		    &u->pidfd);
	error = errno;
	if (null != -1)
		(void)close(null);
	if (out[1] != -1)
		(void)close(out[1]); /* nothing of ours was written */
	if (u->pid == -1 && out[0] != -1)
		(void)close(out[0]);
	else
		u->fd = out[0];
	errno = error;
	return u->pid == -1 ? -1 : 0;
}

int
unpack_close(struct unpack *u, bool at_end)
{
	int status = 0;
	pid_t pid;

	if (u->pid == -1)
		return 0;
	(void)close(u->fd); /* it was only read */
	if (u->pidfd != -1)
		(void)close(u->pidfd);
	do
		pid = waitpid(u->pid, &status, 0);
	while (pid == -1 && errno == EINTR);
	*u = (struct unpack){ .fd = -1, .pid = -1, .pidfd = -1 };
	if (!at_end || (pid > 0 && WIFEXITED(status) &&
			   (WEXITSTATUS(status) == 0 ||
			       WEXITSTATUS(status) == GZIP_WARNING)))
		return 0;
	return -1;
}
