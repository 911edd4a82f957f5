/* display - what a run shows of itself: a table on a terminal, or a line every
 * ten seconds.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_DISPLAY_H
#define WINDOWPIPE_DISPLAY_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "windowpipe/ledger.h"
#include "windowpipe/options.h"
#include "windowpipe/plot.h"
#include "windowpipe/recovery.h"

struct display {
	const struct ledger *ledger;
	const struct options *options;
	const struct recovery *recovery; /* NULL: no checkpoints are known */
	const char *note; /* the title's end; NULL: how the run is ended */
	int64_t start_ms, line_due_ms;
	bool is_table, is_coloured; /* else lines, and plain */
	int lines;                  /* of the table, that are on the terminal */
	char away[32];              /* what takes them away */
	struct buf text, recent;
	struct plot plot;
};

/* *d must not move until display_free(). */
void display_init(struct display *, const struct ledger *,
    const struct options *, int64_t now_ms);
void display_free(struct display *);

/* Shows what the ledger knows, if it is time. */
void display_tick(struct display *, int64_t now_ms);

/* The table as it is at the end, which stays. */
void display_end(struct display *, int64_t now_ms);

/*
 * The table alone: at most height lines, each of fewer than width columns and
 * ended by a newline.
 */
void display_table(
    struct display *, struct buf *, int width, int height, int64_t now_ms);

/* Adds a text of others: what a terminal would obey is "?". */
void display_add_text(struct buf *, const char *text);

#endif
