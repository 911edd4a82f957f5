/* rate_limiter - how fast a shard that throttles is sent to.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_RATE_LIMITER_H
#define KINESIS_PUT_RATE_LIMITER_H

#include <stdbool.h>
#include <stdint.h>

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

#endif
