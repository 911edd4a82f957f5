/* folder - the folders of a run: one of its own, and one of what is kept.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FOLDER_H
#define WINDOWPIPE_FOLDER_H

#include "lib/buf.h"

/* Where folders of runs are made, TMPDIR or /tmp, and how their names begin. */
#define FOLDER_PREFIX "windowpipe."
const char *folder_below(void);

/*
 * Makes one there that nobody else reads; name is ended by a NUL.  0, or -1
 * with errno.
 */
int folder_make_private(struct buf *name);

/*
 * Makes a folder for this run alone, run-TIME-PID, below that one, or, where it
 * is NULL, below windowpipe/ where the user's programs keep what they must not
 * lose (XDG_STATE_HOME, ~/.local/state).  What lacks above it is made too.
 * name is absolute.  0, or -1 with errno.
 */
int folder_make_keep(const char *below, struct buf *name);

/* Makes a folder, and what lacks above it, or finds it; name is absolute.  0,
 * or -1 with errno. */
int folder_make(const char *path, struct buf *name);

/* Removes the files in it, and it. */
void folder_remove(const char *name);

/* Removes the empty files in it, and it if nothing is left. */
void folder_tidy(const char *name);

/* Calls each() for the files in it, by name. */
void folder_each(const char *name,
    void (*each)(void *ctx, const char *folder, const char *file), void *ctx);

#endif
