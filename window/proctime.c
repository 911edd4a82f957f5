/* proctime - the clock of processing time.
 * SPDX-License-Identifier: ISC */
#include "window/proctime.h"

enum {
	FORWARD_MS = 60 * 1000,
	BACK_MS = 1000,
	PATIENCE_MS = 10 * 60 * 1000,
};

/*
 * The least time from t on that shares no window with one that was used, but
 * for what was used up to after.
 */
static int64_t
unused_from(const struct proctime *p, int64_t t, int64_t after)
{
	for (size_t i = 0; i < p->nused;) {
		const struct proctime_used *u = &p->used[i++];

		if (u->until_ms > after && t > u->from_ms - p->reach_ms &&
		    t < u->until_ms + p->reach_ms) {
			t = u->until_ms + p->reach_ms;
			i = 0;
		}
	}
	return t;
}

/* Time leaps: what was used till then is remembered, the oldest forgotten. */
static void
leap(struct proctime *p, int64_t until, int64_t to)
{
	struct proctime_used *place = &p->used[0];

	if (p->nused < PROCTIME_USED) {
		place = &p->used[p->nused++];
	} else {
		for (size_t i = 1; i < PROCTIME_USED; i++)
			if (p->used[i].until_ms < place->until_ms)
				place = &p->used[i];
	}
	*place = (struct proctime_used){ p->from_ms, until };
	p->from_ms = p->now_ms = to;
}

/* Time is ahead of the wall clock, more than it was. */
static void
set_back(struct proctime *p, int64_t ahead, int64_t wall)
{
	int64_t slowed = 10 * ahead, unused = wall + PATIENCE_MS;

	if (slowed > PATIENCE_MS) {
		slowed = PATIENCE_MS + 2 * (ahead - PATIENCE_MS / 10);
		if (unused > p->from_ms - p->reach_ms)
			unused = INT64_MAX;
		else
			unused = unused_from(p, unused, INT64_MIN);
	}
	p->until_ms = unused < wall + slowed ? unused : wall + slowed;
	p->step = PROCTIME_BACK;
	p->by_ms = ahead - p->ahead_ms;
}

/* The wall clock is behind by so much, were time to go on at its pace. */
static int64_t
hold_back(struct proctime *p, int64_t elapsed, int64_t wall, int64_t mono)
{
	int64_t ahead = p->now_ms + elapsed - wall, held = elapsed / 10, t;

	/* Between two readings no time is used. */
	if (elapsed >= FORWARD_MS) {
		leap(p, p->now_ms, p->now_ms + elapsed / 2);
		p->now_ms -= elapsed / 2;
	}
	if (p->ahead_ms == 0)
		p->ahead_mono_ms = mono;
	if (ahead >= p->ahead_ms + BACK_MS) {
		set_back(p, ahead, wall);
		p->ahead_mono_ms = mono;
	}
	if (mono - p->ahead_mono_ms >= PATIENCE_MS) {
		if (wall <= p->from_ms - p->reach_ms &&
		    unused_from(p, wall, INT64_MIN) == wall) {
			p->step = PROCTIME_RETURN;
			p->by_ms = ahead;
			leap(p, p->now_ms + elapsed, wall);
			p->mono_ms = mono;
			p->ahead_ms = 0;
			return wall;
		}
		held = elapsed / 2;
	}
	if (ahead < held)
		held = ahead;
	p->ahead_ms = ahead - held;
	if (held == 0)
		return p->now_ms + elapsed;
	t = unused_from(p, p->now_ms + elapsed - held, p->now_ms);
	p->now_ms += elapsed - held;
	p->mono_ms = mono;
	if (t != p->now_ms) {
		p->ahead_ms += t - p->now_ms;
		leap(p, p->now_ms, t);
	}
	return t;
}

int64_t
proctime_ms(struct proctime *p, int64_t wall, int64_t mono)
{
	int64_t elapsed, t;

	p->step = PROCTIME_ON;
	if (!p->started) {
		p->started = true;
		p->now_ms = p->from_ms = wall;
		p->mono_ms = mono;
		return wall;
	}
	if (p->goes_on || mono < p->mono_ms)
		p->mono_ms = mono;
	elapsed = mono - p->mono_ms;
	t = unused_from(p, wall, p->now_ms);
	if (wall < p->now_ms + elapsed)
		return hold_back(p, elapsed, wall, mono);
	if (t >= p->now_ms + FORWARD_MS) {
		/* A run that begins, or waits for long, skips time, too. */
		p->by_ms = t - p->now_ms - elapsed;
		if (p->by_ms >= FORWARD_MS && !p->goes_on)
			p->step = PROCTIME_FORWARD;
		leap(p, p->now_ms, t);
	}
	p->goes_on = false;
	p->now_ms = t;
	p->mono_ms = p->ahead_mono_ms = mono;
	p->ahead_ms = t - wall;
	return t;
}
