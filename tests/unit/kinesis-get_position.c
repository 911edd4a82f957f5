/* Tests of kinesis-get/position.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/position.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static void
what_was_written_is_read_as_it_was(void **state)
{
	const struct position_shard s[] = {
		{ .id = { "a", 1 }, .done = true, .from_ms = -1 },
		{ .id = { "b", 1 },
		    .sequence = { "4959", 4 },
		    .sub = 3,
		    .arrival_ms = 1732863600123,
		    .from_ms = -1 },
		{ .id = { "c", 1 }, .from_ms = 1732863600000 },
		{ .id = { "d", 1 }, .from_ms = -1 },
	};
	struct position p = { 0 };
	struct fault f;

	(void)state;
	position_begin(&p.text, span_of("arn:x"), 42);
	for (size_t i = 0; i < sizeof s / sizeof *s; i++)
		position_add(&p.text, &s[i]);
	position_end(&p.text);
	assert_int_equal(position_read(&p, &f), 0);
	assert_true(span_is(p.arn, "arn:x"));
	assert_int_equal(p.created_ms, 42);
	assert_int_equal(p.n, sizeof s / sizeof *s);
	for (size_t i = 0; i < p.n; i++) {
		const struct position_shard *one = position_of(&p, s[i].id);

		assert_non_null(one);
		assert_true(span_equal(one->sequence, s[i].sequence));
		assert_int_equal(one->sub, s[i].sub);
		assert_int_equal(one->arrival_ms, s[i].arrival_ms);
		assert_int_equal(one->from_ms, s[i].from_ms);
		assert_int_equal(one->done, s[i].done);
	}
	assert_null(position_of(&p, span_of("e")));
	position_free(&p);
}

static void
what_is_no_position_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"[]",
		"{\"stream\":\"\"}",
		"{\"stream\":\"a\",\"shards\":[]}",
		"{\"stream\":\"a\",\"shards\":{\"x\":1}}",
		"{\"stream\":\"a\",\"shards\":{\"x\":{\"sequence\":\"q\"}}}",
		"{\"stream\":\"a\",\"shards\":{\"x\":{\"sub\":-1}}}",
		"{\"stream\":\"a\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		struct position p = { 0 };
		struct fault f = { 0 };

		buf_add_text(&p.text, bad[i]);
		if (position_read(&p, &f) != -1)
			fail_msg("taken: %s", bad[i]);
		assert_non_null(f.what);
		position_free(&p);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_written_is_read_as_it_was),
		cmocka_unit_test(what_is_no_position_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
