/* Tests of kinesis-put/trickle.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/trickle.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LINGER_MS = 200 };

static void
the_first_bytes_after_a_silence_are_read_at_once(void **state)
{
	struct trickle t;

	(void)state;
	trickle_init(&t, LINGER_MS, 1000);
	assert_true(t.due_ms <= 1000);
	trickle_note(&t, 70, 9000);
	trickle_note(&t, 70, 12000);
	assert_true(t.due_ms < 13000);
}

static void
lines_each_ms_are_read_every_few(void **state)
{
	struct trickle t;
	int reads = 0;

	(void)state;
	trickle_init(&t, LINGER_MS, 0);
	for (int64_t ms = 1; ms <= 1000; ms++) {
		if (t.due_ms > ms)
			continue;
		reads++;
		trickle_note(&t, 700, ms);
	}
	assert_in_range(reads, 190, 210);
}

static void
much_is_read_as_it_comes(void **state)
{
	struct trickle t;

	(void)state;
	trickle_init(&t, LINGER_MS, 0);
	for (int64_t ms = 1; ms <= 1000; ms++) {
		trickle_note(&t, 65536, ms);
		assert_true(t.due_ms <= ms);
	}
	/* It was little for once, and much again. */
	trickle_note(&t, 70, 1100);
	trickle_note(&t, 65536, 1105);
	assert_true(t.due_ms <= 1105);
}

static void
many_small_reads_in_little_time_are_much(void **state)
{
	struct trickle t;

	(void)state;
	trickle_init(&t, LINGER_MS, 0);
	for (int64_t i = 0; i < 10000; i++) {
		trickle_note(&t, 4096, i / 10);
		assert_true(t.due_ms <= i / 10);
	}
}

static void
nothing_gathers_where_nothing_lingers(void **state)
{
	struct trickle t;

	(void)state;
	for (int64_t linger_ms = 0; linger_ms < 20; linger_ms++) {
		trickle_init(&t, linger_ms, 0);
		for (int64_t ms = 1; ms <= 1000; ms++) {
			trickle_note(&t, 70, ms);
			assert_true(t.due_ms <= ms);
		}
	}
}

static void
it_adds_little_to_a_short_linger(void **state)
{
	struct trickle t;

	(void)state;
	trickle_init(&t, 40, 0);
	for (int64_t ms = 1; ms <= 1000; ms++) {
		if (t.due_ms > ms)
			continue;
		trickle_note(&t, 70, ms);
		assert_true(t.due_ms <= ms + 2);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    the_first_bytes_after_a_silence_are_read_at_once),
		cmocka_unit_test(lines_each_ms_are_read_every_few),
		cmocka_unit_test(much_is_read_as_it_comes),
		cmocka_unit_test(many_small_reads_in_little_time_are_much),
		cmocka_unit_test(nothing_gathers_where_nothing_lingers),
		cmocka_unit_test(it_adds_little_to_a_short_linger),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
