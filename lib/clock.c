/* clock - wall and monotonic time; the only reader of a clock.
 * SPDX-License-Identifier: ISC */
#include "lib/clock.h"

#include <stdlib.h>
#include <time.h>

static struct timespec
now(clockid_t id)
{
	struct timespec t;

	/* Both clocks are there on every system that this builds on. */
	if (clock_gettime(id, &t) == -1)
		abort();
	return t;
}

int64_t
clock_wall_ns(void)
{
	struct timespec t = now(CLOCK_REALTIME);

	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
clock_wall_ms(void)
{
	struct timespec t = now(CLOCK_REALTIME);

	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
clock_mono_ns(void)
{
	struct timespec t = now(CLOCK_MONOTONIC);

	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

int64_t
clock_mono_ms(void)
{
	return clock_mono_ns() / 1000000;
}
