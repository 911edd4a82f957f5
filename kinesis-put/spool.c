/* spool - lines on disk before they are sent: opening and closing.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int
spool_fail(struct spool *s, const char *what)
{
	char quoted[DIAG_QUOTE_MAX];

	s->error = errno == 0 ? EIO : errno;
	diag_error(NULL, "the spool %s: cannot %s: %s",
	    diag_quote(quoted, span_of(s->name)), what, strerror(s->error));
	return -1;
}

void
spool_segment_name(
    char out[SPOOL_NAME_BYTES], uint64_t first, const char *ending)
{
	snprintf(out, SPOOL_NAME_BYTES, "%020" PRIu64 ".%s", first, ending);
}

void
spool_remove(struct spool *s, size_t index)
{
	struct segment *g = &s->seg[index];
	char name[SPOOL_NAME_BYTES];

	if (index == s->reading)
		spool_reader_close(&s->reader);
	else if (index < s->reading)
		s->reading--;
	/*
	 * The notes go last: without the segment they mean nothing, without
	 * them it would be sent again.  A file that stays is found at the next
	 * start.
	 */
	spool_segment_name(name, g->first, "seg");
	(void)unlinkat(s->dir, name, 0);
	spool_segment_name(name, g->first, "done");
	(void)unlinkat(s->dir, name, 0);
	s->bytes -= g->bytes;
	if (s->again_ms != 0) /* there is room on a full disk again */
		s->again_ms = INT64_MIN;
	free(g->done);
	memmove(g, g + 1, (s->nseg - index - 1) * sizeof *g);
	s->nseg--;
}

/* --- opening ------------------------------------------------------------- */

static enum status
take_lock(struct spool *s)
{
	char quoted[DIAG_QUOTE_MAX];

	s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock == -1) {
		spool_fail(s, "open its lock");
		return STATUS_USAGE;
	}
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return STATUS_OK;
	if (errno != EWOULDBLOCK) {
		spool_fail(s, "lock");
		return STATUS_SYSTEM;
	}
	diag_error(NULL,
	    "another process uses the spool %s; give each "
	    "kinesis-put one of its own",
	    diag_quote(quoted, span_of(s->name)));
	return STATUS_USAGE;
}

/* A new spool is for identity from now on; its name is set last. */
static enum status
write_identity(struct spool *s, struct span identity)
{
	int fd = openat(s->dir, "stream.new",
	    O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	bool written;

	if (fd == -1) {
		spool_fail(s, "write to it");
		return STATUS_SYSTEM;
	}
	written = write(fd, identity.p, identity.n) == (ssize_t)identity.n &&
	          fsync(fd) == 0;
	if (close(fd) == 0 && written &&
	    renameat(s->dir, "stream.new", s->dir, "stream") == 0 &&
	    fsync(s->dir) == 0)
		return STATUS_OK;
	spool_fail(s, "write to it");
	return STATUS_SYSTEM;
}

static enum status
check_identity(struct spool *s, struct span identity)
{
	char text[4096], quoted[2][DIAG_QUOTE_MAX];
	int fd = openat(s->dir, "stream", O_RDONLY | O_CLOEXEC);
	ssize_t n;

	if (fd == -1 && errno == ENOENT)
		return write_identity(s, identity);
	n = fd == -1 ? -1 : read(fd, text, sizeof text);
	if (fd != -1)
		close(fd);
	if (n == -1) {
		spool_fail(s, "read what it is for");
		return STATUS_SYSTEM;
	}
	if (span_equal((struct span){ text, (size_t)n }, identity))
		return STATUS_OK;
	diag_error(NULL, "the spool %s is for %s; give another directory",
	    diag_quote(quoted[0], span_of(s->name)),
	    diag_quote(quoted[1], (struct span){ text, (size_t)n }));
	return STATUS_USAGE;
}

/*
 * The directory's own name is on disk before anything in it counts.  A parent
 * that we may not read has it from others.
 */
static void
sync_parent(const struct spool *s)
{
	int fd = openat(s->dir, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		return;
	(void)!fsync(fd);
	close(fd);
}

enum status
spool_open(struct spool *s, const char *name, struct span identity,
    uint64_t max_bytes, int64_t linger_ms)
{
	enum status status;

	*s = (struct spool){
		.name = name,
		.dir = -1,
		.lock = -1,
		.fd = -1,
		.max_bytes = max_bytes,
		.linger_ms = linger_ms,
		.reader = { .fd = -1 },
	};
	if (mkdir(name, 0700) == -1 && errno != EEXIST) {
		spool_fail(s, "make");
		return STATUS_USAGE;
	}
	s->dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir == -1) {
		spool_fail(s, "open");
		return STATUS_USAGE;
	}
	sync_parent(s);
	status = take_lock(s);
	if (status == STATUS_OK)
		status = check_identity(s, identity);
	return status == STATUS_OK ? spool_look(s) : status;
}

void
spool_close(struct spool *s)
{
	if (s->name == NULL)
		return;
	if (s->fd != -1)
		close(s->fd);
	spool_reader_close(&s->reader);
	/* What is done with to the last record need not be looked at again. */
	while (s->nseg > 0 && s->lock != -1 && s->error == 0 &&
	       s->seg[s->nseg - 1].settled >= s->seg[s->nseg - 1].n)
		spool_remove(s, s->nseg - 1);
	for (size_t i = 0; i < s->nseg; i++)
		free(s->seg[i].done);
	free(s->seg);
	free(s->run);
	buf_free(&s->pending);
	if (s->lock != -1)
		close(s->lock);
	if (s->dir != -1)
		close(s->dir);
	*s = (struct spool){ 0 };
}
