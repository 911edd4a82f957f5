/* Tests of lib/gather.
 * SPDX-License-Identifier: ISC */
#include "lib/gather.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

static struct gather
gather_of(int64_t gather_ms)
{
	struct gather g;

	gather_init(&g, gather_ms, -1, 0);
	return g;
}

/*
 * A source that writes bytes every every_ms: how often it is read in a second,
 * and in *longest_ms how long a write has waited.
 */
static int
reads_of(struct gather *g, int64_t every_ms, size_t bytes, int64_t *longest_ms)
{
	size_t there = 0;
	int64_t oldest_ms = 0;
	int reads = 0;

	*longest_ms = 0;
	for (int64_t ms = 1; ms <= 1000; ms++) {
		if (ms % every_ms == 0) {
			oldest_ms = there == 0 ? ms : oldest_ms;
			there += bytes;
		}
		if (there == 0 || gather_rest_ms(g, ms) > 0)
			continue;
		if (ms - oldest_ms > *longest_ms)
			*longest_ms = ms - oldest_ms;
		gather_note(g, there, ms);
		there = 0;
		reads++;
	}
	return reads;
}

static void
the_first_bytes_after_a_silence_are_read_at_once(void **state)
{
	struct gather g = gather_of(GATHER_MS);

	(void)state;
	assert_int_equal(gather_rest_ms(&g, 1000), 0);
	gather_note(&g, 70, 9000);
	gather_note(&g, 70, 9001);
	gather_note(&g, 70, 9005);
	assert_int_equal(gather_rest_ms(&g, 9005), GATHER_MS);
	assert_int_equal(gather_rest_ms(&g, 12000), 0);
	gather_note(&g, 70, 12000);
	assert_int_equal(gather_rest_ms(&g, 12000), 0);
}

static void
lines_each_ms_are_read_every_few(void **state)
{
	struct gather g = gather_of(GATHER_MS);
	int64_t longest_ms;

	(void)state;
	assert_in_range(reads_of(&g, 1, 700, &longest_ms), 190, 210);
	assert_in_range(longest_ms, 1, GATHER_MS);
}

static void
a_source_that_is_slower_than_that_waits_for_nothing(void **state)
{
	struct gather g = gather_of(GATHER_MS);
	int64_t longest_ms;

	(void)state;
	assert_int_equal(reads_of(&g, 10, 8200, &longest_ms), 100);
	assert_int_equal(longest_ms, 0);
}

static void
one_that_becomes_slower_waits_once_more(void **state)
{
	struct gather g = gather_of(GATHER_MS);
	int64_t longest_ms;

	(void)state;
	(void)reads_of(&g, 1, 700, &longest_ms);
	gather_note(&g, 700, 2000);
	gather_note(&g, 700, 2010);
	assert_int_equal(gather_rest_ms(&g, 2010), 0);
}

static void
much_is_read_as_it_comes(void **state)
{
	struct gather g = gather_of(GATHER_MS);
	int64_t longest_ms;

	(void)state;
	assert_int_equal(reads_of(&g, 1, 65536, &longest_ms), 1000);
	/* It was little for once, and much again. */
	gather_note(&g, 70, 1100);
	gather_note(&g, 65536, 1105);
	assert_int_equal(gather_rest_ms(&g, 1105), 0);
}

static void
many_small_reads_in_little_time_are_much(void **state)
{
	struct gather g = gather_of(GATHER_MS);

	(void)state;
	for (int64_t i = 0; i < 10000; i++) {
		gather_note(&g, 4096, i / 10);
		assert_int_equal(gather_rest_ms(&g, i / 10), 0);
	}
}

/* One page is all that a pipe may get where there are many. */
static void
a_small_pipe_is_never_let_fill(void **state)
{
#ifdef F_SETPIPE_SZ
	struct gather g;
	int fd[2];

	(void)state;
	assert_int_equal(pipe(fd), 0);
	assert_int_equal(fcntl(fd[0], F_SETPIPE_SZ, 4096), 4096);
	gather_init(&g, GATHER_MS, fd[0], 0);
	for (int64_t ms = 1; ms <= 100; ms++) {
		gather_note(&g, 1024, ms);
		assert_int_equal(gather_rest_ms(&g, ms), 0);
	}
	assert_int_equal(close(fd[0]), 0);
	assert_int_equal(close(fd[1]), 0);
#else
	(void)state;
	skip();
#endif
}

static void
nothing_gathers_where_none_is_asked_for(void **state)
{
	struct gather g = gather_of(0);
	int64_t longest_ms;

	(void)state;
	assert_int_equal(reads_of(&g, 1, 70, &longest_ms), 1000);
	assert_int_equal(longest_ms, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_first_bytes_after_a_silence_are_read_at_once),
		cmocka_unit_test(lines_each_ms_are_read_every_few),
		cmocka_unit_test(
		    a_source_that_is_slower_than_that_waits_for_nothing),
		cmocka_unit_test(one_that_becomes_slower_waits_once_more),
		cmocka_unit_test(much_is_read_as_it_comes),
		cmocka_unit_test(many_small_reads_in_little_time_are_much),
		cmocka_unit_test(a_small_pipe_is_never_let_fill),
		cmocka_unit_test(nothing_gathers_where_none_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
