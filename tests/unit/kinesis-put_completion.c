/* Tests of the account in kinesis-put/completion.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/completion.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void
without_answers_the_times_are_zero(void **state)
{
	struct account a = { 0 };

	(void)state;
	assert_int_equal(account_quantile_ms(&a, 0.5), 0);
}

static void
quantiles_are_right_to_an_eighth(void **state)
{
	struct account a = { 0 };

	(void)state;
	for (int64_t ms = 1; ms <= 10000; ms++)
		account_took(&a, ms);
	for (int p = 1; p <= 99; p++) {
		int64_t got = account_quantile_ms(&a, p / 100.0);

		assert_true(got >= 100 * p);
		assert_true(got <= 100 * p + 100 * p / 8 + 1);
	}
}

static void
any_time_has_a_bucket(void **state)
{
	struct account a = { 0 };

	(void)state;
	account_took(&a, -5);
	assert_int_equal(account_quantile_ms(&a, 1), 0);
	account_took(&a, 15);
	assert_int_equal(account_quantile_ms(&a, 1), 15);
	account_took(&a, 16);
	assert_int_equal(account_quantile_ms(&a, 1), 17);
	account_took(&a, INT64_MAX);
	assert_true(account_quantile_ms(&a, 1) >= UINT32_MAX);
}

static void
the_first_undelivered_line_is_the_lowest(void **state)
{
	struct completion c = { 0 };

	(void)state;
	completion_lose_line(&c, &(struct wal_record){ .line = 17 });
	completion_lose_line(&c, &(struct wal_record){ .line = 5 });
	completion_lose_line(&c, &(struct wal_record){ .line = 9 });
	assert_int_equal(c.account.undelivered, 3);
	assert_int_equal(c.account.first_undelivered, 5);
	assert_int_equal(c.status, STATUS_DATA);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_answers_the_times_are_zero),
		cmocka_unit_test(quantiles_are_right_to_an_eighth),
		cmocka_unit_test(any_time_has_a_bucket),
		cmocka_unit_test(the_first_undelivered_line_is_the_lowest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
