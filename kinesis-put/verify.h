/* verify - what was under way is looked up before it is sent again.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_VERIFY_H
#define KINESIS_PUT_VERIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "kinesis-put/completion.h"
#include "kinesis-put/doubts.h"
#include "kinesis-put/lookup.h"
#include "kinesis-put/notes.h"
#include "kinesis-put/outbox.h"
#include "kinesis-put/queue.h"

/*
 * In doubt are rows of two kinds: those that an earlier run had under way when
 * it ended, which the notes tell, and which come again; and records of this run
 * whose answer was lost.  While a row is in doubt nothing is sent: what is
 * under way is waited for, then the stream is read (lookup.h), once for all. So
 * what is found and not noted can only be of a row in doubt.
 *
 * The rows of the first kind are looked up before any row is read.
 */
struct verify {
	bool is_on;
	struct lookup lookup;
	struct notes *notes;           /* borrowed, as is */
	struct completion *completion; /* this */
	bool earlier_is_open;          /* what earlier runs had under way is
	                                  not looked up yet */
	struct doubts earlier;         /* what of it was found */
	struct queue_list held;        /* records of this run in doubt */
	uint64_t nheld;                /* rows of these */
	int64_t since_ms; /* by the service's clock: none was stored before */
	int64_t known_ms; /* the same clock at its last answer, or 0 */
	bool is_looking;  /* the lookup is not settled */
	uint64_t found;   /* rows, of both kinds */
};

/* The borrowed members are set before, and those of lookup; the notes have been
 * read.  Nothing where is_on is not set. */
void verify_open(struct verify *);
void verify_close(struct verify *);

/* May rows be read? May anything be sent? */
bool verify_lets_read(const struct verify *);
bool verify_lets_send(const struct verify *);

/* Rows whose fate is open: of earlier runs, of this one. */
uint64_t verify_doubts(const struct verify *);

/* A batch is about to be sent: notes the rows that have not been before. */
void verify_sent(struct verify *, struct batch *);

/* An answer came, with that date. */
void verify_answered(struct verify *, struct span date);

/* What of the batch is stored nobody knows: it is held, and empty then. */
void verify_hold(struct verify *, struct batch *);

/* A row has come that an earlier run had under way, and has stored. */
bool
verify_has(struct verify *, uint64_t number, uint64_t hash, uint64_t *record);

/* All rows of earlier runs have come. */
void verify_forget(struct verify *);

/*
 * Does what is to be done.  What was found is delivered; what was not goes to
 * again(), a record at a time.  -1: out of memory.
 */
int verify_step(struct verify *, int64_t now_ms,
    void (*again)(void *ctx, uint32_t record, int64_t now_ms), void *ctx);

#endif
