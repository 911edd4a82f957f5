/* unpack - a packed file's bytes, from a process of gzip.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_UNPACK_H
#define WINDOWPIPE_UNPACK_H

#include <stdbool.h>
#include <sys/types.h>

struct unpack {
	int fd; /* its bytes, or -1 */
	pid_t pid;
	int pidfd;
};

/* Starts it: 0, or -1 with errno. */
int unpack_open(struct unpack *, const char *name);

/* The same of an open file, from its start; of what is wrong it says nothing.
 */
int unpack_open_fd(struct unpack *, int fd);

/*
 * Ends it.  at_end: all bytes have been read; then -1 where gzip has failed,
 * with errno EBADMSG where what is packed is to blame, else EIO.  Its warnings
 * are no failure: all that was packed has been read.
 */
int unpack_close(struct unpack *, bool at_end);

#endif
