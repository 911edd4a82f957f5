/* pace - when the rows are due, evenly.
 * SPDX-License-Identifier: ISC */
#include "datagen/pace.h"

#include "lib/wide.h"

enum { NS_PER_S = 1000000000 };

/* A row's time without the silences: row / rate, rounded up. */
static int128
active_due(const struct pace *p, uint64_t row)
{
	int128 scale = (int128)p->rate.seconds * NS_PER_S;
	/* row * scale could pass 128 bits: whole seconds first. */
	int128 whole = row / p->rate.rows, rest = row % p->rate.rows;

	return whole * scale + (rest * scale + p->rate.rows - 1) / p->rate.rows;
}

int64_t
pace_due_ns(const struct pace *p, uint64_t row)
{
	int128 due = active_due(p, row);

	if (p->every_ns > 0)
		due += due / p->every_ns * p->pause_ns;
	return due > INT64_MAX / 4 ? INT64_MAX / 4 : (int64_t)due;
}

uint64_t
pace_rows(const struct pace *p, int64_t schedule_ns)
{
	int128 scale = (int128)p->rate.seconds * NS_PER_S;
	int64_t active = schedule_ns;

	if (schedule_ns < 0)
		return 0;
	if (p->every_ns > 0) {
		int64_t cycle = p->every_ns + p->pause_ns;
		int64_t within = schedule_ns % cycle;

		active = schedule_ns / cycle * p->every_ns +
		         (within < p->every_ns ? within : p->every_ns - 1);
	}
	return (uint64_t)((int128)active * p->rate.rows / scale + 1);
}

/* How long it is from then, since the start, to a tick. */
static int64_t
to_tick(const struct pace *p, int64_t wake_ns)
{
	int64_t past = (p->start_ns + wake_ns + p->phase_ns) % p->tick_ns;

	return past == 0 ? 0 : p->tick_ns - past;
}

/* Sets when the schedule, caught up with at twice the rate, has a row. */
static void
plan(struct pace *p)
{
	int64_t due = pace_due_ns(p, p->taken);
	int64_t wake = due, reach;

	if (p->last_ns + (due - p->schedule_ns + 1) / 2 > wake)
		wake = p->last_ns + (due - p->schedule_ns + 1) / 2;
	if (p->tick_ns > 0)
		wake += to_tick(p, wake);
	reach = p->schedule_ns + 2 * (wake - p->last_ns);
	p->wake_ns = wake;
	p->wake_schedule_ns = reach < wake ? reach : wake;
}

static int64_t
tick_of(struct rate rate)
{
	static const int64_t ms[] = { 50, 25, 20, 10, 5, 4, 2, 1 };
	size_t i = 0;

	if (rate.rows / 100 <= rate.seconds)
		return 0;
	while (ms[i] > 1 && rate.rows * (uint64_t)ms[i] / 1000 >
				(uint64_t)PACE_TICK_ROWS * rate.seconds)
		i++;
	return ms[i] * PACE_MS_NS;
}

void
pace_start(struct pace *p, int64_t now_ns)
{
	p->start_ns = now_ns;
	p->tick_ns = tick_of(p->rate);
	p->schedule_ns = 0;
	p->last_ns = 0;
	p->taken = 0;
	plan(p);
}

uint64_t
pace_take(struct pace *p, int64_t now_ns)
{
	int64_t now = now_ns - p->start_ns;
	int64_t over = now - p->wake_ns;
	uint64_t due, taken = p->taken;

	if (over < 0)
		return 0;
	if (over > PACE_BURST_NS)
		over = PACE_BURST_NS;
	p->schedule_ns = p->wake_schedule_ns + 2 * over;
	/* What is more than a tick's was given in advance. */
	p->last_ns = over > PACE_MS_NS ? now + over : now;
	if (p->schedule_ns >= now)
		p->schedule_ns = p->last_ns = now;
	due = pace_rows(p, p->schedule_ns);
	if (due > taken)
		p->taken = due;
	plan(p);
	return p->taken - taken;
}

int64_t
pace_wake_ns(const struct pace *p)
{
	return p->start_ns + p->wake_ns;
}

uint64_t
pace_silences(const struct pace *p)
{
	if (p->every_ns == 0 || p->taken == 0)
		return 0;
	return (uint64_t)(active_due(p, p->taken - 1) / p->every_ns);
}
