/* Tests of windowpipe/account and windowpipe/plot: what stages say, as numbers.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "windowpipe/plot.h"

static const enum member parts[] = { ACCOUNT_AGGREGATED, ACCOUNT_FILTERED,
	ACCOUNT_LATE };

static void
assert_balance(const struct account *a, bool adds_up, const char *text)
{
	struct buf b = { 0 };

	assert_int_equal(
	    account_write_balance(a, &b, ACCOUNT_READ, parts, 3), adds_up);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
}

static void
metrics_are_read_until_the_account_is_final(void **state)
{
	struct account a = { 0 };

	(void)state;
	account_take_metrics(&a, "kinesis-put",
	    span_of("# TYPE windowpipe_kinesis_put_read_total counter\n"
		    "windowpipe_kinesis_put_read_total{name=\"a } 9\"} 70\n"
		    "windowpipe_kinesis_put_readers_total 5\n"
		    "windowpipe_window_late_total 6\n"
		    "windowpipe_kinesis_put_elapsed_seconds 2.000\n"
		    "windowpipe_kinesis_put_late_total x\n"
		    "windowpipe_kinesis_put_"));
	assert_true(a.has[ACCOUNT_READ]);
	assert_int_equal(a.value[ACCOUNT_READ], 70);
	assert_int_equal(a.rows_per_s, 35);
	assert_false(a.has[ACCOUNT_LATE]);
	assert_false(a.is_final);
	assert_int_equal(account_take_stats(&a, span_of("{\"read\":")), -1);
	assert_false(a.is_final);
	assert_int_equal(
	    account_take_stats(&a,
		span_of("{\"program\":\"x\",\"elapsed_s\":3.000,\"read\":80,"
			"\"shards\":{\"read\":1},\"aggregated\":78,"
			"\"late\":2,\"watermark\":null}")),
	    0);
	assert_true(a.is_final);
	account_take_metrics(&a, "kinesis-put",
	    span_of("windowpipe_kinesis_put_read_total 70\n"));
	assert_balance(&a, true, "read 80 = aggregated 78 + late 2");
	a.value[ACCOUNT_LATE] = 1;
	assert_balance(&a, false,
	    "read 80 = aggregated 78 + late 1 (does not add up: 1 unaccounted"
	    " for)");
}

static struct plot plot;

static void
assert_series(size_t i, const char *key, const char *value, const char *line)
{
	struct buf b = { 0 };

	assert_string_equal(plot.series[i].key, key);
	assert_string_equal(plot.series[i].value, value);
	plot_sparkline(&plot.series[i], &b, 3);
	assert_string_equal(buf_text(&b), line);
	buf_free(&b);
}

static void
results_are_series_by_key(void **state)
{
	const char *keys[] = { "b", "a" };

	(void)state;
	plot_read(&plot,
	    span_of("{\"k\":10,\"v\":1.5,\"n\":7}\n{\"k\":9,\"v\":2}\n"
		    "{\"k\":\"x\",\"v\":3}\n{\"k\":10,\"v\":2}\n"
		    "{\"k\":10,\"v\":9}\n{\"k\":10,\"v\":3E+0}\n"
		    "{\"k\":8,\"v\":\"none\"}\nno json\n{\"k\":7,\"v\""),
	    NULL, 0);
	/* Numbers by value, texts behind them; the last three of four. */
	assert_int_equal(plot.n, 3);
	assert_series(0, "9", "2", "▄");
	assert_series(1, "10", "3E+0", "▁█▂");
	assert_series(2, "x", "3", "▄");
	plot_read(&plot, span_of("{\"n\":1,\"a\":2,\"b\":\"y\"}\n"), keys, 2);
	assert_int_equal(plot.n, 1);
	assert_series(0, "2 y", "1", "▄");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(metrics_are_read_until_the_account_is_final),
		cmocka_unit_test(results_are_series_by_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
