/* lines - a block-wise line reader with a bound on the line.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_LINES_H
#define LIB_LINES_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/diag.h"
#include "lib/gather.h"
#include "lib/span.h"

enum {
	LINES_BLOCK = 512 * 1024, /* bytes read at once, at the most */
	LINES_PAD = 64,           /* readable bytes, zero, behind the data */
	LINES_MAX_DEFAULT = 1024 * 1024,
};

enum line_kind {
	LINE_DATA, /* a whole line of at most max_line bytes */
	LINE_LONG, /* more than max_line bytes; comes in pieces */
};

/*
 * text: the line without its "\n" or "\r\n"; raw: without "\n" only ("\r" is
 * kept).  Both lie in the reader's buffer until the next lines_fill().
 * LINE_LONG comes in pieces where it does not fit the buffer: first and last
 * tell which; text and raw are that piece (for pieces that are not last,
 * text == raw).  All pieces of a line have its number.
 */
struct line {
	enum line_kind kind;
	struct span text;
	struct span raw;
	uint64_t number; /* from 1; blank lines have numbers too */
	bool first, last;
};

/*
 * The buffer is buf[begin..end), with LINES_PAD zero bytes behind end.
 * Lines of blanks (space, tab, CR) are skipped, and counted in number only;
 * a byte order mark at the very start is dropped.  Lines of blanks have no
 * bound; of blanks before text in a line that is too long, up to 64 runs of
 * equal bytes are remembered (a mix beyond that is given out as LINE_LONG even
 * if nothing else follows, however the reads fell).
 */
struct lines_inner;
struct lines {
	int fd;
	const char *name; /* for messages; borrowed */
	size_t max_line;  /* bytes without the line's end */
	char *buf;
	size_t cap, begin, end;
	uint64_t number; /* of the last line given out */
	uint64_t offset; /* bytes of input given out or skipped */
	uint64_t size;   /* of a regular file, else 0; for progress */
	bool eof;
	int error;                 /* errno of a failed read, or 0 */
	int regular;               /* a regular file: never waits */
	int watched;               /* an output, or -1 */
	bool unheard;              /* the reader has gone away (broken pipe) */
	struct gather gather;      /* see lines_gather() */
	struct lines_inner *inner; /* lines.c's own */
};

/* Returns 0, or -1 with errno.  Raises the pipe's size where allowed. */
int lines_init(struct lines *, int fd, const char *name, size_t max_line);
void lines_free(struct lines *);

/*
 * From now on, what a pipe brings little by little is left there for up to
 * gather_ms (lib/gather.h); 0, as at the start: it is read as it comes.
 */
void lines_gather(struct lines *, int64_t gather_ms);

/*
 * Next line (or piece) that is in the buffer; false: call lines_fill().
 * At end of input a last line without its newline is given out as any other.
 */
bool lines_next(struct lines *, struct line *);

/*
 * Whether a line that was given out has no newline: it is one that its writer
 * had begun when it was killed.
 */
bool lines_is_torn(const struct lines *, const struct line *);

enum lines_filled {
	LINES_MORE,  /* bytes came: go on with lines_next() */
	LINES_IDLE,  /* none came within timeout_ms, or a signal did, or what
	              * comes is left to gather */
	LINES_END,   /* end of input, and lines_next() has given all out */
	LINES_ERROR, /* see error */
};

/*
 * On the way to a stop: reads the rest of a line that has begun, and nothing
 * behind it, as long as that comes at once.
 */
void lines_end_begun(struct lines *);

/*
 * Reads what there is, once, waiting at most timeout_ms (-1: for ever; 0: not
 * at all), until signals_fd() turns readable, or until the pipe that is
 * watched loses its reader, after which nothing is read any more.  Also waits
 * for a descriptor that is O_NONBLOCK.  Invalidates every span given out
 * before.
 */
enum lines_filled lines_fill(struct lines *, int64_t timeout_ms);

/*
 * For readers that find line ends themselves: the bytes not yet given out, up
 * to the last one read, LINES_PAD bytes readable behind them.  Only to be used
 * where lines_at_start() is true; nothing of a line longer than max_line may
 * be taken.  lines_took() says that the first n bytes, which are nlines whole
 * lines with their '\n', are done.
 */
static inline struct span
lines_ahead(const struct lines *l)
{
	return (struct span){ l->buf + l->begin, l->end - l->begin };
}
bool lines_at_start(const struct lines *); /* not within pieces */
static inline void
lines_took(struct lines *l, size_t n, uint64_t nlines)
{
	l->begin += n;
	l->offset += n;
	l->number += nlines;
}

/*
 * Says on stderr that reading NAME failed and why ("it is closed" for EBADF),
 * and returns STATUS_SYSTEM.
 */
enum status lines_complain(const struct lines *);

#endif
