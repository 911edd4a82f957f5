/* dead_letter - lines that did not get there, in the files the user named.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_DEAD_LETTER_H
#define KINESIS_PUT_DEAD_LETTER_H

#include <stdbool.h>

#include "lib/diag.h"
#include "lib/out.h"
#include "lib/span.h"

/* One file; all zero is none. */
struct dead_letter {
	struct out out;
	bool open;
};

/* Opens name for appending, NULL for no file.  -1: said why. */
int
dead_letter_open(struct dead_letter *, const char *option, const char *name);

/* A line as it came; cr: it ended in "\r\n".  Nothing where there is no file.
 */
void dead_letter_add(struct dead_letter *, struct span line, bool cr);

/* A piece of a line that is too long to be held; last: it ends here. */
void dead_letter_add_piece(struct dead_letter *, struct span piece, bool last);

/* Has writing failed? */
static inline bool
dead_letter_failed(const struct dead_letter *k)
{
	return k->open && k->out.error != 0;
}

/* Lines written so far are handed to the system. */
void dead_letter_flush(struct dead_letter *);

/* And are on disk, if the file is one. */
void dead_letter_sync(struct dead_letter *);

/* Closes; STATUS_SYSTEM, said, where lines were lost, else STATUS_OK. */
enum status dead_letter_close(struct dead_letter *);

#endif
