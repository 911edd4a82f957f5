/* Tests of kinesis-get/merge.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/merge.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/random.h"

enum { SHARDS = 20, RECORDS = 50 };

struct source {
	int64_t arrival_ms[RECORDS];
	int at;
};

/* Each source by itself in order, of any lengths. */
static int
fill(struct source *s, struct merge *m)
{
	int total = 0;

	for (int i = 0; i < SHARDS; i++) {
		int64_t ms = random_from(0, 100);

		s[i].at = (int)random_from(0, RECORDS);
		total += RECORDS - s[i].at;
		for (int k = s[i].at; k < RECORDS; k++)
			s[i].arrival_ms[k] = ms += random_from(0, 9);
		if (s[i].at < RECORDS)
			assert_int_equal(
			    merge_add(m, s[i].arrival_ms[s[i].at], &s[i]), 0);
	}
	return total;
}

static void
what_arrived_first_is_first(void **state)
{
	(void)state;
	for (int round = 0; round < 200; round++) {
		struct source sources[SHARDS] = { 0 };
		struct merge m = { 0 };
		int64_t last_ms = 0;
		int left = fill(sources, &m);

		while (m.n > 0) {
			struct source *s = m.heads[0].shard;
			int64_t limit_ms = merge_limit_ms(&m);

			/* All up to where another is to give. */
			while (s->at < RECORDS &&
			       s->arrival_ms[s->at] <= limit_ms) {
				assert_true(s->arrival_ms[s->at] >= last_ms);
				last_ms = s->arrival_ms[s->at++];
				left--;
			}
			if (s->at < RECORDS)
				merge_next(&m, s->arrival_ms[s->at]);
			else
				merge_remove(&m);
		}
		assert_int_equal(left, 0);
		merge_free(&m);
	}
}

static void
equal_ones_go_by_the_order_of_their_answers(void **state)
{
	struct merge m = { 0 };
	int a, b, c;

	(void)state;
	merge_add(&m, 0, &a);
	merge_add(&m, 0, &b);
	merge_add(&m, 0, &c);
	assert_ptr_equal(m.heads[0].shard, &a);
	assert_int_equal(merge_limit_ms(&m), 0);
	merge_remove(&m);
	assert_ptr_equal(m.heads[0].shard, &b);
	merge_add(&m, 0, &a);
	merge_remove(&m);
	assert_ptr_equal(m.heads[0].shard, &c);
	merge_remove(&m);
	assert_ptr_equal(m.heads[0].shard, &a);
	assert_true(merge_limit_ms(&m) == INT64_MAX);
	merge_free(&m);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_arrived_first_is_first),
		cmocka_unit_test(equal_ones_go_by_the_order_of_their_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
