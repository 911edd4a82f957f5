/* key_queues - one for each key: what of it is under way, what waits behind
 * that, which aggregated record takes further members.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_KEY_QUEUES_H
#define KINESIS_PUT_KEY_QUEUES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kinesis-put/queue.h"
#include "kinesis-put/pool.h"

/* busy: a record (or aggregate) of this key is queued or in flight (ordered).
 */
struct key_queue {
	uint64_t key_hash;         /* 0: a free place */
	struct queue_list waiting; /* in the order of lines (ordered) */
	uint32_t open; /* the aggregate that grows, or RECORD_NONE */
	bool busy;
};

/*
 * Keys are told apart by their 64-bit hash: two that share one wait for each
 * other, which does no harm; aggregates compare the keys themselves.
 *
 * ordered: at most one record of a key is queued or under way. aggregate_bytes:
 * records of one key are packed up to so many bytes, 0: not at all.  Without
 * either, records go straight to the queue.
 */
struct key_queues {
	struct pool *pool;   /* borrowed */
	struct queue *queue; /* borrowed */
	bool ordered;
	size_t aggregate_bytes;
	struct key_queue *kq; /* owned; open addressing */
	size_t n, cap;
	struct key_queue drawn;    /* of records whose keys are drawn */
	struct queue_list growing; /* aggregates; doubly linked */
};

void key_queues_init(struct key_queues *, struct pool *, struct queue *,
    bool ordered, size_t aggregate_bytes);
void key_queues_free(struct key_queues *);

/* A new record finds its place.  0, or -1 without memory. */
int key_queues_add(struct key_queues *, uint32_t record);

/*
 * Aggregated records whose first record was read linger_ms ago go to the queue;
 * all of them where no more records may come.  (Full ones have gone.)
 */
void key_queues_flush(
    struct key_queues *, int64_t now_ms, int64_t linger_ms, bool more);

/* When the next aggregate is flushed by time; INT64_MAX: none grows. */
int64_t key_queues_due_ms(const struct key_queues *, int64_t linger_ms);

/* The record (or aggregate) is done with: the next of its key may go. */
void key_queues_release(struct key_queues *, uint32_t record);

/*
 * An aggregated record that was refused is taken apart: its members are queued
 * as records by themselves, before all others of their key.  0, or -1 without
 * memory.
 */
int key_queues_take_apart(struct key_queues *, uint32_t first);

#endif
