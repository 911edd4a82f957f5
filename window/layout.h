/* layout - the fast reader: rows that repeat the layout of a row before.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_LAYOUT_H
#define WINDOW_LAYOUT_H

#include <stdbool.h>

#include "window/step.h"

/*
 * Machine-written JSON repeats itself: the bytes between the values stay the
 * same from line to line.  A layout is what was learned from one line: those
 * bytes, and of each value where it stands and which field wants it.  A later
 * line is compared with the bytes and its values are read where they must be;
 * any difference at all is a miss, and the line goes to the plain reader
 * (window/row.h), from which a new layout is learned.
 *
 * Both readers accept the same language and give the same values: a line that
 * a layout takes, row_read() takes as well; what a layout is not sure of it
 * leaves to row_read().  (The idea is that of Mison, Li et al., PVLDB 10(10),
 * 2017: speculate on the structure seen before, check, fall back.)
 */
enum {
	LAYOUTS_MAX = 8,
	LAYOUT_LINE_MAX = 64 * 1024, /* longer lines are not learned from */
};

struct layout;
struct layouts {
	const struct query *q;
	struct layout *layout[LAYOUTS_MAX]; /* the one used last first */
	struct step_reader reader;
	bool off;     /* forced: every line goes to the plain reader */
	int misses;   /* in a row, of lines that were learned from */
	int patience; /* lines not learned from after too many misses */
};

/* 0, or -1: out of memory. */
int layouts_init(struct layouts *, const struct query *);
void layouts_free(struct layouts *);

/*
 * Reads lines from p on while they repeat a layout, as many as rows has room
 * for; valid until the next call, or learning.  Returns how many; 0: the line
 * at p goes to the plain reader.  At least LINES_PAD bytes that are zero must
 * be readable behind end, which is behind the last byte read.
 */
int
layouts_rows(struct layouts *, struct rows *, const char *p, const char *end);

/*
 * Learns from a line that the plain reader has just taken: cells is what that
 * found in it, by path.  raw is the line as it came, and its newline must stand
 * behind it; without one nothing is learned.
 */
void layouts_learn(struct layouts *, struct span raw, const struct cell *cells);

#endif
