/* Tests of kinesis-put/lookup: when something is due.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/lookup.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* A lookup that waits for one answer, and has something to ask. */
static struct lookup
waiting(const struct options *o)
{
	return (struct lookup){ .opt = o,
		.is_on = true,
		.in_flight = 1,
		.lister = { .busy = true, .due_ms = 5 },
		.until_ms = 10 };
}

static void
an_end_waits_for_answers_and_for_nothing_else(void **state)
{
	struct options o = { 0 };
	struct lookup refused = waiting(&o), late = waiting(&o);

	(void)state;
	assert_true(lookup_due_ms(&late) == 5);
	lookup_step(&late, 10);
	assert_true(late.is_on && lookup_due_ms(&late) == INT64_MAX);
	refused.refused = true;
	lookup_step(&refused, 6);
	assert_true(refused.is_on && lookup_due_ms(&refused) == INT64_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_end_waits_for_answers_and_for_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
