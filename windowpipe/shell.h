/* shell - a plan as people read it, and as a script that runs as it stands.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_SHELL_H
#define WINDOWPIPE_SHELL_H

#include "lib/buf.h"
#include "windowpipe/plan.h"

/* A script for bash, whose stages are found by PATH. */
void shell_add_script(struct buf *, const struct plan *, const char *job);

/* What each stage is, one below the other. */
void shell_add_outline(struct buf *, const struct plan *);

#endif
