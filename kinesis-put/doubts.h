/* doubts - rows of which nobody knows whether they are stored, and what of them
 * is in the stream.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_DOUBTS_H
#define KINESIS_PUT_DOUBTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

/*
 * A row is in doubt when it was sent and no answer says what became of it.  All
 * such rows are told first, then what is known to be stored and what a reading
 * of the stream shows, in any order; a record that is seen, and not known, is
 * one of a row in doubt, and settles one that is equal to it.
 *
 * Rows are told apart by note_hash(), records by doubts_record().
 *
 * Pure.  All zero is empty.  Out of memory shows in failed.
 */
struct doubts_seen {
	uint64_t hash, record;
	bool taken;
};
struct doubts_list {
	struct doubts_seen *at;
	size_t n, cap;
};
struct doubts {
	uint64_t *hash; /* of the rows in doubt; owned, as all here */
	size_t n, cap;
	uint64_t *place; /* upper halves of their hash keys */
	size_t nplace, place_cap;
	bool anywhere;            /* one's key was drawn */
	bool sorted;              /* all rows have been told */
	struct doubts_list known; /* stored records, by an answer */
	struct doubts_list seen;  /* in the stream; later: those not known */
	bool failed;
};

void doubts_free(struct doubts *);

/* A record, by its shard and sequence number. */
uint64_t doubts_record(struct span shard, struct span sequence);

/*
 * The upper half of the hash key by which the service chooses a shard: that of
 * the explicit one, else of the key's MD5.  False: there is neither, or no MD5
 * here; the record may be anywhere.
 */
bool doubts_place(struct span key, struct span hash_key, uint64_t *place);

/* One more row is in doubt. */
void doubts_add(struct doubts *, uint64_t hash);
void doubts_add_place(struct doubts *, uint64_t place);

/* May one be in the shard that has these hash keys? */
bool doubts_may_be(struct doubts *, uint64_t first_place, uint64_t last_place);

/* An answer said that it was stored; it is in the stream.  What equals no row
 * in doubt is passed over. */
void doubts_know(struct doubts *, uint64_t hash, uint64_t record);
void doubts_see(struct doubts *, uint64_t hash, uint64_t record);

/* All has been seen. */
void doubts_settle(struct doubts *);

/*
 * After that: is there a record for a row of that hash?  It is taken, and is
 * that of no other row.
 */
bool doubts_take(struct doubts *, uint64_t hash, uint64_t *record);

#endif
