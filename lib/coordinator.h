/* coordinator - the source's end of checkpoints: begins them, and says when all
 * stages have answered.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_COORDINATOR_H
#define LIB_COORDINATOR_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/checkpoint.h"
#include "lib/opt.h"
#include "lib/report.h"

enum {
	COORDINATOR_EVERY_MS = 10 * 1000,
	COORDINATOR_TIMEOUT_MS = 10 * 60 * 1000,
};

/*
 * One checkpoint at a time.  Times are those of the monotonic clock, in ms.
 *
 *	begin    N/ and the source's part are made; then the mark is written
 *	pending  until a part of each stage is there
 *	whole    'latest' says N; what is older than the one before it goes
 *	given up after timeout_ms, or when a part will not come: its process has
 *	         gone; what of it comes later counts for nothing, and what is
 *	         there goes before the next one begins
 */
struct coordinator {
	struct checkpoint checkpoint; /* the source as a stage */
	int64_t every_ms, timeout_ms;
	const char *stages; /* names with commas between them; borrowed */

	struct lock lock;
	uint64_t id;       /* of the last one begun, or of an earlier run */
	uint64_t pending;  /* 0: none */
	uint64_t before;   /* the last whole one */
	bool marked;       /* this run has begun one */
	bool finishes;     /* pending is the last of all */
	bool failing;      /* 'latest' could not be written; said once */
	bool given_up;     /* the last one was, or could not be begun */
	uint64_t failures; /* in a row, of these: told at once, each minute, */
	int64_t tell_ms;   /* and when there is a whole one again */
	int64_t begun_ms, next_ms, look_ms, pause_ms;
};

/* --- options, the same for all sources ------------------------------------ */

struct coordinator_options {
	const char *dir; /* NULL: no checkpoints */
	const char *stages;
	int64_t every_ms, timeout_ms;
	bool given; /* one of the last two was */
};

extern const struct opt_range coordinator_wait;
/* clang-format off */
#define COORDINATOR_ROWS(m) \
	OPT_HEADING("checkpoints"), \
	OPT_TEXT("checkpoint", 0, "DIR", m.dir, \
	    "after a kill, go on from the last checkpoint in DIR"), \
	OPT_TEXT("checkpoint-stages", 0, "NAMES", m.stages, \
	    "names of the stages that must answer: a,b"), \
	OPT_DURATION("checkpoint-every", 0, "D", m.every_ms, \
	    &coordinator_wait, "how often one is taken (10s)", \
	    .given = OPT_GIVEN(m.given)), \
	OPT_DURATION("checkpoint-timeout", 0, "D", m.timeout_ms, \
	    &coordinator_wait, \
	    "give one up that is not answered for so long (10m)", \
	    .given = OPT_GIVEN(m.given))
/* clang-format on */

/* What they are where none is given. */
#define COORDINATOR_DEFAULTS                                                   \
	{                                                                      \
		.every_ms = COORDINATOR_EVERY_MS,                              \
		.timeout_ms = COORDINATOR_TIMEOUT_MS                           \
	}

/* What makes no sense of them, NULL: nothing. */
const char *coordinator_options_fault(const struct coordinator_options *);

/* One that goes by them, to be opened; it borrows. */
struct coordinator coordinator_of(const struct coordinator_options *);

/* --- a run ---------------------------------------------------------------- */

/*
 * checkpoint_open(), and the folder as the source's: no other source, the same
 * stages as before, a new token.  What is there of checkpoints that were not
 * whole is removed.  The caller sets the three members above pending first.
 */
enum status coordinator_open(struct coordinator *, const char *dir,
    checkpoint_differs_fn *differs, struct buf query);
void coordinator_close(struct coordinator *);

/*
 * Whether the source may write rows: not before the mark with which a run
 * begins, nor before the first one of all is whole.
 */
bool coordinator_may_go(const struct coordinator *);

/* Whether a mark is to be written now, between two rows. */
bool coordinator_is_due(const struct coordinator *, int64_t now_ms);

/*
 * Begins one: write adds the source's position, what comes behind the rows
 * that were written; finishes: no row will ever follow (never the first mark of
 * a run, ahead of which nothing comes).  Adds the mark to *mark
 * for the caller to write.  False: it could not be begun, which has been said.
 */
bool coordinator_begin(struct coordinator *, bool finishes,
    checkpoint_write_fn *write, void *state, int64_t now_ms, struct buf *mark);

/* Looks whether the pending one is whole.  Call when due, and often enough. */
void coordinator_tick(struct coordinator *, int64_t now_ms);

/* When one of the last three has work, INT64_MAX: never. */
int64_t coordinator_due_ms(const struct coordinator *);

/*
 * Waits until the pending one is whole or given up, or so many signals have
 * asked to stop; answers SIGUSR1 and, unless NULL, ticks the report meanwhile.
 * 0, or -1 with EPIPE: fd, to which the mark was written, has lost its reader.
 */
int
coordinator_await(struct coordinator *, int fd, int signals, struct report *);

#endif
