/* trail - a file that is followed, whatever its name is by now.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/trail.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/counts.h"
#include "lib/crc.h"
#include "lib/signals.h"
#include "windowpipe/position.h"
#include "windowpipe/unpack.h"

enum {
	NUMBERS = 9,
	BLOCK_BYTES = 64 * 1024,
};

int
trail_open(struct trail *t, const char *name, uint64_t dev, uint64_t inode)
{
	/* A FIFO's writer is not waited for. */
	int fd = open(name, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	char *copy = NULL;
	struct stat st;
	int error = 0;

	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1)
		error = errno;
	else if (!S_ISREG(st.st_mode))
		error = S_ISDIR(st.st_mode) ? EISDIR : ESPIPE;
	else if (inode != 0 &&
		 ((uint64_t)st.st_ino != inode || (uint64_t)st.st_dev != dev))
		error = ESTALE;
	else if ((copy = strdup(name)) == NULL)
		error = ENOMEM;
	if (error != 0) {
		(void)close(fd); /* it was only read */
		errno = error;
		return -1;
	}
	if (t->name == NULL)
		t->changed_ns = (int64_t)st.st_mtim.tv_sec * 1000000000 +
		                st.st_mtim.tv_nsec;
	trail_close(t);
	free(t->name);
	t->name = copy;
	t->fd = fd;
	t->state = TRAIL_LIVE;
	t->packed = position_is_packed(copy); /* name may have been its own */
	t->dev = (uint64_t)st.st_dev;
	t->inode = (uint64_t)st.st_ino;
	t->size = UINT64_MAX; /* it has not been looked at */
	return 0;
}

void
trail_close(struct trail *t)
{
	if (t->fd != -1)
		(void)close(t->fd); /* it was only read */
	t->fd = -1;
}

void
trail_free(struct trail *t)
{
	trail_close(t);
	free(t->name);
	free(t->copy);
	*t = (struct trail){ .fd = -1 };
}

/* --- its bytes ------------------------------------------------------------ */

void
trail_advance(struct trail *t, const char *window, uint64_t start, uint64_t to)
{
	size_t n = to < TRAIL_SUM ? (size_t)to : TRAIL_SUM;

	if (start == 0)
		t->head = crc64_add(0, window, n);
	t->tail = crc64_add(0, window + (to - n - start), n);
	t->offset = to;
	t->scanned = 0;
}

/* All n bytes: 1, 0 where they are not there, or -1 with errno. */
static int
read_at(int fd, char *to, size_t n, uint64_t at)
{
	while (n > 0) {
		ssize_t got = pread(fd, to, n, (off_t)at);

		if (got == -1 && errno == EINTR)
			continue;
		if (got <= 0)
			return (int)got;
		to += got;
		at += (uint64_t)got;
		n -= (size_t)got;
	}
	return 1;
}

static int
is_in_plain(const struct trail *t, int fd)
{
	size_t n = t->offset < TRAIL_SUM ? (size_t)t->offset : TRAIL_SUM;
	char bytes[TRAIL_SUM] = { 0 };
	int rc = read_at(fd, bytes, n, 0);

	if (rc != 1 || crc64_add(0, bytes, n) != t->head)
		return rc == -1 ? -1 : 0;
	rc = read_at(fd, bytes, n, t->offset - n);
	return rc != 1 ? rc : crc64_add(0, bytes, n) == t->tail;
}

/* The bytes from `from` to `to` of those that stand at `at`. */
static uint64_t
add_range(uint64_t sum, const char *p, size_t n, uint64_t at, uint64_t from,
    uint64_t to)
{
	uint64_t a = at > from ? at : from, z = at + n < to ? at + n : to;

	return a < z ? crc64_add(sum, p + (a - at), (size_t)(z - a)) : sum;
}

static int
is_in_packed(const struct trail *t, int fd)
{
	uint64_t n = t->offset < TRAIL_SUM ? t->offset : TRAIL_SUM;
	uint64_t head = 0, tail = 0, at = 0;
	char *block = malloc(BLOCK_BYTES);
	struct unpack u;
	ssize_t got = -1;

	if (block == NULL || unpack_open_fd(&u, fd) == -1) {
		free(block);
		return -1;
	}
	while (at < t->offset && signals_stop() == 0 &&
	       ((got = read(u.fd, block, BLOCK_BYTES)) > 0 ||
		   (got == -1 && errno == EINTR))) {
		size_t some = got > 0 ? (size_t)got : 0;

		head = add_range(head, block, some, at, 0, n);
		tail =
		    add_range(tail, block, some, at, t->offset - n, t->offset);
		at += some;
	}
	free(block);
	/* Where gzip was killed nobody knows. */
	if (unpack_close(&u, got == 0) == -1 && errno != EBADMSG)
		return -1;
	return at >= t->offset && head == t->head && tail == t->tail;
}

int
trail_is_in(const struct trail *t, int fd, bool packed)
{
	if (t->offset == 0)
		return 1;
	return packed ? is_in_packed(t, fd) : is_in_plain(t, fd);
}

int
trail_is_copied_in(const struct trail *t, int fd, bool packed)
{
	struct trail whole = { .fd = -1 };
	char bytes[TRAIL_SUM] = { 0 };
	struct stat st;
	size_t n;
	int rc;

	if (fstat(t->fd, &st) == -1)
		return -1;
	if (st.st_size == 0 || t->packed)
		return 0;
	whole.offset = (uint64_t)st.st_size;
	n = whole.offset < TRAIL_SUM ? (size_t)whole.offset : TRAIL_SUM;
	rc = read_at(t->fd, bytes, n, 0);
	whole.head = crc64_add(0, bytes, n);
	if (rc == 1)
		rc = read_at(t->fd, bytes, n, whole.offset - n);
	whole.tail = crc64_add(0, bytes, n);
	return rc == 1 ? trail_is_in(&whole, fd, packed) : rc;
}

/* --- as bytes of a part --------------------------------------------------- */

void
trail_write(const struct trail *t, struct buf *b)
{
	uint64_t flags = (uint64_t)t->packed | (uint64_t)t->moved << 1 |
	                 (uint64_t)t->torn << 2 |
	                 (uint64_t)(t->size == UINT64_MAX) << 3;

	counts_add(b,
	    (uint64_t[NUMBERS]){ t->inode, t->dev,
		t->size == UINT64_MAX ? 0 : t->size, (uint64_t)t->changed_ns,
		t->offset, t->head, t->tail, flags, strlen(t->name) },
	    NUMBERS);
	buf_add_text(b, t->name);
	buf_add_char(b, '\n');
}

int
trail_read(struct trail *t, struct span *in)
{
	uint64_t v[NUMBERS];

	*t = (struct trail){ .fd = -1, .state = TRAIL_SOUGHT };
	if (counts_take(in, v, NUMBERS) == -1 || v[8] == 0 || v[8] >= in->n ||
	    in->p[v[8]] != '\n' || memchr(in->p, '\0', v[8]) != NULL)
		return -1;
	t->name = strndup(in->p, v[8]);
	*in = (struct span){ in->p + v[8] + 1, in->n - v[8] - 1 };
	t->inode = v[0];
	t->dev = v[1];
	t->size = (v[7] & 8) != 0 ? UINT64_MAX : v[2];
	t->changed_ns = (int64_t)v[3];
	t->offset = v[4];
	t->head = v[5];
	t->tail = v[6];
	t->packed = (v[7] & 1) != 0;
	t->moved = (v[7] & 2) != 0;
	t->torn = (v[7] & 4) != 0;
	return t->name == NULL ? -1 : 0;
}
