/* replace - a file made beside the one that it will replace.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_REPLACE_H
#define LIB_REPLACE_H

#include <sys/types.h>

#include "lib/span.h"

/*
 * Makes the file anew and opens it for writing: what a killed run has left
 * there is removed, and so is a link, which is not followed.  Returns the
 * descriptor, or -1 with errno.
 */
int replace_open(const char *name, mode_t mode);

/* Writes all of it.  Returns 0, or -1 with errno. */
int replace_write(int fd, struct span);

#endif
