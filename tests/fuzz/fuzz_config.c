/* fuzz_config - whatever the shared files of AWS and the environment say, the
 * configuration is refused with a reason, or every question has an answer.
 *
 * The input is cut at NUL bytes: the config file, the credentials file, then
 * a profile, a region and an endpoint of the environment.
 *
 * SPDX-License-Identifier: ISC */
#include "aws/config.h"

#include <string.h>

#include "aws/endpoint.h"
#include "tests/fuzz/fuzz.h"

enum { INPUT_MAX = 4000, PARTS = 5 };

static char file[2][64], variable[3][INPUT_MAX + 1];

static const char *
look_up(const char *name)
{
	static const char *const names[] = { "AWS_CONFIG_FILE",
		"AWS_SHARED_CREDENTIALS_FILE", "AWS_PROFILE", "AWS_REGION",
		"AWS_ENDPOINT_URL" };

	for (int i = 0; i < PARTS; i++)
		if (strcmp(name, names[i]) == 0)
			return i < 2                      ? file[i]
			       : *variable[i - 2] == '\0' ? NULL
			                                  : variable[i - 2];
	return NULL;
}

static void
ask(const struct config *c)
{
	static const char *const keys[] = { "region", "role_arn",
		"credential_process", "sso_session", "aws_access_key_id" };
	const char *source = NULL, *name = NULL;

	HOLDS(c->profile != NULL && c->max_attempts > 0);
	HOLDS(!c->profile_named || config_has_profile(c, c->profile) ||
	      strcmp(c->profile, "default") == 0);
	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
		const char *value = config_get(c, c->profile, keys[i]);

		HOLDS(value == NULL || *value != '\0');
	}
	if (config_endpoint_url(c, "kinesis", &source) != NULL)
		HOLDS(source != NULL);
	(void)config_setting(c, "AWS_REGION", "region", &name);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct config_options o = { .env = look_up };
	const uint8_t *end = data + size, *p = data;
	struct config c = { 0 };
	struct buf why = { 0 };
	int fd[2];

	if (size > INPUT_MAX)
		return 0;
	for (int i = 0; i < PARTS; i++) {
		const uint8_t *stop =
		    p < end ? memchr(p, 0, (size_t)(end - p)) : NULL;
		size_t n = (size_t)((stop == NULL ? end : stop) - p);

		if (i < 2) {
			fd[i] = fuzz_file(p, n);
			snprintf(
			    file[i], sizeof file[i], "/proc/self/fd/%d", fd[i]);
		} else {
			memcpy(variable[i - 2], p, n);
			variable[i - 2][n] = '\0';
		}
		p += n;
		if (stop != NULL)
			p++;
	}
	if (config_load(&c, &o, &why) == 0) {
		ask(&c);
		HOLDS(config_reload_files(&c, &why) == 0);
		ask(&c);
	} else
		HOLDS(why.n > 0);
	config_free(&c);
	buf_free(&why);
	HOLDS(close(fd[0]) == 0 && close(fd[1]) == 0);
	return 0;
}
