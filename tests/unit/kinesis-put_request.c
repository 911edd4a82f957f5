/* Tests of kinesis-put/request.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "kinesis-put/pool.h"
#include "lib/json.h"

static void
a_body_holds_name_records_keys_and_hash_keys(void **state)
{
	struct buf b = { 0 };

	(void)state;
	request_begin(&b, &(struct arn){ .stream = span_of("s") });
	request_add(
	    &b, span_of("17"), (struct span){ 0 }, span_of("{\"a\":1}"));
	request_add(&b, span_of("k"), span_of("340"), span_of("x"));
	request_end(&b);
	assert_string_equal(buf_text(&b),
	    "{\"StreamName\":\"s\",\"Records\":["
	    "{\"Data\":\"eyJhIjoxfQ==\",\"PartitionKey\":\"17\"},"
	    "{\"Data\":\"eA==\",\"PartitionKey\":\"k\","
	    "\"ExplicitHashKey\":\"340\"}]}");
	buf_free(&b);
}

static void
an_arn_stands_beside_the_name(void **state)
{
	struct buf b = { 0 };

	(void)state;
	request_begin(
	    &b, &(struct arn){ .text = span_of("arn:aws:kinesis:r:1:stream/s"),
		    .stream = span_of("s") });
	request_end(&b);
	assert_string_equal(buf_text(&b),
	    "{\"StreamName\":\"s\",\"StreamARN\":\"arn:aws:kinesis:r:1:stream/"
	    "s\",\"Records\":[]}");
	buf_free(&b);
}

static void
a_key_of_any_characters_is_a_json_text(void **state)
{
	struct buf b = { 0 };
	struct fault f;

	(void)state;
	request_begin(&b, &(struct arn){ .stream = span_of("s") });
	request_add(&b, span_of("q\"\\\n\x01 \xf0\x9f\x98\x80"),
	    (struct span){ 0 }, span_of(""));
	request_end(&b);
	assert_int_equal(json_check(buf_span(&b), &f), 0);
	assert_non_null(strstr(buf_text(&b),
	    "\"PartitionKey\":\"q\\\"\\\\\\n\\u0001 \xf0\x9f\x98\x80\""));
	buf_free(&b);
}

static void
drawn_keys_differ_and_need_no_escape(void **state)
{
	char a[RANDOM_KEY_BYTES], b[RANDOM_KEY_BYTES];

	(void)state;
	request_random_key(a, 0);
	assert_memory_equal(a, "AAAAAAAAAAA", sizeof a);
	request_random_key(a, UINT64_MAX);
	assert_memory_equal(a, "__________P", sizeof a);
	request_random_key(a, 0x123456789abcdef0);
	request_random_key(b, 0x123456789abcdef1);
	assert_memory_not_equal(a, b, sizeof a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_body_holds_name_records_keys_and_hash_keys),
		cmocka_unit_test(an_arn_stands_beside_the_name),
		cmocka_unit_test(a_key_of_any_characters_is_a_json_text),
		cmocka_unit_test(drawn_keys_differ_and_need_no_escape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
