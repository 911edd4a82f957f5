/* settle - what the entries of an answer mean for the records they are about:
 * stored, to be sent again and when, or refused.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_SETTLE_H
#define KINESIS_PUT_SETTLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/retry.h"
#include "kinesis-put/random.h"
#include "kinesis-put/reply.h"
#include "kinesis-put/shards.h"
#include "kinesis-put/pool.h"

enum fate {
	FATE_STORED,
	FATE_AGAIN,   /* failed or throttled: after wait_ms */
	FATE_REFUSED, /* for what it is; sending it again is useless */
	FATE_FATAL,   /* the stream takes nothing from us */
};

struct outcome {
	enum fate fate;
	bool throttled;
	uint32_t shard;
	int64_t wait_ms;
};

struct settle {
	struct retry_steps steps; /* of entries */
	struct random *random;    /* borrowed */
	struct shards *shards;    /* borrowed */
	bool per_key;             /* --ordered: each key waits for itself */
};

/*
 * Judges n entries of an answer about the records rec[0..n).  Those of one
 * shard wait equally long: full jitter over the number of answers in a row in
 * which the shard stored nothing (at least one step).  Where the shard is not
 * known (by the message, or by where the key went before) the stream as a
 * whole stands for it.  The rate of each shard follows; started_ms is when the
 * request was sent.
 */
void settle_answer(const struct settle *, const struct pool *,
    const uint32_t *rec, const struct reply_entry *, size_t n, struct outcome *,
    int64_t started_ms, int64_t now_ms);

#endif
