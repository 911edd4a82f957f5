/* lib_json_lines - which lines are taken, wherever they stand in a block, and
 * where their values begin.
 * SPDX-License-Identifier: ISC */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/json.h"
#include "lib/json_lines.h"

/* Each is tried at every place of as many blocks as are looked at at once. */
static const char *const lines[] = {
	"{}",
	"{\"k\":1}",
	"{ \"k\" :\t1 ,\r \"b\" : [ 1 , 2 ] }\r",
	"{\"a\":-0.0e+10,\"k\":1E5,\"c\":1.5e-3,\"d\":-1,\"e\":0.25}",
	"{\"a\":[],\"k\":{},\"c\":[[],{ "
	"}],\"d\":[1,{\"k\":[null,true,false]}]}",
	"{\"k\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0000\\uD83D\\uDE00\\\\\"}",
	"{\"k\":\"\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80\x7f\xed\x9f\xbf\"}",
	"{\"\\u006b\":1,\"a\\\\\":2,\"a\\\"b\":3}",
	"{\"k\":1,\"k\":{\"k\":2},\"a\":{\"k\":3}}",
	"{\"k\":{\"b\":{\"\\u006b\":5}}}",
	"{\"k\":{\"b\":{\"\\u006b\\u006b\":5}},\"k\":{\"\\u006b\":6}}",
	"{\"k\":\"the quick brown fox jumps over the lazy dog and does so "
	"again and again, which takes more than a block\",\"a\":1}",
	"{\"k\":12345678901234567890123456789012345678901234567890123456789012."
	"5,\"a\":1}",
	"",
	"1",
	"[]",
	"\"k\"",
	"{",
	"}",
	"{}}",
	"{{}",
	"{}{}",
	"{},{}",
	"{},",
	"{} 1",
	"1 {}",
	",{}",
	"{\"k\"",
	"{\"k\":",
	"{\"k\":1",
	"{\"k\":1,",
	"{\"k\":1,}",
	"{,\"k\":1}",
	"{\"k\":1,,\"b\":2}",
	"{\"k\" 1}",
	"{k:1}",
	"{\"k\":1:2}",
	"{\"k\":1 2}",
	"{\"k\":\"a\"\"b\"}",
	"{\"k\",\"b\"}",
	"{\"k\":01}",
	"{\"k\":-01}",
	"{\"k\":-}",
	"{\"k\":--1}",
	"{\"k\":+1}",
	"{\"k\":.5}",
	"{\"k\":1.}",
	"{\"k\":1.e5}",
	"{\"k\":1e}",
	"{\"k\":1e+}",
	"{\"k\":1e5.5}",
	"{\"k\":1e5e5}",
	"{\"k\":1.5.5}",
	"{\"k\":1-1}",
	"{\"k\":0x1}",
	"{\"k\":NaN}",
	"{\"k\":tru}",
	"{\"k\":nulll}",
	"{\"k\":truefalse}",
	"{\"k\":true1}",
	"{\"k\":-true}",
	"{\"k\":1true}",
	"{\"k\":[1,]}",
	"{\"k\":[,1]}",
	"{\"k\":[1}]}",
	"{\"k\":[\"a\":1]}",
	"{\"k\":{1}}",
	"{\"k\":{\"a\"}}",
	"{\"k\":]}",
	"{\"k\":(1)}",
	"{\"k\":\"a}",
	"{\"k\":\"\t\"}",
	"{\"k\":\"\\x\"}",
	"{\"k\":\"\\\"}",
	"{\"k\":\"\\u12g4\"}",
	"{\"k\":\"\\uDC00\"}",
	"{\"k\":\"\\uD800\"}",
	"{\"k\":\"\\uD800\\u0041\"}",
	"{\"k\":\"\xc0\x80\"}",
	"{\"k\":\"\xed\xa0\x80\"}",
	"{\"k\":\"\xe0\x9f\xbf\"}",
	"{\"k\":\"\xf0\x8f\xbf\xbf\"}",
	"{\"k\":\"\xf4\x90\x80\x80\"}",
	"{\"k\":\"\xe2\x82\"}",
	"{\"k\":\"\x80\"}",
	"{\"k\":\xc3\xa9}",
	"{\"k\":1}\\",
	"\\{\"k\":1}",
	"\x01{}",
};

static void
add_times(struct buf *text, char c, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf_add_char(text, c);
}

/* The line behind so many blanks, with a good one before it, of a text of so
 * many letters, and one behind, of more than all blocks looked at in one go or
 * of a few bytes. */
static void
try_line(const struct json_paths *paths, struct span line, size_t blanks,
    size_t letters, bool is_long)
{
	static struct json_lines l;
	struct buf text = { 0 };
	struct cell cell[2];
	struct fault fault;
	const char *found[2], *start, *behind;
	bool good = json_read(paths, line, cell, &fault) == 0;

	buf_add_text(&text, "{\"k\":\"");
	add_times(&text, 'x', letters);
	buf_add_text(&text, "\"}\n");
	add_times(&text, ' ', blanks);
	buf_add_span(&text, line);
	buf_add_text(&text, "\n{\"k\":{\"k\":0},\"x\":\"");
	add_times(&text, 'x', is_long ? JSON_MASK_BLOCKS * JSON_MASK_BYTES : 0);
	buf_add_text(&text, "\"}");
	start = text.p + 9 + letters;
	json_lines_begin(&l, paths, text.p, text.p + text.n);
	assert_ptr_equal(json_lines_next(&l, found), start);
	assert_ptr_equal(found[0], text.p + 5);
	behind = json_lines_next(&l, found);
	start += blanks;
	assert_ptr_equal(behind, good ? start + line.n + 1 : NULL);
	for (int i = 0; good && i < 2; i++)
		assert_ptr_equal(
		    found[i], cell[i].kind == CELL_MISSING
				  ? NULL
				  : start + (cell[i].raw.p - line.p) -
					(cell[i].kind == CELL_TEXT));
	if (good) {
		assert_ptr_equal(json_lines_next(&l, found), text.p + text.n);
		assert_ptr_equal(found[1], behind + 10);
		assert_null(json_lines_next(&l, found));
	}
	json_lines_free(&l);
	buf_free(&text);
}

static void
test_lines(void **state)
{
	struct json_paths *deep = json_paths_new();

	(void)state;
	assert_int_equal(json_paths_add(deep, span_of("k"), NULL), 0);
	assert_int_equal(json_paths_add(deep, span_of("k.k"), NULL), 1);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++)
		for (size_t n = 0; n < JSON_LANES * JSON_MASK_BYTES; n++) {
			try_line(deep, span_of(lines[i]), 0, n, true);
			if (n > 2 * JSON_MASK_BYTES)
				continue;
			try_line(deep, span_of(lines[i]), n, 0, true);
			try_line(deep, span_of(lines[i]), n, 0, false);
		}
	json_paths_del(deep);
}

/* An array in an array and so on: lines of many levels are json_read()'s. */
static void
test_depth(void **state)
{
	struct json_paths *paths = json_paths_new();
	static struct json_lines l;

	(void)state;
	for (size_t depth = 2; depth <= 200; depth++) {
		struct buf text = { 0 };

		buf_add_text(&text, "{\"k\":");
		for (size_t i = 1; i < depth; i++)
			buf_add_char(&text, '[');
		for (size_t i = 1; i < depth; i++)
			buf_add_char(&text, ']');
		buf_add_char(&text, '}');
		json_lines_begin(&l, paths, text.p, text.p + text.n);
		assert_int_equal(
		    json_lines_next(&l, NULL) != NULL, depth <= 63);
		buf_free(&text);
	}
	json_paths_del(paths);
}

/* Of keys of every length, those that differ in a byte, or go on, are others.
 */
static void
test_keys(void **state)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
	static struct json_lines l;

	(void)state;
	for (size_t n = 1; n < 24; n++)
		for (size_t i = 0; i < n; i++) {
			struct json_paths *paths = json_paths_new();
			struct span key = { letters, n };
			struct buf text = { 0 };
			const char *found[1];
			size_t at;

			assert_int_equal(json_paths_add(paths, key, NULL), 0);
			buf_add_text(&text, "{\"");
			buf_add_span(&text, key);
			text.p[2 + i] = '_';
			buf_add_text(&text, "\":1,\"");
			buf_add_span(&text, key);
			buf_add_text(&text, "\":");
			at = text.n;
			buf_add_text(&text, "2,\"");
			buf_add_span(&text, key);
			buf_add_text(&text, "z\":3}");
			add_times(&text, ' ', 80);
			json_lines_begin(&l, paths, text.p, text.p + text.n);
			assert_non_null(json_lines_next(&l, found));
			assert_ptr_equal(found[0], text.p + at);
			buf_free(&text);
			json_paths_del(paths);
		}
}

/* Every byte, at every place, is of the same kinds however it is looked at. */
static void
test_masks(void **state)
{
	static const char *const ways[] = { "sse2", "avx2", "avx512", "neon" };
	char block[2 * JSON_MASK_BYTES];
	struct json_masks a, b;
	struct json_firsts first = { 0 };

	(void)state;
	for (int i = 0; i < JSON_MASK_FIRSTS; i++)
		json_firsts_set(&first, i, "ab\"k\xc3{A7"[i]);
	for (int c = 0; c < 256; c++)
		for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
			json_mask_reader *read = json_mask_reader_of(ways[i]);

			for (size_t k = 0; k < sizeof block; k++)
				block[k] = (char)(c + (int)k * 37);
			if (read == NULL)
				continue;
			memset(&b, 0, sizeof b);
			json_mask_reader_of("none")(block, 2, &first, &a);
			read(block, 2, &first, &b);
			assert_memory_equal(&a, &b, sizeof a);
		}
	assert_null(json_mask_reader_of("mmx"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lines),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_keys),
		cmocka_unit_test(test_masks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
