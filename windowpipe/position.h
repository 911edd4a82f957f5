/* position - how far each file of a source has been read.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_POSITION_H
#define WINDOWPIPE_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * A file is known again by its inode and the bytes ahead of the offset; not by
 * its device, whose number may be another one after a boot.  One that is packed
 * (.gz) counts in bytes that are unpacked.
 */
struct position_file {
	const char *name; /* as it is given; borrowed */
	bool begun;       /* the rest is known */
	bool done;        /* all that was there has been read */
	bool torn;        /* and its last line had no newline */
	uint64_t inode, size;
	uint64_t offset; /* behind the last row that was written */
	uint64_t sum;    /* position_sum(); packed: of all bytes up to offset */
};

/* All zero is empty. */
struct position {
	struct position_file *file; /* owned; in their order */
	size_t n;
};

/* Of files that nobody has read: 0, or -1 with errno. */
int position_init(struct position *, const char *const *names, size_t n);
void position_free(struct position *);

/* Is it to be unpacked?  By its name. */
bool position_is_packed(const char *name);

/* CRC-64 of the bytes ahead of the offset, 4096 at the most: 0, or -1 with
 * errno; EIO where they are not there. */
int position_sum(int fd, uint64_t offset, uint64_t *sum);

/* Adds all of it, for a part of a checkpoint. */
void position_write(const struct position *, struct buf *);

/*
 * Takes what position_write() has added.  Files may have come, or been renamed,
 * or gone once they were read to their end.  0, or -1: *why says what is wrong.
 */
int position_read(struct position *, struct span, struct buf *why);

/*
 * Looks whether the file is still the one that was read.  0, or -1: *why says
 * what is wrong, with the remedy.  What is packed is only looked at as it lies
 * there.  *left: there is more to read.
 */
int position_check(struct position_file *, bool *left, struct buf *why);

/* For all that is not as it was: "WHAT; what to do". */
void position_refuse(
    const struct position_file *, struct buf *why, const char *what);

#endif
