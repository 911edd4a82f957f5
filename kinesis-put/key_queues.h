/* key_queues - one for each key: what of it is under way, what waits behind
 * that, which pack takes further members. SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_KEY_QUEUES_H
#define KINESIS_PUT_KEY_QUEUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kinesis-put/queue.h"
#include "kinesis-put/pool.h"

/* busy: a record (or pack) of this key is queued or under way (ordered). */
struct lane {
	uint64_t key_hash;        /* 0: a free place */
	struct queue_list behind; /* in the order of lines (ordered) */
	uint32_t open;            /* the pack that grows, or RECORD_NONE */
	bool busy;
};

/*
 * Keys are told apart by their 64-bit hash: two that share one wait for each
 * other, which does no harm; packs compare the keys themselves.
 *
 * ordered: at most one record of a key is queued or under way.  pack_bytes:
 * records of one key are packed up to so many bytes, 0: not at all.  Without
 * either, records go straight to the queue.
 */
struct lanes {
	struct store *store; /* borrowed */
	struct queue *queue; /* borrowed */
	bool ordered;
	size_t pack_bytes;
	struct lane *lane; /* owned; open addressing */
	size_t n, cap;
	struct lane drawn;         /* of records whose keys are drawn */
	struct queue_list growing; /* packs, doubly linked, not in the queue */
};

void lanes_init(struct lanes *, struct store *, struct queue *, bool ordered,
    size_t pack_bytes);
void lanes_free(struct lanes *);

/* A new record finds its place.  0, or -1 without memory. */
int lanes_admit(struct lanes *, uint32_t record);

/*
 * Packs whose first record was read linger_ms ago go to the queue; all of them
 * where no more records may come.  (Full ones have gone.)
 */
void lanes_ripen(struct lanes *, int64_t now_ms, int64_t linger_ms, bool more);

/* When the next pack ripens by time; INT64_MAX: none grows. */
int64_t lanes_due_ms(const struct lanes *, int64_t linger_ms);

/* The record (or pack) is done with: the next of its key may go. */
void lanes_settled(struct lanes *, uint32_t record);

/*
 * A pack that was refused is taken apart: its members are queued as records by
 * themselves, before all others of their key.  0, or -1 without memory.
 */
int lanes_unpack(struct lanes *, uint32_t first);

#endif
