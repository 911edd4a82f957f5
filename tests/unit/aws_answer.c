/* Tests of aws/answer.
 * SPDX-License-Identifier: ISC */
#include "aws/answer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/base64.h"
#include "tests/unit/random.h"

static int
read_answer(struct answer *a, const char *text, struct fault *f)
{
	answer_free(a);
	assert_true(answer_add(a, span_of(text)));
	return answer_end(a, f);
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
	struct answer a = { 0 };
	struct answer_record r;
	struct fault f;

	(void)state;
	assert_int_equal(
	    read_answer(&a,
		" {\"MillisBehindLatest\":1500, \"Records\": [ "
		"{\"SequenceNumber\":\"49\","
		"\"ApproximateArrivalTimestamp\":1732863600.123,"
		"\"Data\":\"eyJhIjoxfQ==\",\"PartitionKey\":\"k\\u20ac\"},\n"
		"{\"PartitionKey\":\"q\",\"EncryptionType\":null,"
		"\"Data\":\"\",\"More\":[{\"x\":1}],"
		"\"ApproximateArrivalTimestamp\":1.732863600124E9,"
		"\"SequenceNumber\":\"50\"} ],"
		"\"NextShardIterator\":\"AAA\\/=\",\"ChildShards\":null} ",
		&f),
	    0);
	assert_int_equal(a.n, 2);
	assert_span(a.last_sequence, "50");
	assert_int_equal(a.last_ms, 1732863600124);
	assert_span(buf_span(&a.iterator), "AAA\\/="); /* as JSON has it */
	assert_int_equal(a.behind_ms, 1500);
	assert_int_equal(a.data_bytes, 7);
	r = answer_first(&a);
	assert_span(r.data, "{\"a\":1}");
	assert_span(r.sequence, "49");
	assert_span(r.key.raw, "k\\u20ac");
	assert_true(r.key.escaped);
	assert_int_equal(r.arrival_ms, 1732863600123);
	answer_drop(&a);
	r = answer_first(&a);
	assert_int_equal(r.data.n, 0);
	assert_span(r.key.raw, "q");
	assert_int_equal(r.arrival_ms, 1732863600124);
	answer_drop(&a);
	assert_int_equal(a.n, 0);
	answer_free(&a);
}

static void
null_is_the_same_as_absent(void **state)
{
	struct answer a = { 0 };
	struct fault f;

	(void)state;
	assert_int_equal(read_answer(&a,
			     "{\"Records\":[],\"NextShardIterator\":null,"
			     "\"MillisBehindLatest\":null}",
			     &f),
	    0);
	assert_int_equal(a.n, 0);
	assert_int_equal(a.iterator.n, 0);
	assert_int_equal(a.behind_ms, 0);
	assert_int_equal(read_answer(&a, "{}", &f), 0);
	answer_free(&a);
}

static void
a_slash_may_be_escaped(void **state)
{
	struct answer a = { 0 };
	struct fault f;

	(void)state;
	assert_int_equal(
	    read_answer(&a,
		"{\"Records\":[{\"Data\":\"\\/\\/8=\",\"SequenceNumber\":\"1\","
		"\"PartitionKey\":\"k\"}]}",
		&f),
	    0);
	assert_int_equal(answer_first(&a).data.n, 2);
	assert_memory_equal(answer_first(&a).data.p, "\xff\xff", 2);
	answer_free(&a);
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
		"{\"Records\":[]",
		"{\"Records\":[],}",
		"{\"Records\":[]}}",
		"{\"Records\":[],\"NextShardIterator\":5}",
		"{\"Records\":[],\"MillisBehindLatest\":\"5\"}",
		"{\"Records\":[],\"MillisBehindLatest\":1e30}",
		"{\"Records\":[],\"MillisBehindLatest\":1",
		"{\"Records\":[],\"a\":\"\xff\"}",
	};
	struct answer a = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct fault f = { 0 };

		if (read_answer(&a, bad[i], &f) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(f.what);
		assert_true(f.at <= strlen(bad[i]));
	}
	answer_free(&a);
}

/* Record i: as many bytes as that, which begin with it. */
static size_t
size_of(int i)
{
	return i % 50 == 7 ? 300 * 1000 : i % 10 == 3 ? 5000 : (size_t)i * 3;
}

static void
write_answer(struct buf *text, int n)
{
	char *data = calloc(1, 300 * 1000);

	assert_non_null(data);
	buf_add_text(text, "{\"Records\":[");
	for (int i = 0; i < n; i++) {
		snprintf(data, 16, "%d", i);
		buf_addf(text, "%s{\"SequenceNumber\":\"%d\",\"Data\":\"",
		    i == 0 ? "" : " , ", i);
		base64_encode(text, (struct span){ data, size_of(i) });
		buf_addf(text,
		    "\",\"PartitionKey\":\"k\\n%d\","
		    "\"ApproximateArrivalTimestamp\":%d.5}",
		    i, i);
	}
	buf_add_text(
	    text, "],\"MillisBehindLatest\":1234,\"NextShardIterator\":\"I\"}");
	assert_false(text->failed);
	free(data);
}

/* In pieces of up to most bytes, each looked at; or as they come. */
static void
add_in_pieces(struct answer *a, struct span text, size_t most, bool each)
{
	while (text.n > 0) {
		size_t n = 1 + random_u64() % most;

		n = n < text.n ? n : text.n;
		if (each)
			a->try_bytes = 0;
		assert_true(answer_add(a, (struct span){ text.p, n }));
		text = span_from(text, n);
	}
}

static void
pieces_are_the_same_as_the_whole(void **state)
{
	enum { N = 120 };
	struct buf text = { 0 };

	(void)state;
	write_answer(&text, N);
	for (int round = 0; round < 20; round++) {
		struct answer a = { 0 };
		struct fault f;
		char number[16];

		add_in_pieces(&a, buf_span(&text),
		    round == 0 ? text.n : (size_t)16 << round % 13,
		    round % 13 > 8);
		if (answer_end(&a, &f) == -1)
			fail_msg("%s at %zu", f.what, f.at);
		assert_int_equal(a.n, N);
		assert_int_equal(a.behind_ms, 1234);
		assert_int_equal(a.rest.cap, 0);
		for (int i = 0; i < N; i++) {
			struct answer_record r = answer_first(&a);

			snprintf(number, sizeof number, "%d", i);
			assert_span(r.sequence, number);
			assert_int_equal(r.data.n, size_of(i));
			if (i > 0)
				assert_memory_equal(
				    r.data.p, number, strlen(number));
			assert_int_equal(r.arrival_ms, i * 1000 + 500);
			assert_span(a.last_sequence, "119");
			if (i < N / 2 || round % 2 == 0)
				answer_drop(&a);
			else
				break;
		}
		answer_free(&a);
	}
	buf_free(&text);
}

static void
no_byte_tells_more_than_is_there(void **state)
{
	struct buf text = { 0 };

	(void)state;
	write_answer(&text, 6);
	for (size_t n = 0; n <= text.n; n++) {
		struct answer a = { 0 };
		struct fault f = { 0 };

		add_in_pieces(&a, (struct span){ text.p, n }, 1 + n / 9, true);
		assert_int_equal(answer_end(&a, &f), n == text.n ? 0 : -1);
		assert_true(n == text.n || f.at <= n);
		answer_free(&a);
	}
	buf_free(&text);
}

static void
little_is_kept_beside_the_records(void **state)
{
	struct buf text = { 0 };
	struct answer a = { 0 };
	struct fault f;

	(void)state;
	for (int i = 0; i < 10 * 1000; i++)
		buf_addf(&text,
		    "%s{\"SequenceNumber\":\"%056d\",\"Data\":"
		    "\"QUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFB\","
		    "\"PartitionKey\":\"key\","
		    "\"ApproximateArrivalTimestamp\":1.5}",
		    i == 0 ? "{\"Records\":[" : ",", i);
	buf_add_text(&text, "]}");
	assert_false(text.failed);
	add_in_pieces(&a, buf_span(&text), 16384, false);
	assert_true(a.rest.n < 256 * 1024);
	assert_int_equal(answer_end(&a, &f), 0);
	assert_int_equal(a.n, 10 * 1000);
	/* "About 90 bytes a record", says the manual. */
	assert_true(a.bytes - a.data_bytes < 90 * a.n);
	answer_free(&a);
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(records_are_read_in_any_order_of_members),
		cmocka_unit_test(null_is_the_same_as_absent),
		cmocka_unit_test(a_slash_may_be_escaped),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(pieces_are_the_same_as_the_whole),
		cmocka_unit_test(no_byte_tells_more_than_is_there),
		cmocka_unit_test(little_is_kept_beside_the_records),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
