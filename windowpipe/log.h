/* log - a file that is followed by its name, and what had that name before.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_LOG_H
#define WINDOWPIPE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "windowpipe/trail.h"

enum {
	/* So long a file is read on that has been renamed or removed, after it
	 * has last grown. */
	LOG_LINGER_MS = 60 * 1000,
	/* So many of those of one name; then the oldest goes sooner. */
	LOG_MOVED_MAX = 16,
};

/*
 * Its trails are in the order in which they are read, from old to new.  The
 * last one is the file that has the name, unless it, too, has been moved.  All
 * zero but name and since_ns is one of which nobody knows anything yet.
 */
struct log {
	char *name;         /* owned */
	const char *folder; /* whose files are all logs; borrowed, or NULL */
	bool changed;       /* it is to be looked at */
	bool homeless;      /* its file has not its name; of the last scan */
	uint64_t inode, scanned; /* what has the name; ahead of the last scan */
	bool missing;            /* bytes of it could not be found; said */
	bool waits;              /* nothing has the name */
	int said;                /* the errno for which that is so, once said */
	struct trail *trail;     /* owned */
	size_t n, cap;
	/* Without a trail: generations that were changed later are new ones. */
	int64_t since_ns;
};

void log_free(struct log *);

/*
 * Whether another file has the name by now: then log_locate().  Nothing has it:
 * said where that is no usual moment of a rotation.
 */
bool log_has_changed(struct log *);

/* Whether the file is to be read for the first time.  It may have been copied
 * and cut before: then log_locate(). */
bool log_begins(const struct log *);

/*
 * Finds the file of each trail among the generations that there are: by its
 * inode, else by its bytes; those that are newer than all that are known become
 * trails, too.  What cannot be found is said.  0, or -1 with errno after saying
 * why.
 */
int log_locate(struct log *);

/* The trail that may go now, NULL: none; and the end of it. */
struct trail *log_idle(struct log *, int64_t now_ms);
void log_drop(struct log *, struct trail *);

/* For a folder of many files, without a look at what else is there.  The file
 * is taken up by a log that has no trail: 0, or -1 after saying why. */
int log_take_up(struct log *);

/* Of an earlier run: whether the file is as it was, and nothing else to find.
 */
bool log_is_as_it_was(struct log *);

/* The trail that this file is, which goes on; NULL: none. */
struct stat;
struct trail *log_find(struct log *, const char *path, const struct stat *);

/* The same of one whose file has no name any more, by its bytes: 1, 0, or -1
 * with errno. */
int log_find_copy(
    struct log *, const char *path, const struct stat *, struct trail **);

/* Takes the trail over from another log, as the file that has the name. */
int log_adopt(struct log *, struct log *from, struct trail *);

#endif
