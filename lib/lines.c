/* lines - a block-wise line reader with a bound on the line.
 * SPDX-License-Identifier: ISC */
#include "lib/lines.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/clock.h"
#include "lib/diag.h"
#include "lib/signals.h"

enum {
	PIPE_BYTES = 1024 * 1024, /* what a pipe is raised to */
	PAGE_BYTES = 4096,
	AT_ONCE_MS = 100, /* for who writes half a line, then the other */
};

enum {
	LINES_RUNS_MAX = 64,    /* runs of blanks remembered */
	LINES_RUN_PIECE = 4096, /* bytes of a run given out at once */
	LINES_BLANKS = 3,       /* kinds of blank: see lines_blanks */
};

static const char lines_blanks[LINES_BLANKS] = { ' ', '\t', '\r' };

/* What the bytes at begin belong to. */
enum within {
	WITHIN_NOTHING, /* the start of a line */
	WITHIN_BLANKS,  /* a line of blanks so far, which are in runs */
	WITHIN_RUNS,    /* a long line, whose first bytes are still in runs */
	WITHIN_PIECES,  /* a line of which some is given out */
};

struct run {
	size_t kind; /* index into lines_blanks */
	uint64_t n;
};

struct lines_inner {
	enum within within;
	bool first;        /* none of its pieces has been given out */
	bool marked;       /* the byte order mark has been looked for */
	size_t searched;   /* no newline lies before it in buf */
	size_t front;      /* where begin was when bytes were last moved */
	uint64_t at;       /* place in the file that is read next */
	size_t whole_max;  /* bytes from which a line comes in pieces */
	size_t nruns, run; /* remembered; the next to give out */
	struct run runs[LINES_RUNS_MAX];
	/* What runs are given out from. */
	char blanks[LINES_BLANKS][LINES_RUN_PIECE];
};

static const char byte_order_mark[] = "\xef\xbb\xbf";
enum { MARK_BYTES = sizeof byte_order_mark - 1 };

/* A larger pipe means fewer wake-ups; without the right to one, as it is. */
static void
widen_pipe(int fd)
{
	if (fcntl(fd, F_GETPIPE_SZ) < PIPE_BYTES)
		(void)fcntl(fd, F_SETPIPE_SZ, PIPE_BYTES);
}

static void
look_at_file(struct lines *l)
{
	struct stat st;
	off_t at;

	/* A descriptor that is no good fails where it is read. */
	if (fstat(l->fd, &st) == -1)
		return;
	if (S_ISFIFO(st.st_mode))
		widen_pipe(l->fd);
	if (!S_ISREG(st.st_mode))
		return;
	l->regular = 1;
	at = lseek(l->fd, 0, SEEK_CUR);
	if (at >= 0 && at < st.st_size)
		l->size = (uint64_t)(st.st_size - at);
	if (at > 0)
		l->inner->at = (uint64_t)at;
	/* Advice: the kernel is free to refuse it. */
	(void)posix_fadvise(l->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
}

int
lines_init(struct lines *l, int fd, const char *name, size_t max_line)
{
	struct lines_inner *in;

	*l = (struct lines){
		.fd = fd, .name = name, .max_line = max_line, .watched = -1
	};
	diag_warn_terminal(fd);
	if (max_line > SIZE_MAX / 2) {
		errno = ENOMEM;
		return -1;
	}
	in = calloc(1, sizeof *in);
	if (in == NULL)
		return -1;
	l->inner = in;
	/* Over long whatever follows: one byte more may be the CR of its end.
	 */
	in->whole_max = max_line + 2;
	if (in->whole_max < MARK_BYTES)
		in->whole_max = MARK_BYTES;
	for (size_t i = 0; i < LINES_BLANKS; i++)
		memset(in->blanks[i], lines_blanks[i], LINES_RUN_PIECE);

	/* Pages that no line needs are never touched. */
	l->cap = in->whole_max + PAGE_BYTES + LINES_BLOCK;
	l->buf = aligned_alloc(PAGE_BYTES,
	    (l->cap + LINES_PAD + PAGE_BYTES - 1) / PAGE_BYTES * PAGE_BYTES);
	if (l->buf == NULL) {
		lines_free(l);
		errno = ENOMEM;
		return -1;
	}
	look_at_file(l);
	l->begin = l->end = in->front = in->searched = in->at % PAGE_BYTES;
	memset(l->buf + l->end, 0, LINES_PAD);
	return 0;
}

void
lines_free(struct lines *l)
{
	free(l->buf);
	free(l->inner);
	l->buf = NULL;
	l->inner = NULL;
	l->begin = l->end = l->cap = 0;
}

void
lines_gather(struct lines *l, int64_t gather_ms)
{
	gather_init(&l->gather, gather_ms, l->fd, clock_mono_ms());
}

static bool
is_all_given(const struct lines *l)
{
	return l->begin == l->end && l->inner->within == WITHIN_NOTHING;
}

/*
 * Where bytes must begin so that what is read behind them comes to lie in its
 * page as it lies in the file's: a copy from there to a place a few bytes
 * further in its page takes some processors (AMD's Zen 3) four times as long.
 */
static size_t
front_for(const struct lines *l, size_t left)
{
	return (size_t)(l->inner->at - left) % PAGE_BYTES;
}

/*
 * Moves what is left to the front where that costs no more than what has been
 * taken since, or where no block fits behind it; so each byte moves about once
 * at the most, and short lines stay in the same half megabyte of cache.
 */
static void
make_room(struct lines *l)
{
	struct lines_inner *in = l->inner;
	size_t left = l->end - l->begin, taken = l->begin - in->front;

	if (taken == 0 || (left > taken && l->cap - l->end >= LINES_BLOCK))
		return;
	in->front = front_for(l, left);
	memmove(l->buf + in->front, l->buf + l->begin, left);
	in->searched =
	    in->front + (in->searched > l->begin ? in->searched - l->begin : 0);
	l->begin = in->front;
	l->end = in->front + left;
	/* Nothing may be read this time, and the old bytes look like lines. */
	memset(l->buf + l->end, 0, LINES_PAD);
}

/* Drops the byte order mark once as many bytes are there as it takes to say. */
static void
drop_mark(struct lines *l)
{
	const char *p = l->buf + l->begin;
	size_t have = l->end - l->begin;

	if (have > MARK_BYTES)
		have = MARK_BYTES;
	if (memcmp(p, byte_order_mark, have) == 0) {
		if (have < MARK_BYTES && !l->eof)
			return;
		if (have == MARK_BYTES)
			lines_took(l, MARK_BYTES, 0);
	}
	l->inner->marked = true;
}

/* True when fd can be read, false on a signal or when the time is over. */
static bool
wait_readable(struct lines *l, int64_t timeout_ms)
{
	int64_t rest_ms = l->gather.gather_ms == 0
	                      ? 0
	                      : gather_rest_ms(&l->gather, clock_mono_ms());
	struct pollfd p[3] = {
		{ .fd = rest_ms > 0 ? -1 : l->fd, .events = POLLIN },
		{ .fd = signals_fd(), .events = POLLIN },
		{ .fd = l->watched },
	};
	int timeout;

	if (rest_ms > 0 && (timeout_ms < 0 || timeout_ms > rest_ms))
		timeout_ms = rest_ms;
	timeout = timeout_ms > INT_MAX ? INT_MAX : (int)timeout_ms;
	if (timeout_ms < 0)
		timeout = -1;
	if (poll(p, 3, timeout) == -1) {
		if (errno != EINTR && errno != EAGAIN)
			l->error = errno;
		return false;
	}
	/* A pipe says POLLERR, asked or not, once it has no reader. */
	l->unheard = (p[2].revents & POLLERR) != 0;
	return p[0].revents != 0 && !l->unheard;
}

/* Reads at most so many bytes. */
static enum lines_filled
read_some(struct lines *l, size_t room)
{
	ssize_t n;

	if (room > l->cap - l->end)
		room = l->cap - l->end;
	if (room == 0) /* the caller has not taken what is there */
		return LINES_MORE;
	n = read(l->fd, l->buf + l->end, room);
	if (n == -1) {
		if (errno == EINTR || errno == EAGAIN || errno == EWOULDBLOCK)
			return LINES_IDLE;
		l->error = errno;
		return LINES_ERROR;
	}
	if (n == 0)
		l->eof = true;
	l->end += (size_t)n;
	l->inner->at += (uint64_t)n;
	if (l->gather.gather_ms > 0)
		gather_note(&l->gather, (size_t)n, clock_mono_ms());
	memset(l->buf + l->end, 0, LINES_PAD);
	if (!l->inner->marked)
		drop_mark(l);
	return l->eof && is_all_given(l) ? LINES_END : LINES_MORE;
}

enum lines_filled
lines_fill(struct lines *l, int64_t timeout_ms)
{
	if (l->error != 0)
		return LINES_ERROR;
	if (l->eof)
		return is_all_given(l) ? LINES_END : LINES_MORE;
	make_room(l);
	if (!l->regular && !wait_readable(l, timeout_ms))
		return l->error != 0 ? LINES_ERROR : LINES_IDLE;
	return read_some(l, LINES_BLOCK);
}

bool
lines_is_torn(const struct lines *l, const struct line *line)
{
	return l->eof && line->last &&
	       line->raw.p + line->raw.n == l->buf + l->end;
}

void
lines_end_begun(struct lines *l)
{
	struct pollfd p = { .fd = l->fd, .events = POLLIN };

	while (!l->regular && !l->eof && l->begin < l->end && l->end < l->cap &&
	       l->buf[l->end - 1] != '\n' && poll(&p, 1, AT_ONCE_MS) == 1 &&
	       read_some(l, 1) == LINES_MORE)
		continue;
}

enum status
lines_complain(const struct lines *l)
{
	struct diag_at at = { .source = l->name };

	diag_error(&at, "cannot read: %s",
	    l->error == EBADF ? "it is closed" : strerror(l->error));
	return STATUS_SYSTEM;
}

/* --- giving out the lines that are in a reader's buffer ----------------- */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void
take(struct lines *l, size_t n)
{
	l->begin += n;
	l->offset += n;
}

bool
lines_at_start(const struct lines *l)
{
	return l->inner->within == WITHIN_NOTHING;
}

/* raw, and text without the CR of its end where it is a line's last piece. */
static void
give(struct lines *l, struct line *line, const char *p, size_t n, bool last)
{
	struct lines_inner *in = l->inner;
	bool cr = last && n > 0 && p[n - 1] == '\r';

	*line = (struct line){
		.kind = LINE_LONG,
		.text = { p, n - cr },
		.raw = { p, n },
		.number = l->number,
		.first = in->first,
		.last = last,
	};
	in->first = false;
	if (last)
		in->within = WITHIN_NOTHING;
}

/* The blanks before a long line's text, which are in the buffer no more. */
static bool
give_run(struct lines *l, struct line *line)
{
	struct lines_inner *in = l->inner;
	struct run *r = &in->runs[in->run];
	size_t n = r->n < LINES_RUN_PIECE ? (size_t)r->n : LINES_RUN_PIECE;

	give(l, line, in->blanks[r->kind], n, false);
	r->n -= n;
	if (r->n > 0)
		return true;
	if (++in->run == in->nruns) {
		in->within = WITHIN_PIECES;
		in->nruns = in->run = 0;
	}
	return true;
}

/* The next piece of a line that is given out in pieces. */
static bool
give_piece(struct lines *l, struct line *line)
{
	const char *p = l->buf + l->begin;
	size_t have = l->end - l->begin, n = have;
	const char *nl = memchr(p, '\n', have);

	if (nl != NULL) {
		n = (size_t)(nl - p);
		give(l, line, p, n, true);
		take(l, n + 1);
		return true;
	}
	/* A CR waits: it may turn out to be part of the line's end. */
	if (!l->eof && n > 0 && p[n - 1] == '\r')
		n--;
	if (!l->eof && n == 0)
		return false;
	give(l, line, p, n, l->eof);
	take(l, n);
	return true;
}

/* Begins a line in pieces. */
static void
begin_pieces(struct lines *l, enum within within)
{
	l->number++;
	l->inner->within = within;
	l->inner->first = true;
}

/* Adds n times p[0] to the runs; false where there are too many of them. */
static bool
remember_run(struct lines_inner *in, char c, size_t n)
{
	size_t kind = 0;

	while (lines_blanks[kind] != c)
		kind++;
	if (in->nruns > 0 && in->runs[in->nruns - 1].kind == kind) {
		in->runs[in->nruns - 1].n += n;
		return true;
	}
	if (in->nruns == LINES_RUNS_MAX)
		return false;
	in->runs[in->nruns++] = (struct run){ kind, n };
	return true;
}

/*
 * Takes blanks out of the buffer into the runs, until the line ends or
 * something else comes.  Returns true where there may be a line to give out.
 */
static bool
take_blanks(struct lines *l)
{
	struct lines_inner *in = l->inner;

	while (l->begin < l->end && is_blank(l->buf[l->begin])) {
		char c = l->buf[l->begin];
		size_t n = 1;

		while (l->begin + n < l->end && l->buf[l->begin + n] == c)
			n++;
		if (!remember_run(in, c, n))
			break;
		take(l, n);
	}
	if (l->begin == l->end && !l->eof)
		return false;
	if (l->begin == l->end || l->buf[l->begin] == '\n') {
		/* It was blank to its end. */
		take(l, l->begin < l->end);
		l->number++;
		in->nruns = 0;
		in->within = WITHIN_NOTHING;
		return true;
	}
	begin_pieces(l, WITHIN_RUNS);
	in->run = 0;
	return true;
}

static bool
is_all_blank(const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!is_blank(p[i]))
			return false;
	}
	return true;
}

/*
 * A line of nothing but blanks is skipped; but one that would not have been
 * remembered had it come in smaller reads is taken for a long one here too.
 */
static bool
is_skipped(const struct lines_inner *in, const char *p, size_t n)
{
	size_t runs = 1;

	if (n == 0)
		return true;
	if (!is_blank(p[0]) || !is_all_blank(p, n))
		return false;
	if (n < in->whole_max)
		return true;
	for (size_t i = 1; i < n; i++)
		runs += p[i] != p[i - 1];
	return runs <= LINES_RUNS_MAX;
}

/*
 * A line, all n bytes of it at begin; newline: bytes of its end.  False where
 * it is one of blanks.
 */
static bool
give_whole(struct lines *l, struct line *line, size_t n, size_t newline)
{
	const char *p = l->buf + l->begin;
	size_t text;

	take(l, n + newline);
	l->number++;
	if (is_skipped(l->inner, p, n))
		return false;
	text = n - (p[n - 1] == '\r');
	*line = (struct line){
		.kind = text > l->max_line ? LINE_LONG : LINE_DATA,
		.text = { p, text },
		.raw = { p, n },
		.number = l->number,
		.first = true,
		.last = true,
	};
	return true;
}

/* At a line that outgrows the buffer: how it is to be taken from now on. */
static void
begin_unbounded(struct lines *l)
{
	const char *p = l->buf + l->begin;
	size_t n = l->end - l->begin;

	if (is_blank(p[0]) && is_all_blank(p, n))
		l->inner->within = WITHIN_BLANKS;
	else
		begin_pieces(l, WITHIN_PIECES);
}

/* At the start of a line: true for another turn of lines_next()'s loop. */
static bool
begin_line(struct lines *l, struct line *line, bool *given)
{
	struct lines_inner *in = l->inner;
	size_t from = in->searched > l->begin ? in->searched : l->begin;
	size_t have = l->end - l->begin;
	const char *p = l->buf + l->begin, *nl;

	nl = memchr(l->buf + from, '\n', l->end - from);
	if (nl != NULL) {
		*given = give_whole(l, line, (size_t)(nl - p), 1);
		return true;
	}
	in->searched = l->end;
	if (l->eof && have > 0) {
		*given = give_whole(l, line, have, 0);
		return true;
	}
	if (have < in->whole_max)
		return false;
	begin_unbounded(l);
	return true;
}

bool
lines_next(struct lines *l, struct line *line)
{
	bool given = false;

	for (;;) {
		switch (l->inner->within) {
		case WITHIN_NOTHING:
			if (!begin_line(l, line, &given))
				return false;
			if (given)
				return true;
			break;
		case WITHIN_BLANKS:
			if (!take_blanks(l))
				return false;
			break;
		case WITHIN_RUNS:
			return give_run(l, line);
		case WITHIN_PIECES:
			return give_piece(l, line);
		}
	}
}
