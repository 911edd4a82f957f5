/* recent - the last lines of an output, kept in a file for who looks on.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_RECENT_H
#define LIB_RECENT_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/* Of whole lines; enough for a minute of results of some keys. */
enum { RECENT_BYTES = 32 * 1024 };

/* All zero: nobody looks on, and nothing is kept. */
struct recent {
	const char *file; /* borrowed */
	struct buf lines;
	bool changed; /* since the file was written */
};

/* recent_add() where a file is named. */
void recent_keep(struct recent *, struct span line);

/* A line without its newline. */
static inline void
recent_add(struct recent *r, struct span line)
{
	if (r->file != NULL)
		recent_keep(r, line);
}

/* Replaces the file, where lines have come.  0, or -1 with errno. */
int recent_write(struct recent *);
void recent_free(struct recent *);

#endif
