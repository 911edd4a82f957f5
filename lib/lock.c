/* lock - a file that one process at a time has, whatever becomes of it.
 * SPDX-License-Identifier: ISC */
#include "lib/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/file.h"
#include "lib/take.h"

enum { AGAIN_MS = 10, TEXT_BYTES = 48 };

/* The number that the holder of the lock has written there; 0: none. */
static long
holder_of(int fd)
{
	char text[24] = "";
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	long pid = 0;

	for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9'; i++)
		pid = pid * 10 + (text[i] - '0');
	return pid;
}

/* Whether the file that is locked is still the one of that name. */
static bool
is_current(const struct lock *l, const char *name)
{
	struct stat ours, there;

	return fstat(l->fd, &ours) == 0 && stat(name, &there) == 0 &&
	       ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

void
lock_note(const struct lock *l, uint64_t number)
{
	char text[TEXT_BYTES];
	/* As long as what is there, so that it needs no room. */
	int n = snprintf(text, sizeof text, "%-10ld\n%-20" PRIu64 "\n",
	    (long)getpid(), number);

	/* Without it the lock holds as well. */
	(void)!pwrite(l->fd, text, (size_t)n, 0);
}

/* Once; true where it is ours. */
static bool
try(struct lock *l, const char *name, long *holder)
{
	int error;

	l->fd = open(
	    name, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY, 0666);
	if (l->fd == -1)
		return false;
	if (flock(l->fd, LOCK_EX | LOCK_NB) == 0) {
		/* Its holder may have removed it just now. */
		if (is_current(l, name))
			return true;
		errno = EAGAIN;
	}
	error = errno;
	*holder = error == EWOULDBLOCK ? holder_of(l->fd) : 0;
	(void)close(l->fd);
	l->fd = -1;
	errno = error;
	return false;
}

int
lock_take(struct lock *l, const char *name, int64_t wait_ms, long *holder)
{
	int64_t until = clock_mono_ms() + wait_ms;
	int error;

	buf_add_text(&l->name, name);
	if (buf_text(&l->name) == NULL) {
		errno = ENOMEM;
		return -1;
	}
	while (!try(l, name, holder)) {
		error = errno;
		if (error != EWOULDBLOCK || clock_mono_ms() >= until) {
			buf_free(&l->name);
			errno = error;
			return -1;
		}
		(void)poll(NULL, 0, AGAIN_MS);
	}
	lock_note(l, 0);
	return 0;
}

uint64_t
lock_noted(const char *name)
{
	struct buf text = { 0 };
	uint64_t number = 0;
	struct span s, line;

	if (file_read(name, TEXT_BYTES, &text) == 0) {
		s = buf_span(&text);
		if (take_part(&s, '\n', &line))
			(void)take_number(&s, &number);
	}
	buf_free(&text);
	return number;
}

void
lock_drop(struct lock *l)
{
	/* The name first: who opens it afterwards makes a new one. */
	if (l->fd != -1 && is_current(l, l->name.p))
		(void)unlink(l->name.p);
	if (l->fd != -1)
		(void)close(l->fd);
	buf_free(&l->name);
	lock_init(l);
}
