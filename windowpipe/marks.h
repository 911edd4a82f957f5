/* marks - a source's checkpoints: when marks are written, and what waits.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_MARKS_H
#define WINDOWPIPE_MARKS_H

#include <stdbool.h>

#include "lib/coordinator.h"

/*
 * The marks that a source writes to standard output between two lines, and the
 * waiting during which they are looked after: SIGUSR1 is answered, signals that
 * ask to stop are seen, and checkpoints become whole.  Without a folder there
 * are no marks, only the waiting.  All zero is that.
 */
struct marks {
	struct coordinator coordinator;
	/* The source: adds its position; NULL for the others: nothing. */
	checkpoint_write_fn *write;
	void (*whole)(void *state); /* another checkpoint is whole */
	bool (*wants)(void *state); /* one ahead of its time */
	void *state;
};

static inline bool
marks_are_kept(const struct marks *m)
{
	return m->coordinator.checkpoint.dir != NULL;
}

/*
 * Opens the folder, if one is given, for a source that is described so.  What
 * the last checkpoint has is then coordinator.checkpoint.part.content until
 * checkpoint_forget().  STATUS_OK, or after saying why.
 */
enum status marks_open(struct marks *, const struct coordinator_options *,
    const char *description);
void marks_close(struct marks *);

/* A run begins with a mark; where there was none before, that comes alone. */
enum status marks_begin(struct marks *);

/*
 * And ends with one, behind all rows that were written; told to stop ahead of
 * them, it does so when the first one is there.  finishes: there will never be
 * another row.  in_line: not all of a line was written, so there is no mark,
 * for it would be a part of that.
 */
enum status marks_end(struct marks *, bool finishes, bool in_line);

bool marks_is_due(const struct marks *);

/* Between two lines: writes one where it is due.  0, or -1 with errno. */
int marks_take(struct marks *);

/* Answers SIGUSR1 with `what`, and looks whether a checkpoint is whole. */
void marks_look(struct marks *, const char *what);

/*
 * 1: the descriptor (-1: none) is ready for that; 0: asked to stop, late (-1:
 * never), or a checkpoint has work; -1: errno.
 */
int
marks_wait(struct marks *, int fd, short events, int most_ms, const char *what);

/* Of a write that has failed: STATUS_SYSTEM. */
enum status marks_complain(void);

#endif
