/* out - whole lines to a file descriptor, and the truth about whether they
 * got there.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_OUT_H
#define LIB_OUT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/diag.h"

struct out;

/*
 * Told after each write(2), for whoever has more to do than to write.  It must
 * not write to that out.
 */
typedef void out_busy_fn(void *ctx, const struct out *);

/*
 * Output to fd, buffered in lines.  Append to out->line (a buf), then call
 * out_end_line(), which adds '\n' and counts the line.  Every write(2) holds
 * whole lines only (but for out_spill()).  Partial writes go on; EINTR and
 * EAGAIN are waited out, until a second signal asks to stop (error is then
 * EINTR): a reader that hangs must not make us immortal.  SIGUSR1 is answered
 * meanwhile.  The first failure
 * sticks: out->error is its errno, and all further output is dropped.
 * On a terminal a progress line makes way for it.
 *
 * With keeps, set once it is open, a failure drops nothing: from then on
 * (held) all output stays in line, and only want of memory gives -1.  line
 * then begins with what was not written; where it went to a pipe, with the
 * first line of which its reader had not read the last byte.
 */
struct out {
	int fd;
	bool terminal;
	const char *name; /* for messages: "stdout", a file's name; borrowed */
	struct buf line;  /* lines not yet written, and the one begun */
	size_t sent;      /* bytes of line that are written, but kept */
	size_t whole;     /* bytes of line that are whole lines */
	uint64_t lines;   /* ended so far, with success */
	uint64_t reached; /* of these, at the least, the system has taken */
	int error;        /* errno of the first failure, or 0 */
	bool keeps, held;
	out_busy_fn *busy; /* NULL, or set once it is open */
	void *busy_ctx;
};

/* For stdout and other descriptors that are open already. */
void out_init(struct out *, int fd, const char *name);

/*
 * open(2) of a file to write, made with mode 0666 less umask.  A FIFO is waited
 * for until it has a reader, and SIGUSR1 answered meanwhile.  A descriptor that
 * blocks, or -1 with errno: EINTR where a signal asked to stop.
 */
int out_open_fd(const char *name, int flags);

/*
 * Opens a file for appending (made with mode 0666 less umask), on a line of its
 * own where the last one there was cut; "-" is refused.
 * Returns 0, or -1 with errno.
 */
int out_open(struct out *, const char *name);

/* out_open() of a file that an option names; says why it cannot be opened. */
int out_open_option(struct out *, const char *option, const char *name);

/* Ends the line begun; writes when more than 64 KiB wait. -1: see error. */
int out_end_line(struct out *);

/* One whole line of bytes, as it came. */
int out_span_line(struct out *, struct span);

/*
 * For a line that comes in pieces and may be longer than memory should hold:
 * writes what is there of it once that is more than 64 KiB.
 */
int out_spill(struct out *);

/* Writes all whole lines.  0, or -1. */
int out_flush(struct out *);

/* Lines that were ended, and then lost with a write that failed. */
uint64_t out_lost(const struct out *);

/*
 * As if a write had failed with that errno; EPIPE raises SIGPIPE, too.  -1, or
 * 0 where it keeps.
 */
int out_lose(struct out *, int error);

/*
 * Flushes, closes (files only: fd > 2), frees (but for what is held: that is
 * its owner's to free).  Returns 0, or -1 where any output of this out was
 * lost; error holds why until out_init.
 */
int out_close(struct out *);

/*
 * Says on stderr that writing NAME failed and why, and returns STATUS_SYSTEM.
 * (EPIPE: "the reader has gone away (broken pipe)"; EBADF: "it is closed".)
 */
enum status out_complain(const struct out *);

/* Writes a text of whole lines to stdout, and frees it; says what fails. */
enum status out_print(struct buf *text);

#endif
