/* shards - what is known of the stream's shards: names, counts, how often in a
 * row nothing was stored, which key goes where, how fast it may.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_SHARDS_H
#define KINESIS_PUT_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kinesis-put/queue.h"
#include "lib/span.h"

/* --- how fast a shard that throttles is sent to --- */

/*
 * There is no limit until a shard throttles, for a stream has many producers
 * and nobody knows our part.  Then the rate begins at what was stored in the
 * last second, and falls by a tenth a round trip, only while less was stored
 * than in the one before; never below half of what was stored in the last
 * second nor RATE_LEAST, so that it costs a shard nothing.  It doubles with
 * round trips in which nothing is throttled, and a second of such lifts it:
 * it is not lifted by the first, which may be small and lucky, for what has
 * been kept back would then come all at once.
 * All zero is no limit.  Times are monotonic milliseconds.
 */
enum {
	RATE_LEAST = 1000,     /* records a second, a shard's own limit */
	RATE_BURST_MS = 100,   /* what may be caught up after a pause, and the
	                          least time between two doublings */
	RATE_TOGETHER_MS = 50, /* records kept back go together for so long */
};

struct rate_limiter {
	double per_s;           /* 0: no limit */
	double next_ms;         /* the next record may go then */
	int64_t changed_ms;     /* answers to older requests are about before */
	int64_t throttled_ms;   /* when something was throttled last */
	int64_t second_ms;      /* begin of the second being counted */
	uint64_t stored;        /* in it so far */
	uint64_t stored_last;   /* in the one before */
	uint64_t stored_before; /* in the last answer */
};

/*
 * An answer about the shard came: so many of its records were stored, so many
 * throttled.  started_ms: when the request was sent.
 */
void rate_limiter_answer(struct rate_limiter *, uint64_t stored,
    uint64_t throttled, int64_t started_ms, int64_t now_ms);

/* May a record go now?  If so, it is counted. */
bool rate_limiter_allows(struct rate_limiter *, int64_t now_ms);

/* When it is worth to let some go; INT64_MIN: now. */
int64_t rate_limiter_due_ms(const struct rate_limiter *);

/* --- the shards --- */

enum {
	SHARD_UNKNOWN = 0,   /* stands for the stream as a whole */
	SHARD_NAME_MAX = 64, /* "shardId-000000000000" is 20 */
	SHARDS_MAX = 65536,  /* told apart; more are taken together */
	SHARD_CACHE = 16384, /* keys remembered, a power of two */
};

/*
 * failures: consecutive answers in which records of this shard came back and
 * none was stored.  stored_now, failed_now: in the answer being read.
 */
struct shard {
	char name[SHARD_NAME_MAX];
	uint8_t name_n;
	uint64_t stored;
	uint64_t throttled;
	unsigned failures;
	uint32_t stored_now;
	uint32_t failed_now;
	uint32_t throttled_now;
	struct rate_limiter limiter;
	struct queue_list held; /* records that its limit keeps back */
	int64_t wait_ms; /* of its records that came back in this answer */
	uint32_t touched_next;
};

/* All zero is empty; shards_init() makes place 0. */
struct shards {
	struct shard *list; /* owned; [0] is SHARD_UNKNOWN */
	uint32_t n;
	size_t cap;
	uint32_t *table; /* owned; open addressing, 0 is free */
	size_t table_n;
	uint32_t last;    /* the one that was asked for last */
	uint32_t limited; /* shards that have a limit */
	uint64_t held;    /* records that are kept back */
	struct shards_key {
		uint64_t key_hash;
		uint32_t shard;
	} * cache; /* owned; made with the first key */
};

int shards_init(struct shards *); /* 0, or -1 without memory */
void shards_free(struct shards *);

/*
 * The shard of that name, made if need be.  SHARD_UNKNOWN for what is no
 * ShardId or too long a one, beyond SHARDS_MAX, and where memory is out.
 */
uint32_t shards_named(struct shards *, struct span name);

/* The shard that a message names ("Rate exceeded for shard shardId-..."). */
uint32_t shards_in_message(struct shards *, struct span message);

/* A key went to that shard; where it went when last seen.  0 is no key. */
void shards_learn(struct shards *, uint64_t key_hash, uint32_t shard);
uint32_t shards_of_key(const struct shards *, uint64_t key_hash);

/* What an answer says about a shard's rate; see rate_limiter_answer(). */
void shards_limit(struct shards *, uint32_t shard, uint64_t stored,
    uint64_t throttled, int64_t started_ms, int64_t now_ms);

/*
 * Is a record to be kept back for the rate of its shard?  If so it is, until
 * shards_release() gives it to the queue.
 */
bool
shards_hold(struct shards *, struct pool *, uint32_t record, int64_t now_ms);
void shards_release(struct shards *, struct queue *, int64_t now_ms);

/* When the next record may be released; INT64_MAX: none is held. */
int64_t shards_due_ms(const struct shards *);

#endif
