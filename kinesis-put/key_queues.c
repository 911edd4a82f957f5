/* key_queues - one for each key: what of it is under way, what waits behind
 * that. SPDX-License-Identifier: ISC */
#include "kinesis-put/key_queues.h"

#include <stdlib.h>

#include "kinesis-put/request.h"

static const struct key_queue empty_queue = {
	.waiting = { RECORD_NONE, RECORD_NONE }, .open = RECORD_NONE
};

void
key_queues_init(struct key_queues *k, struct pool *pool, struct queue *queue,
    bool ordered, size_t aggregate_bytes)
{
	*k = (struct key_queues){
		.pool = pool,
		.queue = queue,
		.ordered = ordered,
		.aggregate_bytes = aggregate_bytes,
		.drawn = empty_queue,
		.growing = queue_list_none(),
	};
}

void
key_queues_free(struct key_queues *k)
{
	free(k->kq);
	k->kq = NULL;
	k->n = k->cap = 0;
	k->drawn = empty_queue;
	k->growing = queue_list_none();
}

/* --- the table ----------------------------------------------------------- */

/* Where the key is, or where it would be put. */
static size_t
place(const struct key_queues *k, uint64_t key_hash)
{
	size_t i = key_hash & (k->cap - 1);

	while (k->kq[i].key_hash != 0 && k->kq[i].key_hash != key_hash)
		i = (i + 1) & (k->cap - 1);
	return i;
}

static int
grow(struct key_queues *k)
{
	struct key_queue *old = k->kq;
	size_t old_cap = k->cap, cap = old_cap == 0 ? 64 : 2 * old_cap;

	k->kq = calloc(cap, sizeof *k->kq);
	if (k->kq == NULL) {
		k->kq = old;
		return -1;
	}
	k->cap = cap;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].key_hash != 0)
			k->kq[place(k, old[i].key_hash)] = old[i];
	}
	free(old);
	return 0;
}

/* The queue of a record's key, if there is one. */
static struct key_queue *
find(struct key_queues *k, const struct record *r)
{
	size_t i;

	if (r->key_hash == 0)
		return &k->drawn;
	if (k->cap == 0)
		return NULL;
	i = place(k, r->key_hash);
	return k->kq[i].key_hash == 0 ? NULL : &k->kq[i];
}

/* The queue of a record's key, made if need be; NULL without memory. */
static struct key_queue *
get(struct key_queues *k, const struct record *r)
{
	struct key_queue *kq;

	if (r->key_hash == 0)
		return &k->drawn;
	if (2 * (k->n + 1) > k->cap && grow(k) == -1)
		return NULL;
	kq = &k->kq[place(k, r->key_hash)];
	if (kq->key_hash == 0) {
		*kq = empty_queue;
		kq->key_hash = r->key_hash;
		k->n++;
	}
	return kq;
}

/* Takes a queue away where nothing hangs on it, and closes the gap. */
static void
drop(struct key_queues *k, struct key_queue *kq)
{
	size_t gap, i;

	if (kq == &k->drawn || kq->busy || kq->open != RECORD_NONE ||
	    kq->waiting.first != RECORD_NONE)
		return;
	gap = i = (size_t)(kq - k->kq);
	for (;;) {
		size_t home;

		i = (i + 1) & (k->cap - 1);
		if (k->kq[i].key_hash == 0)
			break;
		home = k->kq[i].key_hash & (k->cap - 1);
		if (((i - home) & (k->cap - 1)) < ((i - gap) & (k->cap - 1)))
			continue;
		k->kq[gap] = k->kq[i];
		gap = i;
	}
	k->kq[gap].key_hash = 0;
	k->n--;
}

/* --- aggregates ---------------------------------------------------------- */

/* Does the record fit into the aggregate that first stands for? */
static bool
fits(const struct key_queues *k, const struct record *first,
    const struct record *r)
{
	size_t more = aggregate_member_bytes(r->data_n, r->hash_n > 0);

	return !(r->flags & RECORD_ALONE) &&
	       first->aggregate_bytes + more <= k->aggregate_bytes &&
	       span_equal(pool_key(k->pool, first), pool_key(k->pool, r)) &&
	       span_equal(pool_hash(k->pool, first), pool_hash(k->pool, r));
}

static void
join(struct key_queues *k, uint32_t into, uint32_t i)
{
	struct record *first = &k->pool->rec[into];
	struct record *r = &k->pool->rec[i];

	if (first->member == RECORD_NONE)
		first->member = i;
	else
		k->pool->rec[first->last_member].member = i;
	first->last_member = i;
	first->lines++;
	first->aggregate_bytes +=
	    (uint32_t)aggregate_member_bytes(r->data_n, r->hash_n > 0);
}

static void
begin_aggregate(struct key_queue *kq, struct record *r, uint32_t i)
{
	size_t key = r->flags & RECORD_RANDOM_KEY ? RANDOM_KEY_BYTES : r->key_n;

	r->aggregate_bytes =
	    (uint32_t)(aggregate_head_bytes(key, r->hash_n) +
		       aggregate_member_bytes(r->data_n, r->hash_n > 0));
	r->flags |= RECORD_GROWS;
	kq->open = i;
}

/* The aggregate takes no further members and goes to the queue. */
static void
close_aggregate(struct key_queues *k, struct key_queue *kq)
{
	uint32_t i = kq->open, before, next;
	struct record *r;

	if (i == RECORD_NONE)
		return;
	r = &k->pool->rec[i];
	kq->open = RECORD_NONE;
	r->flags &= (uint8_t)~RECORD_GROWS;
	if (kq->waiting.first != RECORD_NONE)
		return; /* it is the last of those and has its turn later */
	before = r->before;
	next = r->next;
	if (before == RECORD_NONE)
		k->growing.first = next;
	else
		k->pool->rec[before].next = next;
	if (next == RECORD_NONE)
		k->growing.last = before;
	else
		k->pool->rec[next].before = before;
	queue_add(k->queue, i);
}

/* --- coming and going ---------------------------------------------------- */

/* A record whose turn it is: aggregates that grow first wait for company. */
static void
enqueue(struct key_queues *k, uint32_t i)
{
	struct record *r = &k->pool->rec[i];

	if (!(r->flags & RECORD_GROWS)) {
		queue_add(k->queue, i);
		return;
	}
	r->before =
	    k->growing.first == RECORD_NONE ? RECORD_NONE : k->growing.last;
	queue_list_add(k->pool, &k->growing, i);
}

int
key_queues_add(struct key_queues *k, uint32_t i)
{
	struct record *r = &k->pool->rec[i];
	struct key_queue *kq;

	if (!k->ordered && k->aggregate_bytes == 0) {
		queue_add(k->queue, i);
		return 0;
	}
	kq = get(k, r);
	if (kq == NULL)
		return -1;
	if (kq->open != RECORD_NONE) {
		if (fits(k, &k->pool->rec[kq->open], r)) {
			join(k, kq->open, i);
			return 0;
		}
		close_aggregate(k, kq);
	}
	if (k->aggregate_bytes > 0)
		begin_aggregate(kq, r, i);
	if (k->ordered && kq->busy) {
		queue_list_add(k->pool, &kq->waiting, i);
		return 0;
	}
	kq->busy = k->ordered;
	enqueue(k, i);
	return 0;
}

void
key_queues_flush(
    struct key_queues *k, int64_t now_ms, int64_t linger_ms, bool more)
{
	while (k->growing.first != RECORD_NONE) {
		const struct record *r = &k->pool->rec[k->growing.first];
		struct key_queue *kq = find(k, r);

		if (more && now_ms - r->read_ms < linger_ms)
			return;
		close_aggregate(k, kq);
		drop(k, kq);
	}
}

int64_t
key_queues_due_ms(const struct key_queues *k, int64_t linger_ms)
{
	uint32_t first = k->growing.first;

	return first == RECORD_NONE ? INT64_MAX
	                            : k->pool->rec[first].read_ms + linger_ms;
}

void
key_queues_release(struct key_queues *k, uint32_t record)
{
	struct key_queue *kq;
	uint32_t next;

	if (!k->ordered)
		return;
	kq = find(k, &k->pool->rec[record]);
	if (kq == NULL)
		return;
	next = queue_list_take(k->pool, &kq->waiting);
	if (next != RECORD_NONE) {
		enqueue(k, next);
		return;
	}
	kq->busy = false;
	drop(k, kq);
}

int
key_queues_take_apart(struct key_queues *k, uint32_t first)
{
	struct key_queue *kq = get(k, &k->pool->rec[first]);
	struct queue_list apart = queue_list_none();
	uint32_t i = first, next;

	if (kq == NULL)
		return -1;
	for (; i != RECORD_NONE; i = next) {
		struct record *r = &k->pool->rec[i];

		next = r->member;
		r->member = RECORD_NONE;
		r->lines = 1;
		r->tries = k->pool->rec[first].tries;
		r->tried_ms = k->pool->rec[first].tried_ms;
		r->flags |= RECORD_ALONE;
		if (!k->ordered)
			queue_add_again(k->queue, i);
		else
			queue_list_add(k->pool, &apart, i);
	}
	if (!k->ordered) {
		drop(k, kq);
		return 0;
	}
	/* The key is busy with this aggregate: its first member goes on. */
	k->pool->rec[apart.last].next = kq->waiting.first;
	if (kq->waiting.first == RECORD_NONE)
		kq->waiting.last = apart.last;
	kq->waiting.first = apart.first;
	queue_add_again(k->queue, queue_list_take(k->pool, &kq->waiting));
	return 0;
}
