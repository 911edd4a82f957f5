/* marks - kinesis-get as the source of a pipeline with checkpoints.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_MARKS_H
#define KINESIS_GET_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "kinesis-get/account.h"
#include "kinesis-get/options.h"
#include "kinesis-get/writer.h"
#include "lib/coordinator.h"

/*
 * A part is the counts of all runs so far, and the position behind all records
 * that were written before the mark (position.h).  The first mark waits for the
 * list of shards: before that nobody knows where the run begins.
 */
struct marks {
	struct coordinator coordinator; /* its folder NULL: none are kept */
	struct writer *writer;          /* borrowed; open */
	struct account *account;        /* the same */
	struct report *report;          /* the same; ticks while it waits */
	bool begun;                     /* the run's first mark is written */
	bool finished;    /* the checkpoint that it goes on from was the end */
	int64_t until_ms; /* --until now of the first run; INT64_MAX: none */

	/* Adds the position; asked for at each mark. */
	void (*add_position)(void *ctx, struct buf *);
	void *ctx;
};

/*
 * Opens the folder and goes on from its last checkpoint, if there is one: the
 * counts and the file of --rejects are then those of that, and *position is its
 * position.  Nothing where --checkpoint is not given.
 */
enum status
marks_open(struct marks *, const struct options *, struct buf *position);
void marks_close(struct marks *);

static inline bool
marks_are_on(const struct marks *m)
{
	return m->coordinator.checkpoint.dir != NULL;
}

/* May records be written?  Not before the first checkpoint is whole. */
bool marks_let_go(const struct marks *);

/*
 * Between two records: writes a mark where one is due, and looks for answers.
 * STATUS_SYSTEM: the first checkpoint was given up, which was said.
 */
enum status marks_step(struct marks *, int64_t now_ms);

/* When marks_step() has work; INT64_MAX: never. */
int64_t marks_due_ms(const struct marks *);

/*
 * The last checkpoint, and waits until it is whole or a second signal comes;
 * finishes: nothing will ever follow.
 */
enum status marks_end(struct marks *, bool finishes);

#endif
