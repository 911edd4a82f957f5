/* retry - how long to wait before the next try.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_RETRY_H
#define AWS_RETRY_H

#include <stdint.h>

/*
 * Pure: randomness is an argument.  Full jitter over exponential steps.
 * Source: AWS SDKs' standard mode of November 2026 (base 50 ms, 1 s for
 * throttles, cap 20 s; server's hint clamped to [t, t + 5 s]).
 */
enum {
	RETRY_TRANSIENT_BASE_MS = 50,
	RETRY_THROTTLE_BASE_MS = 1000,
	RETRY_CAP_MS = 20 * 1000,
	RETRY_ENTRY_CAP_MS = 5000, /* entries of a PutRecords answer */
	RETRY_HINT_SLACK_MS = 5000,
};

struct retry_steps {
	int64_t base_ms; /* > 0 */
	int64_t cap_ms;  /* >= base_ms */
};

#define RETRY_NO_HINT (-1)

/*
 * Milliseconds to wait before try n + 1, after n >= 1 failures in a row:
 * random/2^64 x min(base x 2^(n-1), cap).  hint_ms, where not RETRY_NO_HINT,
 * is the server's x-amz-retry-after: the wait is then at least what was
 * computed and at most 5 s above it, and the hint where it lies between.
 */
int64_t
retry_wait_ms(struct retry_steps, unsigned n, uint64_t random, int64_t hint_ms);

#endif
