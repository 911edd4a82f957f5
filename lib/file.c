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
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	return fd == -1 ? -1 : file_close(fd, file_read_fd(fd, max, b));
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

int
file_close(int fd, int rc)
{
	int error = errno;

	if (close(fd) == -1 && rc == 0)
		return -1;
	errno = error;
	return rc;
}

void
file_drop(const char *name)
{
	int error = errno;

	(void)unlink(name); /* it is gone, or will be written over */
	errno = error;
}

/* synced: the bytes are on disk before they have the name.  name NULL: a trial,
 * which leaves nothing. */
static int
put(const char *name, const char *beside, mode_t mode, struct span bytes,
    bool synced)
{
	int fd = file_make(beside, mode), rc;

	if (fd == -1)
		return -1;
	rc = file_write(fd, bytes);
	if (rc == 0 && synced)
		rc = fsync(fd);
	rc = file_close(fd, rc);
	if (rc == 0 && name != NULL)
		rc = rename(beside, name);
	if (rc == -1 || name == NULL)
		file_drop(beside);
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

	if (lstat(name, &st) == 0 && !S_ISREG(st.st_mode)) {
		errno = EINVAL;
		return "not a regular file";
	}
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
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return -1;
	/* Some file systems have no such thing. */
	return file_close(fd, fsync(fd) == -1 && errno != EINVAL ? -1 : 0);
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
