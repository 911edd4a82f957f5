/* delivery - the loop: read, send, take answers, until all is settled.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/delivery.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include "aws/service.h"
#include "kinesis-put/completion.h"
#include "kinesis-put/intake.h"
#include "kinesis-put/request.h"
#include "kinesis-put/response.h"
#include "lib/spool.h"
#include "kinesis-put/stage.h"
#include "kinesis-put/verify.h"
#include "lib/clock.h"
#include "lib/random.h"
#include "lib/report.h"
#include "lib/signals.h"

struct delivery {
	struct options *opt;
	struct service service;
	struct spool spool;
	struct outbox outbox;
	struct completion completion;
	struct health health;
	struct random random;
	struct buf aggregate; /* the one being written */
	struct intake intake;
	struct stage stage;
	struct verify verify;
	struct report report;
	int64_t drain_due_ms; /* INT64_MAX while nobody asked to stop */
	bool input_is_ready;  /* records only need to be read */
	bool no_memory;       /* said */
	bool fatal;           /* nothing more can be sent; said why */
};

/* Nothing more can be sent; the message has been printed. */
static void
fail(struct delivery *d)
{
	d->fatal = true;
	d->completion.status = STATUS_SYSTEM;
}

static void
no_memory(struct delivery *d)
{
	if (!d->no_memory)
		diag_error(
		    NULL, "out of memory; a smaller --buffer needs less");
	d->no_memory = true;
	fail(d);
}

/* Kept lines go to their files, and after that what is done with is noted. */
static void
flush(struct delivery *d)
{
	if (completion_flush(&d->completion) == -1)
		fail(d);
}

/* --- the account ---------------------------------------------------------- */

/* What each shard has stored. */
static void
report_shards(struct report *r, const struct shards *s)
{
	size_t n = s->n == 0 ? 0 : s->n - 1;
	struct report_part *part = calloc(n + 1, sizeof *part);

	if (part == NULL)
		n = 0;
	for (size_t i = 0; i < n; i++)
		part[i] = (struct report_part){ s->list[i + 1].name,
			s->list[i + 1].stored };
	report_count_parts(r, "shards", "shard", part, n);
	free(part);
}

static void
report_verify(struct report *r, const struct verify *v)
{
	report_count(r, "found_in_stream", v->found);
	report_gauge(r, "in_doubt", (int64_t)verify_doubts(v));
}

static void
fill_report(void *ctx, struct report *r)
{
	const struct delivery *d = ctx;
	const struct account *a = &d->completion.account;
	const struct outbox *o = &d->outbox;
	int64_t now_ms = clock_mono_ms();

	report_count(r, "read", d->intake.read);
	report_count(r, "delivered", a->delivered);
	report_count(r, "rejected", a->rejected);
	report_count(r, "undelivered", a->undelivered);
	report_count(r, "retried", a->retried);
	report_count(r, "throttled", a->throttled);
	report_count(r, "requests", a->requests);
	report_count(r, "bytes", a->bytes);
	report_count(r, "durable", d->spool.durable);
	report_gauge(r, "spooled", (int64_t)d->spool.spooled);
	report_count(r, "resumed", d->spool.resumed);
	if (stage_is_on(&d->stage)) {
		report_count(r, "stored_before", d->stage.found);
		if (d->verify.is_on)
			report_verify(r, &d->verify);
		report_gauge(
		    r, "checkpoint", (int64_t)d->stage.checkpoint.seen);
	}
	report_gauge(r, "in_flight", (int64_t)o->in_flight);
	report_gauge_real(r, "oldest_s",
	    (double)(now_ms - outbox_oldest_ms(o, now_ms)) / 1000);
	report_gauge(r, "absent_fields",
	    (int64_t)absent_fields(&d->opt->keys.absent, d->intake.read));
	report_gauge(r, "latency_p50_ms", account_quantile_ms(a, 0.5));
	report_gauge(r, "latency_p99_ms", account_quantile_ms(a, 0.99));
	report_shards(r, &o->shards);
}

/* --- where lines go: into the spool, if there is one, else to the outbox -- */

static bool
has_room(void *ctx)
{
	struct delivery *d = ctx;

	if (d->opt->spool != NULL)
		return spool_accepts(&d->spool);
	return !d->stage.marked && verify_lets_read(&d->verify) &&
	       pool_bytes(&d->outbox.pool) < (size_t)d->opt->buffer_bytes;
}

static void
take(void *ctx, struct wal_record *w, int64_t now_ms)
{
	struct delivery *d = ctx;

	if (stage_is_on(&d->stage) && stage_has(&d->stage, w))
		return;
	if ((d->opt->spool == NULL ? outbox_take(&d->outbox, w, false, now_ms)
				   : spool_add(&d->spool, w, now_ms)) == 0)
		return;
	no_memory(d);
	completion_lose_line(&d->completion, w);
}

static enum intake_line
judge(void *ctx, const struct line *l)
{
	struct delivery *d = ctx;

	return stage_is_on(&d->stage) ? stage_line(&d->stage, l) : INTAKE_ROW;
}

/* --- records that must wait ---------------------------------------------- */

/* Into the queue of those that wait, or, without memory, given up. */
static void
hold(struct delivery *d, uint32_t i, int64_t due_ms)
{
	if (queue_wait(&d->outbox.queue, i, due_ms) == 0)
		return;
	completion_give_up(&d->completion, i);
	no_memory(d);
}

/* A record is to be sent again at due_ms, or is given up as too old. */
static void
again(struct delivery *d, uint32_t i, int64_t due_ms, int64_t now_ms)
{
	struct record *r = &d->outbox.pool.rec[i];
	int64_t for_ms = d->opt->retry_for_ms;

	if (r->tried_ms == -1)
		r->tried_ms = now_ms;
	if (for_ms != INT64_MAX) {
		if (now_ms - r->tried_ms >= for_ms) {
			completion_give_up(&d->completion, i);
			return;
		}
		/* The last try is when its time is over. */
		if (due_ms > r->tried_ms + for_ms)
			due_ms = r->tried_ms + for_ms;
	}
	hold(d, i, due_ms);
}

/* What --verify did not find. */
static void
put_again(void *ctx, uint32_t i, int64_t now_ms)
{
	again(ctx, i, now_ms, now_ms);
}

/* All of a batch waits; sweep() gives up what is too old, in the order of
 * lines. */
static void
hold_all(struct delivery *d, struct batch *b, int64_t due_ms, int64_t now_ms)
{
	for (size_t i = 0; i < b->n; i++) {
		struct record *r = &d->outbox.pool.rec[b->rec[i]];

		if (r->tried_ms == -1)
			r->tried_ms = now_ms;
		hold(d, b->rec[i], due_ms);
	}
	b->n = 0;
}

/* Is the record that would be sent next too old for that? */
static bool
is_too_old(const struct delivery *d, int64_t now_ms)
{
	uint32_t i = queue_peek(&d->outbox.queue);
	const struct record *r;

	if (i == RECORD_NONE)
		return false;
	r = &d->outbox.pool.rec[i];
	return now_ms - (r->tried_ms != -1 ? r->tried_ms : r->read_ms) >=
	       d->opt->retry_for_ms;
}

/* Where nothing gets through, what has waited too long is given up unsent. */
static void
sweep(struct delivery *d, int64_t now_ms)
{
	struct queue *q = &d->outbox.queue;
	uint32_t *old;
	size_t n = 0;

	if (d->health.outage.failures == 0 ||
	    now_ms - d->health.outage.since_ms < d->opt->retry_for_ms ||
	    !is_too_old(d, now_ms))
		return;
	old = calloc(q->n, sizeof *old);
	while (is_too_old(d, now_ms)) {
		if (old == NULL) /* then in whatever order */
			completion_give_up(&d->completion, queue_take(q));
		else
			old[n++] = queue_take(q);
	}
	completion_give_up_all(&d->completion, old, n);
	free(old);
}

/* --- sending ------------------------------------------------------------- */

/* What is sent for a record: its data, or that of all that it stands for. */
static struct span
data_of(struct delivery *d, const struct record *r, struct span key)
{
	if (r->lines == 1)
		return pool_data(&d->outbox.pool, r);
	buf_clear(&d->aggregate);
	if (aggregate_write(&d->aggregate, &d->outbox.pool, r, key) == -1)
		d->aggregate.failed = true;
	return buf_span(&d->aggregate);
}

static void
write_body(struct delivery *d, struct batch *b)
{
	const struct pool *pool = &d->outbox.pool;
	char random_key[RANDOM_KEY_BYTES];

	buf_clear(&b->body);
	request_begin(&b->body, &d->opt->service.arn);
	for (size_t i = 0; i < b->n; i++) {
		struct record *r = &pool->rec[b->rec[i]];
		struct span key = pool_key(pool, r);

		if (r->flags & RECORD_RANDOM_KEY) {
			request_random_key(random_key, random_next(&d->random));
			key = (struct span){ random_key, sizeof random_key };
		}
		d->completion.account.retried += r->tries > 0 ? r->lines : 0;
		r->tries++;
		request_add(
		    &b->body, key, pool_hash(pool, r), data_of(d, r, key));
	}
	request_end(&b->body);
	b->body.failed |= d->aggregate.failed;
}

/* No request can be made: all of the batch waits, and the stream with it. */
static void
postpone(struct delivery *d, struct batch *b, int64_t now_ms)
{
	hold_all(d, b,
	    response_postpone(&d->health, b, d->opt->service.transient_steps,
		RETRY_NO_HINT, now_ms),
	    now_ms);
}

/*
 * No more is in doubt after a power cut than one request of each connection.
 * With --verify what cannot be noted is not sent: a kill would double it.
 */
static bool
note_batch(struct delivery *d, struct batch *b, int64_t now_ms)
{
	struct notes *n = &d->stage.notes;
	bool must = d->verify.is_on && !d->verify.lookup.refused;

	/* Is there room again? */
	if (must && n->failing)
		notes_try(n, now_ms);
	if (must && n->failing)
		return false;
	verify_sent(&d->verify, b);
	notes_write(n, now_ms);
	notes_sync(n);
	return !must || !n->failing;
}

/* Writes the body for the batch's records and starts it. */
static void
post(struct delivery *d, struct batch *b, int64_t now_ms)
{
	b->failures = d->health.outage.failures;
	b->started_ms = now_ms;
	if (!note_batch(d, b, now_ms)) {
		postpone(d, b, now_ms);
		return;
	}
	write_body(d, b);
	if (b->body.failed) {
		postpone(d, b, now_ms);
		no_memory(d);
		return;
	}
	switch (service_post(&d->service, "PutRecords", buf_span(&b->body), b,
	    &b->stamp, NULL)) {
	case SERVICE_POSTED:
		d->completion.account.requests++;
		b->at_once = ++d->outbox.in_flight;
		return;
	case SERVICE_LATER:
		postpone(d, b, now_ms);
		return;
	case SERVICE_FATAL:
		postpone(d, b, now_ms);
		fail(d);
		return;
	}
}

/* May a request be started now? */
static bool
is_open(const struct delivery *d, int64_t now_ms)
{
	const struct outbox *o = &d->outbox;

	if (d->fatal || o->in_flight >= o->fit.at_once ||
	    !verify_lets_send(&d->verify))
		return false;
	return d->health.outage.failures == 0 ||
	       (o->in_flight == 0 && now_ms >= d->health.outage.gate_ms);
}

/*
 * How long a record waits for company.  While nothing is under way and no more
 * input is there, that only costs time; else it is worth it.
 */
static int64_t
patience_ms(const struct delivery *d)
{
	return d->outbox.in_flight == 0 && !d->input_is_ready &&
	               d->opt->gather_ms < d->opt->linger_ms
	           ? d->opt->gather_ms
	           : d->opt->linger_ms;
}

static bool
asks_for_input(const struct delivery *d)
{
	return d->outbox.queue.n > 0 && d->outbox.in_flight == 0 &&
	       !outbox_is_full(&d->outbox) && !d->fatal;
}

static void
send_batches(struct delivery *d, int64_t now_ms, bool more)
{
	outbox_wake(&d->outbox, now_ms, patience_ms(d), more);
	sweep(d, now_ms);
	while (is_open(d, now_ms) &&
	       outbox_batch_ms(&d->outbox, patience_ms(d), more) <= now_ms) {
		struct batch *b = outbox_batch(&d->outbox, now_ms);

		if (b->n > 0)
			post(d, b, now_ms);
	}
	if (now_ms >= notes_due_ms(&d->stage.notes))
		notes_sync(&d->stage.notes);
}

static int64_t
send_due_ms(const struct delivery *d, bool more)
{
	const struct outbox *o = &d->outbox;
	int64_t batch_ms = outbox_batch_ms(o, patience_ms(d), more);
	int64_t wake_ms = outbox_wake_ms(o, patience_ms(d));

	if (d->fatal || o->in_flight >= o->fit.at_once ||
	    !verify_lets_send(&d->verify))
		return INT64_MAX; /* an answer comes first */
	if (d->health.outage.failures > 0) {
		if (o->in_flight > 0)
			return INT64_MAX;
		if (batch_ms < d->health.outage.gate_ms)
			batch_ms = d->health.outage.gate_ms;
	}
	return batch_ms < wake_ms ? batch_ms : wake_ms;
}

/* --- answers ------------------------------------------------------------- */

/* Of an aggregated record nobody can tell which line it is. */
static void
reject(struct delivery *d, uint32_t i, struct span code, struct span message)
{
	if (d->outbox.pool.rec[i].lines == 1)
		completion_reject(&d->completion, i, code, message);
	else if (key_queues_take_apart(&d->outbox.key_queues, i) == -1)
		no_memory(d);
}

/* Which record of the stream it is, for the notes. */
static uint64_t
stored_as(struct delivery *d, const struct reply_entry *e)
{
	if (!stage_is_on(&d->stage))
		return 0;
	floors_see(&d->stage.floors, e->shard, e->sequence);
	return doubts_record(e->shard, e->sequence);
}

/* Each record goes its way. */
static void
acknowledge(struct delivery *d, struct batch *b, int64_t now_ms)
{
	size_t n = b->n;

	b->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct ack *a = &d->health.ack[i];
		const struct reply_entry *e = &d->health.entry[i];

		d->completion.account.throttled +=
		    a->throttled ? d->outbox.pool.rec[b->rec[i]].lines : 0;
		switch (a->fate) {
		case FATE_STORED:
			completion_deliver(
			    &d->completion, b->rec[i], stored_as(d, e));
			break;
		case FATE_REFUSED:
			reject(d, b->rec[i], e->code, e->message);
			break;
		case FATE_FATAL:
		case FATE_AGAIN:
			again(d, b->rec[i], now_ms + a->wait_ms, now_ms);
			break;
		}
	}
}

/* Asks for newer credentials, and judges again. */
static void
renew(struct delivery *d, struct answer *a, struct verdict *v)
{
	struct service *service = &d->service;
	struct buf why = { 0 };
	enum credentials_result result =
	    credentials_expired(&service->credentials,
		skew_now_ms(&service->skew, a->wall_ms), &why);

	if (result == CREDENTIALS_OK || result == CREDENTIALS_FAILED)
		service_say(&why, diag_warn);
	a->identity = service->credentials.number;
	response_renewed(&d->health, a, result, &why, v);
	buf_free(&why);
}

/* The same records again, at once; they are counted as retried. */
static void
repeat(struct delivery *d, struct batch *b, int64_t now_ms)
{
	if (d->fatal)
		postpone(d, b, now_ms);
	else
		post(d, b, now_ms);
}

/* Nobody knows what of the batch is stored. */
static void
doubt(struct delivery *d, struct batch *b, int64_t now_ms)
{
	for (size_t i = 0; i < b->n; i++) {
		struct record *r = &d->outbox.pool.rec[b->rec[i]];

		if (r->tried_ms == -1)
			r->tried_ms = now_ms;
	}
	verify_hold(&d->verify, b);
}

/* Does what an answer means; the batch is empty then, or in flight again. */
static void
execute(struct delivery *d, struct batch *b, const struct verdict *v,
    int64_t now_ms)
{
	if (v->in_doubt && d->verify.is_on) {
		doubt(d, b, now_ms);
		return;
	}
	switch (v->action) {
	case VERDICT_ACKS:
		acknowledge(d, b, now_ms);
		break;
	case VERDICT_SPLIT:
		if (outbox_split(&d->outbox, b) == -1)
			no_memory(d);
		repeat(d, b, now_ms);
		break;
	case VERDICT_RENEW: /* has been done */
	case VERDICT_REPEAT:
		repeat(d, b, now_ms);
		break;
	case VERDICT_REJECT:
		b->n = 0;
		reject(d, b->rec[0], buf_span(&v->refusal.code),
		    buf_span(&v->refusal.message));
		break;
	case VERDICT_WAIT:
		for (size_t i = 0; v->throttled && i < b->n; i++)
			d->completion.account.throttled +=
			    d->outbox.pool.rec[b->rec[i]].lines;
		hold_all(d, b, v->due_ms, now_ms);
		break;
	}
}

static void
take_answer(struct delivery *d, struct batch *b,
    const struct transport_response *response, int64_t now_ms)
{
	struct verdict v = { 0 };
	struct answer a = {
		.batch = b,
		.response = response,
		.now_ms = now_ms,
		.wall_ms = clock_wall_ms(),
		.identity = d->service.credentials.number,
		.url = d->service.data.url,
	};

	response_judge(&d->health, &a, &v);
	if (v.action == VERDICT_RENEW)
		renew(d, &a, &v);
	service_say(&v.warning, diag_warn);
	if (v.ends) {
		if (!d->fatal)
			service_say(&v.error, diag_error);
		fail(d);
	}
	/* On a connection that was dead already it is repeated once. */
	b->repeated |= response->result == TRANSPORT_BROKEN;
	execute(d, b, &v, now_ms);
	verdict_free(&v);
}

/* Does the line take requests of that size, so many at once? */
static void
note_fit(struct delivery *d, const struct batch *b,
    const struct transport_response *r)
{
	const struct fit_request one = {
		.bytes = b->bytes,
		.at_once = b->at_once,
		.upload_ms = r->upload_ms,
		.elapsed_ms = r->elapsed_ms,
		.timeout_ms = d->opt->service.request_timeout_ms,
		.timed_out = r->result == TRANSPORT_TIMEOUT,
	};

	if (r->result == TRANSPORT_ANSWERED || one.timed_out)
		fit_note(&d->outbox.fit, &one);
}

static void
receive(struct delivery *d, int64_t now_ms)
{
	struct transport_response response = { 0 };

	while (transport_next(d->service.transport, &response)) {
		if (lookup_take(&d->verify.lookup, &response, now_ms)) {
			transport_response_free(&response);
			continue;
		}
		d->outbox.in_flight--;
		verify_answered(&d->verify, response.date);
		if (response.result == TRANSPORT_ANSWERED)
			account_took(
			    &d->completion.account, response.elapsed_ms);
		note_fit(d, response.tag, &response);
		take_answer(d, response.tag, &response, now_ms);
		transport_response_free(&response);
	}
	stage_note(&d->stage, now_ms);
	flush(d);
}

/* --- the loop ------------------------------------------------------------ */

/* The time of the next thing to do, as a timeout. */
static int64_t
timeout_ms(const struct delivery *d, bool more, int64_t now_ms)
{
	int64_t due_ms = send_due_ms(d, more);

	if (d->opt->spool != NULL && spool_due_ms(&d->spool) < due_ms)
		due_ms = spool_due_ms(&d->spool);
	if (notes_due_ms(&d->stage.notes) < due_ms)
		due_ms = notes_due_ms(&d->stage.notes);
	if (report_due_ms(&d->report) < due_ms)
		due_ms = report_due_ms(&d->report);
	if (d->intake.remarks_due_ms < due_ms)
		due_ms = d->intake.remarks_due_ms;
	if (d->drain_due_ms < due_ms)
		due_ms = d->drain_due_ms;
	if (lookup_due_ms(&d->verify.lookup) < due_ms)
		due_ms = lookup_due_ms(&d->verify.lookup);
	if (due_ms == INT64_MAX)
		return -1;
	return due_ms > now_ms ? due_ms - now_ms : 0;
}

/* May records be read now? */
static bool
can_read(struct delivery *d)
{
	return intake_wants(&d->intake) && has_room(d) && !d->fatal;
}

/* Are there records that only need to be read? */
static bool
input_is_ready(struct delivery *d, int64_t now_ms)
{
	const struct intake *in = &d->intake;
	struct pollfd p = { .fd = in->lines.fd, .events = POLLIN };

	if (!asks_for_input(d))
		return false;
	if (in->pending)
		return !intake_is_over(in) && has_room(d);
	return can_read(d) && gather_rest_ms(&in->lines.gather, now_ms) == 0 &&
	       (in->lines.regular || poll(&p, 1, 0) > 0);
}

/* Waits for an answer, for input, for a signal, or for the time to come. */
static void
wait_for_more(struct delivery *d, bool more, int64_t now_ms)
{
	struct intake *in = &d->intake;
	struct pollfd fds[2] = {
		{ .fd = signals_fd(), .events = POLLIN },
		{ .fd = in->lines.fd, .events = POLLIN },
	};
	bool reads = can_read(d);
	bool always = reads && in->lines.regular;
	int64_t wait_ms = always ? 0 : timeout_ms(d, more, now_ms);
	int64_t gather_ms = gather_rest_ms(&in->lines.gather, now_ms);

	if (reads && !always && gather_ms > 0) {
		reads = false;
		if (wait_ms == -1 || wait_ms > gather_ms)
			wait_ms = gather_ms;
	}

	/* Lines that are there already, and room for them. */
	if (in->pending && !intake_is_over(in) && has_room(d))
		wait_ms = 0;
	if (transport_wait(d->service.transport, fds, reads && !always ? 2 : 1,
		wait_ms) == -1 &&
	    !d->fatal) {
		diag_error(
		    NULL, "cannot wait for answers: %s", strerror(errno));
		fail(d);
		d->intake.stopped = true;
		d->drain_due_ms = now_ms;
	}
	if (always || (reads && fds[1].revents != 0))
		intake_read(in, 0);
}

static void
begin_draining(struct delivery *d, int64_t now_ms)
{
	if (d->drain_due_ms == INT64_MAX)
		d->drain_due_ms = now_ms < INT64_MAX - d->opt->drain_ms
		                      ? now_ms + d->opt->drain_ms
		                      : INT64_MAX - 1;
}

/* SIGUSR1: what it waits for, and the account. */
static void
say_how_it_stands(struct delivery *d)
{
	size_t n = d->outbox.in_flight;
	struct buf text = { 0 };

	if (intake_is_over(&d->intake))
		buf_add_text(&text, "delivers what it holds");
	else if (has_room(d))
		buf_add_text(&text, "waits for input");
	else
		buf_add_text(&text, "reads no more until lines are delivered");
	if (n > 0)
		buf_addf(&text, "; waits for the answer to %zu request%s", n,
		    n == 1 ? "" : "s");
	if (!verify_lets_send(&d->verify))
		buf_addf(&text,
		    "; looks up in the stream %" PRIu64 " lines that were "
		    "under way",
		    verify_doubts(&d->verify));
	if (d->health.outage.failures > 0)
		buf_addf(&text, "; %s fails, and is tried again",
		    d->service.data.url);
	report_answer("%s", buf_text(&text) == NULL ? "out of memory" : text.p);
	buf_free(&text);
}

static void
heed_signals(struct delivery *d, int64_t now_ms)
{
	if (signals_take_report())
		say_how_it_stands(d);
	if (signals_stop() == 0 || d->intake.stopped)
		return;
	if (stage_is_on(&d->stage)) {
		/* The source has been stopped, too: its last mark comes yet. */
		begin_draining(d, now_ms);
		return;
	}
	d->intake.stopped = true;
	d->drain_due_ms = INT64_MAX;
	begin_draining(d, now_ms);
}

/* Is there nothing more that could be done? */
static bool
is_over(const struct delivery *d, int64_t now_ms)
{
	if (d->fatal && d->outbox.in_flight == 0)
		return true;
	if (signals_stop_count() >= 2 || now_ms >= d->drain_due_ms)
		return true;
	return intake_is_over(&d->intake) && d->outbox.pool.live == 0 &&
	       d->spool.pending_n == 0 && d->spool.unread == 0;
}

/* Lines go to disk; what is there goes to the outbox, as far as it has room. */
static void
feed(struct delivery *d, int64_t now_ms)
{
	struct wal_record w;
	bool over = intake_is_over(&d->intake), resumed;

	if (d->opt->spool == NULL)
		return;
	spool_commit(&d->spool, now_ms, over);
	if (over) /* what is not delivered in time is for the next run */
		begin_draining(d, now_ms);
	while (pool_bytes(&d->outbox.pool) < (size_t)d->opt->buffer_bytes &&
	       !d->fatal && spool_next(&d->spool, &w, &resumed))
		if (outbox_take(&d->outbox, &w, resumed,
			resumed ? now_ms : d->spool.oldest_ms) == -1)
			no_memory(d);
}

/* May further records come before some of those that are held have gone? */
static bool
may_come(struct delivery *d)
{
	if (pool_bytes(&d->outbox.pool) >= (size_t)d->opt->buffer_bytes)
		return false;
	return d->spool.pending_n > 0 ||
	       (!intake_is_over(&d->intake) && has_room(d));
}

/* A record that nobody keeps ends reading, as such a line does. */
static void
heed_completion(struct delivery *d)
{
	d->intake.refused |= d->completion.stop_reading;
}

static void
loop(struct delivery *d)
{
	int64_t now_ms = clock_mono_ms();

	for (;;) {
		bool more;

		heed_signals(d, now_ms);
		if (verify_step(&d->verify, now_ms, put_again, d) == -1)
			no_memory(d);
		do
			intake_take(&d->intake, false, now_ms);
		while (stage_settle(&d->stage));
		feed(d, now_ms);
		intake_remark(&d->intake, now_ms, false);
		more = may_come(d);
		d->input_is_ready = input_is_ready(d, now_ms);
		send_batches(d, now_ms, more);
		heed_completion(d);
		if (is_over(d, now_ms))
			return;
		wait_for_more(d, more, now_ms);
		now_ms = clock_mono_ms();
		receive(d, now_ms);
		heed_completion(d);
		report_tick(&d->report, now_ms);
	}
}

/* --- the end and the beginning ---------------------------------------------
 */

/* What no disk takes is undelivered, the rest is for the next run. */
static void
leave_spooled(struct delivery *d)
{
	struct completion *c = &d->completion;
	char quoted[DIAG_QUOTE_MAX];
	struct wal_record w;
	size_t at = 0;

	spool_commit(&d->spool, clock_mono_ms(), true);
	while (spool_give_back(&d->spool, &at, &w))
		completion_lose_line(c, &w);
	flush(d);
	if (d->spool.spooled == 0)
		return;
	c->status = status_worse(c->status, STATUS_DATA);
	diag_error(NULL,
	    "%llu line%s in the spool %s; the next run with it "
	    "delivers what is there first",
	    (unsigned long long)d->spool.spooled,
	    d->spool.spooled == 1 ? " stays" : "s stay",
	    diag_quote(quoted, span_of(d->spool.name)));
}

/* What is held goes to the file of undelivered lines, and is said. */
static void
leave(struct delivery *d)
{
	struct completion *c = &d->completion;
	size_t n = d->outbox.in_flight;

	/* Read from the pipe, so that nobody else has them. */
	if ((d->fatal || signals_stop() != 0) && !stage_is_on(&d->stage))
		intake_take(&d->intake, true, clock_mono_ms());
	if (n > 0)
		diag_warn(NULL,
		    "%zu request%s not answered yet; their records may "
		    "still arrive",
		    n, n == 1 ? " is" : "s are");
	transport_abandon(d->service.transport);
	if (d->opt->spool != NULL)
		leave_spooled(d);
	else
		completion_abandon(c);
	intake_end(&d->intake);
	intake_remark(&d->intake, clock_mono_ms(), true);
	flush(d);
	completion_say_undelivered(c);
}

static enum status
finish(struct delivery *d)
{
	enum status status;

	leave(d);
	status =
	    status_worse(d->intake.status, completion_close(&d->completion));
	if (stage_is_on(&d->stage) && !d->fatal && !d->intake.refused)
		status = status_worse(status, stage_end(&d->stage));
	return status;
}

/*
 * Whom the records are for: no line may reach another stream than the one it
 * was read for.
 */
static void
describe_target(const struct delivery *d, struct buf *to)
{
	buf_addf(to, "stream %.*s\nregion %s\nendpoint %s\n",
	    (int)d->opt->service.arn.stream.n, d->opt->service.arn.stream.p,
	    d->service.data.region, d->service.data.url);
}

static enum status
open_spool(struct delivery *d)
{
	static const struct spool_words words = {
		.name = "spool",
		.owner = "kinesis-put",
		.limit = "--spool-max",
		.until = "lines are delivered",
	};
	const struct options *o = d->opt;
	struct buf identity = { 0 };
	enum status status;

	if (o->spool == NULL)
		return STATUS_OK;
	describe_target(d, &identity);
	status = spool_open(&d->spool, o->spool, &words, buf_span(&identity),
	    (uint64_t)o->spool_max, o->linger_ms);
	buf_free(&identity);
	d->completion.spool = &d->spool;
	/* Damage is said and shows in the status; the rest is delivered. */
	if (status == STATUS_DATA) {
		d->completion.status = STATUS_DATA;
		return STATUS_OK;
	}
	return status;
}

static enum status
open_stage(struct delivery *d)
{
	struct buf target = { 0 };
	enum status status;

	d->stage.intake = &d->intake;
	d->stage.completion = &d->completion;
	d->stage.verify = &d->verify;
	d->verify = (struct verify){ .is_on = d->opt->verify,
		.notes = &d->stage.notes,
		.completion = &d->completion,
		.lookup = { .service = &d->service,
		    .opt = d->opt,
		    .random = &d->random,
		    .floors = &d->stage.floors,
		    .lister.due_ms = INT64_MAX } };
	describe_target(d, &target);
	status = stage_open(&d->stage, d->opt, buf_span(&target));
	buf_free(&target);
	if (status == STATUS_OK)
		verify_open(&d->verify);
	return status;
}

static enum status
open_all(struct delivery *d)
{
	const struct intake_sink sink = { .ctx = d,
		.has_room = has_room,
		.take = take,
		.completion = &d->completion,
		.judge = judge };
	enum status status;

	if (report_init(&d->report, &d->opt->common, fill_report, NULL, d) ==
	    -1)
		return STATUS_USAGE;
	d->completion.outbox = &d->outbox;
	d->completion.recent = &d->report.recent;
	d->health = (struct health){ .opt = d->opt,
		.outbox = &d->outbox,
		.random = &d->random,
		.skew = &d->service.skew };
	if (completion_open(&d->completion, d->opt) == -1)
		return STATUS_USAGE;
	if (outbox_open(&d->outbox, d->opt) == -1 ||
	    health_init(&d->health) == -1) {
		no_memory(d);
		return STATUS_SYSTEM;
	}
	status = service_open(&d->service, &d->opt->service, signals_fd());
	if (status == STATUS_OK)
		status = open_spool(d);
	if (status == STATUS_OK &&
	    intake_open(&d->intake, d->opt, &sink, STDIN_FILENO) == -1)
		status = STATUS_SYSTEM;
	if (status == STATUS_OK)
		status = open_stage(d);
	return status;
}

static void
close_all(struct delivery *d)
{
	verify_close(&d->verify);
	stage_close(&d->stage);
	intake_close(&d->intake);
	buf_free(&d->aggregate);
	health_free(&d->health);
	outbox_free(&d->outbox);
	spool_close(&d->spool);
	service_close(&d->service);
}

enum status
deliver(struct options *opt, int *signal_number)
{
	struct delivery d = { .opt = opt,
		.drain_due_ms = INT64_MAX,
		.random = { provider_random() } };
	enum status status;

	status = open_all(&d);
	if (status == STATUS_OK) {
		loop(&d);
		status = finish(&d);
	}
	if (status != STATUS_USAGE)
		status = status_worse(status, report_end(&d.report));
	*signal_number = signals_stop();
	close_all(&d);
	return status;
}
