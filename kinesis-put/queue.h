/* queue - which record is sent next: what has come, what is to be sent again,
 * what waits for its time.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_QUEUE_H
#define KINESIS_PUT_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kinesis-put/pool.h"

/* Records in a row, linked by their next.  first is RECORD_NONE where empty. */
struct queue_list {
	uint32_t first;
	uint32_t last;
};

static inline struct queue_list
queue_list_none(void)
{
	return (struct queue_list){ RECORD_NONE, RECORD_NONE };
}

/*
 * Three places: again (sent before and due), fresh (never sent), and waiting
 * (not due yet; a heap by time, then by line).  What is due goes before what
 * is fresh.  n and bytes are of the first two: what may be sent now.
 */
struct queue {
	struct pool *pool; /* borrowed */
	struct queue_list again;
	struct queue_list fresh;
	uint64_t n;
	size_t bytes;
	uint32_t *heap; /* owned */
	size_t nheap;
	size_t cap;
};

void queue_init(struct queue *, struct pool *);
void queue_free(struct queue *);

/* A new record, behind all others. */
void queue_add(struct queue *, uint32_t record);

/* One that has waited for something else than its time, as if it were due. */
void queue_add_again(struct queue *, uint32_t record);

/* To be sent at due_ms or later.  0, or -1 without memory. */
int queue_wait(struct queue *, uint32_t record, int64_t due_ms);

/* Records whose time has come may be sent from now on. */
void queue_wake(struct queue *, int64_t now_ms);

/* When the first waiting record is due; INT64_MAX where none waits. */
int64_t queue_due_ms(const struct queue *);

/*
 * When the first of the records that may be sent was read: how long it has
 * waited for company, or for whatever else.  INT64_MAX: none may be sent.
 */
int64_t queue_since_ms(const struct queue *);

/* Lists by themselves, for those who keep records back. */
void queue_list_add(struct pool *, struct queue_list *, uint32_t record);
void queue_list_push(struct pool *, struct queue_list *, uint32_t record);
uint32_t queue_list_take(struct pool *, struct queue_list *);

/* The next record, which stays or goes; RECORD_NONE where none may be sent. */
uint32_t queue_peek(const struct queue *);
uint32_t queue_take(struct queue *);

#endif
