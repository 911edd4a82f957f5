/* dead_letter - the lines that did not get there, in the files the user named.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_DEAD_LETTER_H
#define KINESIS_PUT_DEAD_LETTER_H

#include <stdbool.h>

#include "lib/diag.h"
#include "lib/out.h"
#include "lib/span.h"

/* One file; all zero is none. */
struct keep {
	struct out out;
	bool open;
};

/* Opens name for appending, NULL for no file.  -1: said why. */
int keep_open(struct keep *, const char *option, const char *name);

/* A line as it came; cr: it ended in "\r\n".  Nothing where there is no file.
 */
void keep_line(struct keep *, struct span line, bool cr);

/* A piece of a line that is too long to be held; last: it ends here. */
void keep_piece(struct keep *, struct span piece, bool last);

/* Has writing failed? */
static inline bool
keep_failed(const struct keep *k)
{
	return k->open && k->out.error != 0;
}

/* Lines written so far are handed to the system. */
void keep_flush(struct keep *);

/* And are on disk, if the file is one. */
void keep_sync(struct keep *);

/* Closes; STATUS_SYSTEM, said, where lines were lost, else STATUS_OK. */
enum status keep_close(struct keep *);

#endif
