/* Tests of aws/reading.
 * SPDX-License-Identifier: ISC */
#include "aws/reading.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
assert_span(struct span s, const char *text)
{
	assert_int_equal(s.n, strlen(text));
	assert_memory_equal(s.p, text, s.n);
}

static void
a_page_has_shards_and_their_parents(void **state)
{
	struct page p = { 0 };
	struct fault f;

	(void)state;
	assert_int_equal(
	    page_read(&p,
		span_of("{\"NextToken\":\"T\",\"Shards\":["
			"{\"ShardId\":\"shardId-1\",\"HashKeyRange\":{"
			"\"StartingHashKey\":\"0\",\"EndingHashKey\":"
			"\"170141183460469231731687303715884105727\"},"
			"\"SequenceNumberRange\":{\"StartingSequenceNumber\":"
			"\"49\",\"EndingSequenceNumber\":\"50\"}},"
			"{\"ShardId\":\"shardId-2\",\"ParentShardId\":"
			"\"shardId-1\",\"AdjacentParentShardId\":\"shardId-0\","
			"\"SequenceNumberRange\":{\"StartingSequenceNumber\":"
			"\"51\",\"EndingSequenceNumber\":null}}]}"),
		&f),
	    0);
	assert_int_equal(p.n, 2);
	assert_span(p.token, "T");
	assert_span(p.shards[0].id, "shardId-1");
	assert_true(p.shards[0].closed);
	assert_true(p.shards[0].first_place == 0);
	assert_true(p.shards[0].last_place == UINT64_MAX / 2);
	assert_true(p.shards[1].last_place == UINT64_MAX);
	assert_int_equal(p.shards[0].parents[0].n, 0);
	assert_span(p.shards[1].parents[0], "shardId-1");
	assert_span(p.shards[1].parents[1], "shardId-0");
	assert_span(p.shards[1].first, "51");
	assert_false(p.shards[1].closed);
	assert_int_equal(page_read(&p, span_of("{\"Shards\":[{}]}"), &f), -1);
	assert_int_equal(
	    page_read(&p, span_of("{\"Shards\":[{\"ShardId\":\"\"}]}"), &f),
	    -1);
	page_free(&p);
}

static void
an_iterator_must_be_there(void **state)
{
	struct span iterator;
	struct fault f;

	(void)state;
	assert_int_equal(reading_iterator(span_of("{\"ShardIterator\":\"I\"}"),
			     &iterator, &f),
	    0);
	assert_span(iterator, "I");
	assert_int_equal(reading_iterator(span_of("{}"), &iterator, &f), -1);
}

static void
sequence_numbers_are_ordered_as_numbers(void **state)
{
	(void)state;
	assert_true(sequence_order(span_of("9"), span_of("10")) < 0);
	assert_true(sequence_order(span_of("10"), span_of("9")) > 0);
	assert_true(
	    sequence_order(
		span_of(
		    "49590338271490256608559692538361571095921575989136588898"),
		span_of("495903382714902566085596925409257027593242085231375156"
			"18")) < 0);
	assert_int_equal(sequence_order(span_of("12"), span_of("12")), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_has_shards_and_their_parents),
		cmocka_unit_test(an_iterator_must_be_there),
		cmocka_unit_test(sequence_numbers_are_ordered_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
