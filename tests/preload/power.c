/* power - notes what a cut of the power would leave; to be preloaded.
 * SPDX-License-Identifier: ISC
 *
 * POWER_LOG is a file to which a line is appended for each step: "made PATH",
 * "renamed FROM TO KEPT" (before it is done; KEPT has what TO was, or is "-"),
 * "synced PATH BYTES" and "folder PATH" (after fsync(2)).  tests/property/
 * checkpoint undoes by them what was not synced.  Paths have no blanks.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "tests/preload/real.h"

static int
real_open(const char *name, int flags, mode_t mode)
{
	REAL(open);
	return real(name, flags, mode);
}

/* In one write(2), so that those of several processes do not mix. */
__attribute__((format(printf, 1, 2))) static void
note(const char *fmt, ...)
{
	const char *log = getenv("POWER_LOG");
	char line[3 * PATH_MAX + 64];
	int error = errno, fd, n;
	va_list args;

	if (log == NULL)
		return;
	va_start(args, fmt);
	n = vsnprintf(line, sizeof line, fmt, args);
	va_end(args);
	fd = real_open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd == -1 || write(fd, line, (size_t)n) != n)
		abort();
	(void)close(fd);
	errno = error;
}

static void
path_of(int fd, char path[PATH_MAX])
{
	char link[64];
	ssize_t n;

	(void)snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, PATH_MAX - 1);
	path[n < 0 ? 0 : n] = '\0';
}

static void
path_at(int dir, const char *name, char path[PATH_MAX])
{
	char folder[PATH_MAX];

	if (*name == '/') {
		(void)snprintf(path, PATH_MAX, "%s", name);
		return;
	}
	if (dir != AT_FDCWD)
		path_of(dir, folder);
	else if (getcwd(folder, sizeof folder) == NULL)
		abort();
	if (snprintf(path, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
		abort();
}

/* --- files are made ------------------------------------------------------- */

static int
make(int dir, const char *name, int flags, mode_t mode)
{
	char path[PATH_MAX];
	struct stat st;
	int is_new, fd;
	REAL(openat);

	is_new = (flags & O_CREAT) != 0 && fstatat(dir, name, &st, 0) == -1;
	path_at(dir, name, path);
	fd = real(dir, name, flags, mode);
	if (fd != -1 && is_new)
		note("made %s\n", path);
	return fd;
}

#include "tests/preload/opening.h"

int
mkdir(const char *name, mode_t mode)
{
	char path[PATH_MAX];
	int rc;
	REAL(mkdir);

	path_at(AT_FDCWD, name, path);
	rc = real(name, mode);
	if (rc == 0)
		note("made %s\n", path);
	return rc;
}

/* --- get other names ------------------------------------------------------ */

static void
note_rename(int from_dir, const char *from, int to_dir, const char *to)
{
	static int count;
	char path[2][PATH_MAX], kept[PATH_MAX];

	path_at(from_dir, from, path[0]);
	path_at(to_dir, to, path[1]);
	(void)snprintf(kept, sizeof kept, "%s.%ld.%d", getenv("POWER_LOG"),
	    (long)getpid(), count++);
	if (link(path[1], kept) == -1)
		strcpy(kept, "-");
	note("renamed %s %s %s\n", path[0], path[1], kept);
}

int
rename(const char *from, const char *to)
{
	REAL(rename);
	note_rename(AT_FDCWD, from, AT_FDCWD, to);
	return real(from, to);
}

int
renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	REAL(renameat);
	note_rename(from_dir, from, to_dir, to);
	return real(from_dir, from, to_dir, to);
}

/* --- and are synced ------------------------------------------------------- */

static int
synced(int fd, int rc, const struct stat *before)
{
	char path[PATH_MAX];

	path_of(fd, path);
	if (rc == 0 && S_ISDIR(before->st_mode))
		note("folder %s\n", path);
	else if (rc == 0)
		note("synced %s %lld\n", path, (long long)before->st_size);
	return rc;
}

int
fsync(int fd)
{
	struct stat st = { 0 };
	REAL(fsync);
	(void)fstat(fd, &st);
	return synced(fd, real(fd), &st);
}

int
fdatasync(int fd)
{
	struct stat st = { 0 };
	REAL(fdatasync);
	(void)fstat(fd, &st);
	return synced(fd, real(fd), &st);
}
