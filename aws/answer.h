/* answer - what GetRecords answers: read as it comes, record after record.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_ANSWER_H
#define AWS_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/cell.h"
#include "lib/fault.h"
#include "lib/span.h"

/* Pure. */

/* The spans lie in the answer, until it is dropped from there. */
struct answer_record {
	struct span data;     /* decoded */
	struct cell key;      /* a text of JSON; json_text() */
	struct span sequence; /* 1 to SEQUENCE_MAX digits */
	int64_t arrival_ms;   /* since 1970 */
};

/*
 * Strict JSON (lib/json.h), read in pieces, of which only what is not a whole
 * record yet is kept as text.  Records become the bytes that they are, in
 * blocks, oldest first; a block is freed when the last of it is dropped.
 * Members that are not named here are passed over, and null is the same as
 * absent.  All zero is empty, and begins.
 */
struct answer {
	struct answer_block *first, *last; /* owned */
	size_t next; /* where the first record is in its block */
	size_t n;    /* records, without those that were dropped */
	struct span last_sequence; /* of the last of them, while there is one */
	int64_t last_ms;           /* its arrival */
	size_t bytes;              /* that the blocks held when all was read */
	size_t data_bytes;         /* of all records */
	struct buf iterator; /* owned: the next, as JSON; n 0: shard's end */
	int64_t behind_ms;   /* MillisBehindLatest; 0 where it is not said */

	/* While it is being read. */
	enum answer_at {
		ANSWER_BEGINS,
		ANSWER_MEMBERS, /* behind one */
		ANSWER_RECORD,  /* at one */
		ANSWER_RECORDS, /* behind one */
		ANSWER_ENDS,
	} at;
	struct buf rest;  /* owned: text that has come and is not read */
	size_t try_bytes; /* so much of it is worth a try */
	size_t read_bytes;
};

/* Takes the next piece.  False: no memory; no more is to be added then. */
bool answer_add(struct answer *, struct span piece);

/*
 * All has come.  0, or -1 with a fault: the answer is not what it should be, or
 * (what says "out of memory") there is none; its records are then worth
 * nothing.
 */
int answer_end(struct answer *, struct fault *);
void answer_free(struct answer *);

/* The first record, of n > 0; and the way to the next. */
struct answer_record answer_first(const struct answer *);
void answer_drop(struct answer *);

#endif
