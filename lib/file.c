/* file - small files: read whole, and replaced so that nobody sees a part.
 * SPDX-License-Identifier: ISC */
#include "lib/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PIECE_BYTES = 16384 };

int
file_read_fd(int fd, size_t max, struct buf *b)
{
	ssize_t n;

	do {
		char *room = buf_room(b, PIECE_BYTES);

		if (room == NULL) {
			errno = ENOMEM;
			return -1;
		}
		n = read(fd, room, PIECE_BYTES);
		if (n > 0)
			b->n += (size_t)n;
		if (b->n > max) {
			errno = EFBIG;
			return -1;
		}
	} while (n > 0 || (n == -1 && errno == EINTR));
	return n == 0 ? 0 : -1;
}

int
file_read(const char *name, size_t max, struct buf *b)
{
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY), rc, error;

	if (fd == -1)
		return -1;
	rc = file_read_fd(fd, max, b);
	error = errno;
	(void)close(fd); /* nothing was written: nothing can be lost */
	errno = error;
	return rc;
}

int
file_make(const char *name, mode_t mode)
{
	if (unlink(name) == -1 && errno != ENOENT)
		return -1;
	return open(
	    name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode);
}

int
file_write(int fd, struct span s)
{
	while (s.n > 0) {
		ssize_t n = write(fd, s.p, s.n);

		if (n == -1 && errno != EINTR)
			return -1;
		if (n > 0)
			s = (struct span){ s.p + n, s.n - (size_t)n };
	}
	return 0;
}

/* synced: the bytes are on disk before they have the name.  name NULL: a trial,
 * which leaves nothing. */
static int
put(const char *name, const char *beside, mode_t mode, struct span bytes,
    bool synced)
{
	int fd = file_make(beside, mode), rc, error;

	if (fd == -1)
		return -1;
	rc = file_write(fd, bytes);
	if (rc == 0 && synced)
		rc = fsync(fd);
	error = errno;
	/* Some file systems report a full disk only here. */
	if (close(fd) == -1 && rc == 0) {
		rc = -1;
		error = errno;
	}
	if (rc == 0 && name != NULL) {
		rc = rename(beside, name);
		error = errno;
	}
	if (rc == -1 || name == NULL)
		(void)unlink(beside); /* that it is gone is enough */
	errno = error;
	return rc;
}

int
file_replace(
    const char *name, const char *beside, mode_t mode, struct span bytes)
{
	return put(name, beside, mode, bytes, false);
}

const char *
file_try_replace(const char *name, const char *beside)
{
	struct stat st;

	if (lstat(name, &st) == 0 && !S_ISREG(st.st_mode))
		return "not a regular file";
	if (put(NULL, beside, 0666, (struct span){ 0 }, false) == -1)
		return strerror(errno);
	return NULL;
}

int
file_save(const char *name, const char *beside, mode_t mode, struct span bytes)
{
	if (put(name, beside, mode, bytes, true) == -1)
		return -1;
	return file_sync_name(name);
}

int
file_sync_folder(const char *folder)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), rc, error;

	if (fd == -1)
		return -1;
	/* Some file systems have no such thing. */
	rc = fsync(fd) == -1 && errno != EINVAL ? -1 : 0;
	error = errno;
	(void)close(fd);
	errno = error;
	return rc;
}

int
file_sync_name(const char *name)
{
	const char *slash = strrchr(name, '/');
	struct buf folder = { 0 };
	int rc = -1;

	if (slash == NULL)
		buf_add_char(&folder, '.');
	else
		buf_add(&folder, name, (size_t)(slash - name) + 1);
	if (buf_text(&folder) != NULL)
		rc = file_sync_folder(folder.p);
	else
		errno = ENOMEM;
	buf_free(&folder);
	return rc;
}
