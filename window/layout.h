/* layout - the fast reader: rows that repeat the layout of a row before.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_LAYOUT_H
#define WINDOW_LAYOUT_H

#include <stdbool.h>

#include "window/row.h"

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
	LAYOUT_ROWS = 64,            /* read at once, at the most */
};

struct layout;
struct layouts {
	const struct query *q;
	struct layout *layout[LAYOUTS_MAX]; /* the one used last first */
	struct field_env env;
	struct misfits *misfits; /* the plain reader's, or NULL: not counted */
	int *unfit;              /* fields of the row being read that did not */
	size_t nunfit;           /* fit: they count if it is taken */
	struct buf scratch;
	bool off;     /* forced: every line goes to the plain reader */
	int misses;   /* in a row, of lines that were learned from */
	int patience; /* lines not learned from after too many misses */
	struct memo {
		char minute[16]; /* "2026-11-22T06:13" */
		int64_t ms;      /* its time */
		int kind;        /* layout_memo_kind(); 0: nothing known */
	} memo;
	struct {
		char text[40]; /* of the slow way: rows of a second are many */
		size_t n;      /* 0: nothing known */
		int64_t ms;    /* its time */
		int field;
	} last;

	/* What layouts_rows() has read: of each row its values, by field. */
	struct value *values; /* row i's are values + i * stride */
	size_t stride;
	int64_t t_ms[LAYOUT_ROWS]; /* event time, or 0 */
	const char
	    *row[LAYOUT_ROWS + 1]; /* where it begins; where the last ends */
};

/* 0, or -1: out of memory. */
int layouts_init(struct layouts *, const struct query *);
void layouts_free(struct layouts *);

/*
 * Reads lines from p on while they repeat a layout, LAYOUT_ROWS of them at the
 * most, into l->values and so on (valid until the next call, or learning).
 * Returns how many; 0: the line at p goes to the plain reader.  At least
 * LINES_PAD bytes that are zero must be readable behind end, which is behind
 * the last byte read.
 */
int layouts_rows(struct layouts *, const char *p, const char *end);

/*
 * Learns from a line that the plain reader has just taken: json is what
 * json_read() found in it, by path.  raw is the line as it came, and its
 * newline must stand behind it; without one nothing is learned.
 */
void
layouts_learn(struct layouts *, struct span raw, const struct json_value *json);

#endif
