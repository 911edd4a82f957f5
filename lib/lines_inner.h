/* lines_inner - what the two halves of lines share: filling and giving out.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_LINES_INNER_H
#define LIB_LINES_INNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/lines.h"

enum {
	LINES_RUNS_MAX = 64,    /* runs of blanks remembered */
	LINES_RUN_PIECE = 4096, /* bytes of a run given out at once */
	LINES_BLANKS = 3,       /* kinds of blank: see lines_blanks */
};

static const char lines_blanks[LINES_BLANKS] = { ' ', '\t', '\r' };

/* What the bytes at begin belong to. */
enum within {
	WITHIN_NOTHING, /* the start of a line */
	WITHIN_BLANKS,  /* a line of blanks so far, which are in runs */
	WITHIN_RUNS,    /* a long line, whose first bytes are still in runs */
	WITHIN_PIECES,  /* a line of which some is given out */
};

struct run {
	size_t kind; /* index into lines_blanks */
	uint64_t n;
};

struct lines_inner {
	enum within within;
	bool first;        /* none of its pieces has been given out */
	bool marked;       /* the byte order mark has been looked for */
	size_t searched;   /* no newline lies before it in buf */
	size_t front;      /* where begin was when bytes were last moved */
	uint64_t at;       /* place in the file that is read next */
	size_t whole_max;  /* bytes from which a line comes in pieces */
	size_t nruns, run; /* remembered; the next to give out */
	struct run runs[LINES_RUNS_MAX];
	/* What runs are given out from. */
	char blanks[LINES_BLANKS][LINES_RUN_PIECE];
};

#endif
