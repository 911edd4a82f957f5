/* place - where windowpipe finds what is installed beside it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_PLACE_H
#define WINDOWPIPE_PLACE_H

#include "lib/buf.h"

/*
 * Adds the path of what in_tree names from the root of a checkout, and
 * installed from PREFIX/share/windowpipe (NULL: it is not installed), whichever
 * the running program stands beside.  0, or -1 after an error.
 */
int place_find(struct buf *, const char *in_tree, const char *installed);

#endif
