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

static int
begin(struct unpack *u, int in, int err, const char *const *argv)
{
	int out[2] = { -1, -1 }, error;

	*u = (struct unpack){ .fd = -1, .pid = -1, .pidfd = -1 };
	if (pipe2(out, O_CLOEXEC) == 0)
		u->pid = spawn(&(struct spawn){ .path = "gzip",
				   .argv = argv,
				   .in = in,
				   .out = out[1],
				   .err = err,
				   .ends_with_us = true },
		    &u->pidfd);
	error = errno;
	if (out[1] != -1)
		(void)close(out[1]); /* nothing of ours was written */
	if (u->pid == -1 && out[0] != -1)
		(void)close(out[0]);
	else
		u->fd = out[0];
	errno = error;
	return u->pid == -1 ? -1 : 0;
}

/* With /dev/null for what it does not use. */
static int
begin_beside_null(struct unpack *u, int in, int err, const char *const *argv)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC), rc, error;

	if (null == -1)
		return -1;
	rc = begin(u, in == -1 ? null : in, err == -1 ? null : err, argv);
	error = errno;
	(void)close(null);
	errno = error;
	return rc;
}

int
unpack_open(struct unpack *u, const char *name)
{
	const char *const argv[] = { "gzip", "-cd", "--", name, NULL };

	*u = (struct unpack){ .fd = -1, .pid = -1, .pidfd = -1 };
	return begin_beside_null(u, -1, STDERR_FILENO, argv);
}

int
unpack_open_fd(struct unpack *u, int fd)
{
	static const char *const argv[] = { "gzip", "-cd", NULL };

	*u = (struct unpack){ .fd = -1, .pid = -1, .pidfd = -1 };
	if (lseek(fd, 0, SEEK_SET) == -1)
		return -1;
	return begin_beside_null(u, fd, -1, argv);
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
	errno = WIFEXITED(status) ? EBADMSG : EIO;
	return -1;
}
