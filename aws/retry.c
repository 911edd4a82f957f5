/* retry - how long to wait before the next try.
 * SPDX-License-Identifier: ISC */
#include "aws/retry.h"

static int64_t
step_ms(struct retry_steps steps, unsigned n)
{
	int64_t step = steps.base_ms;

	/* Doubling stops at the cap, long before it could overflow. */
	for (unsigned i = 1; i < n && step < steps.cap_ms; i++)
		step *= 2;
	return step < steps.cap_ms ? step : steps.cap_ms;
}

int64_t
retry_wait_ms(
    struct retry_steps steps, unsigned n, uint64_t random, int64_t hint_ms)
{
	uint64_t step = (uint64_t)step_ms(steps, n);
	int64_t wait_ms = (int64_t)(((unsigned __int128)random * step) >> 64);

	if (hint_ms <= wait_ms)
		return wait_ms;
	if (hint_ms - wait_ms > RETRY_HINT_SLACK_MS)
		return wait_ms + RETRY_HINT_SLACK_MS;
	return hint_ms;
}
