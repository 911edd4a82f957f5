/* ranking - what --top asks for: how many, by which results, of which groups.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_RANKING_H
#define WINDOW_RANKING_H

#include <stdbool.h>
#include <stddef.h>

struct out_column;

/* All zero is none. */
struct ranking {
	size_t most; /* of each window, or of its groups; 0: all */
	struct ranking_by {
		int result; /* among all that there are */
		bool smallest;
	} * by;
	size_t nby;
	int *keys; /* by which a window has groups: among the key columns */
	size_t nkeys;
};

/* N beyond that is taken for a mistake. */
enum { RANKING_MOST = 1000000000 };

/*
 * Reads N:RESULT[,RESULT]...[:KEY]..., whose names are those of the n results.
 * A RESULT behind a '-' ranks the smallest first.  0, or -1 after an error
 * (status 2).
 */
int ranking_init(
    struct ranking *, const char *text, const struct out_column *, size_t n);
void ranking_free(struct ranking *);

#endif
