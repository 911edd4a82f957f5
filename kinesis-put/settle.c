/* settle - what the entries of an answer mean for the records they are about.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/settle.h"

#include "aws/errors.h"

/* The shards that an answer touches are linked by touched_next. */
#define LIST_END UINT32_MAX

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
count(const struct settle *s, uint32_t first, bool any_stored,
    int64_t started_ms, int64_t now_ms)
{
	for (uint32_t i = first; i != LIST_END;) {
		struct shard *one = &s->shards->list[i];
		bool stored =
		    one->stored_now > 0 || (i == SHARD_UNKNOWN && any_stored);

		if (stored)
			one->failures = 0;
		else
			one->failures++;
		one->wait_ms = retry_wait_ms(s->steps,
		    one->failures == 0 ? 1 : one->failures,
		    random_next(s->random), RETRY_NO_HINT);
		shards_limit(s->shards, i, one->stored_now, one->throttled_now,
		    started_ms, now_ms);
		one->stored_now = one->failed_now = one->throttled_now = 0;
		i = one->touched_next;
	}
}

void
settle_answer(const struct settle *s, const struct pool *pool,
    const uint32_t *rec, const struct reply_entry *e, size_t n,
    struct outcome *out, int64_t started_ms, int64_t now_ms)
{
	uint32_t first = LIST_END;
	bool any_stored = false;

	for (size_t i = 0; i < n; i++) {
		const struct record *r = &pool->rec[rec[i]];
		struct outcome *o = &out[i];
		struct shard *one;

		*o = (struct outcome){ .shard = shard_of(
					   s->shards, &e[i], r->key_hash) };
		o->fate = fate_of(&e[i], &o->throttled);
		first = touch(s->shards, o->shard, first);
		one = &s->shards->list[o->shard];
		one->stored_now += o->fate == FATE_STORED;
		one->failed_now += o->fate != FATE_STORED;
		one->throttled_now += o->throttled;
		one->stored += o->fate == FATE_STORED ? r->lines : 0;
		one->throttled += o->throttled ? r->lines : 0;
		any_stored |= o->fate == FATE_STORED;
	}
	count(s, first, any_stored, started_ms, now_ms);
	for (size_t i = 0; i < n; i++) {
		const struct record *r = &pool->rec[rec[i]];

		if (out[i].fate != FATE_AGAIN)
			continue;
		out[i].wait_ms =
		    s->per_key
			? retry_wait_ms(s->steps, r->tries == 0 ? 1 : r->tries,
			      random_next(s->random), RETRY_NO_HINT)
			: s->shards->list[out[i].shard].wait_ms;
	}
}
