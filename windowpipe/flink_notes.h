/* flink_notes - what Flink does otherwise than window in a query.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FLINK_NOTES_H
#define WINDOWPIPE_FLINK_NOTES_H

#include "window/options.h"
#include "windowpipe/flink_source.h"

struct flink_notes {
	bool flink2;     /* for 2.2, not 1.20 */
	struct buf text; /* "-- note: " and one note a line, none twice */
	size_t n;
};

/* All there is to say; windows of table functions have a bug of their own. */
void flink_notes_add(struct flink_notes *, const struct options *,
    const struct flink_source *, bool tables);

/* Lists, by "name", the columns that are guessed; true where there is one. */
bool flink_notes_find_guesses(const struct flink_source *, struct buf *);

#endif
