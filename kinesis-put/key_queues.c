/* key_queues - one for each key: what of it is under way, what waits behind
 * that. SPDX-License-Identifier: ISC */
#include "kinesis-put/key_queues.h"

#include <stdlib.h>

#include "kinesis-put/aggregate.h"

static const struct lane no_lane = { .behind = { RECORD_NONE, RECORD_NONE },
	.open = RECORD_NONE };

void
lanes_init(struct lanes *l, struct store *store, struct queue *queue,
    bool ordered, size_t pack_bytes)
{
	*l = (struct lanes){
		.store = store,
		.queue = queue,
		.ordered = ordered,
		.pack_bytes = pack_bytes,
		.drawn = no_lane,
		.growing = queue_list_none(),
	};
}

void
lanes_free(struct lanes *l)
{
	free(l->lane);
	l->lane = NULL;
	l->n = l->cap = 0;
	l->drawn = no_lane;
	l->growing = queue_list_none();
}

/* --- the table ----------------------------------------------------------- */

/* Where the key is, or where it would be put. */
static size_t
place(const struct lanes *l, uint64_t key_hash)
{
	size_t i = key_hash & (l->cap - 1);

	while (l->lane[i].key_hash != 0 && l->lane[i].key_hash != key_hash)
		i = (i + 1) & (l->cap - 1);
	return i;
}

static int
grow(struct lanes *l)
{
	struct lane *old = l->lane;
	size_t old_cap = l->cap, cap = old_cap == 0 ? 64 : 2 * old_cap;

	l->lane = calloc(cap, sizeof *l->lane);
	if (l->lane == NULL) {
		l->lane = old;
		return -1;
	}
	l->cap = cap;
	for (size_t i = 0; i < old_cap; i++) {
		if (old[i].key_hash != 0)
			l->lane[place(l, old[i].key_hash)] = old[i];
	}
	free(old);
	return 0;
}

/* The lane of a record, if there is one. */
static struct lane *
find(struct lanes *l, const struct record *r)
{
	size_t i;

	if (r->key_hash == 0)
		return &l->drawn;
	if (l->cap == 0)
		return NULL;
	i = place(l, r->key_hash);
	return l->lane[i].key_hash == 0 ? NULL : &l->lane[i];
}

/* The lane of a record, made if need be; NULL without memory. */
static struct lane *
get(struct lanes *l, const struct record *r)
{
	struct lane *lane;

	if (r->key_hash == 0)
		return &l->drawn;
	if (2 * (l->n + 1) > l->cap && grow(l) == -1)
		return NULL;
	lane = &l->lane[place(l, r->key_hash)];
	if (lane->key_hash == 0) {
		*lane = no_lane;
		lane->key_hash = r->key_hash;
		l->n++;
	}
	return lane;
}

/* Takes a lane away where nothing hangs on it, and closes the gap. */
static void
drop(struct lanes *l, struct lane *lane)
{
	size_t gap, i;

	if (lane == &l->drawn || lane->busy || lane->open != RECORD_NONE ||
	    lane->behind.first != RECORD_NONE)
		return;
	gap = i = (size_t)(lane - l->lane);
	for (;;) {
		size_t home;

		i = (i + 1) & (l->cap - 1);
		if (l->lane[i].key_hash == 0)
			break;
		home = l->lane[i].key_hash & (l->cap - 1);
		if (((i - home) & (l->cap - 1)) < ((i - gap) & (l->cap - 1)))
			continue;
		l->lane[gap] = l->lane[i];
		gap = i;
	}
	l->lane[gap].key_hash = 0;
	l->n--;
}

/* --- packs --------------------------------------------------------------- */

/* Does the record fit into the pack that first stands for? */
static bool
fits(const struct lanes *l, const struct record *first, const struct record *r)
{
	size_t more = pack_member_bytes(r->data_n, r->hash_n > 0);

	return !(r->flags & RECORD_ALONE) &&
	       first->pack_bytes + more <= l->pack_bytes &&
	       span_equal(store_key(l->store, first), store_key(l->store, r)) &&
	       span_equal(store_hash(l->store, first), store_hash(l->store, r));
}

static void
join(struct lanes *l, uint32_t into, uint32_t i)
{
	struct record *first = &l->store->rec[into];
	struct record *r = &l->store->rec[i];

	if (first->member == RECORD_NONE)
		first->member = i;
	else
		l->store->rec[first->last_member].member = i;
	first->last_member = i;
	first->lines++;
	first->pack_bytes +=
	    (uint32_t)pack_member_bytes(r->data_n, r->hash_n > 0);
}

static void
begin_pack(struct lane *lane, struct record *r, uint32_t i)
{
	size_t key = r->flags & RECORD_RANDOM_KEY ? RANDOM_KEY_BYTES : r->key_n;

	r->pack_bytes = (uint32_t)(pack_head_bytes(key, r->hash_n) +
				   pack_member_bytes(r->data_n, r->hash_n > 0));
	r->flags |= RECORD_GROWS;
	lane->open = i;
}

/* The pack takes no further members and goes to the queue. */
static void
close_pack(struct lanes *l, struct lane *lane)
{
	uint32_t i = lane->open, before, next;
	struct record *r;

	if (i == RECORD_NONE)
		return;
	r = &l->store->rec[i];
	lane->open = RECORD_NONE;
	r->flags &= (uint8_t)~RECORD_GROWS;
	if (lane->behind.first != RECORD_NONE)
		return; /* it is the last of those and has its turn later */
	before = r->before;
	next = r->next;
	if (before == RECORD_NONE)
		l->growing.first = next;
	else
		l->store->rec[before].next = next;
	if (next == RECORD_NONE)
		l->growing.last = before;
	else
		l->store->rec[next].before = before;
	queue_add(l->queue, i);
}

/* --- coming and going ---------------------------------------------------- */

/* A record whose turn it is: packs that grow first wait for company. */
static void
let_go(struct lanes *l, uint32_t i)
{
	struct record *r = &l->store->rec[i];

	if (!(r->flags & RECORD_GROWS)) {
		queue_add(l->queue, i);
		return;
	}
	r->before =
	    l->growing.first == RECORD_NONE ? RECORD_NONE : l->growing.last;
	queue_list_add(l->store, &l->growing, i);
}

int
lanes_admit(struct lanes *l, uint32_t i)
{
	struct record *r = &l->store->rec[i];
	struct lane *lane;

	if (!l->ordered && l->pack_bytes == 0) {
		queue_add(l->queue, i);
		return 0;
	}
	lane = get(l, r);
	if (lane == NULL)
		return -1;
	if (lane->open != RECORD_NONE) {
		if (fits(l, &l->store->rec[lane->open], r)) {
			join(l, lane->open, i);
			return 0;
		}
		close_pack(l, lane);
	}
	if (l->pack_bytes > 0)
		begin_pack(lane, r, i);
	if (l->ordered && lane->busy) {
		queue_list_add(l->store, &lane->behind, i);
		return 0;
	}
	lane->busy = l->ordered;
	let_go(l, i);
	return 0;
}

void
lanes_ripen(struct lanes *l, int64_t now_ms, int64_t linger_ms, bool more)
{
	while (l->growing.first != RECORD_NONE) {
		const struct record *r = &l->store->rec[l->growing.first];
		struct lane *lane = find(l, r);

		if (more && now_ms - r->read_ms < linger_ms)
			return;
		close_pack(l, lane);
		drop(l, lane);
	}
}

int64_t
lanes_due_ms(const struct lanes *l, int64_t linger_ms)
{
	uint32_t first = l->growing.first;

	return first == RECORD_NONE ? INT64_MAX
	                            : l->store->rec[first].read_ms + linger_ms;
}

void
lanes_settled(struct lanes *l, uint32_t record)
{
	struct lane *lane;
	uint32_t next;

	if (!l->ordered)
		return;
	lane = find(l, &l->store->rec[record]);
	if (lane == NULL)
		return;
	next = queue_list_take(l->store, &lane->behind);
	if (next != RECORD_NONE) {
		let_go(l, next);
		return;
	}
	lane->busy = false;
	drop(l, lane);
}

int
lanes_unpack(struct lanes *l, uint32_t first)
{
	struct lane *lane = get(l, &l->store->rec[first]);
	struct queue_list apart = queue_list_none();
	uint32_t i = first, next;

	if (lane == NULL)
		return -1;
	for (; i != RECORD_NONE; i = next) {
		struct record *r = &l->store->rec[i];

		next = r->member;
		r->member = RECORD_NONE;
		r->lines = 1;
		r->tries = l->store->rec[first].tries;
		r->tried_ms = l->store->rec[first].tried_ms;
		r->flags |= RECORD_ALONE;
		if (!l->ordered)
			queue_add_again(l->queue, i);
		else
			queue_list_add(l->store, &apart, i);
	}
	if (!l->ordered) {
		drop(l, lane);
		return 0;
	}
	/* The lane is busy with this pack: its first member goes on. */
	l->store->rec[apart.last].next = lane->behind.first;
	if (lane->behind.first == RECORD_NONE)
		lane->behind.last = apart.last;
	lane->behind.first = apart.first;
	queue_add_again(l->queue, queue_list_take(l->store, &lane->behind));
	return 0;
}
