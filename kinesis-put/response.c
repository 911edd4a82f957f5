/* response - what an answer of the service means: what becomes of each record,
 * when to go on, what to say.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/response.h"

#include <stdlib.h>

#include "aws/call.h"
#include "aws/errors.h"
#include "lib/timestamp.h"

enum {
	SAY_AFTER = 3, /* failures in a row that are worth a word */
	SAY_AGAIN_MS = 10 * 1000,
	SAY_PAUSE_MAX_MS = 60 * 60 * 1000, /* it doubles up to this */
	SIGN_ANEW = 4, /* new clocks without a good answer */
};

/* The shards that an answer touches are linked by touched_next. */
#define LIST_END UINT32_MAX

int
health_init(struct health *h)
{
	size_t n = (size_t)h->opt->batch_records;

	h->missing_ms = -1;
	h->entry = calloc(n, sizeof *h->entry);
	h->ack = calloc(n, sizeof *h->ack);
	return h->entry != NULL && h->ack != NULL ? 0 : -1;
}

void
health_free(struct health *h)
{
	free(h->entry);
	free(h->ack);
	*h = (struct health){ 0 };
}

void
verdict_free(struct verdict *v)
{
	error_free(&v->refusal);
	buf_free(&v->warning);
	buf_free(&v->error);
}

/* --- the entries of an answer -------------------------------------------- */

static enum fate
fate_of(const struct reply_entry *e, bool *throttled)
{
	*throttled = false;
	if (e->stored)
		return FATE_STORED;
	switch (error_classify(e->code, 0)) {
	case ERROR_THROTTLE:
		*throttled = true;
		return FATE_AGAIN;
	case ERROR_INVALID:
		return FATE_REFUSED;
	case ERROR_KMS:
	case ERROR_DENIED:
		return FATE_FATAL;
	case ERROR_NONE:
	case ERROR_TRANSIENT:
	case ERROR_CREDENTIALS:
	case ERROR_CLOCK:
	case ERROR_MISSING:
	case ERROR_FATAL:
		break;
	}
	/* InternalFailure, and what nobody has documented: never lose it. */
	return FATE_AGAIN;
}

static uint32_t
shard_of(struct shards *s, const struct reply_entry *e, uint64_t key_hash)
{
	uint32_t i;

	if (e->stored) {
		i = shards_named(s, e->shard);
		shards_learn(s, key_hash, i);
		return i;
	}
	i = shards_in_message(s, e->message);
	return i != SHARD_UNKNOWN ? i : shards_of_key(s, key_hash);
}

static uint32_t
touch(struct shards *s, uint32_t i, uint32_t first)
{
	struct shard *one = &s->list[i];

	if (one->stored_now + one->failed_now > 0)
		return first;
	one->touched_next = first;
	return i;
}

/* The stream stored something if any of its shards did. */
static void
count(struct health *h, uint32_t first, bool any_stored, int64_t started_ms,
    int64_t now_ms)
{
	struct shards *shards = &h->outbox->shards;

	for (uint32_t i = first; i != LIST_END;) {
		struct shard *one = &shards->list[i];
		bool stored =
		    one->stored_now > 0 || (i == SHARD_UNKNOWN && any_stored);

		if (stored)
			one->failures = 0;
		else
			one->failures++;
		one->wait_ms = retry_wait_ms(h->opt->entry_steps,
		    one->failures == 0 ? 1 : one->failures,
		    random_next(h->random), RETRY_NO_HINT);
		shards_limit(shards, i, one->stored_now, one->throttled_now,
		    started_ms, now_ms);
		one->stored_now = one->failed_now = one->throttled_now = 0;
		i = one->touched_next;
	}
}

static int64_t
wait_of(struct health *h, const struct ack *a, const struct record *r)
{
	if (h->opt->ordered)
		return retry_wait_ms(h->opt->entry_steps,
		    r->tries == 0 ? 1 : r->tries, random_next(h->random),
		    RETRY_NO_HINT);
	return h->outbox->shards.list[a->shard].wait_ms;
}

void
response_acks(struct health *h, const struct batch *b, int64_t now_ms)
{
	const struct record *rec = h->outbox->pool.rec;
	struct shards *shards = &h->outbox->shards;
	uint32_t first = LIST_END;
	bool any_stored = false;

	for (size_t i = 0; i < b->n; i++) {
		const struct record *r = &rec[b->rec[i]];
		const struct reply_entry *e = &h->entry[i];
		struct ack *a = &h->ack[i];
		struct shard *one;

		*a = (struct ack){ .shard = shard_of(shards, e, r->key_hash) };
		a->fate = fate_of(e, &a->throttled);
		first = touch(shards, a->shard, first);
		one = &shards->list[a->shard];
		one->stored_now += a->fate == FATE_STORED;
		one->failed_now += a->fate != FATE_STORED;
		one->throttled_now += a->throttled;
		one->stored += a->fate == FATE_STORED ? r->lines : 0;
		one->throttled += a->throttled ? r->lines : 0;
		any_stored |= a->fate == FATE_STORED;
	}
	count(h, first, any_stored, b->started_ms, now_ms);
	for (size_t i = 0; i < b->n; i++) {
		if (h->ack[i].fate == FATE_AGAIN)
			h->ack[i].wait_ms =
			    wait_of(h, &h->ack[i], &rec[b->rec[i]]);
	}
}

/* --- what ends it -------------------------------------------------------- */

static void
add_fatal(const struct health *h, struct verdict *v, struct span code,
    struct span message, const char *remedy)
{
	char text[SERVICE_WORDS_MAX];

	v->ends = true;
	if (v->error.n == 0)
		buf_addf(&v->error, "stream '%.*s' accepts no records: %s; %s",
		    (int)h->opt->service.arn.stream.n,
		    h->opt->service.arn.stream.p,
		    service_describe(text, code, message), remedy);
}

static void
wait_all(struct health *h, const struct answer *a, struct retry_steps steps,
    int64_t hint_ms, struct verdict *v)
{
	v->action = VERDICT_WAIT;
	v->due_ms = response_postpone(h, a->batch, steps, hint_ms, a->now_ms);
}

static void
fatal(struct health *h, const struct answer *a, const char *remedy,
    struct verdict *v)
{
	add_fatal(h, v, buf_span(&v->refusal.code),
	    buf_span(&v->refusal.message), remedy);
	wait_all(h, a, h->opt->service.transient_steps, RETRY_NO_HINT, v);
}

/*
 * What neither Kinesis nor another service of AWS has said: their advice would
 * mislead.
 */
static void
refused(struct health *h, const struct answer *a, const char *remedy,
    struct verdict *v)
{
	const struct transport_response *r = a->response;
	struct service_error *e = &v->refusal;

	if (r->result != TRANSPORT_ANSWERED) {
		buf_addf(&v->error, "a request failed on this machine: %s",
		    r->cause);
		v->ends = true;
		wait_all(
		    h, a, h->opt->service.transient_steps, RETRY_NO_HINT, v);
		return;
	}
	if (e->foreign && e->message.n == 0)
		buf_add_span(&e->message, buf_span(&r->body));
	fatal(h, a,
	    e->foreign ? "that is not Kinesis's answer: check the proxy "
			 "(https_proxy, no_proxy) and the endpoint"
		       : remedy,
	    v);
}

/* --- what time may cure -------------------------------------------------- */

int64_t
response_postpone(struct health *h, const struct batch *b,
    struct retry_steps steps, int64_t hint_ms, int64_t now_ms)
{
	struct outage *o = &h->outage;
	int64_t for_ms = h->opt->retry_for_ms;

	if (b->failures != o->failures)
		return o->gate_ms;
	if (o->failures++ == 0)
		o->since_ms = now_ms;
	o->gate_ms = now_ms + retry_wait_ms(steps, o->failures,
				  random_next(h->random), hint_ms);
	/* The last try is when its time is over. */
	if (for_ms != INT64_MAX && o->gate_ms > o->since_ms + for_ms &&
	    now_ms < o->since_ms + for_ms)
		o->gate_ms = o->since_ms + for_ms;
	return o->gate_ms;
}

/* An outage is said when it has lasted, and again after growing pauses. */
static bool
is_worth_a_word(struct outage *o, bool unreached, int64_t now_ms)
{
	if (o->pause_ms > 0 && now_ms - o->said_ms < o->pause_ms)
		return false;
	if (o->pause_ms == 0 && !unreached && o->failures < SAY_AFTER &&
	    now_ms - o->since_ms < SAY_AGAIN_MS)
		return false;
	o->pause_ms = o->pause_ms == 0 ? SAY_AGAIN_MS : 2 * o->pause_ms;
	if (o->pause_ms > SAY_PAUSE_MAX_MS)
		o->pause_ms = SAY_PAUSE_MAX_MS;
	o->said_ms = now_ms;
	return true;
}

/* "; nothing has got through since …Z, for 10 s", where that is not new. */
static void
add_since(struct buf *b, const struct outage *o, const struct answer *a)
{
	int64_t for_s = (a->now_ms - o->since_ms) / 1000;

	if (for_s * 1000 < SAY_AGAIN_MS)
		return;
	buf_add_text(b, "; nothing has got through since ");
	timestamp_write(b, (a->wall_ms / 1000 - for_s) * 1000, true);
	buf_addf(b, ", for %lld s", (long long)for_s);
}

/* A whole request failed in a way that time may cure. */
static void
later(struct health *h, const struct answer *a, struct verdict *v)
{
	const struct transport_response *r = a->response;
	struct buf since = { 0 };

	v->throttled = v->refusal.kind == ERROR_THROTTLE;
	wait_all(h, a,
	    v->throttled ? h->opt->service.throttle_steps
			 : h->opt->service.transient_steps,
	    r->retry_after_ms, v);
	if (!is_worth_a_word(&h->outage, service_unreached(r), a->now_ms))
		return;
	add_since(&since, &h->outage, a);
	service_add_outage(
	    &v->warning, a->url, r, &v->refusal, buf_span(&since));
	buf_free(&since);
}

static void
missing(struct health *h, const struct answer *a, struct verdict *v)
{
	const struct retry_steps steps = { 500, 1000 };

	if (h->missing_ms == -1)
		h->missing_ms = a->now_ms;
	if (a->now_ms - h->missing_ms >= h->opt->wait_stream_ms) {
		fatal(h, a,
		    h->opt->wait_stream_ms == 0
			? "check name and region, create it, or wait for it "
			  "with --wait-stream 1m"
			: "it did not appear in time",
		    v);
		return;
	}
	if (h->missing_ms == a->now_ms)
		buf_addf(&v->warning,
		    "stream '%.*s' does not exist yet; waiting",
		    (int)h->opt->service.arn.stream.n,
		    h->opt->service.arn.stream.p);
	wait_all(h, a, steps, RETRY_NO_HINT, v);
}

/* --- who signs, and when ------------------------------------------------- */

static void
credentials(struct health *h, const struct answer *a, struct verdict *v)
{
	unsigned identity = a->batch->stamp.identity;

	if (identity != a->identity)
		v->action = VERDICT_REPEAT; /* there are newer already */
	else if (h->renewed != 0 && h->renewed == identity)
		fatal(h, a, "new credentials are refused as well", v);
	else
		v->action = VERDICT_RENEW;
}

void
response_renewed(struct health *h, const struct answer *a,
    enum credentials_result result, struct buf *why, struct verdict *v)
{
	switch (result) {
	case CREDENTIALS_OK:
		h->renewed = a->identity;
		v->action = VERDICT_REPEAT;
		return;
	case CREDENTIALS_FAILED:
		later(h, a, v);
		return;
	case CREDENTIALS_NONE:
	case CREDENTIALS_CONFIG:
	case CREDENTIALS_REFUSED:
		break;
	}
	fatal(h, a, why->n > 0 ? buf_text(why) : "get new credentials", v);
}

static void
clock_differs(struct health *h, const struct answer *a, struct verdict *v)
{
	const struct service_error *e = &v->refusal;
	struct skew *skew = h->skew;

	v->action = VERDICT_REPEAT;
	/* Signed by an older offset: there is a newer already. */
	if (a->batch->stamp.skew != skew->number)
		return;
	if (h->signed_anew < SIGN_ANEW &&
	    skew_learn(skew, a->response->date, buf_span(&e->message),
		a->wall_ms) == SKEW_CHANGED) {
		h->signed_anew++;
		if (!h->clock_said)
			buf_addf(&v->warning,
			    "the clock here differs from the "
			    "service's by %lld s; signing by the "
			    "service's",
			    (long long)(skew->offset_ms / 1000));
		h->clock_said = true;
		return;
	}
	if (e->stale && h->clock_tried != skew->number + 1) {
		h->clock_tried = skew->number + 1;
		return;
	}
	fatal(h, a,
	    e->stale ? "check the clock of this machine"
		     : "check the secret key, the region and the clock",
	    v);
}

/* --- an answer ----------------------------------------------------------- */

/* Status 200: the stream is well, and each record has an entry. */
static void
answered(struct health *h, const struct answer *a, struct verdict *v)
{
	const struct batch *b = a->batch;
	struct fault f;

	if (reply_read(buf_span(&a->response->body), h->entry, b->n, &f) ==
	    -1) {
		/* Stored or not, nobody can tell: better twice than never. */
		v->in_doubt = true;
		v->refusal.kind = ERROR_TRANSIENT;
		buf_add_text(&v->refusal.code, "unreadable answer");
		buf_add_text(&v->refusal.message, f.what);
		later(h, a, v);
		return;
	}
	if (h->outage.pause_ms > 0)
		buf_addf(&v->warning, "%s answers again", a->url);
	h->outage = (struct outage){ 0 };
	h->missing_ms = -1;
	h->clock_tried = h->signed_anew = h->renewed = 0;
	v->action = VERDICT_ACKS;
	response_acks(h, b, a->now_ms);
	for (size_t i = 0; i < b->n; i++) {
		if (h->ack[i].fate == FATE_FATAL)
			add_fatal(h, v, h->entry[i].code, h->entry[i].message,
			    "check its policy, and the key that encrypts it");
	}
}

/* Has the request, which failed as a whole, been carried out for all we know?
 */
static bool
may_be_stored(const struct transport_response *r, const struct service_error *e)
{
	switch (r->result) {
	case TRANSPORT_ANSWERED:
		return e->kind == ERROR_TRANSIENT;
	case TRANSPORT_TIMEOUT:
	case TRANSPORT_BROKEN:
	case TRANSPORT_TOO_BIG:
	case TRANSPORT_FAILED:
		return true;
	case TRANSPORT_NO_HOST:
	case TRANSPORT_REFUSED:
	case TRANSPORT_TLS:
	case TRANSPORT_STOPPED:
		break;
	}
	return false;
}

void
response_judge(struct health *h, const struct answer *a, struct verdict *v)
{
	const struct transport_response *r = a->response;

	/* A connection that the service had closed while it was idle. */
	if (r->result == TRANSPORT_BROKEN && r->reused &&
	    r->answer_bytes == 0 && !a->batch->repeated) {
		v->action = VERDICT_REPEAT;
		v->in_doubt = true;
		return;
	}
	call_error(r, &v->refusal);
	v->in_doubt = may_be_stored(r, &v->refusal);
	switch (v->refusal.kind) {
	case ERROR_NONE:
		answered(h, a, v);
		break;
	case ERROR_THROTTLE:
	case ERROR_TRANSIENT:
		later(h, a, v);
		break;
	case ERROR_CREDENTIALS:
		credentials(h, a, v);
		break;
	case ERROR_CLOCK:
		clock_differs(h, a, v);
		break;
	case ERROR_INVALID:
		v->action = a->batch->n > 1 ? VERDICT_SPLIT : VERDICT_REJECT;
		break;
	case ERROR_MISSING:
		missing(h, a, v);
		break;
	case ERROR_DENIED:
		refused(
		    h, a, "the policy must allow kinesis:PutRecords on it", v);
		break;
	case ERROR_KMS:
		fatal(h, a, "check the key that encrypts the stream", v);
		break;
	case ERROR_FATAL:
		refused(h, a, "trying again does not help", v);
		break;
	}
}
