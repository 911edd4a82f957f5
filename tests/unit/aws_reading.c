/* Tests of aws/reading.
 * SPDX-License-Identifier: ISC */
#include "aws/reading.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static int
read_answer(struct reading *a, const char *text, struct fault *f)
{
	reading_free(a);
	buf_add_text(&a->body, text);
	return reading_read(a, f);
}

static void
assert_span(struct span s, const char *text)
{
	assert_int_equal(s.n, strlen(text));
	assert_memory_equal(s.p, text, s.n);
}

static void
records_are_read_in_any_order_of_members(void **state)
{
	struct reading a = { 0 };
	struct fault f;

	(void)state;
	assert_int_equal(
	    read_answer(&a,
		" {\"Records\": [ {\"SequenceNumber\":\"49\","
		"\"ApproximateArrivalTimestamp\":1732863600.123,"
		"\"Data\":\"eyJhIjoxfQ==\",\"PartitionKey\":\"k\\u20ac\"},\n"
		"{\"PartitionKey\":\"q\",\"EncryptionType\":null,"
		"\"Data\":\"\",\"More\":[{\"x\":1}],"
		"\"ApproximateArrivalTimestamp\":1.732863600124E9,"
		"\"SequenceNumber\":\"50\"}],"
		"\"NextShardIterator\":\"AAA\\/=\",\"ChildShards\":null,"
		"\"MillisBehindLatest\":1500} ",
		&f),
	    0);
	assert_int_equal(a.n, 2);
	assert_span(a.records[0].data, "{\"a\":1}");
	assert_span(a.records[0].sequence, "49");
	assert_span(a.records[0].key.raw, "k\\u20ac");
	assert_true(a.records[0].key.escaped);
	assert_int_equal(a.records[0].arrival_ms, 1732863600123);
	assert_int_equal(a.records[1].data.n, 0);
	assert_int_equal(a.records[1].arrival_ms, 1732863600124);
	assert_span(a.next, "AAA\\/="); /* as JSON has it */
	assert_int_equal(a.behind_ms, 1500);
	assert_int_equal(a.data_bytes, 7);
	reading_free(&a);
}

static void
null_is_the_same_as_absent(void **state)
{
	struct reading a = { 0 };
	struct fault f;

	(void)state;
	assert_int_equal(read_answer(&a,
			     "{\"Records\":[],\"NextShardIterator\":null,"
			     "\"MillisBehindLatest\":null}",
			     &f),
	    0);
	assert_int_equal(a.n, 0);
	assert_int_equal(a.next.n, 0);
	assert_int_equal(a.behind_ms, 0);
	assert_int_equal(read_answer(&a, "{}", &f), 0);
	reading_free(&a);
}

static void
a_slash_may_be_escaped(void **state)
{
	struct reading a = { 0 };
	struct fault f;

	(void)state;
	assert_int_equal(
	    read_answer(&a,
		"{\"Records\":[{\"Data\":\"\\/\\/8=\",\"SequenceNumber\":\"1\","
		"\"PartitionKey\":\"k\"}]}",
		&f),
	    0);
	assert_int_equal(a.records[0].data.n, 2);
	assert_memory_equal(a.records[0].data.p, "\xff\xff", 2);
	reading_free(&a);
}

static void
what_is_no_answer_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"<html>",
		"[]",
		"{\"Records\":{}}",
		"{\"Records\":[1]}",
		"{\"Records\":[{\"Data\":\"QQ==\"}]}",
		"{\"Records\":[{\"SequenceNumber\":\"1\"}]}",
		"{\"Records\":[{\"Data\":\"QQ\",\"SequenceNumber\":\"1\"}]}",
		"{\"Records\":[{\"Data\":null,\"SequenceNumber\":\"1\"}]}",
		"{\"Records\":[{\"Data\":\"QQ==\",\"SequenceNumber\":\"1x\"}]}",
		"{\"Records\":[{\"Data\":\"QQ==\",\"SequenceNumber\":1}]}",
		"{\"Records\":[{\"Data\":\"QQ==\",\"Data\":\"QQ==\","
		"\"SequenceNumber\":\"1\"}]}",
		"{\"Records\":[]",
		"{\"Records\":[]}}",
		"{\"Records\":[],\"NextShardIterator\":5}",
		"{\"Records\":[],\"MillisBehindLatest\":\"5\"}",
		"{\"Records\":[],\"MillisBehindLatest\":1e30}",
		"{\"Records\":[],\"a\":\"\xff\"}",
	};
	struct reading a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct fault f = { 0 };

		if (read_answer(&a, bad[i], &f) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(f.what);
	}
	reading_free(&a);
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
		cmocka_unit_test(records_are_read_in_any_order_of_members),
		cmocka_unit_test(null_is_the_same_as_absent),
		cmocka_unit_test(a_slash_may_be_escaped),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(a_page_has_shards_and_their_parents),
		cmocka_unit_test(an_iterator_must_be_there),
		cmocka_unit_test(sequence_numbers_are_ordered_as_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
