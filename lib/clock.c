/* clock - wall and monotonic time; the only reader of a clock.
 * SPDX-License-Identifier: ISC */
#include "lib/clock.h"

#include <stdlib.h>
#include <time.h>

static int64_t
now_ns(clockid_t id)
{
	struct timespec t;

	/* Both clocks are there on every system that this builds on. */
	if (clock_gettime(id, &t) == -1)
		abort();
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
clock_wall_ns(void)
{
	return now_ns(CLOCK_REALTIME);
}

int64_t
clock_wall_ms(void)
{
	return now_ns(CLOCK_REALTIME) / 1000000;
}

int64_t
clock_mono_ns(void)
{
	return now_ns(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return now_ns(CLOCK_MONOTONIC) / 1000000;
}
