/* tap - the whole lines of a file that is followed, to standard output.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_TAP_H
#define WINDOWPIPE_TAP_H

#include <stdbool.h>
#include <stdint.h>

#include "windowpipe/marks.h"
#include "windowpipe/trail.h"

struct tap {
	struct marks *marks; /* borrowed */
	char *block;         /* owned */
	uint64_t bytes;      /* written */
	bool in_line; /* of a packed file: a part of a line was written */
};

/* 0, or -1: there is no memory. */
int tap_init(struct tap *, struct marks *);
void tap_free(struct tap *);

enum tap_end {
	TAP_DRY,     /* there is no whole line more */
	TAP_STOPPED, /* asked to; between two lines */
	TAP_CUT,     /* the bytes ahead are not those that were read */
	TAP_SYSTEM,  /* the file cannot be read: errno */
	TAP_STDOUT,  /* standard output cannot be written: errno */
};

/*
 * Writes the lines that the trail, which is open, has got; marks come between
 * two of them.  What it grows by meanwhile is left for the next time.  A line
 * without its newline is left, too, but in what is packed: that is whole.
 */
enum tap_end tap_take(struct tap *, struct trail *);

/* Nobody will end its last line: it is a row as it is. */
enum tap_end tap_finish(struct tap *, struct trail *);

#endif
