/* rowtime - the event time of each row.
 * SPDX-License-Identifier: ISC */
#include "datagen/rowtime.h"

#include "lib/timestamp.h"
#include "lib/wide.h"

static void
set_step(struct rowtime *t, uint64_t num, uint64_t den)
{
	uint64_t common = rate_gcd(num, den);

	t->whole = num / den;
	t->part = num % den / common;
	t->parts = den / common;
}

void
rowtime_set_rate(struct rowtime *t, struct rate rate)
{
	set_step(t, rate.seconds * 1000, rate.rows);
}

void
rowtime_set_ns(struct rowtime *t, int64_t step_ns)
{
	set_step(t, (uint64_t)step_ns, 1000000);
}

void
rowtime_start(struct rowtime *t)
{
	t->passed_ms = 0;
	t->rest = 0;
	t->silent_ms = 0;
	t->pauses = 0;
	t->quiet_ms = t->every_ms > 0 ? (uint64_t)t->every_ms : UINT64_MAX;
	if (t->parts == 0)
		t->parts = 1;
}

int64_t
rowtime_at_ms(const struct rowtime *t, uint64_t row)
{
	/* whole and part are below 2^64 each, so each product fits. */
	uint128 passed = (uint128)row * t->whole;
	uint128 parts = (uint128)row * t->part / t->parts;
	uint128 far = INT64_MAX / 2; /* so that start_ms can be added */

	if (passed > far || parts > far)
		return INT64_MAX;
	passed += parts;
	if (t->every_ms > 0) {
		uint128 pauses = passed / (uint64_t)t->every_ms;

		if (pauses > far)
			return INT64_MAX;
		passed += pauses * (uint64_t)t->pause_ms;
	}
	if (passed > far)
		return INT64_MAX;
	return t->start_ms + (int64_t)passed;
}

uint64_t
rowtime_rows(const struct rowtime *t)
{
	uint64_t fits = 0, beyond = UINT64_MAX;

	if (rowtime_at_ms(t, UINT64_MAX) <= TIMESTAMP_LAST_MS)
		return UINT64_MAX;
	if (rowtime_at_ms(t, 0) > TIMESTAMP_LAST_MS)
		return 0;
	/* Row fits lies within, row beyond does not. */
	while (beyond - fits > 1) {
		uint64_t middle = fits + (beyond - fits) / 2;

		if (rowtime_at_ms(t, middle) <= TIMESTAMP_LAST_MS)
			fits = middle;
		else
			beyond = middle;
	}
	return beyond;
}

void
rowtime_clock(struct rowtime *t, int64_t now_ms)
{
	if (now_ms > t->start_ms)
		t->start_ms = now_ms;
}

void
rowtime_pause(struct rowtime *t)
{
	uint64_t pauses = t->passed_ms / (uint64_t)t->every_ms;

	t->pauses = pauses;
	t->silent_ms = pauses * (uint64_t)t->pause_ms;
	t->quiet_ms = (pauses + 1) * (uint64_t)t->every_ms;
}
