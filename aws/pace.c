/* pace - when a shard may be asked again.
 * SPDX-License-Identifier: ISC */
#include "aws/pace.h"

static int64_t
least_of(const struct pace *p)
{
	return p->least_ms == 0 ? PACE_LEAST_MS : p->least_ms;
}

void
pace_answered(struct pace *p, size_t bytes, int64_t rate, int64_t asked_ms)
{
	int64_t wait_ms = (int64_t)((double)bytes * 1000 / (double)rate);

	p->least_ms = least_of(p) / 2;
	if (p->least_ms < PACE_LEAST_MS)
		p->least_ms = PACE_LEAST_MS;
	if (wait_ms < p->least_ms)
		wait_ms = p->least_ms;
	p->due_ms = asked_ms + wait_ms;
}

void
pace_throttled(struct pace *p, uint64_t random, int64_t now_ms)
{
	int64_t least_ms = 2 * least_of(p);

	if (least_ms > PACE_MOST_MS)
		least_ms = PACE_MOST_MS;
	p->least_ms = least_ms;
	/* Several readers that were throttled together do not meet again. */
	p->due_ms =
	    now_ms + least_ms / 2 + (int64_t)(random % (uint64_t)least_ms);
}

int64_t
pace_limit(size_t bytes, size_t n, int64_t rate)
{
	double wanted = (double)(rate < PACE_BYTES_MAX ? rate : PACE_BYTES_MAX);
	double limit =
	    bytes == 0 ? PACE_RECORDS_MAX : wanted * (double)n / (double)bytes;

	if (limit > PACE_RECORDS_MAX)
		return PACE_RECORDS_MAX;
	return limit < 1 ? 1 : (int64_t)limit;
}
