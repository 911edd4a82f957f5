/* spool - lines on disk before they are sent: opening, closing, what is there.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/spool.h"

#include <dirent.h>
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

/* Which records of a segment are done with, by its notes. */
static int
read_notes(struct spool *s, struct segment *g)
{
	char name[SPOOL_NAME_BYTES], note[WAL_NOTE_BYTES];
	size_t bits = g->end - g->first;
	off_t good = 0;
	uint32_t first, n;
	int fd;

	g->done = calloc(bits / 8 + 1, 1);
	if (g->done == NULL) {
		errno = ENOMEM;
		return -1;
	}
	spool_segment_name(name, g->first, "done");
	fd = openat(s->dir, name, O_RDWR | O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	while (pread(fd, note, sizeof note, good) == sizeof note &&
	       wal_read_note(note, &first, &n) == 0) {
		for (uint64_t i = first; i < (uint64_t)first + n && i < bits;
		     i++)
			g->done[i / 8] |= (uint8_t)(1 << i % 8);
		good += WAL_NOTE_BYTES;
	}
	/* Half a note would hide those that come behind it. */
	n = ftruncate(fd, good) == -1;
	close(fd);
	return n == 0 ? 0 : -1;
}

/* What is not whole at a segment's end was never promised to anybody. */
static void
cut_tail(struct spool *s, const struct segment *g, uint64_t good)
{
	char name[SPOOL_NAME_BYTES], quoted[DIAG_QUOTE_MAX];
	int fd;

	diag_warn(NULL,
	    "the spool %s: %" PRIu64 " bytes at the end of a "
	    "segment are no whole line and are cut",
	    diag_quote(quoted, span_of(s->name)), g->bytes - good);
	spool_segment_name(name, g->first, "seg");
	fd = openat(s->dir, name, O_WRONLY | O_CLOEXEC);
	if (fd != -1) {
		/* If it stays it is said again, and nothing else. */
		(void)!ftruncate(fd, (off_t)good);
		close(fd);
	}
}

/* Counts a segment's records; what is damaged is said. */
static int
survey(struct spool *s, struct segment *g)
{
	char quoted[DIAG_QUOTE_MAX];
	struct spool_reader r;
	struct wal_record one;
	int got;

	if (spool_reader_open(&r, s->dir, g) == -1)
		return -1;
	g->end = g->first;
	while ((got = spool_reader_next(&r, &one)) == 1) {
		g->n++;
		g->end = one.seq + 1;
	}
	if (r.bad > 0) {
		s->damaged += r.bad;
		diag_error(NULL,
		    "the spool %s: %" PRIu64 " bytes within a "
		    "segment are damaged; what they held is lost",
		    diag_quote(quoted, span_of(s->name)), r.bad);
	}
	if (got == 0 && r.skipping > 0) {
		cut_tail(s, g, r.good);
		g->bytes = r.good;
	}
	spool_reader_close(&r);
	if (got == -1 || read_notes(s, g) == -1)
		return -1;
	for (uint64_t i = 0; i < g->end - g->first; i++)
		g->settled += g->done[i / 8] >> i % 8 & 1;
	return 0;
}

static int
by_first(const void *a, const void *b)
{
	uint64_t x = ((const struct segment *)a)->first;
	uint64_t y = ((const struct segment *)b)->first;

	return (x > y) - (x < y);
}

/*
 * Without a head a segment is one if there is a record in it: then the head was
 * damaged later, for it is written first.
 */
static int
has_records(struct spool *s, const struct segment *g)
{
	char quoted[DIAG_QUOTE_MAX];
	struct spool_reader r;
	struct wal_record one;
	int got;

	if (spool_reader_open(&r, s->dir, g) == -1)
		return -1;
	got = spool_reader_next(&r, &one);
	spool_reader_close(&r);
	if (got != 1)
		return got;
	s->damaged += WAL_HEAD_BYTES;
	diag_error(NULL,
	    "the spool %s: the head of a segment is damaged; its lines are "
	    "read all the same",
	    diag_quote(quoted, span_of(s->name)));
	return 1;
}

/* The segment of that name, if it is one; its records are counted later. */
static int
add_segment(struct spool *s, const char *name)
{
	char want[SPOOL_NAME_BYTES], head[WAL_HEAD_BYTES];
	struct segment new = { .first = strtoull(name, NULL, 10) }, *g;
	uint64_t in_head;
	struct stat st;
	ssize_t n;
	int fd, is_one = 1;

	spool_segment_name(want, new.first, "seg");
	if (strcmp(name, want) != 0)
		return 0;
	fd = openat(s->dir, name, O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	n = pread(fd, head, sizeof head, 0);
	if (fstat(fd, &st) == -1)
		n = -1;
	close(fd);
	if (n == -1)
		return -1;
	if (wal_read_head((struct span){ head, (size_t)n }, &in_head) == -1 ||
	    in_head != new.first)
		is_one = has_records(s, &new);
	if (is_one != 1)
		return is_one;
	g = realloc(s->seg, (s->nseg + 1) * sizeof *g);
	if (g == NULL) {
		errno = ENOMEM;
		return -1;
	}
	new.bytes = (uint64_t)st.st_size;
	s->seg = g;
	s->cap = s->nseg + 1;
	s->seg[s->nseg++] = new;
	return 0;
}

static int
find_segments(struct spool *s)
{
	int fd = openat(s->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *d = fd == -1 ? NULL : fdopendir(fd);
	struct dirent *e;
	int rc = 0;

	if (d == NULL) {
		if (fd != -1)
			close(fd);
		return -1;
	}
	while (rc == 0 && (e = readdir(d)) != NULL)
		rc = add_segment(s, e->d_name);
	closedir(d);
	if (s->nseg > 1)
		qsort(s->seg, s->nseg, sizeof *s->seg, by_first);
	return rc;
}

static enum status
look(struct spool *s)
{
	s->next_seq = 1;
	if (find_segments(s) == -1) {
		spool_fail(s, "list");
		return STATUS_SYSTEM;
	}
	for (size_t i = 0; i < s->nseg;) {
		struct segment *g = &s->seg[i];

		if (survey(s, g) == -1) {
			spool_fail(s, "read");
			return STATUS_SYSTEM;
		}
		s->bytes += g->bytes;
		if (g->end > s->next_seq)
			s->next_seq = g->end;
		s->resumed += g->n - g->settled;
		if (g->settled >= g->n)
			spool_remove(s, i);
		else
			i++;
	}
	s->spooled = s->unread = s->resumed;
	return s->damaged > 0 ? STATUS_DATA : STATUS_OK;
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
	return status == STATUS_OK ? look(s) : status;
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
