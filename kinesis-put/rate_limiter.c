/* rate_limiter - how fast a shard that throttles is sent to.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/rate_limiter.h"

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
