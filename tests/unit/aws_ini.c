/* aws_ini - the shared files: sections, comments, nested settings.
 * SPDX-License-Identifier: ISC */
#include "aws/ini.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static struct ini
parse(const char *text, enum ini_flavour flavour)
{
	struct ini ini;
	struct fault why;

	assert_int_equal(ini_parse(span_of(text), flavour, &ini, &why), 0);
	return ini;
}

static const char *
value(const struct ini *ini, const char *profile, const char *key)
{
	return ini_value(ini_section(ini, "profile", profile), key);
}

static void
the_config_file_says_profile(void **state)
{
	struct ini ini = parse("\xef\xbb\xbf[default]\r\n"
			       "region = eu-west-1\r\n"
			       "[profile one]\n"
			       "Region : us-east-1 ; no comment\n"
			       "# another\n"
			       "  ; and another\n"
			       "\n"
			       "output = a#b;c\n"
			       "empty =\n"
			       "[two]\n"
			       "region = x\n"
			       "[profile \"with blank\"] # why\n"
			       "region = y\n"
			       "[ profile  'quoted' ]\n"
			       "region = z\n"
			       "[sso-session one]\n"
			       "sso_region = s\n",
	    INI_CONFIG);

	(void)state;
	assert_string_equal(value(&ini, "default", "region"), "eu-west-1");
	assert_string_equal(
	    value(&ini, "one", "region"), "us-east-1 ; no comment");
	assert_string_equal(value(&ini, "one", "output"), "a#b;c");
	assert_null(value(&ini, "one", "empty"));
	assert_null(value(&ini, "one", "missing"));
	assert_null(ini_section(&ini, "profile", "two"));
	assert_string_equal(value(&ini, "with blank", "region"), "y");
	assert_string_equal(value(&ini, "quoted", "region"), "z");
	assert_string_equal(
	    ini_value(ini_section(&ini, "sso-session", "one"), "sso_region"),
	    "s");
	ini_free(&ini);
	ini_free(&ini);
}

static void
the_credentials_file_does_not(void **state)
{
	struct ini ini = parse("[one]\na = 1\n[profile one]\na = 2\n"
			       "[default]\na = 3\n",
	    INI_CREDENTIALS);

	(void)state;
	assert_string_equal(value(&ini, "one", "a"), "1");
	assert_string_equal(value(&ini, "profile one", "a"), "2");
	assert_string_equal(value(&ini, "default", "a"), "3");
	ini_free(&ini);
}

static void
upper_case_default_is_for_all(void **state)
{
	struct ini ini = parse("[one]\na = 1\n[DEFAULT]\na = 2\nb = 2\n"
			       "[default]\nb = 3\n",
	    INI_CREDENTIALS);

	(void)state;
	assert_string_equal(value(&ini, "one", "a"), "1");
	assert_string_equal(value(&ini, "one", "b"), "2");
	assert_string_equal(value(&ini, "default", "a"), "2");
	assert_string_equal(value(&ini, "default", "b"), "3");
	assert_null(ini_section(&ini, "profile", "DEFAULT"));
	ini_free(&ini);
}

static void
nested_settings_belong_to_their_key(void **state)
{
	struct ini ini = parse("[services local]\n"
			       "kinesis =\n"
			       "  endpoint_url = http://localhost:4567\n"
			       "\n"
			       "  # a comment\n"
			       "\tother=1\n"
			       "sts =\n"
			       "  endpoint_url = http://localhost:1\n"
			       "plain = x\n",
	    INI_CONFIG);
	const struct ini_section *s = ini_section(&ini, "services", "local");

	(void)state;
	assert_string_equal(
	    ini_nested(s, "kinesis", "endpoint_url"), "http://localhost:4567");
	assert_string_equal(ini_nested(s, "kinesis", "other"), "1");
	assert_string_equal(
	    ini_nested(s, "sts", "endpoint_url"), "http://localhost:1");
	assert_string_equal(ini_value(s, "plain"), "x");
	assert_null(ini_value(s, "endpoint_url"));
	assert_null(ini_nested(NULL, "a", "b"));
	ini_free(&ini);
}

static void
an_indented_line_goes_on_with_a_value(void **state)
{
	struct ini ini =
	    parse("[default]\na = one\n  two = 2\nb = 3\n", INI_CONFIG);

	(void)state;
	assert_string_equal(value(&ini, "default", "a"), "one\ntwo = 2");
	assert_string_equal(value(&ini, "default", "b"), "3");
	ini_free(&ini);
}

/* Whole sections are often written so. */
static void
sections_may_be_indented_as_a_whole(void **state)
{
	struct ini ini = parse("[one]\n  a = 1\n  b = 2\n c = 3\n"
			       "[two]\n\ta = 4\n\tb =\n\tc =\n\t\td = 5\n"
			       "\t  e = 6\n\tf = 7\n",
	    INI_CREDENTIALS);
	const struct ini_section *two = ini_section(&ini, "profile", "two");

	(void)state;
	assert_string_equal(value(&ini, "one", "a"), "1");
	assert_string_equal(value(&ini, "one", "b"), "2");
	assert_string_equal(value(&ini, "one", "c"), "3");
	assert_string_equal(value(&ini, "two", "a"), "4");
	assert_null(value(&ini, "two", "b"));
	assert_string_equal(ini_nested(two, "c", "d"), "5");
	assert_string_equal(ini_nested(two, "c", "e"), "6");
	assert_string_equal(value(&ini, "two", "f"), "7");
	ini_free(&ini);
}

static void
the_later_setting_and_profile_default_win(void **state)
{
	struct ini ini = parse("[profile default]\na = 1\n[default]\na = 2\n"
			       "b = 2\n[profile x]\na = 1\n[profile x]\n"
			       "a = 2\na = 3\n",
	    INI_CONFIG);

	(void)state;
	assert_string_equal(value(&ini, "default", "a"), "1");
	assert_string_equal(value(&ini, "default", "b"), "2");
	assert_string_equal(value(&ini, "x", "a"), "3");
	ini_free(&ini);
}

static void
a_bad_line_is_named(void **state)
{
	static const struct {
		const char *text;
		size_t line;
	} bad[] = { { "[default\n", 1 }, { "\n\n[]\n", 3 }, { "a = 1\n", 1 },
		{ "[default]\nno equals\n", 2 }, { "[default]\n= x\n", 2 },
		{ "[services s]\nkinesis =\n  nothing\n", 3 } };
	struct ini ini;
	struct fault why;

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		assert_int_equal(
		    ini_parse(span_of(bad[i].text), INI_CONFIG, &ini, &why),
		    -1);
		assert_int_equal(why.at, bad[i].line);
		assert_int_equal(ini.n, 0);
	}
	assert_int_equal(ini_parse((struct span){ "[d]\na = x\0y\n", 12 },
			     INI_CREDENTIALS, &ini, &why),
	    -1);
	assert_int_equal(
	    ini_parse((struct span){ NULL, 0 }, INI_CONFIG, &ini, &why), 0);
	ini_free(&ini);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_config_file_says_profile),
		cmocka_unit_test(the_credentials_file_does_not),
		cmocka_unit_test(upper_case_default_is_for_all),
		cmocka_unit_test(nested_settings_belong_to_their_key),
		cmocka_unit_test(an_indented_line_goes_on_with_a_value),
		cmocka_unit_test(sections_may_be_indented_as_a_whole),
		cmocka_unit_test(the_later_setting_and_profile_default_win),
		cmocka_unit_test(a_bad_line_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
