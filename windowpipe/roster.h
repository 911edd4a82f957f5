/* roster - who takes part in a run: left in its folder, for those who look on.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_ROSTER_H
#define WINDOWPIPE_ROSTER_H

#include <stdint.h>

#include "lib/buf.h"
#include "windowpipe/pipeline.h"
#include "windowpipe/recovery.h"

/* All zero but fd, which is -1, is empty. */
struct roster {
	long pid;         /* of windowpipe run */
	int64_t since_ms; /* since 1970 */
	const char *job;  /* absolute paths: the job, where it was started, */
	const char *started_in;
	const char *keep; /* and where undelivered lines are kept */
	uint64_t restarts;
	/* What was read: its processes are another's children, to be looked at,
	 * and of its checkpoints there are the sources, with absolute paths. */
	struct pipeline pipeline;
	struct recovery recovery;
	struct stage *stages; /* one for each process */
	struct buf bytes;     /* which the texts are of */
	int fd;               /* the run's has the lock */
};

/*
 * Writes it into the folder, once the pipeline has been started, and each time
 * that it is.  0, or -1 with errno.  The file is locked until roster_free().
 */
int roster_write(struct roster *, const char *folder, const struct pipeline *,
    const struct recovery *);

/*
 * Reads that of a folder, whose run lives.  1; 0: there is none, it has ended,
 * or it is another version's; -1 with errno.
 */
int roster_read(struct roster *, const char *folder);

/* Frees what roster_read() has made; closes the file, and unlocks it. */
void roster_free(struct roster *);

#endif
