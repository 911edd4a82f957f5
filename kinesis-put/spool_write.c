/* spool_write - lines go to disk in groups; notes of what is done with.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { AGAIN_MS = 1000 }; /* between tries on a full disk */

/* Small spools have small segments, so that they can be emptied in parts. */
static uint64_t
segment_limit(const struct spool *s)
{
	return s->max_bytes / 8 < SPOOL_SEGMENT_BYTES ? s->max_bytes / 8
	                                              : SPOOL_SEGMENT_BYTES;
}

static void
stop_taking(struct spool *s, const char *why)
{
	if (!s->full)
		diag_warn(NULL,
		    "the spool is full: %s; reading stops until "
		    "lines are delivered",
		    why);
	s->full = true;
}

/*
 * Ends the last segment, so that its room is free as soon as all of it is done
 * with, which may be now.
 */
static void
end_segment(struct spool *s)
{
	const struct segment *g;

	if (s->fd == -1)
		return;
	close(s->fd);
	s->fd = -1;
	g = &s->seg[s->nseg - 1];
	if (g->settled >= g->n)
		spool_remove(s, s->nseg - 1);
}

bool
spool_accepts(struct spool *s)
{
	if (s->error != 0 || s->again_ms != 0)
		return false;
	if (s->bytes + s->pending.n >= s->max_bytes)
		end_segment(s);
	if (s->bytes + s->pending.n >= s->max_bytes) {
		stop_taking(s, "--spool-max is reached");
		return false;
	}
	s->full = false;
	return s->pending.n < SPOOL_GROUP_BYTES;
}

int
spool_add(struct spool *s, struct wal_record *r, int64_t now_ms)
{
	r->seq = s->next_seq;
	wal_write(&s->pending, r);
	if (s->pending.failed) {
		s->pending.failed = false; /* what was there is there still */
		return -1;
	}
	if (s->pending_n++ == 0)
		s->pending_since_ms = now_ms;
	s->next_seq++;
	s->spooled++;
	return 0;
}

int64_t
spool_due_ms(const struct spool *s)
{
	if (s->again_ms != 0)
		return s->again_ms;
	if (s->pending_n == 0 || s->error != 0)
		return INT64_MAX;
	return s->pending.n >= SPOOL_GROUP_BYTES
	           ? INT64_MIN
	           : s->pending_since_ms + s->linger_ms;
}

/* How much of it was written at offset at; where not all, errno says why. */
static size_t
write_at(int fd, const char *p, size_t n, uint64_t at)
{
	size_t written = 0;

	while (written < n) {
		ssize_t done =
		    pwrite(fd, p + written, n - written, (off_t)(at + written));

		if (done == -1 && errno == EINTR)
			continue;
		if (done == 0)
			errno = ENOSPC;
		if (done <= 0)
			break;
		written += (size_t)done;
	}
	return written;
}

/* A new last segment, its head and its name on disk. */
static int
begin_segment(struct spool *s)
{
	uint64_t first = s->next_seq - s->pending_n;
	char name[SPOOL_NAME_BYTES];
	struct buf head = { 0 };
	int rc = -1;

	if (s->nseg == s->cap) {
		size_t cap = s->cap == 0 ? 16 : 2 * s->cap;
		struct segment *g = realloc(s->seg, cap * sizeof *g);

		if (g == NULL) {
			errno = ENOMEM;
			return -1;
		}
		s->seg = g;
		s->cap = cap;
	}
	/* Notes of one that had this number once would be about others. */
	spool_segment_name(name, first, "done");
	if (unlinkat(s->dir, name, 0) == -1 && errno != ENOENT)
		return -1;
	spool_segment_name(name, first, "seg");
	s->fd =
	    openat(s->dir, name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (s->fd == -1)
		return -1;
	wal_write_head(&head, first);
	if (!head.failed && write_at(s->fd, head.p, head.n, 0) == head.n &&
	    fsync(s->dir) == 0)
		rc = 0;
	buf_free(&head);
	if (rc == -1) {
		int error = errno;

		close(s->fd);
		s->fd = -1;
		(void)unlinkat(s->dir, name, 0); /* it is empty anyway */
		errno = error;
		return -1;
	}
	s->seg[s->nseg++] = (struct segment){
		.first = first, .end = first, .bytes = WAL_HEAD_BYTES
	};
	s->bytes += WAL_HEAD_BYTES;
	return 0;
}

static void
write_failed(struct spool *s, int64_t now_ms)
{
	if (errno != ENOSPC && errno != EDQUOT) {
		spool_fail(s, "write");
		return;
	}
	stop_taking(s, strerror(errno));
	/* Half a record is no record, but it takes room. */
	if (s->fd != -1 &&
	    ftruncate(s->fd, (off_t)s->seg[s->nseg - 1].bytes) == -1)
		spool_fail(s, "cut");
	else
		end_segment(s);
	s->again_ms = now_ms + AGAIN_MS;
}

/* The first n records of those that are pending are on disk. */
static void
take_pending(struct spool *s, uint64_t n, size_t bytes)
{
	struct segment *g = &s->seg[s->nseg - 1];

	g->bytes += bytes;
	g->n += n;
	g->end = s->next_seq - s->pending_n + n;
	s->bytes += bytes;
	s->durable += n;
	s->unread += n;
	s->oldest_ms = s->pending_since_ms;
	s->pending_n -= n;
	s->pending.n -= bytes;
	if (s->pending.n > 0)
		memmove(s->pending.p, s->pending.p + bytes, s->pending.n);
}

/*
 * As many whole records as there is room for: a full disk is emptied only by
 * delivering what got there.
 */
static void
write_pending(struct spool *s, int64_t now_ms)
{
	size_t bytes = s->pending.n, written, whole = 0, at = 0;
	uint64_t n = s->pending_n, fit = 0;
	struct wal_record r;
	int error;

	written =
	    write_at(s->fd, s->pending.p, bytes, s->seg[s->nseg - 1].bytes);
	error = errno;
	if (written < bytes) {
		for (; spool_pending(s, &at, &r) && at <= written; fit++)
			whole = at;
		n = fit;
		bytes = whole;
	}
	if (n > 0 && fdatasync(s->fd) == -1) {
		write_failed(s, now_ms);
		return;
	}
	take_pending(s, n, bytes);
	errno = error;
	if (s->pending_n > 0)
		write_failed(s, now_ms);
}

void
spool_commit(struct spool *s, int64_t now_ms, bool all)
{
	if (s->pending_n == 0 || s->error != 0 ||
	    (!all && spool_due_ms(s) > now_ms))
		return;
	s->again_ms = 0;
	if (s->fd == -1 && begin_segment(s) == -1) {
		write_failed(s, now_ms);
		return;
	}
	write_pending(s, now_ms);
	if (s->fd != -1 && s->seg[s->nseg - 1].bytes >= segment_limit(s))
		end_segment(s);
}

/* --- notes --------------------------------------------------------------- */

void
spool_settle(struct spool *s, uint64_t seq)
{
	struct spool_run *last = s->nrun == 0 ? NULL : &s->run[s->nrun - 1];

	s->spooled--;
	if (last != NULL && last->first + last->n == seq) {
		last->n++;
		return;
	}
	if (s->nrun == s->run_cap) {
		size_t cap = s->run_cap == 0 ? 256 : 2 * s->run_cap;
		struct spool_run *run = realloc(s->run, cap * sizeof *run);

		if (run == NULL) /* not noted: it may be sent twice */
			return;
		s->run = run;
		s->run_cap = cap;
	}
	s->run[s->nrun++] = (struct spool_run){ seq, 1 };
}

/* The segment that holds the record. */
static size_t
segment_of(const struct spool *s, uint64_t seq)
{
	size_t low = 0, high = s->nseg;

	while (high - low > 1) {
		size_t mid = (low + high) / 2;

		if (s->seg[mid].first <= seq)
			low = mid;
		else
			high = mid;
	}
	return low;
}

static int
append_notes(
    const struct spool *s, const struct segment *g, const struct buf *notes)
{
	char name[SPOOL_NAME_BYTES];
	int fd, rc = 0;
	off_t end;

	spool_segment_name(name, g->first, "done");
	fd = openat(
	    s->dir, name, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd == -1)
		return -1;
	/* Half a note would hide those that come behind it. */
	end = lseek(fd, 0, SEEK_END);
	if (write(fd, notes->p, notes->n) != (ssize_t)notes->n)
		rc = end == -1 ? -1 : ftruncate(fd, end);
	close(fd);
	return rc;
}

/* Notes of one segment, from run i on; returns the first run of another. */
static size_t
note_segment(struct spool *s, size_t i)
{
	size_t index = segment_of(s, s->run[i].first);
	struct segment *g = &s->seg[index];
	struct buf notes = { 0 };

	/* All that is given out is of a segment; a note of none is no note. */
	if (s->nseg == 0 || s->run[i].first < g->first ||
	    s->run[i].first >= g->end)
		return i + 1;
	while (i < s->nrun && s->run[i].first >= g->first &&
	       s->run[i].first < g->end) {
		struct spool_run *r = &s->run[i];
		uint64_t n = r->n;

		if (n > g->end - r->first)
			n = g->end - r->first;
		wal_write_note(
		    &notes, (uint32_t)(r->first - g->first), (uint32_t)n);
		g->settled += n;
		r->first += n;
		r->n -= n;
		if (r->n == 0)
			i++;
	}
	/*
	 * Without room for a note the record may be sent twice; where all are
	 * done with the segment goes, and needs no notes.
	 */
	if (g->settled >= g->n && (index + 1 < s->nseg || s->fd == -1))
		spool_remove(s, index);
	else
		(void)append_notes(s, g, &notes);
	buf_free(&notes);
	return i;
}

void
spool_note(struct spool *s)
{
	for (size_t i = 0; i < s->nrun;)
		i = note_segment(s, i);
	s->nrun = 0;
}

bool
spool_pending(const struct spool *s, size_t *at, struct wal_record *out)
{
	uint64_t before = s->next_seq - s->pending_n - 1;
	struct span left;
	size_t used;

	if (*at == s->pending.n)
		return false;
	left = (struct span){ s->pending.p + *at, s->pending.n - *at };
	if (wal_read(left, before, out, &used) != WAL_RECORD)
		return false;
	*at += used;
	return true;
}
