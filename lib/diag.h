/* diag - the only printer of diagnostics, and the exit statuses.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_DIAG_H
#define LIB_DIAG_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/* A status only ever gets worse: combine with status_worse(). */
enum status {
	STATUS_OK = 0,     /* every record handled, every byte written */
	STATUS_DATA = 1,   /* records rejected or not delivered */
	STATUS_USAGE = 2,  /* command line or configuration; nothing was read */
	STATUS_SYSTEM = 3, /* reading, writing, memory, network, credentials */
};

static inline enum status
status_worse(enum status a, enum status b)
{
	return a > b ? a : b;
}

/*
 * Of what could not be made or opened, by errno: STATUS_SYSTEM where the same
 * may go well another time, on a disk that is full now, say; else STATUS_USAGE.
 */
enum status status_of_errno(int error);

/* Where in the input: line and column count from 1, 0 means none. */
struct diag_at {
	const char *source; /* "stdin", a file name; NULL for none */
	uint64_t line;
	size_t column;
};

/*
 * Names the program ("window") for every message.  diag_name() adds what
 * --name gave: "window[tumble]: ".  Both keep the pointer.
 */
void diag_init(const char *program);
void diag_name(const char *name);
const char *diag_program(void);
const char *diag_name_given(void); /* NULL where none was given */

/*
 * Call first: sees to it that descriptors 0 to 2 are open, so that no file
 * opened later lands on one of them.  Where stdin or stdout was closed,
 * reading or writing it fails with EBADF (lines_complain() and out_complain()
 * say "it is closed"); where stderr was closed, messages go nowhere.
 * Returns 0, or -1 after saying why: end with STATUS_SYSTEM.
 */
int diag_open_std_fds(void);

/*
 * before(ctx) is asked ahead of each message for bytes to put in front of it,
 * in the same write: how report.c takes its progress line away.  It may return
 * "".  NULL takes it back.
 */
void diag_before(const char *(*before)(void *ctx), void *ctx);

/* Writes those bytes alone: something else is to begin on the terminal. */
void diag_make_way(void);

/*
 * One line on stderr, one write(2): "PROGRAM[NAME]: [SOURCE:LINE:COLUMN: ]"
 * and the message, lower case, without full stop: WHAT: CAUSE; REMEDY.
 * at may be NULL.  diag_warn() puts "warning: " before the message.
 * Of one format string ten messages are printed; the rest are counted, and
 * diag_end() says how many more there were.  Bytes of the user's that are put
 * into a message go through diag_quote() first; what of them slips through is
 * masked as there, and a message is cut at 4000 bytes.
 */
void diag_error(const struct diag_at *at, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void diag_warn(const struct diag_at *at, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Says that memory is out: STATUS_SYSTEM. */
enum status diag_no_memory(void);

/*
 * Like these two, but never held back: a warning that is said again because it
 * has grown, and the answer to a question.
 */
void diag_remark(const struct diag_at *at, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void diag_answer(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Warns where what is to be read from fd must be typed on a terminal. */
void diag_warn_terminal(int fd);

/* From now on no warning is printed: --quiet. */
void diag_be_quiet(void);

/* Bytes to stderr as they are: report.c's lines. */
void diag_bytes(struct span);

/* Says how many messages were held back.  Call once, before leaving. */
void diag_end(void);

/*
 * Bytes of the character that s, which is not empty, begins with; 0 where that
 * is a control character, a mark of direction, or no UTF-8.
 */
size_t diag_printable(struct span s);

/*
 * Adds at most so many characters of s, "?" for each byte that
 * diag_printable() has nothing of, but those in keep.  Returns how many
 * characters lack to most.
 */
int diag_add_plain(struct buf *, struct span s, int most, const char *keep);

/*
 * A copy of s that is safe in a message, in single quotes: control bytes and
 * bytes that are not UTF-8 as \xHH, cut after 60 bytes with "...".  Returns
 * out.
 */
enum { DIAG_QUOTE_MAX = 280 };
const char *diag_quote(char out[DIAG_QUOTE_MAX], struct span s);

/* The same, cut after 500 bytes: what a service says in a sentence or two. */
enum { DIAG_SAID_MAX = 2040 };
const char *diag_quote_said(char out[DIAG_SAID_MAX], struct span s);

#endif
