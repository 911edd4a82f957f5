/* recovery - the folder of a job that goes on after whatever ends it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_RECOVERY_H
#define WINDOWPIPE_RECOVERY_H

#include <stddef.h>

#include "lib/arena.h"
#include "lib/coordinator.h"
#include "lib/lock.h"
#include "windowpipe/pipeline.h"
#include "windowpipe/plan.h"

/*
 * The folder of --checkpoint:
 *
 *	lock       who runs the job
 *	job        its stages, and the files that they write
 *	kept/      lines that could not be delivered, unless --keep has them
 *	work       the name of the folder that a run has in TMPDIR
 *	SOURCE/    the checkpoints of a source and what stands behind it
 *	           (lib/checkpoint.h)
 *
 * All zero: no checkpoints, and nothing is done.
 */
struct recovery {
	const char *dir;
	const struct plan *plan;
	struct lock lock;
	struct arena texts;
	const char **name; /* of each stage as its --name */
	struct recovery_source {
		const char *name;
		const char *dir;    /* DIR/SOURCE */
		const char *stages; /* behind it: a,b */
	} * source;
	size_t nsources;
	const char *work; /* the file, where it is ours */
};

/*
 * Makes the folder where there is none, takes it, and looks whether it is of
 * this job.  keep is where undelivered lines go instead of kept/, or NULL.
 * STATUS_OK, or after saying why: STATUS_USAGE where the job, its files or the
 * folder are refused, STATUS_SYSTEM.  dir and plan are borrowed.
 * recovery_close() is due in any case.
 */
enum status recovery_open(
    struct recovery *, const char *dir, const char *keep, const struct plan *);
void recovery_close(struct recovery *);

/*
 * Notes the folder of this run in TMPDIR, and removes that of a run which had
 * no time to.
 */
void recovery_note_work(struct recovery *, const char *folder);

/*
 * A bad line is kept by each stage that reads it; files that checkpoints cut
 * have one writer.  Where several stages of the plan have that file of
 * --rejects each gets one of its own, FILE.NAME.  0, or -1 without memory.
 */
int recovery_part_rejects(struct plan *, const char *file);

/*
 * Goes back to a checkpoint that is kept: "12", or where there are several
 * sources "SOURCE/12".
 */
enum status recovery_go_back(struct recovery *, const char *which);

/*
 * Waits until no process of an earlier run has one of the names any more.
 * STATUS_SYSTEM after saying so where one will not go, or we are to stop.
 */
enum status recovery_await(struct recovery *);

/* Says what the job goes on from, and at the end what the next run does. */
void recovery_tell(const struct recovery *);
void recovery_tell_end(const struct recovery *);

/* Adds the last checkpoint of the i-th source in words; false: there is no
 * i-th.
 */
bool recovery_write(const struct recovery *, size_t i, struct buf *);

/* The options by which a process of the stage takes part; 0, or -1. */
int recovery_add_options(const struct recovery *, struct pipeline *,
    struct process *, const struct coordinator_options *);

/* A number that is greater once another checkpoint is whole. */
uint64_t recovery_achieved(const struct recovery *);

/* windowpipe checkpoints DIR */
enum status recovery_list(const char *dir);

#endif
