/* full - a disk that is full now and then; to be preloaded.
 * SPDX-License-Identifier: ISC
 *
 * While the file FULL_WHEN is there, FULL_SHARE of a thousand calls that need
 * room below the folder FULL_BELOW fail with ENOSPC, a write half-way: making
 * files and folders, writing, syncing, renaming.  Paths are absolute.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/preload/real.h"

/* True: errno is ENOSPC. */
static bool
is_full(const char *path)
{
	const char *below = getenv("FULL_BELOW"), *when = getenv("FULL_WHEN"),
		   *share = getenv("FULL_SHARE");
	int error = errno;
	uint32_t drawn;
	bool full = below != NULL && when != NULL && share != NULL &&
	            strncmp(path, below, strlen(below)) == 0 &&
	            access(when, F_OK) == 0 &&
	            getrandom(&drawn, sizeof drawn, 0) == sizeof drawn &&
	            drawn % 1000 < (uint32_t)atoi(share);

	errno = full ? ENOSPC : error;
	return full;
}

static bool
is_full_at(int fd)
{
	char link[64], path[PATH_MAX];
	int error = errno;
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	errno = error;
	path[n < 0 ? 0 : n] = '\0';
	return is_full(path);
}

/* --- names ---------------------------------------------------------------- */

static int
make(int dir, const char *name, int flags, mode_t mode)
{
	struct stat st;
	REAL(openat);

	if ((flags & O_CREAT) != 0 && fstatat(dir, name, &st, 0) == -1 &&
	    (dir == AT_FDCWD ? is_full(name) : is_full_at(dir)))
		return -1;
	return real(dir, name, flags, mode);
}

#include "tests/preload/opening.h"

int
mkdir(const char *name, mode_t mode)
{
	struct stat st;
	REAL(mkdir);

	if (stat(name, &st) == -1 && is_full(name))
		return -1;
	return real(name, mode);
}

int
rename(const char *from, const char *to)
{
	REAL(rename);
	return is_full(to) ? -1 : real(from, to);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	REAL(renameat);
	return is_full_at(to_dir) ? -1 : real(from_dir, from, to_dir, to);
}

/* --- bytes ---------------------------------------------------------------- */

ssize_t
write(int fd, const void *p, size_t n)
{
	REAL(write);
	if (n == 0 || !is_full_at(fd))
		return real(fd, p, n);
	return n == 1 ? -1 : real(fd, p, n / 2);
}

ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	REAL(pwrite);
	if (n == 0 || !is_full_at(fd))
		return real(fd, p, n, at);
	return n == 1 ? -1 : real(fd, p, n / 2, at);
}

int
fsync(int fd)
{
	REAL(fsync);
	return is_full_at(fd) ? -1 : real(fd);
}

int
fdatasync(int fd)
{
	REAL(fdatasync);
	return is_full_at(fd) ? -1 : real(fd);
}
