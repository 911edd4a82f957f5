/* spool - records on disk before they are used, until they are done with.
 * SPDX-License-Identifier: ISC */
#include "lib/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/array.h"
#include "lib/file.h"

enum {
	NAME_BYTES = 32,
	BLOCK_BYTES = 256 * 1024,
	AGAIN_MS = 1000, /* between tries on a full disk */
};

static int
fail(struct spool *s, const char *what)
{
	char quoted[DIAG_QUOTE_MAX];

	s->error = errno == 0 ? EIO : errno;
	diag_error(NULL, "the %s %s: cannot %s: %s", s->words->name,
	    diag_quote(quoted, span_of(s->name)), what, strerror(s->error));
	return -1;
}

static void
segment_name(char out[NAME_BYTES], uint64_t first, const char *ending)
{
	snprintf(out, NAME_BYTES, "%020" PRIu64 ".%s", first, ending);
}

/* --- reading a segment ---------------------------------------------------- */

static int
reader_open(struct spool_reader *r, int dir, const struct segment *g)
{
	char name[NAME_BYTES];

	segment_name(name, g->first, "seg");
	*r = (struct spool_reader){
		.fd = openat(dir, name, O_RDONLY | O_CLOEXEC),
		.first = g->first,
		.last_seq = g->first - 1,
		.good = WAL_HEAD_BYTES,
		.offset = WAL_HEAD_BYTES,
	};
	return r->fd == -1 ? -1 : 0;
}

static void
reader_close(struct spool_reader *r)
{
	if (r->fd > 0)
		close(r->fd);
	buf_free(&r->block);
	*r = (struct spool_reader){ .fd = -1 };
}

/* More bytes behind those that are left; 0 at the end of the file. */
static ssize_t
read_more(struct spool_reader *r)
{
	size_t left = r->block.n - r->at;
	ssize_t n;
	char *p;

	if (r->at > 0) {
		memmove(r->block.p, r->block.p + r->at, left);
		r->block.n = left;
		r->at = 0;
	}
	p = buf_room(&r->block, left > BLOCK_BYTES ? left : BLOCK_BYTES);
	if (p == NULL) {
		errno = ENOMEM;
		return -1;
	}
	do
		n = pread(
		    r->fd, p, r->block.cap - r->block.n, (off_t)r->offset);
	while (n == -1 && errno == EINTR);
	if (n > 0) {
		r->block.n += (size_t)n;
		r->offset += (uint64_t)n;
	}
	return n;
}

/* Goes past a byte at which no record begins. */
static void
skip_byte(struct spool_reader *r)
{
	r->at++;
	r->skipping++;
}

/* 1: a record; 0: the end of what is there; -1: see errno. */
static int
reader_next(struct spool_reader *r, struct wal_record *out)
{
	for (;;) {
		struct span s = buf_span(&r->block);
		size_t used;
		ssize_t n;

		if (r->at > 0)
			s = (struct span){ s.p + r->at, s.n - r->at };
		switch (wal_read(s, r->last_seq, out, &used)) {
		case WAL_RECORD:
			if (out->seq - r->first >= SPOOL_SEGMENT_RECORDS) {
				skip_byte(r); /* of another segment */
				break;
			}
			r->at += used;
			r->last_seq = out->seq;
			r->bad += r->skipping;
			r->skipping = 0;
			r->good = r->offset - (r->block.n - r->at);
			return 1;
		case WAL_BAD:
			skip_byte(r);
			break;
		case WAL_MORE:
			n = read_more(r);
			if (n == -1)
				return -1;
			if (n > 0)
				break;
			if (r->at == r->block.n)
				return 0;
			skip_byte(r); /* a length that was never true */
		}
	}
}

static bool
is_done(const struct segment *g, uint64_t seq)
{
	uint64_t i = seq - g->first;

	return i < g->bits && (g->done[i / 8] >> i % 8 & 1);
}

static void
forget_segment(struct spool *s, size_t index)
{
	struct segment *g = &s->seg[index];

	free(g->done);
	memmove(g, g + 1, (s->nseg - index - 1) * sizeof *g);
	s->nseg--;
}

static void
remove_segment(struct spool *s, size_t index)
{
	struct segment *g = &s->seg[index];
	char name[NAME_BYTES];

	if (index == s->reading)
		reader_close(&s->reader);
	else if (index < s->reading)
		s->reading--;
	/*
	 * The notes go last: without the segment they mean nothing, without
	 * them it would be sent again.  A file that stays is found at the next
	 * start.
	 */
	segment_name(name, g->first, "seg");
	(void)unlinkat(s->dir, name, 0);
	segment_name(name, g->first, "done");
	(void)unlinkat(s->dir, name, 0);
	s->bytes -= g->bytes;
	if (s->again_ms != 0) /* there is room on a full disk again */
		s->again_ms = INT64_MIN;
	forget_segment(s, index);
}

/* --- what an earlier run left, whole or damaged --------------------------- */

/* Which records of a segment are done with, by its notes. */
static int
read_notes(struct spool *s, struct segment *g)
{
	char name[NAME_BYTES];
	struct buf notes = { 0 };
	uint32_t first, n;
	size_t good = 0;
	int fd, rc;

	segment_name(name, g->first, "done");
	fd = openat(s->dir, name, O_RDWR | O_CLOEXEC);
	rc = fd != -1 ? file_read_fd(fd, SIZE_MAX, &notes) : -(errno != ENOENT);
	for (; notes.n - good >= WAL_NOTE_BYTES &&
	       wal_read_note(notes.p + good, &first, &n) == 0 &&
	       first < SPOOL_SEGMENT_RECORDS && n < SPOOL_SEGMENT_RECORDS;
	     good += WAL_NOTE_BYTES)
		if (g->bits < first + n)
			g->bits = first + n;
	g->done = calloc(g->bits / 8 + 1, 1);
	for (size_t at = 0; g->done != NULL && at < good;
	     at += WAL_NOTE_BYTES) {
		(void)wal_read_note(notes.p + at, &first, &n);
		for (uint32_t i = first; i < first + n; i++)
			g->done[i / 8] |= (uint8_t)(1 << i % 8);
	}
	/* Half a note would hide those that come behind it. */
	if (rc == 0 && fd != -1)
		rc = ftruncate(fd, (off_t)good);
	if (fd != -1)
		close(fd);
	buf_free(&notes);
	if (g->done != NULL)
		return rc;
	errno = ENOMEM;
	return -1;
}

static void
say_damage(struct spool *s, uint64_t bytes)
{
	char quoted[DIAG_QUOTE_MAX];

	if (bytes == 0)
		return;
	s->damaged += bytes;
	diag_error(NULL,
	    "the %s %s: %" PRIu64 " bytes within a "
	    "segment are damaged; what they held is lost",
	    s->words->name, diag_quote(quoted, span_of(s->name)), bytes);
}

static void
say_headless(struct spool *s)
{
	char quoted[DIAG_QUOTE_MAX];

	s->damaged += WAL_HEAD_BYTES;
	diag_error(NULL,
	    "the %s %s: the head of a segment is damaged; its lines are "
	    "read all the same",
	    s->words->name, diag_quote(quoted, span_of(s->name)));
}

/*
 * What is not whole at the end of the last segment was never promised to
 * anybody; others were whole when the next one began.
 */
static void
cut_tail(struct spool *s, struct segment *g, uint64_t good, bool last)
{
	char name[NAME_BYTES], quoted[DIAG_QUOTE_MAX];
	int fd;

	if (!last)
		say_damage(s, g->bytes - good);
	else
		diag_warn(NULL,
		    "the %s %s: %" PRIu64 " bytes at the end of a "
		    "segment are not a whole line and are cut",
		    s->words->name, diag_quote(quoted, span_of(s->name)),
		    g->bytes - good);
	segment_name(name, g->first, "seg");
	fd = openat(s->dir, name, O_WRONLY | O_CLOEXEC);
	if (fd != -1) {
		/* If it stays it is said again, and nothing else. */
		(void)!ftruncate(fd, (off_t)good);
		close(fd);
	}
	g->bytes = good;
}

static bool
has_head(const struct spool_reader *r)
{
	char head[WAL_HEAD_BYTES];
	ssize_t n = pread(r->fd, head, sizeof head, 0);
	uint64_t first;

	return n == sizeof head &&
	       wal_read_head((struct span){ head, sizeof head }, &first) == 0 &&
	       first == r->first;
}

/*
 * Counts a segment's records; what is damaged is said.  Without a head it is
 * one if there is a record in it: then the head was damaged later, for it is
 * written first.  1; 0: it is none; -1: errno.
 */
static int
survey(struct spool *s, struct segment *g, bool last)
{
	struct spool_reader r;
	struct wal_record one;
	bool headless;
	int got;

	if (reader_open(&r, s->dir, g) == -1)
		return -1;
	headless = !has_head(&r);
	got = read_notes(s, g);
	g->end = g->first;
	while (got != -1 && (got = reader_next(&r, &one)) == 1) {
		g->n++;
		g->end = one.seq + 1;
		s->last_line = one.line;
		g->acked += is_done(g, one.seq);
	}
	if (got != -1 && (!headless || g->n > 0)) {
		if (headless)
			say_headless(s);
		say_damage(s, r.bad);
		if (r.skipping > 0)
			cut_tail(s, g, r.good, last);
		got = 1;
	}
	reader_close(&r);
	return got;
}

static int
by_first(const void *a, const void *b)
{
	uint64_t x = ((const struct segment *)a)->first;
	uint64_t y = ((const struct segment *)b)->first;

	return (x > y) - (x < y);
}

/* The segment of that name, if it is one; its records are counted later. */
static int
add_segment(struct spool *s, const char *name)
{
	char want[NAME_BYTES], quoted[DIAG_QUOTE_MAX];
	struct segment g = { .first = strtoull(name, NULL, 10) };
	struct stat st;

	segment_name(want, g.first, "seg");
	if (strcmp(name, want) != 0)
		return 0;
	if (g.first == 0 || g.first > SPOOL_SEQ_MAX) {
		diag_error(NULL,
		    "the %s %s: %s is not a segment of a %s and is left alone",
		    s->words->name, diag_quote(quoted, span_of(s->name)), name,
		    s->words->name);
		s->damaged++;
		return 0;
	}
	if (fstatat(s->dir, name, &st, 0) == -1 ||
	    array_room(s->seg, s->cap, s->nseg + 1) == -1)
		return -1;
	g.bytes = (uint64_t)st.st_size;
	s->seg[s->nseg++] = g;
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

/*
 * Files of two spools in one directory: which notes are about which records
 * nobody can tell.
 */
static enum status
refuse_overlap(const struct spool *s, const struct segment *g)
{
	char quoted[DIAG_QUOTE_MAX];
	char name[2][NAME_BYTES];

	segment_name(name[0], g[0].first, "seg");
	segment_name(name[1], g[1].first, "seg");
	diag_error(NULL,
	    "the %s %s: %s and %s hold records of the same numbers, so they "
	    "belong to two %ss; give each, with its .done files and its "
	    "file "
	    "'stream', a directory of its own",
	    s->words->name, diag_quote(quoted, span_of(s->name)), name[0],
	    name[1], s->words->name);
	return STATUS_USAGE;
}

/* What is there is counted; STATUS_DATA, STATUS_SYSTEM as spool_open(). */
static enum status
look(struct spool *s)
{
	s->next_seq = 1;
	if (find_segments(s) == -1) {
		fail(s, "list");
		return STATUS_SYSTEM;
	}
	for (size_t i = 0; i < s->nseg;) {
		int found = survey(s, &s->seg[i], i + 1 == s->nseg);

		if (found == -1) {
			fail(s, "read");
			return STATUS_SYSTEM;
		}
		if (found == 0) {
			forget_segment(s, i);
			continue;
		}
		if (i > 0 && s->seg[i].first < s->seg[i - 1].end)
			return refuse_overlap(s, &s->seg[i - 1]);
		i++;
	}
	for (size_t i = 0; i < s->nseg;) {
		const struct segment *g = &s->seg[i];

		s->bytes += g->bytes;
		if (g->end > s->next_seq)
			s->next_seq = g->end;
		s->resumed += g->n - g->acked;
		if (g->acked >= g->n)
			remove_segment(s, i);
		else
			i++;
	}
	s->spooled = s->unread = s->resumed;
	return s->damaged > 0 ? STATUS_DATA : STATUS_OK;
}

/* --- lines go to disk, in groups ------------------------------------------ */

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
		diag_warn(NULL, "the %s is full: %s; reading stops until %s",
		    s->words->name, why, s->words->until);
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
	if (g->acked >= g->n)
		remove_segment(s, s->nseg - 1);
}

bool
spool_accepts(struct spool *s)
{
	if (s->error != 0 || s->again_ms != 0)
		return false;
	if (s->bytes + s->pending.n >= s->max_bytes)
		end_segment(s);
	if (s->bytes + s->pending.n >= s->max_bytes) {
		char why[NAME_BYTES];

		(void)snprintf(
		    why, sizeof why, "%s is reached", s->words->limit);
		stop_taking(s, why);
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
	char name[NAME_BYTES];
	struct buf head = { 0 };
	int rc = -1;

	if (array_room(s->seg, s->cap, s->nseg + 1) == -1)
		return -1;
	/* Notes of one that had this number once would be about others. */
	segment_name(name, first, "done");
	if (unlinkat(s->dir, name, 0) == -1 && errno != ENOENT)
		return -1;
	segment_name(name, first, "seg");
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
		fail(s, "write");
		return;
	}
	stop_taking(s, strerror(errno));
	/* Half a record is no record, but it takes room. */
	if (s->fd != -1 &&
	    ftruncate(s->fd, (off_t)s->seg[s->nseg - 1].bytes) == -1)
		fail(s, "cut");
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

/* The pending record at *at, which moves on; false: there is none. */
static bool
pending_at(const struct spool *s, size_t *at, struct wal_record *out)
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
		for (; pending_at(s, &at, &r) && at <= written; fit++)
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

bool
spool_give_back(struct spool *s, size_t *at, struct wal_record *out)
{
	if (!pending_at(s, at, out))
		return false;
	s->spooled--;
	return true;
}

/* --- notes --------------------------------------------------------------- */

void
spool_ack(struct spool *s, uint64_t seq)
{
	struct spool_run *last = s->nrun == 0 ? NULL : &s->run[s->nrun - 1];

	s->spooled--;
	if (last != NULL && last->first + last->n == seq) {
		last->n++;
		return;
	}
	if (array_room(s->run, s->run_cap, s->nrun + 1) == -1)
		return; /* not noted: it may be given out again */
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
	char name[NAME_BYTES];
	int fd, rc = 0;
	off_t end;

	segment_name(name, g->first, "done");
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
		g->acked += n;
		r->first += n;
		r->n -= n;
		if (r->n == 0)
			i++;
	}
	/*
	 * Without room for a note the record may be sent twice; where all are
	 * done with the segment goes, and needs no notes.
	 */
	if (g->acked >= g->n && (index + 1 < s->nseg || s->fd == -1))
		remove_segment(s, index);
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

/* --- what is on disk is given out ----------------------------------------- */

bool
spool_next(struct spool *s, struct wal_record *out, bool *resumed)
{
	while (s->unread > 0 && s->error == 0 && s->reading < s->nseg) {
		struct segment *g = &s->seg[s->reading];
		int got = 0;

		if (s->reader.fd == -1 &&
		    reader_open(&s->reader, s->dir, g) == -1) {
			fail(s, "open");
			return false;
		}
		while ((got = reader_next(&s->reader, out)) == 1) {
			if (is_done(g, out->seq))
				continue;
			s->unread--;
			*resumed = g->done != NULL;
			return true;
		}
		if (got == -1) {
			fail(s, "read");
			return false;
		}
		/* The last one may go on; it is read on where it was left. */
		if (s->reading + 1 == s->nseg)
			return false;
		reader_close(&s->reader);
		s->reading++;
	}
	return false;
}

/* --- opening ------------------------------------------------------------- */

static enum status
take_lock(struct spool *s)
{
	char quoted[DIAG_QUOTE_MAX];

	s->lock = openat(s->dir, "lock", O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock == -1) {
		fail(s, "open its lock");
		return status_of_errno(s->error);
	}
	if (flock(s->lock, LOCK_EX | LOCK_NB) == 0)
		return STATUS_OK;
	if (errno != EWOULDBLOCK) {
		fail(s, "lock");
		return STATUS_SYSTEM;
	}
	diag_error(NULL,
	    "another process uses the %s %s; give each %s one of its own",
	    s->words->name, diag_quote(quoted, span_of(s->name)),
	    s->words->owner);
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
		fail(s, "write to it");
		return STATUS_SYSTEM;
	}
	written = write(fd, identity.p, identity.n) == (ssize_t)identity.n &&
	          fsync(fd) == 0;
	if (close(fd) == 0 && written &&
	    renameat(s->dir, "stream.new", s->dir, "stream") == 0 &&
	    fsync(s->dir) == 0) {
		s->is_new = true;
		return STATUS_OK;
	}
	fail(s, "write to it");
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
		fail(s, "read what it is for");
		return STATUS_SYSTEM;
	}
	if (span_equal((struct span){ text, (size_t)n }, identity))
		return STATUS_OK;
	diag_error(NULL, "the %s %s is for %s; give another directory",
	    s->words->name, diag_quote(quoted[0], span_of(s->name)),
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
spool_open(struct spool *s, const char *name, const struct spool_words *words,
    struct span identity, uint64_t max_bytes, int64_t linger_ms)
{
	enum status status;

	*s = (struct spool){
		.name = name,
		.words = words,
		.dir = -1,
		.lock = -1,
		.fd = -1,
		.max_bytes = max_bytes,
		.linger_ms = linger_ms,
		.reader = { .fd = -1 },
	};
	if (mkdir(name, 0700) == -1 && errno != EEXIST) {
		fail(s, "make");
		return status_of_errno(s->error);
	}
	s->dir = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (s->dir == -1) {
		fail(s, "open");
		return status_of_errno(s->error);
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
	reader_close(&s->reader);
	/* What is done with to the last record need not be looked at again. */
	while (s->nseg > 0 && s->lock != -1 && s->error == 0 &&
	       s->seg[s->nseg - 1].acked >= s->seg[s->nseg - 1].n)
		remove_segment(s, s->nseg - 1);
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
