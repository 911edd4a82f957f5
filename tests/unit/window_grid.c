/* window_grid - windows and slices against their definition.
 * SPDX-License-Identifier: ISC */
#include "window/grid.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/unit/random.h"

/* --- by definition ------------------------------------------------------- */

static int64_t
floor_to(int64_t t, int64_t offset, int64_t step)
{
	int64_t k = (t - offset) / step;

	if (k * step + offset > t)
		k--;
	return k * step + offset;
}

/* Whether [start, end) is a window of the grid. */
static bool
is_window(const struct grid *g, int64_t start, int64_t end)
{
	switch (g->kind) {
	case KIND_HOP:
		return end - start == g->size_ms &&
		       floor_to(start, g->offset_ms, g->slide_ms) == start;
	case KIND_CUMULATE:
		return floor_to(start, g->offset_ms, g->size_ms) == start &&
		       end > start && end - start <= g->size_ms &&
		       (end - start) % g->slide_ms == 0;
	default:
		return end - start == g->size_ms &&
		       floor_to(start, g->offset_ms, g->size_ms) == start;
	}
}

/* Start of the one window that ends there and holds t; INT64_MIN: none. */
static int64_t
window_of(const struct grid *g, int64_t t, int64_t end)
{
	for (int64_t start = t; start > t - g->size_ms && start < end; start--)
		if (is_window(g, start, end) && end > t)
			return start;
	return INT64_MIN;
}

static void
check_time(const struct grid *g, int64_t t)
{
	int64_t slice = grid_slice_ms(g, t), last = INT64_MIN, end;
	int64_t after = t;

	assert_true(slice <= t && t < slice + g->slice_ms);
	for (end = t + 1; end <= t + g->size_ms; end++) {
		int64_t start = window_of(g, t, end);

		if (start == INT64_MIN)
			continue;
		last = end;
		/* The slice is in the window as a whole. */
		assert_true(start <= slice && slice + g->slice_ms <= end);
		assert_int_equal(grid_start_ms(g, end), start);
		assert_int_equal(grid_next_end_ms(g, slice, after), end);
		assert_int_equal(grid_next_end_ms(g, slice, end - 1), end);
		after = end;
	}
	assert_int_equal(grid_holds(g, t), last != INT64_MIN);
	if (last == INT64_MIN)
		return;
	assert_int_equal(grid_last_end_ms(g, slice), last);
	assert_int_equal(grid_next_end_ms(g, slice, last), INT64_MAX);
	assert_int_equal(grid_next_end_ms(g, slice, INT64_MIN),
	    grid_next_end_ms(g, slice, slice));
}

static void
check_grid(struct grid g)
{
	grid_init(&g);
	for (int64_t t = -40; t <= 40; t++)
		check_time(&g, t);
}

/* --- tests --------------------------------------------------------------- */

static void
tumbling_windows_hold_each_time_once(void **state)
{
	(void)state;
	for (int64_t size = 1; size <= 12; size++)
		for (int64_t offset = 1 - size; offset < size; offset++)
			check_grid(
			    (struct grid){ KIND_TUMBLE, size, 0, offset, 0 });
}

static void
hopping_windows_of_any_ratio_and_with_gaps(void **state)
{
	(void)state;
	for (int64_t size = 1; size <= 9; size++)
		for (int64_t slide = 1; slide <= 12; slide++)
			for (int64_t offset = -13; offset <= 13; offset += 3)
				check_grid((struct grid){
				    KIND_HOP, size, slide, offset, 0 });
}

static void
cumulating_windows_share_a_start(void **state)
{
	(void)state;
	for (int64_t step = 1; step <= 4; step++)
		for (int64_t n = 1; n <= 5; n++)
			for (int64_t offset = 1 - n * step; offset < n * step;
			     offset++)
				check_grid((struct grid){
				    KIND_CUMULATE, n * step, step, offset, 0 });
}

static void
slices_are_the_longest_that_no_bound_divides(void **state)
{
	struct grid hop = { KIND_HOP, 10000, 4000, 0, 0 };
	struct grid cumulate = { KIND_CUMULATE, 10000, 2000, 0, 0 };
	struct grid tumble = { KIND_TUMBLE, 10000, 0, 0, 0 };

	(void)state;
	grid_init(&hop);
	grid_init(&cumulate);
	grid_init(&tumble);
	assert_int_equal(hop.slice_ms, 2000);
	assert_int_equal(cumulate.slice_ms, 2000);
	assert_int_equal(tumble.slice_ms, 10000);
}

static void
times_far_from_1970_do_not_overflow(void **state)
{
	const int64_t far = (int64_t)1 << 61, day = 86400000;
	struct grid grids[] = { { KIND_TUMBLE, day, 0, 1 - day, 0 },
		{ KIND_HOP, 7 * day, day, 3, 0 },
		{ KIND_HOP, day, 7 * day, -3, 0 },
		{ KIND_CUMULATE, day, 1, 0, 0 } };

	(void)state;
	for (size_t i = 0; i < sizeof grids / sizeof *grids; i++) {
		struct grid *g = &grids[i];

		grid_init(g);
		for (int k = 0; k < 1000; k++) {
			int64_t t = random_from(-far, far), end;
			int64_t slice = grid_slice_ms(g, t);

			assert_true(slice <= t && t - slice < g->slice_ms);
			if (!grid_holds(g, t))
				continue;
			end = grid_next_end_ms(g, slice, t);
			assert_true(grid_start_ms(g, end) <= t && t < end);
			assert_true(end <= grid_last_end_ms(g, slice));
		}
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(tumbling_windows_hold_each_time_once),
		cmocka_unit_test(hopping_windows_of_any_ratio_and_with_gaps),
		cmocka_unit_test(cumulating_windows_share_a_start),
		cmocka_unit_test(slices_are_the_longest_that_no_bound_divides),
		cmocka_unit_test(times_far_from_1970_do_not_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
