/* lib_json - what is JSON, which fields are found, how texts are written.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/json.h"
#include "lib/path.h"

static const char *const good[] = {
	"{}",
	" { } ",
	"{\"a\":1}",
	"{\"a\":-0}",
	"{\"a\":-0.0e+10,\"b\":1E5,\"c\":1.5e-3}",
	"{\"a\":[],\"b\":{},\"c\":[[],{}],\"d\":[1,2,{\"e\":[null]}]}",
	"{\"a\":true,\"b\":false,\"c\":null}",
	"{\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83D\\uDE00\"}",
	"{\"a\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\"}",
	"{ \"a\" :\t1 ,\r\n \"b\" : [ 1 , 2 ] }",
	"{\"\":1}",
	"{\"a\":1,\"a\":2}",
};

static const char *const bad[] = {
	"",
	"1",
	"null",
	"[]",
	"\"a\"",
	"{",
	"{\"a\"",
	"{\"a\":",
	"{\"a\":1",
	"{\"a\":1,",
	"{\"a\":1,}",
	"{,\"a\":1}",
	"{\"a\":1,,\"b\":2}",
	"{\"a\" 1}",
	"{a:1}",
	"{'a':1}",
	"{\"a\":01}",
	"{\"a\":-}",
	"{\"a\":+1}",
	"{\"a\":.5}",
	"{\"a\":1.}",
	"{\"a\":1e}",
	"{\"a\":0x1}",
	"{\"a\":1_0}",
	"{\"a\":NaN}",
	"{\"a\":Infinity}",
	"{\"a\":True}",
	"{\"a\":tru}",
	"{\"a\":nulll}",
	"{\"a\":[1,]}",
	"{\"a\":[1 2]}",
	"{\"a\":[1}",
	"{\"a\":{\"b\":1]}",
	"{\"a\":1}}",
	"{\"a\":1}{}",
	"{\"a\":1} x",
	"\xef\xbb\xbf{\"a\":1}",
	"{\"a\":\"b}",
	"{\"a\":\"\t\"}",
	"{\"a\":\"\\x\"}",
	"{\"a\":\"\\u12\"}",
	"{\"a\":\"\\uD800\"}",
	"{\"a\":\"\\uD800\\u0041\"}",
	"{\"a\":\"\\uDC00\"}",
	"{\"a\":\"\xff\"}",
	"{\"a\":\"\xc0\x80\"}",
	"{\"a\":\"\xed\xa0\x80\"}",
	"{\"a\":\"\xf4\x90\x80\x80\"}",
	"{\"a\":\"\xe2\x82\"}",
	"{\"a\":\"\xc3\"}",
	"{\"a\":1\v}",
	"{\"a\":1 /* no */}",
};

static struct cell values[8];
static struct fault fault;

static int
read_line(struct json_paths *paths, const char *line)
{
	return json_read(paths, span_of(line), values, &fault);
}

static void
accepts_what_is_json_and_refuses_what_is_not(void **state)
{
	struct json_paths *paths = json_paths_new();

	(void)state;
	json_paths_add(paths, span_of("b"), NULL);
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		if (read_line(paths, good[i]) != 0)
			fail_msg("refused %s: %s at %zu", good[i], fault.what,
			    fault.at);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		if (read_line(paths, bad[i]) != -1)
			fail_msg("took %s", bad[i]);
	json_paths_del(paths);
}

static void
nul_bytes_are_refused(void **state)
{
	struct json_paths *paths = json_paths_new();

	(void)state;
	assert_int_equal(
	    json_read(paths, (struct span){ "{\"a\":1\0}", 8 }, values, &fault),
	    -1);
	assert_int_equal(fault.at, 6);
	assert_int_equal(
	    json_read(
		paths, (struct span){ "{\"a\":\"\\\0\"}", 10 }, values, &fault),
	    -1);
	json_paths_del(paths);
}

static void
depth_is_bounded_at_1000(void **state)
{
	char text[2 * 1002 + 8];
	struct json_paths *paths = json_paths_new();

	(void)state;
	for (int deep = 1000; deep <= 1001; deep++) {
		size_t n = 0;

		/* The line's object is level 1. */
		n += (size_t)sprintf(text, "{\"a\":");
		for (int i = 1; i < deep; i++)
			text[n++] = '[';
		for (int i = 1; i < deep; i++)
			text[n++] = ']';
		text[n++] = '}';
		assert_int_equal(
		    json_read(paths, (struct span){ text, n }, values, &fault),
		    deep == 1000 ? 0 : -1);
	}
	json_paths_del(paths);
}

static void
check(int path, enum cell_kind kind, const char *raw)
{
	assert_int_equal(values[path].kind, kind);
	if (raw != NULL && !span_is(values[path].raw, raw))
		fail_msg("'%.*s' is not '%s'", (int)values[path].raw.n,
		    values[path].raw.p, raw);
}

static void
fields_are_found_by_path(void **state)
{
	struct json_paths *paths = json_paths_new();
	int a, ab, dotted, c;

	(void)state;
	a = json_paths_add(paths, span_of("a"), &fault);
	ab = json_paths_add(paths, span_of("a.b"), &fault);
	dotted = json_paths_add(paths, span_of("\"a.b\""), &fault);
	c = json_paths_add(paths, span_of("c"), &fault);
	assert_int_equal(json_paths_add(paths, span_of("\"a\".b"), &fault), ab);
	assert_int_equal(json_paths_count(paths), 4);

	assert_int_equal(
	    read_line(paths, "{\"x\":{\"c\":1},\"a\":{\"b\" : \"t\",\"c\":2},"
			     "\"a.b\":[1, 2],\"c\":null}"),
	    0);
	check(a, CELL_OBJECT, "{\"b\" : \"t\",\"c\":2}");
	check(ab, CELL_TEXT, "t");
	check(dotted, CELL_ARRAY, "[1, 2]");
	check(c, CELL_NULL, "null");

	assert_int_equal(read_line(paths, "{\"a\":5}"), 0);
	check(a, CELL_NUMBER, "5");
	check(ab, CELL_MISSING, NULL);
	check(c, CELL_MISSING, NULL);

	assert_int_equal(
	    read_line(paths, "{\"\\u0061\":true,\"\\u0063\":false}"), 0);
	check(a, CELL_TRUE, "true");
	check(c, CELL_FALSE, "false");
	json_paths_del(paths);
}

static void
a_key_with_dots_stands_for_the_path(void **state)
{
	static const struct {
		const char *line, *found;
	} rows[] = {
		{ "{\"a\":{\"b\":{\"c\":1},\"b.c\":2},\"a.b\":{\"c\":3},"
		  "\"a.b.c\":4}",
		    "1" },
		{ "{\"a.b.c\":4,\"a.b\":{\"c\":3},\"a\":{\"b.c\":2,\"b\":7}}",
		    "2" },
		{ "{\"a.b.c\":4,\"a.b\":{\"c\":3},\"a\":5}", "3" },
		{ "{\"a.b.c\":4,\"a.b\":[],\"a\":{\"b\":{}}}", "4" },
		{ "{\"a.b.c\":4,\"a\":{\"b\":{\"c\":null}}}", "null" },
		{ "{\"a.b.c\":4,\"a\":{\"b\":{\"c\":1}},\"a\":{}}", "4" },
		{ "{\"a\":{\"a.b.c\":4},\"b.c\":5}", NULL },
	};
	struct json_paths *paths = json_paths_new();
	int abc, quoted;

	(void)state;
	abc = json_paths_add_field(paths, span_of("a.b.c"), &fault);
	assert_int_equal(
	    json_paths_add_field(paths, span_of("a.b.c"), &fault), abc);
	quoted = json_paths_add_field(paths, span_of("\"a.b\".c"), &fault);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(read_line(paths, rows[i].line), 0);
		check(abc,
		    rows[i].found == NULL     ? CELL_MISSING
		    : rows[i].found[0] == 'n' ? CELL_NULL
					      : CELL_NUMBER,
		    rows[i].found);
	}
	/* A path in quotes is meant as it stands. */
	assert_int_equal(read_line(paths, "{\"a\":{\"b\":{\"c\":1}}}"), 0);
	check(quoted, CELL_MISSING, NULL);
	json_paths_del(paths);
}

static void
the_last_of_a_doubled_key_wins_alone(void **state)
{
	struct json_paths *paths = json_paths_new();
	int ab = json_paths_add(paths, span_of("a.b"), &fault);
	int ac = json_paths_add(paths, span_of("a.c"), &fault);

	(void)state;
	assert_int_equal(
	    read_line(paths, "{\"a\":{\"b\":1,\"c\":2},\"a\":{\"c\":3}}"), 0);
	check(ab, CELL_MISSING, NULL);
	check(ac, CELL_NUMBER, "3");
	assert_int_equal(read_line(paths, "{\"a\":{\"b\":1},\"a\":7}"), 0);
	check(ab, CELL_MISSING, NULL);
	assert_int_equal(read_line(paths, "{\"a\":{\"b\":1,\"b\":\"x\"}}"), 0);
	check(ab, CELL_TEXT, "x");
	json_paths_del(paths);
}

static void
bad_paths_are_named(void **state)
{
	static const char *const paths_bad[] = { "", ".", "a.", ".a", "a..b",
		"\"a", "\"a\"b", "a\"b" };
	struct json_paths *paths = json_paths_new();
	struct buf out = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof paths_bad / sizeof *paths_bad; i++)
		if (json_paths_add(paths, span_of(paths_bad[i]), &fault) != -1)
			fail_msg("took path %s", paths_bad[i]);
	path_canonical(span_of("\"a\".\"b.c\".\"\".\"d\"\"e\""), &out, &fault);
	assert_string_equal(buf_text(&out), "a.\"b.c\".\"\".\"d\"\"e\"");
	buf_free(&out);
	json_paths_del(paths);
}

static void
texts_are_decoded_and_written(void **state)
{
	struct json_paths *paths = json_paths_new();
	int a = json_paths_add(paths, span_of("a"), &fault);
	struct buf scratch = { 0 }, out = { 0 };
	struct span text;

	(void)state;
	assert_int_equal(
	    read_line(paths, "{\"a\":\"\\u00e9\\ud83d\\ude00\\n\\/\\u001f"
			     "\\\"\\\\ \x7f\"}"),
	    0);
	text = json_text(&values[a], &scratch);
	assert_true(span_is(text, "\xc3\xa9\xf0\x9f\x98\x80\n/\x1f\"\\ \x7f"));
	json_write_text(&out, text);
	assert_string_equal(buf_text(&out),
	    "\"\xc3\xa9\xf0\x9f\x98\x80\\n/\\u001F\\\"\\\\ \x7f\"");
	buf_clear(&out);
	json_write_text(&out, (struct span){ "\0", 1 });
	assert_string_equal(buf_text(&out), "\"\\u0000\"");
	buf_clear(&out);
	json_write_compact(&out,
	    span_of("{ \"a b\" : [ 1.50 , \"\\u00e9 \" ] , \"c\":\tnull }"));
	assert_string_equal(
	    buf_text(&out), "{\"a b\":[1.50,\"\xc3\xa9 \"],\"c\":null}");
	buf_free(&out);
	buf_free(&scratch);
	json_paths_del(paths);
}

/* A plain byte loop, to hold json_scan's blocks against. */
static void
stops_of_texts_are_found_in_every_place(void **state)
{
	static const char odd[] = { '"', '\\', 0x1f, 0x00, (char)0x80,
		(char)0xff, '\n' };
	char line[64];
	struct json_paths *paths = json_paths_new();
	int a = json_paths_add(paths, span_of("a"), &fault);

	(void)state;
	for (size_t n = 0; n < 50; n++)
		for (size_t at = 0; at <= n; at++)
			for (size_t k = 0; k < sizeof odd; k++) {
				memcpy(line, "{\"a\":\"", 6);
				memset(line + 6, 'x', n);
				memcpy(line + 6 + n, "\"}", 2);
				assert_int_equal(
				    json_read(paths,
					(struct span){ line, n + 8 }, values,
					&fault),
				    0);
				assert_int_equal(values[a].raw.n, n);
				if (at == n)
					continue;
				line[6 + at] = odd[k];
				assert_int_equal(
				    json_read(paths,
					(struct span){ line, n + 8 }, values,
					&fault),
				    -1);
				/* \" is an escape: the end lacks. */
				if (odd[k] == '\\' && at + 1 == n)
					continue;
				assert_int_equal(
				    fault.at, odd[k] == '"' ? at + 7 : at + 6);
			}
	json_paths_del(paths);
}

/* RFC 3629, section 4: the ends of each row of its table, and one beyond. */
static const struct sequence {
	const char *bytes;
	bool is_good;
} sequences[] = {
	{ "\xc2\x80", true },
	{ "\xdf\xbf", true },
	{ "\xe0\xa0\x80", true },
	{ "\xe1\x80\xbf", true },
	{ "\xed\x9f\xbf", true },
	{ "\xee\x80\x80", true },
	{ "\xef\xbf\xbf", true },
	{ "\xf0\x90\x80\x80", true },
	{ "\xf4\x8f\xbf\xbf", true },
	{ "\x80", false },
	{ "\xbf", false },
	{ "\xc0\x80", false },
	{ "\xc1\xbf", false },
	{ "\xc2", false },
	{ "\xc2\xc0", false },
	{ "\xe0\x9f\xbf", false },
	{ "\xe1\x80", false },
	{ "\xed\xa0\x80", false },
	{ "\xf0\x8f\xbf\xbf", false },
	{ "\xf1\x80\x80", false },
	{ "\xf4\x90\x80\x80", false },
	{ "\xf5\x80\x80\x80", false },
	{ "\xff", false },
};

static void
utf8_is_judged_alike_in_every_place(void **state)
{
	static const char *const around[] = { "x", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x8c\xa1" };
	struct buf line = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof sequences / sizeof *sequences; i++)
		for (size_t k = 0; k < 4; k++)
			for (size_t at = 0; at < 40; at++) {
				const struct sequence *q = &sequences[i];

				buf_clear(&line);
				buf_add_text(&line, "{\"a\":\"");
				for (size_t n = 0; n < 40; n++)
					buf_add_text(&line,
					    n == at ? q->bytes : around[k]);
				buf_add_text(&line, "\"}");
				assert_int_equal(
				    utf8_is_valid(buf_span(&line)), q->is_good);
				assert_int_equal(
				    json_check(buf_span(&line), &fault),
				    q->is_good ? 0 : -1);
				/* Said of the sequence, not of its block. */
				if (!q->is_good)
					assert_int_equal(fault.at,
					    6 + at * strlen(around[k]));
			}
	buf_free(&line);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts_what_is_json_and_refuses_what_is_not),
		cmocka_unit_test(nul_bytes_are_refused),
		cmocka_unit_test(depth_is_bounded_at_1000),
		cmocka_unit_test(fields_are_found_by_path),
		cmocka_unit_test(a_key_with_dots_stands_for_the_path),
		cmocka_unit_test(the_last_of_a_doubled_key_wins_alone),
		cmocka_unit_test(bad_paths_are_named),
		cmocka_unit_test(texts_are_decoded_and_written),
		cmocka_unit_test(stops_of_texts_are_found_in_every_place),
		cmocka_unit_test(utf8_is_judged_alike_in_every_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
