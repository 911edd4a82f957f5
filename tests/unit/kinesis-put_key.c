/* Tests of kinesis-put/key.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

static struct buf scratch;
static const char *at_fault;
static struct fault why;

static int
read_key(struct key_spec *k, const char *line, struct key *out)
{
	return key_read(k, span_of(line), &scratch, out, &at_fault, &why);
}

static void
one_field_is_the_key_by_its_plain_text(void **state)
{
	static const char *const want[][2] = {
		{ "{\"id\":17}", "17" },
		{ "{\"id\":1.50e2}", "1.50e2" },
		{ "{\"id\":\"a b\"}", "a b" },
		{ "{\"id\":\"a\\u00e9\\n\"}", "a\xc3\xa9\n" },
		{ "{\"id\":true}", "true" },
		{ "{\"id\":false}", "false" },
		{ "{\"id\":null}", "null" },
		{ "{\"other\":1}", "null" },
		{ "{}", "null" },
	};
	struct key_spec k = { 0 };
	struct key out;

	(void)state;
	assert_int_equal(key_add_field(&k, "id", &why), 0);
	for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
		assert_int_equal(read_key(&k, want[i][0], &out), 0);
		assert_true(span_is(out.key, want[i][1]));
		assert_int_equal(out.hash.n, 0);
		assert_false(out.cut);
	}
	key_free(&k);
}

static void
several_fields_are_joined_by_a_bar(void **state)
{
	struct key_spec k = { 0 };
	struct key out;

	(void)state;
	key_add_field(&k, "a", &why);
	key_add_field(&k, "o.b", &why);
	key_add_field(&k, "c", &why);
	assert_int_equal(
	    read_key(
		&k, "{\"c\":\"\\u0041\",\"a\":1,\"o\":{\"b\":\"x\"}}", &out),
	    0);
	assert_true(span_is(out.key, "1|x|A"));
	assert_int_equal(read_key(&k, "{\"a\":\"\\\"\",\"c\":\"\"}", &out), 0);
	assert_true(span_is(out.key, "\"|null|"));
	key_free(&k);
}

static void
objects_arrays_and_empty_texts_are_no_keys(void **state)
{
	static const char *const bad[] = { "{\"id\":{}}", "{\"id\":[1]}",
		"{\"id\":\"\"}" };
	struct key_spec k = { 0 };
	struct key out;

	(void)state;
	key_add_field(&k, "id", &why);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(read_key(&k, bad[i], &out), -1);
		assert_string_equal(at_fault, "id");
		assert_true(why.at >= 5);
	}
	key_free(&k);
}

static void
a_line_without_an_object_has_no_key(void **state)
{
	static const char *const bad[] = { "17", "[]", "{\"id\":1", "x",
		"{\"id\":1} 2", "{\"id\":\"\xff\"}", "{'id':1}" };
	struct key_spec k = { 0 };
	struct key out;

	(void)state;
	key_add_field(&k, "id", &why);
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(read_key(&k, bad[i], &out), -1);
		assert_null(at_fault);
	}
	key_free(&k);
}

static void
without_fields_any_bytes_are_fine(void **state)
{
	struct key_spec k = { 0 };
	struct key out;

	(void)state;
	assert_int_equal(read_key(&k, "\xff no JSON", &out), 0);
	assert_int_equal(out.key.n, 0);
	key_free(&k);
}

static void
hash_keys_are_numbers_below_two_to_the_128(void **state)
{
	static const struct {
		const char *text;
		bool good;
	} want[] = {
		{ "0", true },
		{ "1", true },
		{ "340282366920938463463374607431768211455", true },
		{ "340282366920938463463374607431768211456", false },
		{ "999999999999999999999999999999999999999", false },
		{ "1000000000000000000000000000000000000000", false },
		{ "99999999999999999999999999999999999999", true },
		{ "007", false },
		{ "", false },
		{ "-1", false },
		{ "1e3", false },
		{ "1.0", false },
		{ " 1", false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof want / sizeof *want; i++)
		assert_int_equal(
		    key_is_hash(span_of(want[i].text)), want[i].good);
}

static void
a_hash_key_is_a_number_or_its_text(void **state)
{
	struct key_spec k = { 0 };
	struct key out;

	(void)state;
	key_set_hash(&k, "h", &why);
	assert_int_equal(read_key(&k, "{\"h\":42}", &out), 0);
	assert_true(span_is(out.hash, "42"));
	assert_int_equal(out.key.n, 0);
	assert_int_equal(read_key(&k, "{\"h\":\"42\"}", &out), 0);
	assert_true(span_is(out.hash, "42"));
	assert_int_equal(read_key(&k, "{\"h\":null}", &out), -1);
	assert_string_equal(at_fault, "h");
	assert_int_equal(read_key(&k, "{}", &out), -1);
	assert_int_equal(read_key(&k, "{\"h\":\"x\"}", &out), -1);
	key_free(&k);
}

/* Two units each for what lies above U+FFFF; never half a character. */
static void
long_keys_are_cut_on_a_whole_character(void **state)
{
	char line[2000], key[1200];
	struct key_spec k = { 0 };
	struct key out;
	size_t n = 0;

	(void)state;
	key_add_field(&k, "id", &why);
	key[n++] = 'x';
	for (int i = 0; i < 200; i++, n += 4)
		memcpy(key + n, "\xf0\x9f\x98\x80", 4);
	key[n] = '\0';
	strcpy(line, "{\"id\":\"");
	strcat(strcat(line, key), "\"}");
	assert_int_equal(read_key(&k, line, &out), 0);
	assert_true(out.cut);
	assert_int_equal(out.key.n, 1 + 127 * 4);

	assert_int_equal(key_cut(span_of(key), 1), 1);
	assert_int_equal(key_cut(span_of(key), 2), 1);
	assert_int_equal(key_cut(span_of(key), 3), 5);
	assert_int_equal(key_cut(span_of("\xe2\x82\xac\xe2\x82\xac"), 2), 6);
	assert_int_equal(key_cut(span_of("\xe2\x82\xac\xe2\x82\xac"), 1), 3);
	assert_int_equal(key_cut(span_of("\xc3\xa9\xc3\xa9"), 1), 2);
	key_free(&k);
}

static void
a_key_of_exactly_256_units_stays(void **state)
{
	char line[300] = "{\"id\":\"";
	struct key_spec k = { 0 };
	struct key out;
	size_t n = strlen(line);

	(void)state;
	key_add_field(&k, "id", &why);
	memset(line + n, 'k', 256);
	strcpy(line + n + 256, "\"}");
	assert_int_equal(read_key(&k, line, &out), 0);
	assert_false(out.cut);
	assert_int_equal(out.key.n, 256);
	key_free(&k);
}

static int
end(void **state)
{
	(void)state;
	buf_free(&scratch);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_field_is_the_key_by_its_plain_text),
		cmocka_unit_test(several_fields_are_joined_by_a_bar),
		cmocka_unit_test(objects_arrays_and_empty_texts_are_no_keys),
		cmocka_unit_test(a_line_without_an_object_has_no_key),
		cmocka_unit_test(without_fields_any_bytes_are_fine),
		cmocka_unit_test(hash_keys_are_numbers_below_two_to_the_128),
		cmocka_unit_test(a_hash_key_is_a_number_or_its_text),
		cmocka_unit_test(long_keys_are_cut_on_a_whole_character),
		cmocka_unit_test(a_key_of_exactly_256_units_stays),
	};

	return cmocka_run_group_tests(tests, NULL, end);
}
