/* sender - takes records from the queue, sends them in batches.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/sender.h"

#include <stdlib.h>

#include "kinesis-put/limits.h"
#include "kinesis-put/request.h"
#include "lib/clock.h"

static enum status
no_memory(void)
{
	diag_error(NULL, "out of memory; a smaller --buffer needs less");
	return STATUS_SYSTEM;
}

enum status
sender_open(struct sender *s, const struct options *opt,
    struct service *service, uint64_t seed)
{
	size_t n = (size_t)opt->batch_records;

	*s = (struct sender){ .opt = opt, .service = service };
	queue_init(&s->queue, &s->store);
	s->random.state = seed;
	s->missing_ms = -1;
	if (keep_open(&s->rejects, "rejects", opt->rejects) == -1 ||
	    keep_open(&s->undelivered, "undelivered", opt->undelivered) == -1)
		return STATUS_USAGE;
	s->parcel = calloc((size_t)opt->in_flight, sizeof *s->parcel);
	s->entries = calloc(n, sizeof *s->entries);
	s->outcomes = calloc(n, sizeof *s->outcomes);
	if (s->parcel == NULL || s->entries == NULL || s->outcomes == NULL ||
	    shards_init(&s->shards) == -1)
		return no_memory();
	for (long long i = 0; i < opt->in_flight; i++) {
		s->parcel[i].rec = calloc(n, sizeof *s->parcel[i].rec);
		if (s->parcel[i].rec == NULL)
			return no_memory();
	}
	s->settle = (struct settle){ .steps = opt->entry_steps,
		.random = &s->random,
		.shards = &s->shards };
	return STATUS_OK;
}

void
sender_free(struct sender *s)
{
	for (long long i = 0; s->parcel != NULL && i < s->opt->in_flight; i++) {
		free(s->parcel[i].rec);
		buf_free(&s->parcel[i].body);
	}
	free(s->parcel);
	free(s->halves);
	free(s->entries);
	free(s->outcomes);
	shards_free(&s->shards);
	queue_free(&s->queue);
	store_free(&s->store);
	*s = (struct sender){ 0 };
}

void
sender_fail(struct sender *s, enum status status)
{
	s->fatal = true;
	s->status = status_worse(s->status, status);
}

void
sender_reject(struct sender *s, uint32_t i)
{
	const struct record *r = &s->store.rec[i];

	keep_line(&s->rejects, store_line(&s->store, r), r->flags & RECORD_CR);
	s->account.rejected++;
	s->status = status_worse(s->status, STATUS_DATA);
	if (!s->rejects.open)
		s->stop_reading = true;
	store_drop(&s->store, i);
}

void
sender_give_up(struct sender *s, uint32_t i)
{
	const struct record *r = &s->store.rec[i];

	keep_line(
	    &s->undelivered, store_line(&s->store, r), r->flags & RECORD_CR);
	account_undelivered(&s->account, r->line);
	s->status = status_worse(s->status, STATUS_DATA);
	if (!s->undelivered.open)
		s->stop_reading = true;
	store_drop(&s->store, i);
}

/* by_line() has no other way to see the records. */
static const struct record *sorted;

static int
by_line(const void *a, const void *b)
{
	uint64_t x = sorted[*(const uint32_t *)a].line;
	uint64_t y = sorted[*(const uint32_t *)b].line;

	return (x > y) - (x < y);
}

/* Gives records up in the order of their lines. */
static void
give_up_sorted(struct sender *s, uint32_t *rec, size_t n)
{
	sorted = s->store.rec;
	if (n > 0)
		qsort(rec, n, sizeof *rec, by_line);
	for (size_t i = 0; i < n; i++)
		sender_give_up(s, rec[i]);
}

void
sender_abandon(struct sender *s)
{
	uint32_t *all = calloc(s->store.live + 1, sizeof *all);
	size_t n = 0;

	for (uint32_t i = 0; i < s->store.nrec; i++) {
		if (!(s->store.rec[i].flags & RECORD_LIVE))
			continue;
		if (all == NULL) /* then in whatever order */
			sender_give_up(s, i);
		else
			all[n++] = i;
	}
	give_up_sorted(s, all, n);
	free(all);
	queue_free(&s->queue);
	queue_init(&s->queue, &s->store);
	s->nhalves = 0;
}

/* Into the queue of those that wait, or, without memory, given up. */
static void
hold(struct sender *s, uint32_t i, int64_t due_ms)
{
	if (queue_wait(&s->queue, i, due_ms) == 0)
		return;
	sender_give_up(s, i);
	sender_fail(s, no_memory());
}

void
sender_again(struct sender *s, uint32_t i, int64_t due_ms, int64_t now_ms)
{
	struct record *r = &s->store.rec[i];
	int64_t keep_ms = s->opt->retry_for_ms;

	if (r->tried_ms == -1)
		r->tried_ms = now_ms;
	if (keep_ms != INT64_MAX) {
		if (now_ms - r->tried_ms >= keep_ms) {
			sender_give_up(s, i);
			return;
		}
		/* The last try is when its time is over. */
		if (due_ms > r->tried_ms + keep_ms)
			due_ms = r->tried_ms + keep_ms;
	}
	hold(s, i, due_ms);
}

void
sender_postpone(struct sender *s, struct parcel *p, struct retry_steps steps,
    int64_t hint_ms, int64_t now_ms)
{
	struct outage *o = &s->outage;

	/* Requests that were under way together count as one failure. */
	if (p->failures == o->failures) {
		if (o->failures++ == 0)
			o->since_ms = now_ms;
		o->gate_ms = now_ms + retry_wait_ms(steps, o->failures,
					  random_next(&s->random), hint_ms);
		if (s->opt->retry_for_ms != INT64_MAX &&
		    o->gate_ms > o->since_ms + s->opt->retry_for_ms &&
		    now_ms < o->since_ms + s->opt->retry_for_ms)
			o->gate_ms = o->since_ms + s->opt->retry_for_ms;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct record *r = &s->store.rec[p->rec[i]];

		/* sweep() gives up what is too old, in the order of lines. */
		if (r->tried_ms == -1)
			r->tried_ms = now_ms;
		hold(s, p->rec[i], o->gate_ms);
	}
	p->n = 0;
}

/* Is the record that would be sent next too old for that? */
static bool
is_too_old(const struct sender *s, int64_t now_ms)
{
	uint32_t i = queue_peek(&s->queue);
	const struct record *r;

	if (i == RECORD_NONE)
		return false;
	r = &s->store.rec[i];
	return now_ms - (r->tried_ms != -1 ? r->tried_ms : r->read_ms) >=
	       s->opt->retry_for_ms;
}

/* Where nothing gets through, what has waited too long is given up unsent. */
static void
sweep(struct sender *s, int64_t now_ms)
{
	uint32_t *old;
	size_t n = 0;

	if (s->outage.failures == 0 ||
	    now_ms - s->outage.since_ms < s->opt->retry_for_ms ||
	    !is_too_old(s, now_ms))
		return;
	old = calloc(s->queue.n, sizeof *old);
	while (is_too_old(s, now_ms)) {
		if (old == NULL) /* then in whatever order */
			sender_give_up(s, queue_take(&s->queue));
		else
			old[n++] = queue_take(&s->queue);
	}
	give_up_sorted(s, old, n);
	free(old);
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
	       s->queue.bytes >= sender_bytes_limit(s->opt);
}

/* When the batch that could be sent now is not to wait any longer. */
static int64_t
batch_due_ms(const struct sender *s, bool more)
{
	int64_t since_ms = queue_since_ms(&s->queue);

	if (s->queue.n == 0)
		return INT64_MAX;
	if (!more || is_full(s) || s->opt->linger_ms == 0)
		return INT64_MIN;
	return since_ms + s->opt->linger_ms;
}

/* Records into the parcel: as many as fit, one at least. */
static void
fill(struct sender *s, struct parcel *p)
{
	size_t limit = sender_bytes_limit(s->opt), bytes = 0;
	uint32_t i;

	if (s->nhalves > 0) {
		i = s->halves[--s->nhalves].first;
		for (; i != RECORD_NONE; i = s->store.rec[i].next)
			p->rec[p->n++] = i;
		return;
	}
	while (p->n < (size_t)s->opt->batch_records &&
	       (i = queue_peek(&s->queue)) != RECORD_NONE) {
		bytes += record_bytes(&s->store.rec[i]);
		if (p->n > 0 && bytes > limit)
			return;
		p->rec[p->n++] = queue_take(&s->queue);
	}
}

static void
write_body(struct sender *s, struct parcel *p)
{
	char random_key[RANDOM_KEY_BYTES];

	buf_clear(&p->body);
	request_begin(&p->body, s->opt->stream, service_arn(s->service));
	for (size_t i = 0; i < p->n; i++) {
		struct record *r = &s->store.rec[p->rec[i]];
		struct span key = store_key(&s->store, r);

		if (r->flags & RECORD_RANDOM_KEY) {
			request_random_key(random_key, random_next(&s->random));
			key = (struct span){ random_key, sizeof random_key };
		}
		s->account.retried += r->tries > 0;
		r->tries++;
		request_add(&p->body, key, store_hash(&s->store, r),
		    store_data(&s->store, r));
	}
	request_end(&p->body);
}

void
sender_post(struct sender *s, struct parcel *p, int64_t now_ms)
{
	p->failures = s->outage.failures;
	write_body(s, p);
	if (p->body.failed) {
		sender_postpone(
		    s, p, s->opt->transient_steps, RETRY_NO_HINT, now_ms);
		sender_fail(s, no_memory());
		return;
	}
	switch (service_post(s->service, buf_span(&p->body), p, &p->stamp)) {
	case SERVICE_POSTED:
		s->account.requests++;
		s->busy++;
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

static struct parcel *
free_parcel(struct sender *s)
{
	for (long long i = 0; i < s->opt->in_flight; i++) {
		if (s->parcel[i].n == 0)
			return &s->parcel[i];
	}
	return NULL;
}

/* May a request be started now? */
static bool
is_open(const struct sender *s, int64_t now_ms)
{
	if (s->fatal || s->busy >= (size_t)s->opt->in_flight)
		return false;
	return s->outage.failures == 0 ||
	       (s->busy == 0 && now_ms >= s->outage.gate_ms);
}

void
sender_send(struct sender *s, int64_t now_ms, bool more)
{
	queue_wake(&s->queue, now_ms);
	sweep(s, now_ms);
	while (is_open(s, now_ms) &&
	       (s->nhalves > 0 || batch_due_ms(s, more) <= now_ms)) {
		struct parcel *p = free_parcel(s);

		fill(s, p);
		p->repeated = false;
		sender_post(s, p, now_ms);
	}
}

int64_t
sender_due_ms(const struct sender *s, bool more)
{
	int64_t due_ms = queue_due_ms(&s->queue);
	int64_t batch_ms = s->nhalves > 0 ? INT64_MIN : batch_due_ms(s, more);

	if (s->fatal || s->busy >= (size_t)s->opt->in_flight)
		return INT64_MAX; /* an answer comes first */
	if (s->outage.failures > 0) {
		if (s->busy > 0)
			return INT64_MAX;
		if (batch_ms < s->outage.gate_ms)
			batch_ms = s->outage.gate_ms;
	}
	return batch_ms < due_ms ? batch_ms : due_ms;
}

void
sender_receive(struct sender *s, int64_t now_ms)
{
	struct transport_response response = { 0 };

	while (transport_next(s->service->transport, &response)) {
		s->busy--;
		if (response.result == TRANSPORT_ANSWERED)
			account_took(&s->account, response.elapsed_ms);
		sender_judge(s, response.tag, &response, now_ms);
		transport_response_free(&response);
	}
	keep_flush(&s->rejects);
	keep_flush(&s->undelivered);
	if ((keep_failed(&s->rejects) || keep_failed(&s->undelivered)) &&
	    !s->fatal)
		sender_fail(s, STATUS_SYSTEM); /* keep_close() says it */
}

int
sender_halve(struct sender *s, struct parcel *p)
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
		s->store.rec[p->rec[i]].next = rest.first;
		rest.first = p->rec[i];
	}
	s->halves[s->nhalves++] = rest;
	p->n = half;
	return 0;
}
