/* Tests of the reply in kinesis-put/request.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

enum { MAX = 4 };

#define STORED                                                                 \
	"{\"SequenceNumber\":\"495\",\"ShardId\":\"shardId-000000000001\"}"
#define SLOW                                                                   \
	"{\"ErrorCode\":\"ProvisionedThroughputExceededException\","           \
	"\"ErrorMessage\":\"Rate exceeded for shard shardId-000000000000\"}"

static int
read_reply(const char *text, struct reply_entry *e, size_t n)
{
	/* A heap copy, so that a sanitizer sees a byte too many. */
	size_t len = strlen(text);
	static char *copy;
	struct fault f;

	free(copy);
	copy = malloc(len == 0 ? 1 : len);
	memcpy(copy, text, len);
	return reply_read((struct span){ copy, len }, e, n, &f);
}

static void
each_record_has_its_own_verdict(void **state)
{
	struct reply_entry e[MAX];

	(void)state;
	assert_int_equal(
	    read_reply("{\"FailedRecordCount\":1,\"Records\":[" STORED "," SLOW
		       "]}",
		e, 2),
	    0);
	assert_true(e[0].stored);
	assert_true(span_is(e[0].shard, "shardId-000000000001"));
	assert_false(e[1].stored);
	assert_true(
	    span_is(e[1].code, "ProvisionedThroughputExceededException"));
	assert_true(span_is(
	    e[1].message, "Rate exceeded for shard shardId-000000000000"));
}

static void
null_is_the_same_as_absent(void **state)
{
	struct reply_entry e[MAX];

	(void)state;
	assert_int_equal(
	    read_reply("{\"Records\":[{\"ErrorCode\":null,\"ErrorMessage\":"
		       "null,\"SequenceNumber\":\"1\",\"ShardId\":\"s\"}]}",
		e, 1),
	    0);
	assert_true(e[0].stored);
	assert_int_equal(
	    read_reply("{\"Records\":[{\"SequenceNumber\":null,\"ErrorCode\":"
		       "\"InternalFailure\"}]}",
		e, 1),
	    0);
	assert_false(e[0].stored);
}

static void
an_entry_that_says_nothing_is_not_stored(void **state)
{
	struct reply_entry e[MAX];

	(void)state;
	assert_int_equal(read_reply("{\"Records\":[{},{\"x\":1}]}", e, 2), 0);
	assert_false(e[0].stored);
	assert_false(e[1].stored);
	assert_int_equal(e[1].code.n, 0);
}

/* The count says that all is well, the entry that it is not, or reverse. */
static void
the_failed_count_is_not_trusted(void **state)
{
	struct reply_entry e[MAX];

	(void)state;
	assert_int_equal(
	    read_reply(
		"{\"FailedRecordCount\":0,\"Records\":[" SLOW "]}", e, 1),
	    0);
	assert_false(e[0].stored);
	assert_int_equal(
	    read_reply(
		"{\"Records\":[" STORED "],\"FailedRecordCount\":7}", e, 1),
	    0);
	assert_true(e[0].stored);
}

static void
members_in_any_order_blanks_and_strangers_are_fine(void **state)
{
	struct reply_entry e[MAX];

	(void)state;
	assert_int_equal(
	    read_reply(" {\n\"EncryptionType\" : \"KMS\", \"New\":[{\"a\":[1,"
		       "\"]\\\"}\"]},-1.5e3,true,{}], \"Records\" :\t[ "
		       "{ \"Later\":{\"x\":[]} , \"ShardId\" : \"s\",\r\n"
		       "\"SequenceNumber\":\"9\" } ] }\n",
		e, 1),
	    0);
	assert_true(e[0].stored);
	assert_true(span_is(e[0].shard, "s"));
}

static void
escapes_do_not_end_a_text(void **state)
{
	struct reply_entry e[MAX];

	(void)state;
	assert_int_equal(
	    read_reply("{\"Records\":[{\"ErrorCode\":\"A\",\"ErrorMessage\":"
		       "\"say \\\"x\\\\\"}]}",
		e, 1),
	    0);
	assert_true(span_is(e[0].message, "say \\\"x\\\\"));
}

static void
an_answer_of_another_length_pairs_with_nothing(void **state)
{
	struct reply_entry e[MAX];

	(void)state;
	assert_int_equal(read_reply("{\"Records\":[" STORED "]}", e, 2), -1);
	assert_int_equal(
	    read_reply("{\"Records\":[" STORED "," STORED "]}", e, 1), -1);
	assert_int_equal(read_reply("{\"Records\":[]}", e, 1), -1);
	assert_int_equal(read_reply("{\"FailedRecordCount\":0}", e, 1), -1);
	assert_int_equal(read_reply("{}", e, 1), -1);
}

static void
what_is_no_answer_is_refused(void **state)
{
	static const char *const bad[] = { "", " ", "[]", "<html></html>",
		"{\"Records\":[" STORED "]} x", "{\"Records\":" STORED "}",
		"{\"Records\":[1]}", "{\"Records\":[" STORED,
		"{\"Records\":[" STORED "]", "{\"Records\":[{\"a\"}]}",
		"{\"Records\":[{\"a\":}]}", "{\"x\":]}",
		"{\"Records\":[{\"SequenceNumber\":\"1}]}", "{\"a\":{\"b\":1",
		"{\"Records\" [" STORED "]}", "{" };
	struct reply_entry e[MAX];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(read_reply(bad[i], e, 1), -1);
}

/* Half an answer is never taken for a whole one, wherever it is cut. */
static void
no_part_of_an_answer_is_an_answer(void **state)
{
	static const char whole[] =
	    "{\"FailedRecordCount\":1,\"Records\":[" STORED "," SLOW
	    "],\"EncryptionType\":\"NONE\"}";
	struct reply_entry e[MAX];

	(void)state;
	assert_int_equal(read_reply(whole, e, 2), 0);
	for (size_t n = 0; n < sizeof whole - 1; n++) {
		char part[sizeof whole];

		memcpy(part, whole, n);
		part[n] = '\0';
		assert_int_equal(read_reply(part, e, 2), -1);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_record_has_its_own_verdict),
		cmocka_unit_test(null_is_the_same_as_absent),
		cmocka_unit_test(an_entry_that_says_nothing_is_not_stored),
		cmocka_unit_test(the_failed_count_is_not_trusted),
		cmocka_unit_test(
		    members_in_any_order_blanks_and_strangers_are_fine),
		cmocka_unit_test(escapes_do_not_end_a_text),
		cmocka_unit_test(
		    an_answer_of_another_length_pairs_with_nothing),
		cmocka_unit_test(what_is_no_answer_is_refused),
		cmocka_unit_test(no_part_of_an_answer_is_an_answer),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
