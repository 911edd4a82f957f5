/* tap - the whole lines of a file that is followed.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/tap.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/crc.h"
#include "lib/file.h"
#include "lib/lines.h"
#include "lib/signals.h"
#include "windowpipe/unpack.h"

enum {
	/* What fills it without a newline no reader takes for a line. */
	ROOM_BYTES = LINES_MAX_DEFAULT + 1,
	WRITE_BYTES = 64 * 1024, /* at once */
};

int
tap_init(struct tap *p, struct marks *marks)
{
	*p = (struct tap){ .marks = marks,
		.block = malloc(TRAIL_SUM + ROOM_BYTES) };
	return p->block == NULL ? -1 : 0;
}

void
tap_free(struct tap *p)
{
	free(p->block);
	*p = (struct tap){ 0 };
}

/* --- writing -------------------------------------------------------------- */

/* The reader has room, or we are asked to stop: TAP_DRY, TAP_STOPPED. */
static enum tap_end
wait_for_reader(struct tap *p)
{
	int ready;

	do {
		if (signals_stop() != 0)
			return TAP_STOPPED;
		ready = marks_wait(p->marks, STDOUT_FILENO, POLLOUT, -1,
		    "waits for the reader of stdout");
	} while (ready == 0 && !marks_is_due(p->marks));
	return ready == -1 ? TAP_STDOUT : TAP_DRY;
}

/* Of n bytes that end with a line: as many lines as are written at once. */
static size_t
some_lines(const char *p, size_t n)
{
	const char *end;

	if (n <= WRITE_BYTES)
		return n;
	end = memrchr(p, '\n', WRITE_BYTES);
	if (end == NULL)
		end = memchr(p + WRITE_BYTES, '\n', n - WRITE_BYTES);
	return (size_t)(end + 1 - p);
}

/* The lines up to `end`; the block holds what stands at `start`. */
static enum tap_end
put(struct tap *p, struct trail *t, uint64_t start, uint64_t end)
{
	enum tap_end how = TAP_DRY;

	while (t->offset < end && how == TAP_DRY) {
		const char *at = p->block + (t->offset - start);
		size_t n = some_lines(at, (size_t)(end - t->offset));

		how = wait_for_reader(p);
		if (how != TAP_DRY)
			break;
		if (file_write(STDOUT_FILENO, (struct span){ at, n }) == -1)
			return TAP_STDOUT;
		p->bytes += n;
		trail_advance(t, p->block, start, t->offset + n);
		if (marks_take(p->marks) == -1)
			return TAP_STDOUT;
	}
	return how;
}

static enum tap_end
put_newline(struct tap *p)
{
	p->bytes++;
	p->in_line = false;
	return file_write(STDOUT_FILENO, (struct span){ "\n", 1 }) == -1
	           ? TAP_STDOUT
	           : TAP_DRY;
}

/* --- plain files ---------------------------------------------------------- */

static ssize_t
read_at(int fd, char *to, size_t n, uint64_t at)
{
	ssize_t got;

	do
		got = pread(fd, to, n, (off_t)at);
	while (got == -1 && errno == EINTR);
	return got;
}

/*
 * The bytes at the offset, up to `size`, and ahead of them those by which the
 * file is known.  *n: of all of these; *start: where the first one stands.
 */
static enum tap_end
fill(struct tap *p, const struct trail *t, uint64_t size, uint64_t *start,
    size_t *n)
{
	size_t back = t->offset < TRAIL_SUM ? (size_t)t->offset : TRAIL_SUM;
	uint64_t left = size > t->offset ? size - t->offset : 0;
	size_t want = left < ROOM_BYTES ? (size_t)left : ROOM_BYTES;
	ssize_t got;

	*start = t->offset - back;
	got = read_at(t->fd, p->block, back + want, *start);
	if (got == -1)
		return TAP_SYSTEM;
	*n = (size_t)got;
	return *n < back || crc64_add(0, p->block, back) != t->tail ? TAP_CUT
	                                                            : TAP_DRY;
}

/*
 * A line is longer than the block: where it ends, 0: nowhere yet.
 */
static enum tap_end
find_end(struct tap *p, struct trail *t, uint64_t size, uint64_t *end)
{
	uint64_t at = t->scanned > t->offset ? t->scanned : t->offset;

	*end = 0;
	while (at < size) {
		ssize_t n = read_at(t->fd, p->block, ROOM_BYTES, at);
		const char *newline;

		if (n <= 0)
			return n == 0 ? TAP_CUT : TAP_SYSTEM;
		newline = memchr(p->block, '\n', (size_t)n);
		if (newline != NULL) {
			*end = at + (uint64_t)(newline + 1 - p->block);
			return TAP_DRY;
		}
		at += (uint64_t)n;
		marks_look(p->marks, "looks for the end of a line");
	}
	t->scanned = at;
	return TAP_DRY;
}

/* The bytes up to `end`, where a line ends; nothing else comes between. */
static enum tap_end
put_long(struct tap *p, struct trail *t, uint64_t end)
{
	uint64_t at = t->offset, start;
	enum tap_end how = wait_for_reader(p);

	while (how == TAP_DRY && at < end) {
		size_t want =
		    end - at < ROOM_BYTES ? (size_t)(end - at) : ROOM_BYTES;
		ssize_t n = read_at(t->fd, p->block, want, at);

		/* What has begun is ended, so that no row is mixed into it. */
		if (n <= 0)
			return at > t->offset && put_newline(p) == TAP_STDOUT
			           ? TAP_STDOUT
			       : n == 0 ? TAP_CUT
			                : TAP_SYSTEM;
		if (file_write(STDOUT_FILENO,
			(struct span){ p->block, (size_t)n }) == -1)
			return TAP_STDOUT;
		p->bytes += (uint64_t)n;
		at += (uint64_t)n;
	}
	if (how != TAP_DRY)
		return how;
	/* Both sums anew: the second one is of the end. */
	start = end - TRAIL_SUM;
	if (t->offset < TRAIL_SUM) {
		if (read_at(t->fd, p->block, TRAIL_SUM, 0) != TRAIL_SUM)
			return TAP_CUT;
		t->head = crc64_add(0, p->block, TRAIL_SUM);
	}
	if (read_at(t->fd, p->block, TRAIL_SUM, start) != TRAIL_SUM)
		return TAP_CUT;
	trail_advance(t, p->block, start, end);
	return marks_take(p->marks) == -1 ? TAP_STDOUT : TAP_DRY;
}

/* What it has got: false where it is as it was. */
static bool
has_changed(struct trail *t, const struct stat *st)
{
	int64_t changed_ns =
	    (int64_t)st->st_mtim.tv_sec * 1000000000 + st->st_mtim.tv_nsec;

	if (t->size == (uint64_t)st->st_size && t->changed_ns == changed_ns)
		return false;
	t->size = (uint64_t)st->st_size;
	t->changed_ns = changed_ns;
	t->quiet_ms = clock_mono_ms();
	return true;
}

static enum tap_end
take_plain(struct tap *p, struct trail *t)
{
	enum tap_end how = TAP_DRY;
	uint64_t start, end;
	size_t n;

	while (how == TAP_DRY) {
		const char *newline;
		size_t back;

		how = fill(p, t, t->size, &start, &n);
		if (how != TAP_DRY)
			break;
		back = (size_t)(t->offset - start);
		newline = memrchr(p->block + back, '\n', n - back);
		if (newline != NULL) {
			end = start + (uint64_t)(newline + 1 - p->block);
			how = put(p, t, start, end);
		} else if (n - back == ROOM_BYTES) {
			how = find_end(p, t, t->size, &end);
			if (how != TAP_DRY || end == 0)
				break;
			how = put_long(p, t, end);
		} else {
			break;
		}
	}
	return how;
}

/* --- packed files --------------------------------------------------------- */

/* Bytes of gzip's: how many, 0 at the end, -1: *how says why not. */
static ssize_t
read_packed(struct tap *p, int fd, char *to, size_t n, enum tap_end *how)
{
	for (;;) {
		int ready =
		    marks_wait(p->marks, fd, POLLIN, -1, "unpacks a file");
		ssize_t got;

		*how = TAP_STOPPED;
		if (signals_stop() != 0 && !p->in_line)
			return -1;
		*how = TAP_STDOUT;
		if (ready == 0 && !p->in_line && marks_take(p->marks) == -1)
			return -1;
		*how = TAP_SYSTEM;
		got = ready == 1 ? read(fd, to, n) : ready;
		if (got >= 0 && ready == 1)
			return got;
		if (got == -1 && errno != EINTR)
			return -1;
	}
}

/* Over what has been read before; the block then ends with the last of it.
 * *whole: it is all there. */
static enum tap_end
skip(struct tap *p, const struct trail *t, int fd, size_t *back, bool *whole)
{
	uint64_t at = 0, head = 0;
	enum tap_end how = TAP_DRY;
	size_t n = 0;

	*whole = true;
	while (at < t->offset) {
		uint64_t left = t->offset - at;
		ssize_t got;

		if (n > TRAIL_SUM) {
			memmove(p->block, p->block + n - TRAIL_SUM, TRAIL_SUM);
			n = TRAIL_SUM;
		}
		got = read_packed(p, fd, p->block + n,
		    left < ROOM_BYTES ? (size_t)left : ROOM_BYTES, &how);
		if (got == -1)
			return how;
		/* It is being written anew; or will be found to be another. */
		*whole = got > 0;
		if (got == 0)
			return TAP_DRY;
		if (at < TRAIL_SUM)
			head = crc64_add(head, p->block + n,
			    at + (uint64_t)got < TRAIL_SUM
				? (size_t)got
				: (size_t)(TRAIL_SUM - at));
		n += (size_t)got;
		at += (uint64_t)got;
	}
	*back = n < TRAIL_SUM ? n : TRAIL_SUM;
	memmove(p->block, p->block + n - *back, *back);
	return head == t->head && crc64_add(0, p->block, *back) == t->tail
	           ? TAP_DRY
	           : TAP_CUT;
}

/* Up to `end`, which need not be that of a line. */
static enum tap_end
put_part(struct tap *p, struct trail *t, uint64_t start, uint64_t end)
{
	const char *at = p->block + (t->offset - start);
	size_t n = (size_t)(end - t->offset);

	if (file_write(STDOUT_FILENO, (struct span){ at, n }) == -1)
		return TAP_STDOUT;
	p->bytes += n;
	p->in_line = at[n - 1] != '\n';
	trail_advance(t, p->block, start, end);
	return TAP_DRY;
}

/*
 * The block holds `back` bytes ahead of the offset and `held` behind it, of
 * which the whole lines go on; of one that is longer than the block what is
 * there.
 */
static enum tap_end
put_packed(struct tap *p, struct trail *t, size_t *back, size_t *held)
{
	uint64_t start = t->offset - *back;
	size_t n = *back + *held, used = n;
	const char *first = memchr(p->block + *back, '\n', *held);
	const char *last = memrchr(p->block + *back, '\n', *held);
	enum tap_end how = TAP_DRY;

	if (last == NULL && *held < ROOM_BYTES)
		return TAP_DRY;
	if (last != NULL)
		used = (size_t)(last + 1 - p->block);
	if (last == NULL)
		how = put_part(p, t, start, start + used);
	else if (p->in_line)
		how = put_part(
		    p, t, start, start + (uint64_t)(first + 1 - p->block));
	if (how == TAP_DRY)
		how = put(p, t, start, start + used);
	if (how != TAP_DRY)
		return how;
	*back = used < TRAIL_SUM ? used : TRAIL_SUM;
	*held = n - used;
	memmove(p->block, p->block + used - *back, *back + *held);
	return TAP_DRY;
}

/* The last line of what is packed need not end. */
static enum tap_end
put_rest(struct tap *p, struct trail *t, size_t back, size_t held)
{
	uint64_t start = t->offset - back;

	if (held == 0)
		return TAP_DRY;
	if (file_write(STDOUT_FILENO, (struct span){ p->block + back, held }) ==
	    -1)
		return TAP_STDOUT;
	trail_advance(t, p->block, start, t->offset + held);
	p->bytes += held;
	t->torn = true;
	return put_newline(p);
}

/* A row that had no newline may have got it meanwhile. */
static enum tap_end
skip_newline(struct tap *p, struct trail *t, size_t *back, size_t *held)
{
	uint64_t start = t->offset - *back;

	t->torn = false;
	if (*held == 0 || p->block[*back] != '\n')
		return TAP_DRY;
	trail_advance(t, p->block, start, t->offset + 1);
	++*back;
	--*held;
	if (*back > TRAIL_SUM) {
		memmove(p->block, p->block + 1, TRAIL_SUM + *held);
		*back = TRAIL_SUM;
	}
	return TAP_DRY;
}

static enum tap_end
take_unpacked(struct tap *p, struct trail *t, struct unpack *u)
{
	size_t back = 0, held = 0;
	bool whole;
	enum tap_end how = skip(p, t, u->fd, &back, &whole);

	t->broken = !whole;
	while (how == TAP_DRY && whole) {
		ssize_t n = read_packed(
		    p, u->fd, p->block + back + held, ROOM_BYTES - held, &how);

		if (n == -1)
			return how;
		how = TAP_DRY;
		held += (size_t)n;
		if (t->torn && n > 0)
			how = skip_newline(p, t, &back, &held);
		if (n == 0)
			break;
		if (how == TAP_DRY)
			how = put_packed(p, t, &back, &held);
	}
	if (how != TAP_DRY || !whole)
		return how;
	/* A line that gzip has cut is none. */
	t->broken = unpack_close(u, true) == -1;
	if (t->broken && errno != EBADMSG)
		return TAP_SYSTEM;
	return put_rest(p, t, back, t->broken ? 0 : held);
}

/* Until it has been read to its end nobody is to take it for one that was. */
static enum tap_end
take_packed(struct tap *p, struct trail *t)
{
	uint64_t size = t->size;
	enum tap_end how;
	struct unpack u;

	if (unpack_open_fd(&u, t->fd) == -1)
		return TAP_SYSTEM;
	t->size = UINT64_MAX;
	how = take_unpacked(p, t, &u);
	(void)unpack_close(&u, false); /* or it has been, at its end */
	if (how == TAP_DRY)
		t->size = size;
	return how;
}

/* --- both ----------------------------------------------------------------- */

enum tap_end
tap_take(struct tap *p, struct trail *t)
{
	struct trail before = *t;
	enum tap_end how;
	struct stat st;

	if (fstat(t->fd, &st) == -1)
		return TAP_SYSTEM;
	if (!has_changed(t, &st))
		return TAP_DRY;
	how = t->packed ? take_packed(p, t) : take_plain(p, t);
	/* A copy of it was made after it was last as it had been. */
	if (how == TAP_CUT && t->offset == before.offset) {
		t->size = before.size;
		t->changed_ns = before.changed_ns;
	}
	return how;
}

enum tap_end
tap_finish(struct tap *p, struct trail *t)
{
	enum tap_end how = TAP_DRY;
	uint64_t at = t->offset;

	while (!t->packed && how == TAP_DRY) {
		ssize_t n = read_at(t->fd, p->block, ROOM_BYTES, at);

		if (n <= 0)
			how = n == 0 ? TAP_DRY : TAP_SYSTEM;
		if (n <= 0)
			break;
		if (file_write(STDOUT_FILENO,
			(struct span){ p->block, (size_t)n }) == -1)
			return TAP_STDOUT;
		p->bytes += (uint64_t)n;
		at += (uint64_t)n;
	}
	return at > t->offset && put_newline(p) == TAP_STDOUT ? TAP_STDOUT
	                                                      : how;
}
