/* sender - takes records from the queue, sends them in batches.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/sender.h"

#include <stdlib.h>

#include "kinesis-put/limits.h"
#include "kinesis-put/request.h"
#include "lib/clock.h"
#include "lib/hash.h"

enum status
sender_no_memory(struct sender *s)
{
	if (!s->no_memory)
		diag_error(
		    NULL, "out of memory; a smaller --buffer needs less");
	s->no_memory = true;
	sender_fail(s, STATUS_SYSTEM);
	return STATUS_SYSTEM;
}

enum status
sender_open(struct sender *s, const struct options *opt,
    struct service *service, uint64_t seed)
{
	size_t n = (size_t)opt->batch_records;

	*s = (struct sender){ .opt = opt, .service = service };
	queue_init(&s->queue, &s->pool);
	s->random.state = seed;
	s->missing_ms = -1;
	fit_init(&s->fit, sender_bytes_limit(opt), (size_t)opt->in_flight);
	if (dead_letter_open(&s->rejects, "rejects", opt->rejects) == -1 ||
	    dead_letter_open(
		&s->undelivered, "undelivered", opt->undelivered) == -1)
		return STATUS_USAGE;
	s->batch = calloc((size_t)opt->in_flight, sizeof *s->batch);
	s->entries = calloc(n, sizeof *s->entries);
	s->outcomes = calloc(n, sizeof *s->outcomes);
	if (s->batch == NULL || s->entries == NULL || s->outcomes == NULL ||
	    shards_init(&s->shards) == -1)
		return sender_no_memory(s);
	for (long long i = 0; i < opt->in_flight; i++) {
		s->batch[i].rec = calloc(n, sizeof *s->batch[i].rec);
		if (s->batch[i].rec == NULL)
			return sender_no_memory(s);
	}
	key_queues_init(&s->key_queues, &s->pool, &s->queue, opt->ordered,
	    opt->aggregate ? (size_t)opt->aggregate_bytes : 0);
	s->settle = (struct settle){ .steps = opt->entry_steps,
		.random = &s->random,
		.shards = &s->shards,
		.per_key = opt->ordered };
	return STATUS_OK;
}

void
sender_free(struct sender *s)
{
	for (long long i = 0; s->batch != NULL && i < s->opt->in_flight; i++) {
		free(s->batch[i].rec);
		buf_free(&s->batch[i].body);
	}
	free(s->batch);
	free(s->halves);
	free(s->entries);
	free(s->outcomes);
	buf_free(&s->aggregate);
	key_queues_free(&s->key_queues);
	shards_free(&s->shards);
	queue_free(&s->queue);
	pool_free(&s->pool);
	*s = (struct sender){ 0 };
}

size_t
sender_bytes_limit(const struct options *o)
{
	size_t all = (size_t)o->batch_bytes;
	size_t margin =
	    all / 100 > PUT_MARGIN_BYTES ? all / 100 : PUT_MARGIN_BYTES;

	return all > margin ? all - margin : 1;
}

static bool
is_full(const struct sender *s)
{
	return s->queue.n >= (uint64_t)s->opt->batch_records ||
	       s->queue.bytes >= s->fit.bytes;
}

/*
 * How long a record waits for company.  While nothing is under way and no more
 * input is there, that only costs time; else it is worth it.
 */
static int64_t
patience_ms(const struct sender *s)
{
	return s->busy == 0 && !s->input_is_ready &&
	               s->opt->gather_ms < s->opt->linger_ms
	           ? s->opt->gather_ms
	           : s->opt->linger_ms;
}

/* When the batch that could be sent now is not to wait any longer. */
static int64_t
batch_due_ms(const struct sender *s, bool more)
{
	int64_t since_ms = queue_since_ms(&s->queue);

	if (s->queue.n == 0)
		return INT64_MAX;
	if (!more || is_full(s) || patience_ms(s) == 0)
		return INT64_MIN;
	return since_ms + patience_ms(s);
}

/* Records into the batch: as many as fit, one at least. */
static void
fill(struct sender *s, struct batch *p, int64_t now_ms)
{
	uint32_t i;

	p->bytes = 0;
	if (s->nhalves > 0) {
		i = s->halves[--s->nhalves].first;
		for (; i != RECORD_NONE; i = s->pool.rec[i].next) {
			p->rec[p->n++] = i;
			p->bytes += record_bytes(&s->pool.rec[i]);
		}
		return;
	}
	while (p->n < (size_t)s->opt->batch_records &&
	       (i = queue_peek(&s->queue)) != RECORD_NONE) {
		size_t more = record_bytes(&s->pool.rec[i]);

		if (p->n > 0 && p->bytes + more > s->fit.bytes)
			return;
		i = queue_take(&s->queue);
		if (shards_hold(&s->shards, &s->pool, i, now_ms))
			continue;
		p->rec[p->n++] = i;
		p->bytes += more;
	}
}

/* What is sent for a record: its data, or the aggregate that it stands for. */
static struct span
data_of(struct sender *s, const struct record *r, struct span key)
{
	if (r->lines == 1)
		return pool_data(&s->pool, r);
	buf_clear(&s->aggregate);
	if (aggregate_write(&s->aggregate, &s->pool, r, key) == -1)
		s->aggregate.failed = true;
	return buf_span(&s->aggregate);
}

static void
write_body(struct sender *s, struct batch *p)
{
	char random_key[RANDOM_KEY_BYTES];

	buf_clear(&p->body);
	request_begin(&p->body, s->opt->stream, service_arn(s->service));
	for (size_t i = 0; i < p->n; i++) {
		struct record *r = &s->pool.rec[p->rec[i]];
		struct span key = pool_key(&s->pool, r);

		if (r->flags & RECORD_RANDOM_KEY) {
			request_random_key(random_key, random_next(&s->random));
			key = (struct span){ random_key, sizeof random_key };
		}
		s->account.retried += r->tries > 0 ? r->lines : 0;
		r->tries++;
		request_add(
		    &p->body, key, pool_hash(&s->pool, r), data_of(s, r, key));
	}
	request_end(&p->body);
	p->body.failed |= s->aggregate.failed;
}

void
sender_post(struct sender *s, struct batch *p, int64_t now_ms)
{
	p->failures = s->outage.failures;
	p->started_ms = now_ms;
	write_body(s, p);
	if (p->body.failed) {
		sender_postpone(
		    s, p, s->opt->transient_steps, RETRY_NO_HINT, now_ms);
		sender_no_memory(s);
		return;
	}
	switch (service_post(s->service, buf_span(&p->body), p, &p->stamp)) {
	case SERVICE_POSTED:
		s->account.requests++;
		p->at_once = ++s->busy;
		return;
	case SERVICE_LATER:
		sender_postpone(
		    s, p, s->opt->transient_steps, RETRY_NO_HINT, now_ms);
		return;
	case SERVICE_FATAL:
		sender_postpone(
		    s, p, s->opt->transient_steps, RETRY_NO_HINT, now_ms);
		sender_fail(s, STATUS_SYSTEM);
		return;
	}
}

static struct batch *
free_batch(struct sender *s)
{
	for (long long i = 0; i < s->opt->in_flight; i++) {
		if (s->batch[i].n == 0)
			return &s->batch[i];
	}
	return NULL;
}

/* May a request be started now? */
static bool
is_open(const struct sender *s, int64_t now_ms)
{
	if (s->fatal || s->busy >= s->fit.at_once)
		return false;
	return s->outage.failures == 0 ||
	       (s->busy == 0 && now_ms >= s->outage.gate_ms);
}

bool
sender_asks_for_input(const struct sender *s)
{
	return s->queue.n > 0 && s->busy == 0 && !is_full(s) && !s->fatal;
}

void
sender_send(struct sender *s, int64_t now_ms, bool more)
{
	queue_wake(&s->queue, now_ms);
	shards_release(&s->shards, &s->queue, now_ms);
	key_queues_flush(&s->key_queues, now_ms, patience_ms(s), more);
	sender_sweep(s, now_ms);
	while (is_open(s, now_ms) &&
	       (s->nhalves > 0 || batch_due_ms(s, more) <= now_ms)) {
		struct batch *p = free_batch(s);

		fill(s, p, now_ms);
		if (p->n == 0)
			continue;
		p->repeated = false;
		sender_post(s, p, now_ms);
	}
}

int64_t
sender_due_ms(const struct sender *s, bool more)
{
	int64_t due_ms = queue_due_ms(&s->queue);
	int64_t flush_ms = key_queues_due_ms(&s->key_queues, patience_ms(s));
	int64_t held_ms = shards_due_ms(&s->shards);
	int64_t batch_ms = s->nhalves > 0 ? INT64_MIN : batch_due_ms(s, more);

	if (s->fatal || s->busy >= s->fit.at_once)
		return INT64_MAX; /* an answer comes first */
	if (s->outage.failures > 0) {
		if (s->busy > 0)
			return INT64_MAX;
		if (batch_ms < s->outage.gate_ms)
			batch_ms = s->outage.gate_ms;
	}
	if (flush_ms < due_ms)
		due_ms = flush_ms;
	if (held_ms < due_ms)
		due_ms = held_ms;
	return batch_ms < due_ms ? batch_ms : due_ms;
}

void
sender_keep(struct sender *s)
{
	dead_letter_flush(&s->rejects);
	dead_letter_flush(&s->undelivered);
	if (s->kept_spooled) { /* what leaves one disk is on the other */
		dead_letter_sync(&s->rejects);
		dead_letter_sync(&s->undelivered);
		s->kept_spooled = false;
	}
	if (dead_letter_failed(&s->rejects) ||
	    dead_letter_failed(&s->undelivered))
		sender_fail(s, STATUS_SYSTEM); /* dead_letter_close() says it */
	else if (s->spool != NULL)
		spool_note(s->spool); /* what is kept is done with */
	if (s->spool != NULL && s->spool->error != 0)
		sender_fail(s, STATUS_SYSTEM);
}

/* Does the line take requests of that size, so many at once? */
static void
note_fit(
    struct sender *s, const struct batch *p, const struct transport_response *r)
{
	const struct fit_request one = {
		.bytes = p->bytes,
		.at_once = p->at_once,
		.upload_ms = r->upload_ms,
		.elapsed_ms = r->elapsed_ms,
		.timeout_ms = s->opt->request_timeout_ms,
		.timed_out = r->result == TRANSPORT_TIMEOUT,
	};

	if (r->result == TRANSPORT_ANSWERED || one.timed_out)
		fit_note(&s->fit, &one);
}

void
sender_receive(struct sender *s, int64_t now_ms)
{
	struct transport_response response = { 0 };

	while (transport_next(s->service->transport, &response)) {
		s->busy--;
		if (response.result == TRANSPORT_ANSWERED)
			account_took(&s->account, response.elapsed_ms);
		note_fit(s, response.tag, &response);
		sender_judge(s, response.tag, &response, now_ms);
		transport_response_free(&response);
	}
	sender_keep(s);
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

bool
sender_take(
    struct sender *s, const struct wal_record *w, bool resumed, int64_t read_ms)
{
	uint32_t i =
	    pool_add(&s->pool, w->key, w->hash, w->data, s->opt->newline);
	struct record *r;

	if (i == RECORD_NONE) {
		sender_no_memory(s);
		return false;
	}
	r = &s->pool.rec[i];
	r->line = w->line;
	r->seq = w->seq;
	r->read_ms = read_ms;
	r->key_hash = hash_of(w, s->opt->ordered);
	r->flags |= w->flags;
	if (resumed)
		r->flags |= RECORD_RESUMED;
	if (key_queues_add(&s->key_queues, i) == 0)
		return true;
	pool_drop(&s->pool, i);
	sender_no_memory(s);
	return false;
}

int
sender_halve(struct sender *s, struct batch *p)
{
	size_t half = p->n / 2;
	struct queue_list rest = { RECORD_NONE, p->rec[p->n - 1] };

	if (s->nhalves == s->halves_cap) {
		size_t cap = s->halves_cap == 0 ? 16 : 2 * s->halves_cap;
		struct queue_list *h = realloc(s->halves, cap * sizeof *h);

		if (h == NULL)
			return -1;
		s->halves = h;
		s->halves_cap = cap;
	}
	for (size_t i = p->n; i-- > half;) {
		s->pool.rec[p->rec[i]].next = rest.first;
		rest.first = p->rec[i];
	}
	s->halves[s->nhalves++] = rest;
	p->n = half;
	p->bytes /= 2;
	return 0;
}
