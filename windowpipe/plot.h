/* plot - the last values of a stage's results, by key.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_PLOT_H
#define WINDOWPIPE_PLOT_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"

enum {
	PLOT_SERIES = 64,   /* keys that are looked at */
	PLOT_HISTORY = 128, /* values of each */
	PLOT_TEXT = 64,     /* bytes of a key, of a value */
};

/* A key's values, oldest first; a name or value is cut, never in a character.
 */
struct plot_series {
	char key[PLOT_TEXT], value[PLOT_TEXT];
	double at[PLOT_HISTORY];
	size_t n;
};

struct plot {
	struct plot_series series[PLOT_SERIES]; /* by key */
	size_t n;
};

/*
 * Reads lines of JSON objects: the key of each is the values of the members
 * that are named, else of its first member; its value the first number that is
 * none of these.  What has none is passed over.
 */
void plot_read(
    struct plot *, struct span lines, const char *const *keys, size_t nkeys);

/* Adds the last values, at most width of them, as blocks of eight heights,
 * from the least of them to the greatest. */
void plot_sparkline(const struct plot_series *, struct buf *, size_t width);

#endif
