/* spool_read - the records of the spool, in order.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

enum { BLOCK_BYTES = 256 * 1024 };

int
spool_reader_open(struct spool_reader *r, int dir, const struct segment *g)
{
	char name[SPOOL_NAME_BYTES];

	spool_segment_name(name, g->first, "seg");
	*r = (struct spool_reader){
		.fd = openat(dir, name, O_RDONLY | O_CLOEXEC),
		.first = g->first,
		.last_seq = g->first - 1,
		.good = WAL_HEAD_BYTES,
		.offset = WAL_HEAD_BYTES,
	};
	return r->fd == -1 ? -1 : 0;
}

void
spool_reader_close(struct spool_reader *r)
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

int
spool_reader_next(struct spool_reader *r, struct wal_record *out)
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

bool
spool_is_done(const struct segment *g, uint64_t seq)
{
	uint64_t i = seq - g->first;

	return g->done != NULL && seq < g->end && (g->done[i / 8] >> i % 8 & 1);
}

bool
spool_next(struct spool *s, struct wal_record *out, bool *resumed)
{
	while (s->unread > 0 && s->error == 0 && s->reading < s->nseg) {
		struct segment *g = &s->seg[s->reading];
		int got = 0;

		if (s->reader.fd == -1 &&
		    spool_reader_open(&s->reader, s->dir, g) == -1) {
			spool_fail(s, "open");
			return false;
		}
		while ((got = spool_reader_next(&s->reader, out)) == 1) {
			if (spool_is_done(g, out->seq))
				continue;
			s->unread--;
			*resumed = g->done != NULL;
			return true;
		}
		if (got == -1) {
			spool_fail(s, "read");
			return false;
		}
		/* The last one may go on; it is read on where it was left. */
		if (s->reading + 1 == s->nseg)
			return false;
		spool_reader_close(&s->reader);
		s->reading++;
	}
	return false;
}
