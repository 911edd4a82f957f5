/* lock - a file that one process at a time has, whatever becomes of it.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_LOCK_H
#define LIB_LOCK_H

#include <stdint.h>

#include "lib/buf.h"

/*
 * flock(2) of a file, with two lines in it: the process's number, for people,
 * and that of lock_note().  The lock
 * ends with the process and with the children that it has forked since,
 * however these end.  Zero is not empty: see lock_init().
 */
struct lock {
	int fd; /* -1: not taken */
	struct buf name;
};

static inline void
lock_init(struct lock *l)
{
	*l = (struct lock){ .fd = -1 };
}

/*
 * Makes the file where there is none, and locks it; waits up to wait_ms for
 * who has it to let it go.  Returns 0, or -1 with errno: EWOULDBLOCK where
 * another process has it, whose number is then in *holder (0: not known).
 */
int lock_take(struct lock *, const char *name, int64_t wait_ms, long *holder);

/*
 * Who has the lock leaves a number in the file, 0 at first, in the place of the
 * one before, which takes no room on a disk.  A failure is not told: then
 * lock_noted() is what was there, or 0.
 */
void lock_note(const struct lock *, uint64_t number);
uint64_t lock_noted(const char *name);

/* Removes the file and gives the lock back; nothing where none is taken. */
void lock_drop(struct lock *);

#endif
