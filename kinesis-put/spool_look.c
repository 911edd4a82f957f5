/* spool_look - what an earlier run left in the spool, whole or damaged.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/spool.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

/* Of the records that are there still, those that the notes name. */
static int
count_settled(struct spool *s, struct segment *g)
{
	struct spool_reader r;
	struct wal_record one;
	int got;

	if (g->n == g->end - g->first) { /* none is missing */
		for (uint64_t i = 0; i < g->n; i++)
			g->settled += g->done[i / 8] >> i % 8 & 1;
		return 0;
	}
	if (spool_reader_open(&r, s->dir, g) == -1)
		return -1;
	while ((got = spool_reader_next(&r, &one)) == 1)
		g->settled += spool_is_done(g, one.seq);
	spool_reader_close(&r);
	return got;
}

static void
say_damage(struct spool *s, uint64_t bytes)
{
	char quoted[DIAG_QUOTE_MAX];

	if (bytes == 0)
		return;
	s->damaged += bytes;
	diag_error(NULL,
	    "the spool %s: %" PRIu64 " bytes within a "
	    "segment are damaged; what they held is lost",
	    diag_quote(quoted, span_of(s->name)), bytes);
}

/*
 * What is not whole at the end of the last segment was never promised to
 * anybody; others were whole when the next one began.
 */
static void
cut_tail(struct spool *s, struct segment *g, uint64_t good, bool last)
{
	char name[SPOOL_NAME_BYTES], quoted[DIAG_QUOTE_MAX];
	int fd;

	if (!last)
		say_damage(s, g->bytes - good);
	else
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
	g->bytes = good;
}

/* Counts a segment's records; what is damaged is said. */
static int
survey(struct spool *s, struct segment *g, bool last)
{
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
	say_damage(s, r.bad);
	if (got == 0 && r.skipping > 0)
		cut_tail(s, g, r.good, last);
	spool_reader_close(&r);
	if (got == -1 || read_notes(s, g) == -1)
		return -1;
	return count_settled(s, g);
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
	char quoted[DIAG_QUOTE_MAX];
	struct segment new = { .first = strtoull(name, NULL, 10) }, *g;
	uint64_t in_head;
	struct stat st;
	ssize_t n;
	int fd, is_one = 1;

	spool_segment_name(want, new.first, "seg");
	if (strcmp(name, want) != 0)
		return 0;
	if (new.first == 0 || new.first > SPOOL_SEQ_MAX) {
		diag_error(NULL,
		    "the spool %s: %s is no segment of a spool and is left "
		    "alone",
		    diag_quote(quoted, span_of(s->name)), name);
		s->damaged++;
		return 0;
	}
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

/*
 * Files of two spools in one directory: which notes are about which records
 * nobody can tell.
 */
static enum status
refuse_overlap(const struct spool *s, const struct segment *g)
{
	char quoted[DIAG_QUOTE_MAX];
	char name[2][SPOOL_NAME_BYTES];

	spool_segment_name(name[0], g[0].first, "seg");
	spool_segment_name(name[1], g[1].first, "seg");
	diag_error(NULL,
	    "the spool %s: %s and %s hold records of the same numbers, so they "
	    "are of two spools; give each, with its .done files and its file "
	    "'stream', a directory of its own",
	    diag_quote(quoted, span_of(s->name)), name[0], name[1]);
	return STATUS_USAGE;
}

enum status
spool_look(struct spool *s)
{
	s->next_seq = 1;
	if (find_segments(s) == -1) {
		spool_fail(s, "list");
		return STATUS_SYSTEM;
	}
	for (size_t i = 0; i < s->nseg; i++) {
		if (survey(s, &s->seg[i], i + 1 == s->nseg) == -1) {
			spool_fail(s, "read");
			return STATUS_SYSTEM;
		}
		if (i > 0 && s->seg[i].first < s->seg[i - 1].end)
			return refuse_overlap(s, &s->seg[i - 1]);
	}
	for (size_t i = 0; i < s->nseg;) {
		const struct segment *g = &s->seg[i];

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
