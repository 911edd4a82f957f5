/* grid - which windows hold a time.
 * SPDX-License-Identifier: ISC */
#include "window/grid.h"

const char *
window_kind_name(enum window_kind kind)
{
	static const char *const names[] = { "none", "tumble", "hop",
		"cumulate", "session" };

	return names[kind];
}

/* The greatest base + k * step at or below t. */
static int64_t
align_down(int64_t t, int64_t base, int64_t step)
{
	int64_t rest = (t - base) % step;

	return t - (rest < 0 ? rest + step : rest);
}

static int64_t
align_up(int64_t t, int64_t base, int64_t step)
{
	int64_t down = align_down(t, base, step);

	return down == t ? t : down + step;
}

static int64_t
gcd(int64_t a, int64_t b)
{
	while (b != 0) {
		int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

void
grid_init(struct grid *g)
{
	switch (g->kind) {
	case KIND_HOP:
		g->slice_ms = gcd(g->size_ms, g->slide_ms);
		break;
	case KIND_CUMULATE:
		g->slice_ms = g->slide_ms;
		break;
	default:
		g->slide_ms = g->size_ms;
		g->slice_ms = g->size_ms;
		break;
	}
}

int64_t
grid_slice_ms(const struct grid *g, int64_t t)
{
	return align_down(t, g->offset_ms, g->slice_ms);
}

bool
grid_holds(const struct grid *g, int64_t t)
{
	return g->kind != KIND_HOP || g->slide_ms <= g->size_ms ||
	       t - align_down(t, g->offset_ms, g->slide_ms) < g->size_ms;
}

int64_t
grid_last_end_ms(const struct grid *g, int64_t slice)
{
	int64_t step = g->kind == KIND_HOP ? g->slide_ms : g->size_ms;

	/* Mostly a slice is a window: there is nothing to divide. */
	if (step == g->slice_ms)
		return slice + g->size_ms;
	return align_down(slice, g->offset_ms, step) + g->size_ms;
}

int64_t
grid_next_end_ms(const struct grid *g, int64_t slice, int64_t after)
{
	int64_t last = grid_last_end_ms(g, slice), first = last, end;

	if (g->kind == KIND_CUMULATE)
		first = slice + g->slice_ms;
	else if (g->kind == KIND_HOP)
		first = align_up(slice + g->slice_ms - g->size_ms, g->offset_ms,
			    g->slide_ms) +
		        g->size_ms;
	if (after >= last)
		return INT64_MAX;
	if (after < first)
		return first;
	/* Ends are slide_ms apart, counted from the first. */
	end = first + ((after - first) / g->slide_ms + 1) * g->slide_ms;
	return end <= last ? end : INT64_MAX;
}

int64_t
grid_start_ms(const struct grid *g, int64_t end)
{
	if (g->kind == KIND_CUMULATE)
		return align_down(end - 1, g->offset_ms, g->size_ms);
	return end - g->size_ms;
}
