/* stage - kinesis-put as the last stage of a pipeline with checkpoints.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_STAGE_H
#define KINESIS_PUT_STAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "kinesis-put/completion.h"
#include "kinesis-put/floors.h"
#include "kinesis-put/intake.h"
#include "kinesis-put/notes.h"
#include "kinesis-put/options.h"
#include "kinesis-put/verify.h"
#include "lib/checkpoint.h"

/*
 * At a mark nothing is read until all rows before it are settled: stored,
 * rejected or given up; then the part is written.  So a part is the account,
 * the number of the last row, and the floors (floors.h).  What is stored behind
 * a mark is noted row by row (notes.h): a run that goes on from that mark is
 * given the rows again, and does not send those.
 */
struct stage {
	struct checkpoint checkpoint; /* dir NULL: there are none */
	struct notes notes;
	struct floors floors;
	struct verify *verify; /* borrowed, as are */
	struct intake *intake; /* these */
	struct completion *completion;
	bool marked;           /* a mark waits for what is before it */
	uint64_t read_at_mark; /* UINT64_MAX: a torn line came behind it */
	uint64_t found;        /* rows that an earlier run had stored */
	bool other_said;
	struct stage_place {
		uint64_t mark, rows;
	} place[3]; /* the last two that are whole, the last of all */
};

/*
 * Goes on from the last checkpoint of opt->checkpoint, if there is one; nothing
 * where that is NULL.  The borrowed members are set before, and opened.
 * target: whom the records are for, to be refused if it is another than before.
 */
enum status
stage_open(struct stage *, const struct options *, struct span target);
void stage_close(struct stage *);

/* Whether checkpoints are kept at all. */
static inline bool
stage_is_on(const struct stage *s)
{
	return s->checkpoint.dir != NULL;
}

/* What a line is.  For all lines, where checkpoints are kept. */
enum intake_line stage_line(struct stage *, const struct line *);

/*
 * Numbers the row, whose line was the last that was counted.  True: an earlier
 * run has stored it, and that has been counted.
 */
bool stage_has(struct stage *, struct wal_record *);

/* Answers have been taken: what they say is noted. */
void stage_note(struct stage *, int64_t now_ms);

/*
 * Where a mark waits and nothing before it does any more: takes the snapshot.
 * True: it did, and further lines may be taken.
 */
bool stage_settle(struct stage *);

/* At the end of input: is it all in the last checkpoint? */
enum status stage_end(const struct stage *);

#endif
