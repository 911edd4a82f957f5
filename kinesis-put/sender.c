/* sender - sends what the outbox holds, and does with each answer what it
 * means.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/sender.h"

#include <stdlib.h>

#include "kinesis-put/aggregate.h"
#include "kinesis-put/request.h"
#include "lib/clock.h"

void
sender_fail(struct sender *s, enum status status)
{
	s->fatal = true;
	s->completion.status = status_worse(s->completion.status, status);
}

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
	*s = (struct sender){ .opt = opt,
		.service = service,
		.completion = { .outbox = &s->outbox, .account = &s->account },
		.health = { .opt = opt,
		    .outbox = &s->outbox,
		    .random = &s->random,
		    .skew = &service->skew },
		.random = { seed } };
	if (completion_open(&s->completion, opt) == -1)
		return STATUS_USAGE;
	if (outbox_open(&s->outbox, opt) == -1 || health_init(&s->health) == -1)
		return sender_no_memory(s);
	return STATUS_OK;
}

void
sender_free(struct sender *s)
{
	buf_free(&s->aggregate);
	health_free(&s->health);
	outbox_free(&s->outbox);
	*s = (struct sender){ 0 };
}

bool
sender_take(
    struct sender *s, const struct wal_record *w, bool resumed, int64_t read_ms)
{
	if (outbox_take(&s->outbox, w, resumed, read_ms) == 0)
		return true;
	sender_no_memory(s);
	return false;
}

void
sender_flush(struct sender *s)
{
	if (completion_flush(&s->completion) == -1)
		sender_fail(s, STATUS_SYSTEM);
}

/* --- records that must wait ---------------------------------------------- */

/* Into the queue of those that wait, or, without memory, given up. */
static void
hold(struct sender *s, uint32_t i, int64_t due_ms)
{
	if (queue_wait(&s->outbox.queue, i, due_ms) == 0)
		return;
	completion_give_up(&s->completion, i);
	sender_no_memory(s);
}

/* A record is to be sent again at due_ms, or is given up as too old. */
static void
again(struct sender *s, uint32_t i, int64_t due_ms, int64_t now_ms)
{
	struct record *r = &s->outbox.pool.rec[i];
	int64_t for_ms = s->opt->retry_for_ms;

	if (r->tried_ms == -1)
		r->tried_ms = now_ms;
	if (for_ms != INT64_MAX) {
		if (now_ms - r->tried_ms >= for_ms) {
			completion_give_up(&s->completion, i);
			return;
		}
		/* The last try is when its time is over. */
		if (due_ms > r->tried_ms + for_ms)
			due_ms = r->tried_ms + for_ms;
	}
	hold(s, i, due_ms);
}

/* All of a batch waits; sweep() gives up what is too old, in the order of
 * lines. */
static void
hold_all(struct sender *s, struct batch *b, int64_t due_ms, int64_t now_ms)
{
	for (size_t i = 0; i < b->n; i++) {
		struct record *r = &s->outbox.pool.rec[b->rec[i]];

		if (r->tried_ms == -1)
			r->tried_ms = now_ms;
		hold(s, b->rec[i], due_ms);
	}
	b->n = 0;
}

/* Is the record that would be sent next too old for that? */
static bool
is_too_old(const struct sender *s, int64_t now_ms)
{
	uint32_t i = queue_peek(&s->outbox.queue);
	const struct record *r;

	if (i == RECORD_NONE)
		return false;
	r = &s->outbox.pool.rec[i];
	return now_ms - (r->tried_ms != -1 ? r->tried_ms : r->read_ms) >=
	       s->opt->retry_for_ms;
}

/* Where nothing gets through, what has waited too long is given up unsent. */
static void
sweep(struct sender *s, int64_t now_ms)
{
	struct queue *q = &s->outbox.queue;
	uint32_t *old;
	size_t n = 0;

	if (s->health.outage.failures == 0 ||
	    now_ms - s->health.outage.since_ms < s->opt->retry_for_ms ||
	    !is_too_old(s, now_ms))
		return;
	old = calloc(q->n, sizeof *old);
	while (is_too_old(s, now_ms)) {
		if (old == NULL) /* then in whatever order */
			completion_give_up(&s->completion, queue_take(q));
		else
			old[n++] = queue_take(q);
	}
	completion_give_up_all(&s->completion, old, n);
	free(old);
}

/* --- sending ------------------------------------------------------------- */

/* What is sent for a record: its data, or that of all that it stands for. */
static struct span
data_of(struct sender *s, const struct record *r, struct span key)
{
	if (r->lines == 1)
		return pool_data(&s->outbox.pool, r);
	buf_clear(&s->aggregate);
	if (aggregate_write(&s->aggregate, &s->outbox.pool, r, key) == -1)
		s->aggregate.failed = true;
	return buf_span(&s->aggregate);
}

static void
write_body(struct sender *s, struct batch *b)
{
	const struct pool *pool = &s->outbox.pool;
	char random_key[RANDOM_KEY_BYTES];

	buf_clear(&b->body);
	request_begin(&b->body, &s->opt->service.arn);
	for (size_t i = 0; i < b->n; i++) {
		struct record *r = &pool->rec[b->rec[i]];
		struct span key = pool_key(pool, r);

		if (r->flags & RECORD_RANDOM_KEY) {
			request_random_key(random_key, random_next(&s->random));
			key = (struct span){ random_key, sizeof random_key };
		}
		s->account.retried += r->tries > 0 ? r->lines : 0;
		r->tries++;
		request_add(
		    &b->body, key, pool_hash(pool, r), data_of(s, r, key));
	}
	request_end(&b->body);
	b->body.failed |= s->aggregate.failed;
}

/* No request can be made: all of the batch waits, and the stream with it. */
static void
postpone(struct sender *s, struct batch *b, int64_t now_ms)
{
	hold_all(s, b,
	    response_postpone(&s->health, b, s->opt->service.transient_steps,
		RETRY_NO_HINT, now_ms),
	    now_ms);
}

/* Writes the body for the batch's records and starts it. */
static void
post(struct sender *s, struct batch *b, int64_t now_ms)
{
	b->failures = s->health.outage.failures;
	b->started_ms = now_ms;
	write_body(s, b);
	if (b->body.failed) {
		postpone(s, b, now_ms);
		sender_no_memory(s);
		return;
	}
	switch (service_post(
	    s->service, "PutRecords", buf_span(&b->body), b, &b->stamp, NULL)) {
	case SERVICE_POSTED:
		s->account.requests++;
		b->at_once = ++s->outbox.in_flight;
		return;
	case SERVICE_LATER:
		postpone(s, b, now_ms);
		return;
	case SERVICE_FATAL:
		postpone(s, b, now_ms);
		sender_fail(s, STATUS_SYSTEM);
		return;
	}
}

/* May a request be started now? */
static bool
is_open(const struct sender *s, int64_t now_ms)
{
	const struct outbox *o = &s->outbox;

	if (s->fatal || o->in_flight >= o->fit.at_once)
		return false;
	return s->health.outage.failures == 0 ||
	       (o->in_flight == 0 && now_ms >= s->health.outage.gate_ms);
}

/*
 * How long a record waits for company.  While nothing is under way and no more
 * input is there, that only costs time; else it is worth it.
 */
static int64_t
patience_ms(const struct sender *s)
{
	return s->outbox.in_flight == 0 && !s->input_is_ready &&
	               s->opt->gather_ms < s->opt->linger_ms
	           ? s->opt->gather_ms
	           : s->opt->linger_ms;
}

bool
sender_asks_for_input(const struct sender *s)
{
	return s->outbox.queue.n > 0 && s->outbox.in_flight == 0 &&
	       !outbox_is_full(&s->outbox) && !s->fatal;
}

void
sender_send(struct sender *s, int64_t now_ms, bool more)
{
	outbox_wake(&s->outbox, now_ms, patience_ms(s), more);
	sweep(s, now_ms);
	while (is_open(s, now_ms) &&
	       outbox_batch_ms(&s->outbox, patience_ms(s), more) <= now_ms) {
		struct batch *b = outbox_batch(&s->outbox, now_ms);

		if (b->n > 0)
			post(s, b, now_ms);
	}
}

int64_t
sender_due_ms(const struct sender *s, bool more)
{
	const struct outbox *o = &s->outbox;
	int64_t batch_ms = outbox_batch_ms(o, patience_ms(s), more);
	int64_t wake_ms = outbox_wake_ms(o, patience_ms(s));

	if (s->fatal || o->in_flight >= o->fit.at_once)
		return INT64_MAX; /* an answer comes first */
	if (s->health.outage.failures > 0) {
		if (o->in_flight > 0)
			return INT64_MAX;
		if (batch_ms < s->health.outage.gate_ms)
			batch_ms = s->health.outage.gate_ms;
	}
	return batch_ms < wake_ms ? batch_ms : wake_ms;
}

/* --- answers ------------------------------------------------------------- */

/* Of an aggregated record nobody can tell which line it is. */
static void
reject(struct sender *s, uint32_t i, struct span code, struct span message)
{
	if (s->outbox.pool.rec[i].lines == 1)
		completion_reject(&s->completion, i, code, message);
	else if (key_queues_take_apart(&s->outbox.key_queues, i) == -1)
		sender_no_memory(s);
}

/* Each record goes its way. */
static void
acknowledge(struct sender *s, struct batch *b, int64_t now_ms)
{
	size_t n = b->n;

	b->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct ack *a = &s->health.ack[i];
		const struct reply_entry *e = &s->health.entry[i];

		s->account.throttled +=
		    a->throttled ? s->outbox.pool.rec[b->rec[i]].lines : 0;
		switch (a->fate) {
		case FATE_STORED:
			completion_deliver(&s->completion, b->rec[i]);
			break;
		case FATE_REFUSED:
			reject(s, b->rec[i], e->code, e->message);
			break;
		case FATE_FATAL:
		case FATE_AGAIN:
			again(s, b->rec[i], now_ms + a->wait_ms, now_ms);
			break;
		}
	}
}

/* Asks for newer credentials, and judges again. */
static void
renew(struct sender *s, struct answer *a, struct verdict *v)
{
	struct service *service = s->service;
	struct buf why = { 0 };
	enum credentials_result result =
	    credentials_expired(&service->credentials,
		skew_now_ms(&service->skew, a->wall_ms), &why);

	if (result == CREDENTIALS_OK || result == CREDENTIALS_FAILED)
		service_say(&why, diag_warn);
	a->identity = service->credentials.number;
	response_renewed(&s->health, a, result, &why, v);
	buf_free(&why);
}

/* The same records again, at once; they are counted as retried. */
static void
repeat(struct sender *s, struct batch *b, int64_t now_ms)
{
	if (s->fatal)
		postpone(s, b, now_ms);
	else
		post(s, b, now_ms);
}

/* Does what an answer means; the batch is empty then, or in flight again. */
static void
execute(
    struct sender *s, struct batch *b, const struct verdict *v, int64_t now_ms)
{
	switch (v->action) {
	case VERDICT_ACKS:
		acknowledge(s, b, now_ms);
		break;
	case VERDICT_SPLIT:
		if (outbox_split(&s->outbox, b) == -1)
			sender_no_memory(s);
		repeat(s, b, now_ms);
		break;
	case VERDICT_RENEW: /* has been done */
	case VERDICT_REPEAT:
		repeat(s, b, now_ms);
		break;
	case VERDICT_REJECT:
		b->n = 0;
		reject(s, b->rec[0], buf_span(&v->refusal.code),
		    buf_span(&v->refusal.message));
		break;
	case VERDICT_WAIT:
		for (size_t i = 0; v->throttled && i < b->n; i++)
			s->account.throttled +=
			    s->outbox.pool.rec[b->rec[i]].lines;
		hold_all(s, b, v->due_ms, now_ms);
		break;
	}
}

static void
take_answer(struct sender *s, struct batch *b,
    const struct transport_response *response, int64_t now_ms)
{
	struct verdict v = { 0 };
	struct answer a = {
		.batch = b,
		.response = response,
		.now_ms = now_ms,
		.wall_ms = clock_wall_ms(),
		.identity = s->service->credentials.number,
		.url = s->service->data.url,
	};

	response_judge(&s->health, &a, &v);
	if (v.action == VERDICT_RENEW)
		renew(s, &a, &v);
	service_say(&v.warning, diag_warn);
	if (v.ends) {
		if (!s->fatal)
			service_say(&v.error, diag_error);
		sender_fail(s, STATUS_SYSTEM);
	}
	/* On a connection that was dead already it is repeated once. */
	b->repeated |= response->result == TRANSPORT_BROKEN;
	execute(s, b, &v, now_ms);
	verdict_free(&v);
}

/* Does the line take requests of that size, so many at once? */
static void
note_fit(
    struct sender *s, const struct batch *b, const struct transport_response *r)
{
	const struct fit_request one = {
		.bytes = b->bytes,
		.at_once = b->at_once,
		.upload_ms = r->upload_ms,
		.elapsed_ms = r->elapsed_ms,
		.timeout_ms = s->opt->service.request_timeout_ms,
		.timed_out = r->result == TRANSPORT_TIMEOUT,
	};

	if (r->result == TRANSPORT_ANSWERED || one.timed_out)
		fit_note(&s->outbox.fit, &one);
}

void
sender_receive(struct sender *s, int64_t now_ms)
{
	struct transport_response response = { 0 };

	while (transport_next(s->service->transport, &response)) {
		s->outbox.in_flight--;
		if (response.result == TRANSPORT_ANSWERED)
			account_took(&s->account, response.elapsed_ms);
		note_fit(s, response.tag, &response);
		take_answer(s, response.tag, &response, now_ms);
		transport_response_free(&response);
	}
	sender_flush(s);
}
