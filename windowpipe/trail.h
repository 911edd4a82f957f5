/* trail - a file that is followed, whatever its name is by now.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_TRAIL_H
#define WINDOWPIPE_TRAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum { TRAIL_SUM = 4096 }; /* bytes of each of the two checksums */

enum trail_state {
	TRAIL_LIVE,   /* known: it is open, or was closed at its end */
	TRAIL_SOUGHT, /* of an earlier run: by its inode, or by its bytes */
	TRAIL_CUT,    /* its bytes are others now: where is a copy of it? */
};

/*
 * A size of UINT64_MAX: it was not looked at, or what is packed not to its end.
 *
 * While it is open it is that file.  Later it is known again by its inode and
 * its bytes, or by these alone, when it was copied or packed: the first and the
 * last TRAIL_SUM of what was read.  The device's number may be another one
 * after a boot, and an inode's is given to a new file when the old one has
 * gone.  One that is packed (.gz) counts in bytes that are unpacked.
 */
struct trail {
	char *name; /* where it was last seen; owned */
	char *copy; /* in a folder: the packed one of it; owned, or NULL */
	int fd;     /* -1: it is not open */
	enum trail_state state;
	bool packed;
	bool moved;  /* nobody finds it any more by the name that is followed */
	bool torn;   /* packed: the last line had no newline, and is a row */
	bool broken; /* packed: it ends within its packed data; said */
	uint64_t dev, inode;
	uint64_t size;       /* of the file, when it was last looked at */
	int64_t changed_ns;  /* the same: when it was changed, since 1970 */
	int64_t place;       /* among the generations that there were last */
	int64_t quiet_ms;    /* since when it has not grown, monotonic */
	uint64_t offset;     /* behind the last row that was written */
	uint64_t head, tail; /* CRC-64 of the bytes ahead of that */
	uint64_t scanned;    /* up to there the line that begins has no end */
};

/*
 * Opens the file for a new trail, or for one that is told by inode or bytes: it
 * is that then, its offset and sums are kept.  0, or -1 with errno; ESTALE
 * where inode is not 0 and the file another one, EISDIR or ESPIPE where it is
 * none.
 */
int trail_open(struct trail *, const char *name, uint64_t dev, uint64_t inode);

/* Closes it; the trail is kept. */
void trail_close(struct trail *);
void trail_free(struct trail *);

/*
 * Up to `to`, which is behind offset, its rows are written.  window holds the
 * bytes from start on, TRAIL_SUM of them ahead of `to` or all there are.
 */
void
trail_advance(struct trail *, const char *window, uint64_t start, uint64_t to);

/*
 * Does an open file begin with what was read of the trail?  1, 0, or -1 with
 * errno.  Of what is packed all up to there is unpacked.
 */
int trail_is_in(const struct trail *, int fd, bool packed);

/* The same of all that is in the trail's own file, which is open, now. */
int trail_is_copied_in(const struct trail *, int fd, bool packed);

/* Adds it, for a part of a checkpoint; takes what that has added: 0 or -1. */
void trail_write(const struct trail *, struct buf *);
int trail_read(struct trail *, struct span *);

#endif
