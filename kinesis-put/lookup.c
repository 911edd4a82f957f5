/* lookup - reads in the stream what was under way.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "aws/answer.h"
#include "aws/call.h"
#include "aws/pace.h"
#include "aws/text.h"
#include "kinesis-put/notes.h"
#include "lib/array.h"

enum {
	RECORDS_AT_ONCE = 5000, /* 10 MiB of them, as base64, are an answer */
	AT_ONCE = 8,            /* calls */
	SAY_AFTER = 3,          /* failures in a row that are worth a word */
	SAY_AGAIN_MS = 60 * 1000,
	BYTES_PER_S = 2 * 1024 * 1024, /* of a shard, for all its readers */
	MENDS_MAX = 4,                 /* signed anew in a row */
	DISLIKES_MAX = 3, /* iterators that were not taken, in a row */
};

struct lookup_shard {
	char *id; /* owned */
	struct lookup_ask ask;
	struct buf iterator; /* as JSON; empty: to be asked for */
	struct pace pace;
	int64_t limit;
	unsigned disliked;
	bool done;
};

static void
shard_del(struct lookup_shard *s)
{
	if (s == NULL)
		return;
	free(s->id);
	buf_free(&s->ask.body);
	buf_free(&s->iterator);
	free(s);
}

static void
drop_shards(struct lookup *l)
{
	for (size_t i = 0; i < l->n; i++)
		shard_del(l->shard[i]);
	l->n = 0;
}

void
lookup_free(struct lookup *l)
{
	drop_shards(l);
	free(l->shard);
	doubts_free(&l->doubts);
	page_free(&l->page);
	pack_free(&l->pack);
	buf_free(&l->token);
	buf_free(&l->key);
	buf_free(&l->lister.body);
	*l = (struct lookup){ 0 };
}

void
lookup_begin(struct lookup *l, int64_t from_ms, int64_t now_ms)
{
	drop_shards(l);
	buf_clear(&l->token);
	l->is_on = true;
	l->over = false;
	l->from_ms = from_ms > LOOKUP_SLACK_MS ? from_ms - LOOKUP_SLACK_MS : 0;
	l->settle_ms = now_ms + LOOKUP_SETTLE_MS;
	l->until_ms = l->opt->retry_for_ms < INT64_MAX - now_ms
	                  ? now_ms + l->opt->retry_for_ms
	                  : INT64_MAX;
	l->lister.kind = LOOKUP_SHARDS;
	l->lister.due_ms = now_ms;
	l->lister.failures = l->lister.mends = 0;
}

static const char *
operation_of(const struct lookup_ask *a)
{
	static const char *const name[] = {
		[LOOKUP_SHARDS] = "ListShards",
		[LOOKUP_ITERATOR] = "GetShardIterator",
		[LOOKUP_RECORDS] = "GetRecords",
	};

	return name[a->kind];
}

/* --- ends ----------------------------------------------------------------- */

/* Has all been read, or will nothing be? */
static void
end_if_done(struct lookup *l)
{
	if (l->in_flight > 0)
		return;
	if (!l->over && !l->refused && !l->doubts.failed) {
		if (l->lister.due_ms != INT64_MAX)
			return;
		for (size_t i = 0; i < l->n; i++)
			if (!l->shard[i]->done)
				return;
	}
	doubts_settle(&l->doubts);
	l->is_on = false;
}

/* Nothing can be looked up: what was under way is sent again, as it is without
 * --verify. */
static void
refuse(
    struct lookup *l, const struct lookup_ask *a, const struct service_error *e)
{
	char text[SERVICE_WORDS_MAX];
	struct buf remedy = { 0 };

	if (l->refused)
		return;
	l->refused = true;
	if (e->kind == ERROR_DENIED)
		buf_addf(&remedy,
		    "; the policy must allow kinesis:ListShards, "
		    "kinesis:GetShardIterator and kinesis:GetRecords on it");
	diag_warn(NULL,
	    "--verify: %s on stream '%.*s' fails: %s; what was under way is "
	    "sent again, and may be stored twice%s",
	    operation_of(a), (int)l->opt->service.arn.stream.n,
	    l->opt->service.arn.stream.p,
	    service_describe(text, buf_span(&e->code), buf_span(&e->message)),
	    buf_text(&remedy) == NULL ? "" : remedy.p);
	buf_free(&remedy);
}

/* It was tried for long enough. */
static void
give_up(struct lookup *l)
{
	l->over = true;
	diag_warn(NULL,
	    "--verify: stream '%.*s' could not be read to its end within "
	    "--retry-for; what was under way and was not found is taken for "
	    "not stored, and may be stored twice",
	    (int)l->opt->service.arn.stream.n, l->opt->service.arn.stream.p);
}

static void
no_memory(struct lookup *l)
{
	l->doubts.failed = true;
}

/* --- asking --------------------------------------------------------------- */

static void
later(struct lookup *l, struct lookup_ask *a, bool throttled, int64_t hint_ms,
    int64_t now_ms)
{
	const struct service_options *o = &l->opt->service;

	a->failures++;
	a->due_ms = now_ms + retry_wait_ms(throttled ? o->throttle_steps
						     : o->transient_steps,
				 a->failures, random_next(l->random), hint_ms);
}

static void
write_body(struct lookup *l, struct lookup_ask *a)
{
	const struct arn *arn = &l->opt->service.arn;
	struct buf *b = &a->body;

	buf_clear(b);
	switch (a->kind) {
	case LOOKUP_SHARDS:
		reading_ask_shards(b, arn, l->from_ms, buf_span(&l->token));
		break;
	case LOOKUP_ITERATOR:
		reading_ask_iterator_at(b, arn, a->shard->id, l->from_ms);
		break;
	case LOOKUP_RECORDS:
		reading_ask_records(
		    b, arn, buf_span(&a->shard->iterator), a->shard->limit);
		break;
	}
}

static void
post(struct lookup *l, struct lookup_ask *a, int64_t now_ms)
{
	write_body(l, a);
	a->asked_ms = now_ms;
	if (a->body.failed) {
		no_memory(l);
		return;
	}
	switch (service_post(l->service, operation_of(a), buf_span(&a->body), a,
	    &a->stamp, NULL)) {
	case SERVICE_POSTED:
		a->busy = true;
		a->due_ms = INT64_MAX;
		l->in_flight++;
		break;
	case SERVICE_LATER:
		later(l, a, false, RETRY_NO_HINT, now_ms);
		break;
	case SERVICE_FATAL:
		no_memory(l); /* it has said what */
		break;
	}
}

void
lookup_step(struct lookup *l, int64_t now_ms)
{
	if (!l->is_on)
		return;
	if (now_ms >= l->until_ms && !l->refused && !l->over)
		give_up(l);
	if (l->refused || l->over) {
		end_if_done(l);
		return;
	}
	if (!l->lister.busy && l->lister.due_ms <= now_ms)
		post(l, &l->lister, now_ms);
	for (size_t i = 0; i < l->n && l->in_flight < AT_ONCE; i++) {
		struct lookup_shard *s = l->shard[i];

		if (s->done || s->ask.busy || s->ask.due_ms > now_ms)
			continue;
		s->ask.kind =
		    s->iterator.n == 0 ? LOOKUP_ITERATOR : LOOKUP_RECORDS;
		post(l, &s->ask, now_ms);
	}
	end_if_done(l);
}

int64_t
lookup_due_ms(const struct lookup *l)
{
	int64_t due_ms =
	    l->lister.due_ms < l->until_ms ? l->lister.due_ms : l->until_ms;

	if (!l->is_on || l->in_flight >= AT_ONCE ||
	    ((l->refused || l->over) && l->in_flight > 0))
		return INT64_MAX;
	for (size_t i = 0; i < l->n; i++)
		if (!l->shard[i]->done && l->shard[i]->ask.due_ms < due_ms)
			due_ms = l->shard[i]->ask.due_ms;
	return due_ms;
}

/* --- answers -------------------------------------------------------------- */

static void
say_trouble(struct lookup *l, const struct lookup_ask *a,
    const struct transport_response *response, const struct service_error *e,
    int64_t now_ms)
{
	const char *url =
	    a->shard == NULL ? l->service->control.url : l->service->data.url;
	struct buf text = { 0 };

	l->failures++;
	if (l->said ? now_ms - l->said_ms < SAY_AGAIN_MS
		    : l->failures < SAY_AFTER && !service_unreached(response))
		return;
	l->said = true;
	l->said_ms = now_ms;
	service_add_outage(&text, url, response, e, (struct span){ 0 });
	buf_add_text(&text, "; until then what was under way is held back");
	service_say(&text, diag_warn);
	buf_free(&text);
}

/* An answer that says yes and cannot be read. */
static void
unreadable(struct lookup *l, struct lookup_ask *a, const struct fault *f,
    int64_t now_ms)
{
	struct service_error e = { .kind = ERROR_TRANSIENT };
	struct transport_response garbled = { .result = TRANSPORT_BROKEN };

	snprintf(
	    garbled.cause, sizeof garbled.cause, "unreadable: %s", f->what);
	say_trouble(l, a, &garbled, &e, now_ms);
	later(l, a, false, RETRY_NO_HINT, now_ms);
}

static void
answered(struct lookup *l, struct lookup_ask *a)
{
	a->failures = a->mends = 0;
	a->repeated = false;
	if (l->said)
		diag_warn(NULL, "%s answers again", l->service->data.url);
	l->said = false;
	l->failures = 0;
}

static bool
has_shard(const struct lookup *l, struct span id)
{
	for (size_t i = 0; i < l->n; i++)
		if (span_is(id, l->shard[i]->id))
			return true;
	return false;
}

static void
add_shard(struct lookup *l, const struct listed *listed, int64_t now_ms)
{
	struct lookup_shard *s;

	if (!doubts_may_be(
		&l->doubts, listed->first_place, listed->last_place) ||
	    has_shard(l, listed->id))
		return;
	s = calloc(1, sizeof *s);
	if (s == NULL || text_set(&s->id, listed->id) == -1 ||
	    array_room(l->shard, l->cap, l->n + 1) == -1) {
		shard_del(s);
		no_memory(l);
		return;
	}
	s->limit = RECORDS_AT_ONCE;
	s->ask.shard = s;
	s->ask.due_ms = now_ms;
	l->shard[l->n++] = s;
}

static void
take_page(
    struct lookup *l, struct lookup_ask *a, struct span body, int64_t now_ms)
{
	struct fault f;

	if (page_read(&l->page, body, &f) == -1) {
		unreadable(l, a, &f, now_ms);
		return;
	}
	answered(l, a);
	for (size_t i = 0; i < l->page.n; i++)
		add_shard(l, &l->page.shards[i], now_ms);
	buf_clear(&l->token);
	buf_add_span(&l->token, l->page.token);
	if (l->token.failed)
		no_memory(l);
	a->due_ms = l->token.n > 0 ? now_ms : INT64_MAX;
}

static void
take_iterator(
    struct lookup *l, struct lookup_ask *a, struct span body, int64_t now_ms)
{
	struct lookup_shard *s = a->shard;
	struct span iterator;
	struct fault f;

	if (reading_iterator(body, &iterator, &f) == -1) {
		unreadable(l, a, &f, now_ms);
		return;
	}
	answered(l, a);
	buf_clear(&s->iterator);
	buf_add_span(&s->iterator, iterator);
	if (s->iterator.failed)
		no_memory(l);
	a->due_ms = s->pace.due_ms > now_ms ? s->pace.due_ms : now_ms;
}

/* The data of a row: its line. */
static uint64_t
hash_of(const struct lookup *l, struct span key, struct span data)
{
	if (l->opt->newline && data.n > 0 && data.p[data.n - 1] == '\n')
		data.n--;
	if (l->opt->keys.nfields == 0) /* it was drawn */
		key = (struct span){ 0 };
	return note_hash(key, data);
}

static void
see(struct lookup *l, struct span shard, const struct answer_record *r)
{
	uint64_t record = doubts_record(shard, r->sequence);
	struct span key, data;
	struct fault f;

	if (floors_cover(l->floors, shard, r->sequence))
		return;
	buf_clear(&l->key);
	key = json_text(&r->key, &l->key);
	if (l->key.failed)
		no_memory(l);
	doubts_see(&l->doubts, hash_of(l, key, r->data), record);
	if (pack_open(&l->pack, r->data, &f) != PACK_GOOD)
		return;
	for (uint64_t i = 0; pack_next(&l->pack, &key, &data); i++)
		doubts_see(&l->doubts, hash_of(l, key, data), record + i);
}

/* One that has been closed since has children. */
static void
end_shard(struct lookup *l, struct lookup_shard *s, int64_t now_ms)
{
	s->done = true;
	s->ask.due_ms = INT64_MAX;
	if (!l->lister.busy && l->lister.due_ms == INT64_MAX)
		l->lister.due_ms = now_ms;
}

static void
take_records(struct lookup *l, struct lookup_ask *a,
    struct transport_response *response, int64_t now_ms)
{
	struct answer got = { 0 };
	struct lookup_shard *s = a->shard;
	struct fault f;
	bool was_empty;

	if (!answer_add(&got, buf_span(&response->body)))
		no_memory(l);
	if (answer_end(&got, &f) == -1) {
		answer_free(&got);
		unreadable(l, a, &f, now_ms);
		return;
	}
	answered(l, a);
	s->disliked = 0;
	was_empty = got.n == 0;
	for (; got.n > 0; answer_drop(&got)) {
		struct answer_record r = answer_first(&got);

		see(l, span_of(s->id), &r);
		floors_see(l->floors, span_of(s->id), r.sequence);
	}
	pace_answered(&s->pace, got.data_bytes, BYTES_PER_S, a->asked_ms);
	a->due_ms = s->pace.due_ms;
	buf_clear(&s->iterator);
	buf_add_span(&s->iterator, buf_span(&got.iterator));
	if (s->iterator.failed)
		no_memory(l);
	if (got.iterator.n == 0) {
		end_shard(l, s, now_ms);
	} else if (was_empty && got.behind_ms <= 0) {
		s->done = a->asked_ms >= l->settle_ms;
		if (a->due_ms < l->settle_ms)
			a->due_ms = l->settle_ms;
	}
	answer_free(&got);
}

/* Its iterator is not taken, or too old: from the beginning, once more. */
static bool
renews_iterator(struct lookup_ask *a, const struct service_error *e)
{
	struct lookup_shard *s = a->shard;

	if (a->kind != LOOKUP_RECORDS ||
	    (e->kind != ERROR_INVALID &&
		!span_is(buf_span(&e->code), "ExpiredIteratorException")) ||
	    s->disliked++ >= DISLIKES_MAX)
		return false;
	buf_clear(&s->iterator);
	return true;
}

static bool
asks_for_less(struct lookup_ask *a, const struct transport_response *response)
{
	if (response->result != TRANSPORT_TOO_BIG ||
	    a->kind != LOOKUP_RECORDS || a->shard->limit == 1)
		return false;
	a->shard->limit /= 2;
	return true;
}

/* A call failed. */
static void
judge(struct lookup *l, struct lookup_ask *a,
    const struct transport_response *response, const struct service_error *e,
    int64_t now_ms)
{
	bool throttled = e->kind == ERROR_THROTTLE;

	if (asks_for_less(a, response) || renews_iterator(a, e)) {
		later(l, a, false, RETRY_NO_HINT, now_ms);
	} else if (a->kind == LOOKUP_SHARDS && l->token.n > 0 &&
		   e->kind == ERROR_FATAL) {
		buf_clear(&l->token); /* it has expired */
		later(l, a, false, RETRY_NO_HINT, now_ms);
	} else if (throttled || e->kind == ERROR_TRANSIENT) {
		if (!throttled)
			say_trouble(l, a, response, e, now_ms);
		later(l, a, throttled, response->retry_after_ms, now_ms);
	} else if (a->mends++ < MENDS_MAX &&
		   service_mend(l->service, e, response->date, &a->stamp)) {
		a->due_ms = now_ms;
	} else if (e->kind == ERROR_MISSING) {
		/* What is not there holds nothing. */
		if (a->shard != NULL)
			a->shard->done = true;
	} else {
		refuse(l, a, e);
	}
}

static struct lookup_ask *
ask_of(struct lookup *l, const void *tag)
{
	if (tag == &l->lister)
		return &l->lister;
	for (size_t i = 0; i < l->n; i++)
		if (tag == &l->shard[i]->ask)
			return &l->shard[i]->ask;
	return NULL;
}

bool
lookup_take(
    struct lookup *l, struct transport_response *response, int64_t now_ms)
{
	struct lookup_ask *a = ask_of(l, response->tag);
	struct span body = buf_span(&response->body);
	struct service_error e = { 0 };

	if (a == NULL)
		return false;
	a->busy = false;
	l->in_flight--;
	if (response->result == TRANSPORT_BROKEN && response->reused &&
	    response->answer_bytes == 0 && !a->repeated) {
		a->repeated = true;
		a->due_ms = now_ms;
		return true;
	}
	call_error(response, &e);
	if (e.kind != ERROR_NONE)
		judge(l, a, response, &e, now_ms);
	else if (a->kind == LOOKUP_SHARDS)
		take_page(l, a, body, now_ms);
	else if (a->kind == LOOKUP_ITERATOR)
		take_iterator(l, a, body, now_ms);
	else
		take_records(l, a, response, now_ms);
	error_free(&e);
	end_if_done(l);
	return true;
}
