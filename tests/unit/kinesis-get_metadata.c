/* Tests of kinesis-get/metadata.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/metadata.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void
objects_get_members_other_lines_none(void **state)
{
	static const struct {
		const char *line, *want;
	} cases[] = {
		{ "{\"a\":1}", "{\"a\":1,\"m\":2}" },
		{ " {\"a\":{}} \r", " {\"a\":{},\"m\":2} \r" },
		{ "{}", "{\"m\":2}" },
		{ "{ \t}", "{ \t\"m\":2}" },
		{ "{\"m\":1}", "{\"m\":1,\"m\":2}" },
		/* What is no object stays none. */
		{ "{", "{" },
		{ "}", "}" },
		{ "[{}]", "[{}]" },
		{ "{\"a\":1", "{\"a\":1" },
		{ "{\"a\":1,}", "{\"a\":1,,\"m\":2}" },
		{ "{\"a}", "{\"a,\"m\":2}" },
		{ "x{}", "x{}" },
		{ "", "" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct buf b = { 0 };

		metadata_add_line(
		    &b, span_of(cases[i].line), span_of("\"m\":2"));
		assert_string_equal(buf_text(&b), cases[i].want);
		buf_free(&b);
	}
}

static void
members_have_their_names_and_values(void **state)
{
	const struct answer_record r = { .sequence = span_of("495"),
		.arrival_ms = 1500 };
	struct metadata m = { 0 };
	const char *remedy;
	struct buf b = { 0 };

	(void)state;
	assert_null(metadata_take(&m, "timestamp:when", &remedy));
	assert_null(metadata_take(&m, "shard-id", &remedy));
	assert_null(metadata_take(&m, "sequence-number:a\"b:c", &remedy));
	assert_null(metadata_take(&m, "partition-key:k", &remedy));
	metadata_write(&m, &b, "shardId-0", &r, span_of("\xc3\xa4\n"));
	assert_string_equal(buf_text(&b),
	    "\"when\":\"1970-01-01T00:00:01.5Z\",\"shard-id\":\"shardId-0\","
	    "\"a\\\"b:c\":\"495\",\"k\":\"\xc3\xa4\\n\"");
	buf_free(&b);
	assert_non_null(metadata_take(&m, "time", &remedy));
	assert_non_null(metadata_take(&m, "timestamp:", &remedy));
	while (m.n < METADATA_MAX)
		assert_null(metadata_take(&m, "timestamp", &remedy));
	assert_string_equal(
	    metadata_take(&m, "timestamp", &remedy), "more than 16 of these");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_get_members_other_lines_none),
		cmocka_unit_test(members_have_their_names_and_values),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
