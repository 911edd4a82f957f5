/* shards - what is known of the stream's shards.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/shards.h"

#include <stdlib.h>

#include "lib/array.h"
#include "lib/hash.h"

enum { SECOND_MS = 1000 };

/* Counts go into whole seconds; one without an answer counted nothing. */
static void
turn(struct rate_limiter *p, int64_t now_ms)
{
	int64_t past_ms = now_ms - p->second_ms;
	bool next = past_ms < 2 * SECOND_MS;

	if (past_ms < SECOND_MS)
		return;
	p->stored_last = next ? p->stored : 0;
	p->stored = 0;
	p->second_ms = next ? p->second_ms + SECOND_MS : now_ms;
}

/* Nothing was throttled. */
static void
rise(struct rate_limiter *p, int64_t started_ms, int64_t now_ms)
{
	if (now_ms - p->throttled_ms >= SECOND_MS) {
		p->per_s = 0;
	} else if (started_ms >= p->changed_ms &&
		   now_ms - p->changed_ms >= RATE_BURST_MS) {
		p->per_s *= 2;
		p->changed_ms = now_ms;
	}
}

static void
fall(struct rate_limiter *p, bool less, int64_t started_ms, int64_t now_ms)
{
	double second =
	    (double)(p->stored > p->stored_last ? p->stored : p->stored_last);

	p->throttled_ms = now_ms;
	if (p->per_s == 0) {
		p->per_s = second;
		p->next_ms = (double)now_ms;
		p->changed_ms = now_ms;
	} else if (less && started_ms >= p->changed_ms) {
		p->per_s *= 0.9;
		p->changed_ms = now_ms;
	}
	if (p->per_s < second / 2)
		p->per_s = second / 2;
	if (p->per_s < RATE_LEAST)
		p->per_s = RATE_LEAST;
}

void
rate_limiter_answer(struct rate_limiter *p, uint64_t stored, uint64_t throttled,
    int64_t started_ms, int64_t now_ms)
{
	bool less = stored < p->stored_before;

	turn(p, now_ms);
	p->stored += stored;
	p->stored_before = stored;
	if (throttled > 0)
		fall(p, less, started_ms, now_ms);
	else if (p->per_s > 0)
		rise(p, started_ms, now_ms);
}

bool
rate_limiter_allows(struct rate_limiter *p, int64_t now_ms)
{
	double now = (double)now_ms;

	if (p->per_s == 0)
		return true;
	if (p->next_ms > now)
		return false;
	if (p->next_ms < now - RATE_BURST_MS)
		p->next_ms = now - RATE_BURST_MS;
	p->next_ms += SECOND_MS / p->per_s;
	return true;
}

int64_t
rate_limiter_due_ms(const struct rate_limiter *p)
{
	return p->per_s == 0 ? INT64_MIN
	                     : (int64_t)p->next_ms + RATE_TOGETHER_MS;
}

/* --- the shards ----------------------------------------------------------- */

int
shards_init(struct shards *s)
{
	*s = (struct shards){ .table_n = 64 };
	s->table = calloc(s->table_n, sizeof *s->table);
	if (s->table == NULL || array_room(s->list, s->cap, 1) == -1) {
		shards_free(s);
		return -1;
	}
	s->list[s->n++] = (struct shard){ .held = queue_list_none() };
	return 0;
}

void
shards_free(struct shards *s)
{
	free(s->list);
	free(s->table);
	free(s->cache);
	*s = (struct shards){ 0 };
}

static bool
is_named(const struct shard *s, struct span name)
{
	return s->name_n == name.n && memcmp(s->name, name.p, name.n) == 0;
}

/* Where in the table the name is, or where it would be put. */
static size_t
place(const struct shards *s, struct span name)
{
	size_t i = hash_bytes(name) & (s->table_n - 1);

	while (s->table[i] != 0 && !is_named(&s->list[s->table[i]], name))
		i = (i + 1) & (s->table_n - 1);
	return i;
}

/* Room for one more shard, and a table that is at most half full. */
static int
grow(struct shards *s)
{
	size_t table_n = 2 * s->table_n;
	uint32_t *table;

	if (array_room(s->list, s->cap, s->n + 1) == -1)
		return -1;
	if (2 * (size_t)s->n < s->table_n)
		return 0;
	table = calloc(table_n, sizeof *table);
	if (table == NULL)
		return -1;
	free(s->table);
	s->table = table;
	s->table_n = table_n;
	for (uint32_t i = 1; i < s->n; i++)
		s->table[place(s,
		    (struct span){ s->list[i].name, s->list[i].name_n })] = i;
	return 0;
}

/* What the service calls a ShardId; anything else is no name. */
static bool
is_name(struct span s)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789_.-";

	if (s.n == 0 || s.n >= SHARD_NAME_MAX)
		return false;
	for (size_t i = 0; i < s.n; i++) {
		if (s.p[i] == '\0' || strchr(letters, s.p[i]) == NULL)
			return false;
	}
	return true;
}

uint32_t
shards_named(struct shards *s, struct span name)
{
	struct shard *added;
	size_t i;

	if (s->last != 0 && is_named(&s->list[s->last], name))
		return s->last;
	i = place(s, name);
	if (s->table[i] != 0)
		return s->last = s->table[i];
	if (!is_name(name))
		return SHARD_UNKNOWN;
	if (s->n >= SHARDS_MAX || grow(s) == -1)
		return SHARD_UNKNOWN;
	i = place(s, name);
	added = &s->list[s->n];
	*added = (struct shard){ .name_n = (uint8_t)name.n,
		.held = queue_list_none() };
	memcpy(added->name, name.p, name.n);
	s->table[i] = s->n;
	return s->last = s->n++;
}

uint32_t
shards_in_message(struct shards *s, struct span message)
{
	static const char prefix[] = "shardId-";
	const char *p = memmem(message.p, message.n, prefix, sizeof prefix - 1);
	const char *end = message.p + message.n;
	struct span name;

	if (message.n == 0 || p == NULL)
		return SHARD_UNKNOWN;
	name = (struct span){ p, sizeof prefix - 1 };
	while (name.p + name.n < end && name.p[name.n] >= '0' &&
	       name.p[name.n] <= '9')
		name.n++;
	return shards_named(s, name);
}

void
shards_learn(struct shards *s, uint64_t key_hash, uint32_t shard)
{
	if (key_hash == 0 || shard == SHARD_UNKNOWN)
		return;
	if (s->cache == NULL) {
		s->cache = calloc(SHARD_CACHE, sizeof *s->cache);
		if (s->cache == NULL)
			return; /* it is only a memory of what was seen */
	}
	s->cache[key_hash & (SHARD_CACHE - 1)] =
	    (struct shards_key){ key_hash, shard };
}

uint32_t
shards_of_key(const struct shards *s, uint64_t key_hash)
{
	const struct shards_key *k;

	if (key_hash == 0 || s->cache == NULL)
		return SHARD_UNKNOWN;
	k = &s->cache[key_hash & (SHARD_CACHE - 1)];
	return k->key_hash == key_hash ? k->shard : SHARD_UNKNOWN;
}

void
shards_limit(struct shards *s, uint32_t shard, uint64_t stored,
    uint64_t throttled, int64_t started_ms, int64_t now_ms)
{
	struct rate_limiter *p = &s->list[shard].limiter;
	bool had = p->per_s > 0;

	if (shard == SHARD_UNKNOWN)
		return; /* nothing could be kept back for it */
	rate_limiter_answer(p, stored, throttled, started_ms, now_ms);
	if (had != (p->per_s > 0))
		s->limited += had ? UINT32_MAX : 1;
}

bool
shards_hold(
    struct shards *s, struct pool *pool, uint32_t record, int64_t now_ms)
{
	struct record *r = &pool->rec[record];
	struct shard *shard;
	uint32_t i;

	if (r->flags & RECORD_ADMITTED) {
		r->flags &= (uint8_t)~RECORD_ADMITTED;
		return false;
	}
	if (s->limited == 0)
		return false;
	i = shards_of_key(s, r->key_hash);
	if (i == SHARD_UNKNOWN)
		return false;
	/* Nobody passes those that wait already. */
	shard = &s->list[i];
	if (shard->held.first == RECORD_NONE &&
	    rate_limiter_allows(&shard->limiter, now_ms))
		return false;
	if (r->tries > 0)
		queue_list_push(pool, &shard->held, record);
	else
		queue_list_add(pool, &shard->held, record);
	s->held++;
	return true;
}

void
shards_release(struct shards *s, struct queue *q, int64_t now_ms)
{
	if (s->held == 0)
		return;
	for (uint32_t i = 1; i < s->n; i++) {
		struct shard *one = &s->list[i];

		if (rate_limiter_due_ms(&one->limiter) > now_ms)
			continue;
		while (one->held.first != RECORD_NONE &&
		       rate_limiter_allows(&one->limiter, now_ms)) {
			uint32_t r = queue_list_take(q->pool, &one->held);

			q->pool->rec[r].flags |= RECORD_ADMITTED;
			queue_add_again(q, r);
			s->held--;
		}
	}
}

int64_t
shards_due_ms(const struct shards *s)
{
	int64_t due_ms = INT64_MAX;

	for (uint32_t i = 1; s->held > 0 && i < s->n; i++) {
		const struct shard *one = &s->list[i];

		if (one->held.first != RECORD_NONE &&
		    rate_limiter_due_ms(&one->limiter) < due_ms)
			due_ms = rate_limiter_due_ms(&one->limiter);
	}
	return due_ms;
}
