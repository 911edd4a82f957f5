/* outbox - what is held: the records, in which order and in which batches they
 * go.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/outbox.h"

#include <stdlib.h>

#include "kinesis-put/request.h"
#include "lib/array.h"
#include "lib/hash.h"

void
fit_init(struct fit *f, size_t bytes_most, size_t at_once_most)
{
	*f = (struct fit){ bytes_most, at_once_most, bytes_most, at_once_most };
}

static size_t
least(const struct fit *f)
{
	return f->bytes_most < FIT_LEAST ? f->bytes_most : FIT_LEAST;
}

/*
 * Each request speaks of its own size, so that many that were sent together
 * and are slow together count once.
 */
static void
shrink(struct fit *f, const struct fit_request *r, size_t bytes)
{
	size_t at_once = r->at_once > 1 ? r->at_once / 2 : 1;

	if (f->bytes == least(f) && at_once < f->at_once)
		f->at_once = at_once;
	if (bytes < f->bytes)
		f->bytes = bytes > least(f) ? bytes : least(f);
}

static void
grow(struct fit *f, const struct fit_request *r)
{
	if (f->at_once < f->at_once_most) {
		if (2 * r->at_once > f->at_once)
			f->at_once = 2 * r->at_once;
		if (f->at_once > f->at_once_most)
			f->at_once = f->at_once_most;
		return;
	}
	if (2 * r->bytes > f->bytes)
		f->bytes = 2 * r->bytes;
	if (f->bytes > f->bytes_most)
		f->bytes = f->bytes_most;
}

void
fit_note(struct fit *f, const struct fit_request *r)
{
	int64_t slow_ms =
	    r->timeout_ms / 4 < FIT_SLOW_MS ? r->timeout_ms / 4 : FIT_SLOW_MS;

	if (r->timed_out)
		shrink(f, r, r->bytes / 2);
	else if (r->upload_ms > slow_ms)
		shrink(f, r,
		    (size_t)((double)r->bytes * (double)slow_ms /
			     (double)r->upload_ms));
	else if (r->upload_ms <= slow_ms / 2 &&
		 r->elapsed_ms <= r->timeout_ms / 2)
		grow(f, r);
}

/* --- what is held ----------------------------------------------------------
 */

int
outbox_open(struct outbox *o, const struct options *opt)
{
	size_t n = (size_t)opt->service.in_flight;

	*o = (struct outbox){ .opt = opt };
	queue_init(&o->queue, &o->pool);
	key_queues_init(&o->key_queues, &o->pool, &o->queue, opt->ordered,
	    opt->aggregate ? (size_t)opt->aggregate_bytes : 0);
	fit_init(&o->fit, outbox_bytes_limit(opt), n);
	o->batch = calloc(n, sizeof *o->batch);
	if (o->batch == NULL || shards_init(&o->shards) == -1)
		return -1;
	for (size_t i = 0; i < n; i++) {
		o->batch[i].rec =
		    calloc((size_t)opt->batch_records, sizeof *o->batch[i].rec);
		if (o->batch[i].rec == NULL)
			return -1;
	}
	return 0;
}

void
outbox_free(struct outbox *o)
{
	for (long long i = 0; o->batch != NULL && i < o->opt->service.in_flight;
	     i++) {
		free(o->batch[i].rec);
		buf_free(&o->batch[i].body);
	}
	free(o->batch);
	free(o->split);
	key_queues_free(&o->key_queues);
	shards_free(&o->shards);
	queue_free(&o->queue);
	pool_free(&o->pool);
	*o = (struct outbox){ 0 };
}

size_t
outbox_bytes_limit(const struct options *opt)
{
	size_t all = (size_t)opt->batch_bytes;
	size_t margin =
	    all / 100 > PUT_MARGIN_BYTES ? all / 100 : PUT_MARGIN_BYTES;

	return all > margin ? all - margin : 1;
}

/*
 * 0 where nothing is given: both keys together make what is one to us.  The
 * order that is kept is that of partition keys, whatever their hash keys are.
 */
static uint64_t
hash_of(const struct wal_record *w, bool ordered)
{
	uint64_t hash = w->key.n > 0 ? hash_bytes(w->key) : 0;

	if (w->hash.n > 0 && !(ordered && w->key.n > 0))
		hash = hash * 31 ^ hash_bytes(w->hash);
	return hash == 0 && w->key.n + w->hash.n > 0 ? 1 : hash;
}

int
outbox_take(
    struct outbox *o, const struct wal_record *w, bool resumed, int64_t read_ms)
{
	uint32_t i =
	    pool_add(&o->pool, w->key, w->hash, w->data, o->opt->newline);
	struct record *r;

	if (i == RECORD_NONE)
		return -1;
	r = &o->pool.rec[i];
	r->line = w->line;
	r->seq = w->seq;
	r->read_ms = read_ms;
	r->key_hash = hash_of(w, o->opt->ordered);
	r->flags |= w->flags;
	if (resumed)
		r->flags |= RECORD_RESUMED;
	if (key_queues_add(&o->key_queues, i) == 0)
		return 0;
	pool_drop(&o->pool, i);
	return -1;
}

bool
outbox_is_full(const struct outbox *o)
{
	return o->queue.n >= (uint64_t)o->opt->batch_records ||
	       o->queue.bytes >= o->fit.bytes;
}

void
outbox_wake(struct outbox *o, int64_t now_ms, int64_t patience_ms, bool more)
{
	queue_wake(&o->queue, now_ms);
	shards_release(&o->shards, &o->queue, now_ms);
	key_queues_flush(&o->key_queues, now_ms, patience_ms, more);
}

int64_t
outbox_wake_ms(const struct outbox *o, int64_t patience_ms)
{
	int64_t due_ms = queue_due_ms(&o->queue);
	int64_t flush_ms = key_queues_due_ms(&o->key_queues, patience_ms);
	int64_t held_ms = shards_due_ms(&o->shards);

	if (flush_ms < due_ms)
		due_ms = flush_ms;
	return held_ms < due_ms ? held_ms : due_ms;
}

int64_t
outbox_batch_ms(const struct outbox *o, int64_t patience_ms, bool more)
{
	if (o->nsplit > 0)
		return INT64_MIN;
	if (o->queue.n == 0)
		return INT64_MAX;
	if (!more || outbox_is_full(o) || patience_ms == 0)
		return INT64_MIN;
	return queue_since_ms(&o->queue) + patience_ms;
}

static struct batch *
free_batch(struct outbox *o)
{
	struct batch *b = o->batch;

	while (b->n > 0) /* fewer are in flight than there are */
		b++;
	return b;
}

/* A part of a batch goes as it is. */
static void
fill_from_split(struct outbox *o, struct batch *b)
{
	uint32_t i = o->split[--o->nsplit].first;

	for (; i != RECORD_NONE; i = o->pool.rec[i].next) {
		b->rec[b->n++] = i;
		b->bytes += record_bytes(&o->pool.rec[i]);
	}
}

/* As many records as fit, one at least. */
static void
fill(struct outbox *o, struct batch *b, int64_t now_ms)
{
	uint32_t i;

	while (b->n < (size_t)o->opt->batch_records &&
	       (i = queue_peek(&o->queue)) != RECORD_NONE) {
		size_t more = record_bytes(&o->pool.rec[i]);

		if (b->n > 0 && b->bytes + more > o->fit.bytes)
			return;
		i = queue_take(&o->queue);
		if (shards_hold(&o->shards, &o->pool, i, now_ms))
			continue;
		b->rec[b->n++] = i;
		b->bytes += more;
	}
}

struct batch *
outbox_batch(struct outbox *o, int64_t now_ms)
{
	struct batch *b = free_batch(o);

	b->bytes = 0;
	b->repeated = false;
	if (o->nsplit > 0)
		fill_from_split(o, b);
	else
		fill(o, b, now_ms);
	return b;
}

int
outbox_split(struct outbox *o, struct batch *b)
{
	size_t half = b->n / 2;
	struct queue_list rest = { RECORD_NONE, b->rec[b->n - 1] };

	if (array_room(o->split, o->split_cap, o->nsplit + 1) == -1)
		return -1;
	for (size_t i = b->n; i-- > half;) {
		o->pool.rec[b->rec[i]].next = rest.first;
		rest.first = b->rec[i];
	}
	o->split[o->nsplit++] = rest;
	b->n = half;
	b->bytes /= 2;
	return 0;
}

int64_t
outbox_oldest_ms(const struct outbox *o, int64_t now_ms)
{
	int64_t oldest_ms = now_ms;

	for (uint32_t i = 0; i < o->pool.nrec; i++) {
		const struct record *r = &o->pool.rec[i];

		if (r->flags & RECORD_LIVE && r->read_ms < oldest_ms)
			oldest_ms = r->read_ms;
	}
	return oldest_ms;
}
