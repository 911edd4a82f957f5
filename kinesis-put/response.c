/* response - what a response means for the records that were sent.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/sender.h"

#include "aws/call.h"
#include "aws/errors.h"
#include "lib/clock.h"
#include "lib/timestamp.h"

enum {
	SAY_AFTER = 3, /* failures in a row that are worth a word */
	SAY_AGAIN_MS = 10 * 1000,
	SAY_PAUSE_MAX_MS = 60 * 60 * 1000, /* it doubles up to this */
	SIGN_ANEW = 4, /* new clocks without a good answer */
};

/* Nothing more can be sent; said once. */
static void
say_fatal(
    struct sender *s, struct span code, struct span message, const char *remedy)
{
	char text[SERVICE_WORDS_MAX];

	if (!s->fatal)
		diag_error(NULL, "stream '%.*s' accepts no records: %s; %s",
		    (int)s->opt->stream.n, s->opt->stream.p,
		    service_describe(text, code, message), remedy);
	sender_fail(s, STATUS_SYSTEM);
}

static void
fatal(struct sender *s, struct batch *p, const struct service_error *e,
    const char *remedy, int64_t now_ms)
{
	say_fatal(s, buf_span(&e->code), buf_span(&e->message), remedy);
	sender_postpone(s, p, s->opt->transient_steps, RETRY_NO_HINT, now_ms);
}

/*
 * What neither Kinesis nor another service of AWS has said: their advice would
 * mislead.
 */
static void
refused(struct sender *s, struct batch *p, struct service_error *e,
    const struct transport_response *r, const char *remedy, int64_t now_ms)
{
	if (r->result != TRANSPORT_ANSWERED) {
		if (!s->fatal)
			diag_error(NULL, "a request failed on this machine: %s",
			    r->cause);
		sender_fail(s, STATUS_SYSTEM);
		sender_postpone(
		    s, p, s->opt->transient_steps, RETRY_NO_HINT, now_ms);
		return;
	}
	if (e->foreign && e->message.n == 0)
		buf_add_span(&e->message, buf_span(&r->body));
	fatal(s, p, e,
	    e->foreign ? "that is not Kinesis's answer: check the proxy "
			 "(https_proxy, no_proxy) and the endpoint"
		       : remedy,
	    now_ms);
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
add_since(struct buf *b, const struct outage *o, int64_t now_ms)
{
	int64_t for_s = (now_ms - o->since_ms) / 1000;

	if (for_s * 1000 < SAY_AGAIN_MS)
		return;
	buf_add_text(b, "; nothing has got through since ");
	timestamp_write(b, (clock_wall_ms() / 1000 - for_s) * 1000, true);
	buf_addf(b, ", for %lld s", (long long)for_s);
}

/* A whole request failed in a way that time may cure. */
static void
later(struct sender *s, struct batch *p, const struct service_error *e,
    const struct transport_response *r, int64_t now_ms)
{
	bool throttled = e->class == ERROR_THROTTLE;
	struct buf since = { 0 };

	for (size_t i = 0; throttled && i < p->n; i++)
		s->account.throttled += s->pool.rec[p->rec[i]].lines;
	sender_postpone(s, p,
	    throttled ? s->opt->throttle_steps : s->opt->transient_steps,
	    r->retry_after_ms, now_ms);
	if (!is_worth_a_word(&s->outage, service_unreached(r), now_ms))
		return;
	add_since(&since, &s->outage, now_ms);
	service_say_outage(&s->service->data, r, e, buf_span(&since));
	buf_free(&since);
}

static void
well(struct sender *s)
{
	if (s->outage.pause_ms > 0)
		diag_warn(NULL, "%s answers again", s->service->data.url);
	s->outage = (struct outage){ 0 };
	s->missing_ms = -1;
	s->clock_tried = 0;
	s->signed_anew = 0;
	s->renewed = 0;
}

static void
refuse(struct sender *s, uint32_t i, struct span code, struct span message)
{
	const struct record *r = &s->pool.rec[i];
	const struct diag_at at = {
		r->flags & RECORD_RESUMED ? "stdin of an earlier run" : "stdin",
		r->line, 0
	};
	char text[SERVICE_WORDS_MAX];

	/* Of an aggregated record nobody can tell which line it is. */
	if (r->lines > 1) {
		if (key_queues_take_apart(&s->key_queues, i) == -1)
			sender_no_memory(s);
		return;
	}
	if (s->rejects.open)
		diag_warn(&at, "the service refuses this record: %s; rejected",
		    service_describe(text, code, message));
	else
		diag_error(&at,
		    "the service refuses this record: %s; --rejects FILE keeps "
		    "such lines and continues",
		    service_describe(text, code, message));
	sender_reject(s, i);
}

/* An answer of status 200 with a verdict for each record. */
static void
settle_all(struct sender *s, struct batch *p, int64_t now_ms)
{
	size_t n = p->n;

	settle_answer(&s->settle, &s->pool, p->rec, s->entries, n, s->outcomes,
	    p->started_ms, now_ms);
	p->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct outcome *o = &s->outcomes[i];
		const struct reply_entry *e = &s->entries[i];
		struct record *r = &s->pool.rec[p->rec[i]];

		s->account.throttled += o->throttled ? r->lines : 0;
		switch (o->fate) {
		case FATE_STORED:
			sender_deliver(s, p->rec[i]);
			continue;
		case FATE_REFUSED:
			refuse(s, p->rec[i], e->code, e->message);
			continue;
		case FATE_FATAL:
			say_fatal(s, e->code, e->message,
			    "check its policy, and the key that encrypts it");
			break;
		case FATE_AGAIN:
			break;
		}
		sender_again(s, p->rec[i], now_ms + o->wait_ms, now_ms);
	}
}

static void
answered(struct sender *s, struct batch *p, const struct transport_response *r,
    int64_t now_ms)
{
	struct service_error e = { .class = ERROR_TRANSIENT };
	struct fault f;

	if (reply_read(buf_span(&r->body), s->entries, p->n, &f) == 0) {
		well(s);
		settle_all(s, p, now_ms);
		return;
	}
	/* Stored or not, nobody can tell: better twice than never. */
	buf_add_text(&e.code, "unreadable answer");
	buf_add_text(&e.message, f.what);
	later(s, p, &e, r, now_ms);
	error_free(&e);
}

/* The same records again, at once; they are counted as retried. */
static void
at_once(struct sender *s, struct batch *p, int64_t now_ms)
{
	if (s->fatal)
		sender_postpone(
		    s, p, s->opt->transient_steps, RETRY_NO_HINT, now_ms);
	else
		sender_post(s, p, now_ms);
}

static void
invalid(struct sender *s, struct batch *p, const struct service_error *e,
    int64_t now_ms)
{
	if (p->n > 1) {
		if (sender_halve(s, p) == -1)
			sender_no_memory(s);
		at_once(s, p, now_ms);
		return;
	}
	refuse(s, p->rec[0], buf_span(&e->code), buf_span(&e->message));
	p->n = 0;
}

static void
credentials(struct sender *s, struct batch *p, const struct service_error *e,
    const struct transport_response *r, int64_t now_ms)
{
	struct service *v = s->service;
	enum credentials_result result;
	struct buf why = { 0 };

	/* Signed by older ones: there are newer already. */
	if (p->stamp.identity != credentials_number(v->credentials)) {
		at_once(s, p, now_ms);
		return;
	}
	if (s->renewed != 0 && s->renewed == p->stamp.identity) {
		fatal(s, p, e, "new credentials are refused as well", now_ms);
		return;
	}
	result = credentials_expired(
	    v->credentials, skew_now_ms(&v->skew, clock_wall_ms()), &why);
	if (why.n > 0 &&
	    (result == CREDENTIALS_OK || result == CREDENTIALS_FAILED))
		diag_warn(NULL, "%.*s", (int)why.n, why.p);
	switch (result) {
	case CREDENTIALS_OK:
		s->renewed = credentials_number(v->credentials);
		at_once(s, p, now_ms);
		break;
	case CREDENTIALS_FAILED:
		later(s, p, e, r, now_ms);
		break;
	case CREDENTIALS_NONE:
	case CREDENTIALS_CONFIG:
	case CREDENTIALS_REFUSED:
		fatal(s, p, e,
		    why.n > 0 ? buf_text(&why) : "get new credentials", now_ms);
	}
	buf_free(&why);
}

static void
clock_differs(struct sender *s, struct batch *p, const struct service_error *e,
    const struct transport_response *r, int64_t now_ms)
{
	struct skew *skew = &s->service->skew;

	/* Signed by an older offset: there is a newer already. */
	if (p->stamp.skew != skew->number) {
		at_once(s, p, now_ms);
		return;
	}
	if (s->signed_anew < SIGN_ANEW &&
	    skew_learn(skew, r->date, buf_span(&e->message), clock_wall_ms()) ==
		SKEW_CHANGED) {
		s->signed_anew++;
		if (!s->clock_said)
			diag_warn(NULL,
			    "the clock here differs from the "
			    "service's by %lld s; signing by the "
			    "service's",
			    (long long)(skew->offset_ms / 1000));
		s->clock_said = true;
		at_once(s, p, now_ms);
		return;
	}
	if (e->stale && s->clock_tried != skew->number + 1) {
		s->clock_tried = skew->number + 1;
		at_once(s, p, now_ms);
		return;
	}
	fatal(s, p, e,
	    e->stale ? "check the clock of this machine"
		     : "check the secret key, the region and the clock",
	    now_ms);
}

static void
missing(struct sender *s, struct batch *p, const struct service_error *e,
    int64_t now_ms)
{
	const struct retry_steps steps = { 500, 1000 };

	if (s->missing_ms == -1)
		s->missing_ms = now_ms;
	if (now_ms - s->missing_ms >= s->opt->wait_stream_ms) {
		fatal(s, p, e,
		    s->opt->wait_stream_ms == 0
			? "check name and region, create it, or wait for it "
			  "with --wait-stream 1m"
			: "it did not appear in time",
		    now_ms);
		return;
	}
	if (s->missing_ms == now_ms)
		diag_warn(NULL, "stream '%.*s' does not exist yet; waiting",
		    (int)s->opt->stream.n, s->opt->stream.p);
	sender_postpone(s, p, steps, RETRY_NO_HINT, now_ms);
}

void
sender_judge(struct sender *s, struct batch *p, struct transport_response *r,
    int64_t now_ms)
{
	struct service_error e = { 0 };

	/* A connection that the service had closed while it was idle. */
	if (r->result == TRANSPORT_BROKEN && r->reused &&
	    r->answer_bytes == 0 && !p->repeated) {
		p->repeated = true;
		at_once(s, p, now_ms);
		return;
	}
	call_error(r, &e);
	switch (e.class) {
	case ERROR_NONE:
		answered(s, p, r, now_ms);
		break;
	case ERROR_THROTTLE:
	case ERROR_TRANSIENT:
		later(s, p, &e, r, now_ms);
		break;
	case ERROR_CREDENTIALS:
		credentials(s, p, &e, r, now_ms);
		break;
	case ERROR_CLOCK:
		clock_differs(s, p, &e, r, now_ms);
		break;
	case ERROR_INVALID:
		invalid(s, p, &e, now_ms);
		break;
	case ERROR_MISSING:
		missing(s, p, &e, now_ms);
		break;
	case ERROR_DENIED:
		refused(s, p, &e, r,
		    "the policy must allow kinesis:PutRecords on it", now_ms);
		break;
	case ERROR_KMS:
		fatal(
		    s, p, &e, "check the key that encrypts the stream", now_ms);
		break;
	case ERROR_FATAL:
		refused(s, p, &e, r, "trying again does not help", now_ms);
		break;
	}
	error_free(&e);
}
