/* aws_config - environment and shared files: what wins over what.
 * SPDX-License-Identifier: ISC */
#include "aws/config.h"

#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

/* The environment of a test: NAME, VALUE, NAME, VALUE, NULL. */
static const char *const *variables;
static char config_path[64], credentials_path[64];

static const char *
env(const char *name)
{
	for (size_t i = 0; variables != NULL && variables[i] != NULL; i += 2)
		if (strcmp(variables[i], name) == 0)
			return variables[i + 1];
	if (strcmp(name, "AWS_CONFIG_FILE") == 0)
		return config_path;
	if (strcmp(name, "AWS_SHARED_CREDENTIALS_FILE") == 0)
		return credentials_path;
	return NULL;
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void
files(const char *config, const char *credentials)
{
	write_file(config_path, config);
	write_file(credentials_path, credentials);
}

static struct config
load(const struct config_options *o, const char *const *set)
{
	struct config_options with_env = *o;
	struct config c;
	struct buf why = { 0 };

	variables = set;
	with_env.env = env;
	if (config_load(&c, &with_env, &why) == -1)
		fail_msg("%s", buf_text(&why));
	return c;
}

static void
assert_refused(
    const struct config_options *o, const char *const *set, const char *part)
{
	struct config_options with_env = *o;
	struct config c;
	struct buf why = { 0 };

	variables = set;
	with_env.env = env;
	assert_int_equal(config_load(&c, &with_env, &why), -1);
	if (strstr(buf_text(&why), part) == NULL)
		fail_msg("'%s' is not in: %s", part, buf_text(&why));
	buf_free(&why);
	config_free(&c);
}

static const struct config_options none;

static void
without_anything_all_is_default(void **state)
{
	struct config c;

	(void)state;
	files("", "");
	c = load(&none, NULL);
	assert_string_equal(c.profile, "default");
	assert_false(c.profile_chosen || c.profile_named);
	assert_null(c.region);
	assert_int_equal(c.max_attempts, 3);
	assert_null(c.ca_bundle);
	assert_null(config_endpoint_url(&c, "kinesis", NULL));
	config_free(&c);
	config_free(&c);
}

static void
the_option_goes_before_the_environment_before_the_file(void **state)
{
	static const char *const both[] = { "AWS_REGION", "r-env",
		"AWS_DEFAULT_REGION", "r-default", NULL };
	static const char *const one[] = { "AWS_DEFAULT_REGION", "r-default",
		"AWS_REGION", "", NULL };
	static const struct {
		struct config_options o;
		const char *const *set;
		const char *region;
	} table[] = { { { .region = "r-option" }, both, "r-option" },
		{ { 0 }, both, "r-env" }, { { 0 }, one, "r-default" },
		{ { 0 }, NULL, "r-file" } };

	(void)state;
	files("[default]\nregion = r-file\n", "");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct config c = load(&table[i].o, table[i].set);

		assert_string_equal(c.region, table[i].region);
		config_free(&c);
	}
}

static void
a_profile_is_chosen_named_or_default(void **state)
{
	static const char *const both[] = { "AWS_PROFILE", "one",
		"AWS_DEFAULT_PROFILE", "two", NULL };
	static const char *const one[] = { "AWS_PROFILE", "one", NULL };
	struct config_options three = { .profile = "three" };
	struct config c;

	(void)state;
	files("[profile one]\n[profile three]\n[two]\n", "[two]\n");
	c = load(&none, both);
	assert_string_equal(c.profile, "two");
	assert_true(c.profile_named && !c.profile_chosen);
	config_free(&c);
	c = load(&none, one);
	assert_string_equal(c.profile, "one");
	config_free(&c);
	c = load(&three, both);
	assert_string_equal(c.profile, "three");
	assert_true(c.profile_chosen);
	config_free(&c);
	three.profile = "four";
	assert_refused(&three, NULL, "there is no profile 'four'");
}

static void
the_credentials_file_goes_before_the_config_file(void **state)
{
	struct config c;

	(void)state;
	files("[default]\na = config\nb = config\n",
	    "[default]\na = credentials\n");
	c = load(&none, NULL);
	assert_string_equal(config_get(&c, "default", "a"), "credentials");
	assert_string_equal(config_get(&c, "default", "b"), "config");
	assert_null(config_get(&c, "default", "c"));
	assert_null(config_get(&c, "other", "a"));
	files("[default]\na = new\n", "");
	assert_int_equal(config_reload_files(&c, NULL), 0);
	assert_string_equal(config_get(&c, "default", "a"), "new");
	config_free(&c);
}

static void
endpoints_have_their_order(void **state)
{
	static const char *const all[] = { "AWS_ENDPOINT_URL_KINESIS", "u-svc",
		"AWS_ENDPOINT_URL", "u-all", NULL };
	static const char *const global[] = { "AWS_ENDPOINT_URL", "u-all",
		NULL };
	static const char *const ignored[] = { "AWS_ENDPOINT_URL", "u-all",
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "TRUE", NULL };
	static const char *const oidc[] = { "AWS_ENDPOINT_URL_SSO_OIDC", "u-o",
		NULL };
	static const struct {
		const char *option;
		const char *const *set;
		const char *service, *url;
	} table[] = {
		{ "u-option", all, "kinesis", "u-option" },
		{ "u-option", all, "sts", "u-all" },
		{ NULL, all, "kinesis", "u-svc" },
		{ NULL, global, "kinesis", "u-all" },
		{ NULL, NULL, "kinesis", "u-section" },
		{ NULL, NULL, "sts", "u-profile" },
		{ NULL, ignored, "kinesis", NULL },
		{ "u-option", ignored, "kinesis", "u-option" },
		{ NULL, oidc, "sso_oidc", "u-o" },
	};

	(void)state;
	files("[default]\nservices = s\nendpoint_url = u-profile\n"
	      "[services s]\nkinesis =\n  endpoint_url = u-section\n",
	    "");
	for (size_t i = 0; i < sizeof table / sizeof *table; i++) {
		struct config_options o = { .endpoint_url = table[i].option };
		struct config c = load(&o, table[i].set);
		const char *source;
		const char *url =
		    config_endpoint_url(&c, table[i].service, &source);

		if (table[i].url == NULL) {
			assert_null(url);
			assert_null(source);
		} else {
			assert_string_equal(url, table[i].url);
			assert_non_null(source);
		}
		config_free(&c);
	}
}

static void
flags_and_numbers_are_checked(void **state)
{
	static const char *const good[] = { "AWS_USE_FIPS_ENDPOINT", "True",
		"AWS_MAX_ATTEMPTS", "7", "AWS_CA_BUNDLE", "/dev/null", NULL };
	static const char *const flag[] = { "AWS_USE_FIPS_ENDPOINT", "yes",
		NULL };
	static const char *const zero[] = { "AWS_MAX_ATTEMPTS", "0", NULL };
	static const char *const word[] = { "AWS_MAX_ATTEMPTS", "many", NULL };
	static const char *const region[] = { "AWS_REGION", "eu west", NULL };
	static const char *const shouted[] = { "AWS_REGION", "EU-WEST-1",
		NULL };
	const char *const no_pem[] = { "AWS_CA_BUNDLE", config_path, NULL };
	static const char *const folder[] = { "AWS_CA_BUNDLE", "/etc", NULL };
	struct config c;

	(void)state;
	files(
	    "[default]\nuse_dualstack_endpoint = true\nca_bundle = /dev/zero\n"
	    "max_attempts = 5\n",
	    "");
	c = load(&none, good);
	assert_true(c.use_fips && c.use_dualstack);
	assert_int_equal(c.max_attempts, 7);
	assert_string_equal(c.ca_bundle, "/dev/null");
	config_free(&c);
	c = load(&none, NULL);
	assert_int_equal(c.max_attempts, 5);
	assert_string_equal(c.ca_bundle, "/dev/zero");
	config_free(&c);
	assert_refused(&none, flag, "AWS_USE_FIPS_ENDPOINT is 'yes'");
	assert_refused(&none, zero, "AWS_MAX_ATTEMPTS is '0'");
	assert_refused(&none, word, "AWS_MAX_ATTEMPTS is 'many'");
	assert_refused(&none, region, "bad region 'eu west'");
	assert_refused(
	    &none, shouted, "bad region 'EU-WEST-1': lowercase letters");
	assert_refused(&none, no_pem, "it holds no certificates in PEM form");
	assert_refused(&none, folder, "it is a directory");
}

static void
a_services_section_that_is_missing_is_refused(void **state)
{
	static const char *const ignored[] = {
		"AWS_IGNORE_CONFIGURED_ENDPOINT_URLS", "true", NULL
	};
	struct config c;

	(void)state;
	files("[default]\nservices = s\n[services t]\na = b\n", "");
	assert_refused(&none, NULL, "names the services section 's'");
	c = load(&none, ignored);
	config_free(&c);
}

static void
files_below_home_are_found(void **state)
{
	char home[] = "/tmp/aws_config.XXXXXX", path[64];
	const char *const set[] = { "HOME", home, "AWS_CONFIG_FILE", "",
		"AWS_SHARED_CREDENTIALS_FILE", "~/other", NULL };
	static const char *const homeless[] = { "AWS_CONFIG_FILE", "",
		"AWS_SHARED_CREDENTIALS_FILE", "", NULL };
	const struct passwd *user;
	struct config c;

	(void)state;
	assert_non_null(mkdtemp(home));
	snprintf(path, sizeof path, "%s/.aws", home);
	assert_int_equal(mkdir(path, 0700), 0);
	snprintf(path, sizeof path, "%s/.aws/config", home);
	write_file(path, "[default]\nregion = here\n");
	c = load(&none, set);
	assert_string_equal(c.region, "here");
	snprintf(path, sizeof path, "%s/other", home);
	assert_string_equal(c.credentials_path, path);
	config_free(&c);
	c = load(&none, homeless);
	user = getpwuid(getuid());
	if (user == NULL)
		assert_null(c.config_path);
	else
		assert_memory_equal(
		    c.config_path, user->pw_dir, strlen(user->pw_dir));
	config_free(&c);
	snprintf(path, sizeof path, "%s/.aws/config", home);
	unlink(path);
	snprintf(path, sizeof path, "%s/.aws", home);
	rmdir(path);
	rmdir(home);
}

static void
a_bad_file_is_named_with_its_line(void **state)
{
	static const char *const folder[] = { "AWS_CONFIG_FILE", "/tmp", NULL };
	struct config c;
	struct buf why = { 0 };

	(void)state;
	files("[default]\n\nnonsense\n", "");
	assert_refused(&none, NULL, "bad line 3 of '");
	assert_refused(&none, folder, "cannot read '/tmp'");
	files("[default]\nregion = old\n", "");
	c = load(&none, NULL);
	files("[default\n", "");
	assert_int_equal(config_reload_files(&c, &why), -1);
	assert_string_equal(config_get(&c, "default", "region"), "old");
	buf_free(&why);
	config_free(&c);
}

static int
make_files(void **state)
{
	(void)state;
	snprintf(config_path, sizeof config_path, "/tmp/aws_config.%ld.c",
	    (long)getpid());
	snprintf(credentials_path, sizeof credentials_path,
	    "/tmp/aws_config.%ld.k", (long)getpid());
	return 0;
}

static int
remove_files(void **state)
{
	(void)state;
	unlink(config_path);
	unlink(credentials_path);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(without_anything_all_is_default),
		cmocka_unit_test(
		    the_option_goes_before_the_environment_before_the_file),
		cmocka_unit_test(a_profile_is_chosen_named_or_default),
		cmocka_unit_test(
		    the_credentials_file_goes_before_the_config_file),
		cmocka_unit_test(endpoints_have_their_order),
		cmocka_unit_test(flags_and_numbers_are_checked),
		cmocka_unit_test(a_services_section_that_is_missing_is_refused),
		cmocka_unit_test(files_below_home_are_found),
		cmocka_unit_test(a_bad_file_is_named_with_its_line),
	};

	return cmocka_run_group_tests(tests, make_files, remove_files);
}
