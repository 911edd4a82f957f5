/* aws_identity - keys that are copied, compared and wiped; words of commands.
 * SPDX-License-Identifier: ISC */
#include "aws/identity.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "aws/text.h"

static int
set(struct identity *id, const char *key, const char *secret, const char *token)
{
	return identity_set(
	    id, span_of(key), span_of(secret), span_of(token), IDENTITY_NEVER);
}

static void
an_identity_is_replaced_as_a_whole(void **state)
{
	struct identity id = { 0 }, other = { 0 };

	(void)state;
	assert_int_equal(set(&id, "k", "s", ""), 0);
	assert_null(id.token);
	assert_int_equal(set(&other, "k", "s", "t"), 0);
	assert_false(identity_same(&id, &other));
	assert_int_equal(set(&id, "k", "s", "t"), 0);
	assert_true(identity_same(&id, &other));
	assert_int_equal(set(&id, "k", "", "t"), -1);
	assert_null(id.access_key_id);
	assert_null(id.token);
	identity_free(&id);
	identity_free(&other);
	identity_free(&other);
}

static void
what_no_header_can_carry_is_refused(void **state)
{
	static const char *const bad[] = { "a b", "a\n", "a\r\nX-Evil: 1",
		"\x7f", "" };
	struct identity id = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(set(&id, bad[i], "s", "t"), -1);
		assert_int_equal(set(&id, "k", bad[i], "t"), -1);
		if (bad[i][0] != '\0')
			assert_int_equal(set(&id, "k", "s", bad[i]), -1);
	}
}

static void
a_command_is_split_as_by_a_shell(void **state)
{
	static const struct {
		const char *command;
		const char *word[6];
	} good[] = {
		{ "a", { "a" } },
		{ "  /opt/x --y  1\t2 ", { "/opt/x", "--y", "1", "2" } },
		{ "a 'b c' \"d e\"f", { "a", "b c", "d ef" } },
		{ "a '' \"\"", { "a", "", "" } },
		{ "a \\\"b\\ c \"d\\\"e\\x\\\\\" 'f\\'",
		    { "a", "\"b c", "d\"e\\x\\", "f\\" } },
		{ "a $HOME *.c ; b | c",
		    { "a", "$HOME", "*.c", ";", "b", "|" } },
		{ "\"C:\\Program Files\\x.exe\"",
		    { "C:\\Program Files\\x.exe" } },
	};
	static const char *const bad[] = { "", "   ", "a 'b", "a \"b", "'" };
	struct words w;

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		size_t n = 0;

		assert_int_equal(words_split(span_of(good[i].command), &w), 0);
		for (; n < 6 && good[i].word[n] != NULL; n++)
			assert_string_equal(w.argv[n], good[i].word[n]);
		assert_true(n == 6 || w.n == n);
		assert_null(w.argv[w.n]);
		words_free(&w);
		words_free(&w);
	}
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_int_equal(words_split(span_of(bad[i]), &w), -1);
	assert_int_equal(words_split((struct span){ "a\0b", 3 }, &w), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_identity_is_replaced_as_a_whole),
		cmocka_unit_test(what_no_header_can_carry_is_refused),
		cmocka_unit_test(a_command_is_split_as_by_a_shell),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
