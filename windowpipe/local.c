/* local - starts the emulator of a run, and shields the run from all else.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/local.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "lib/opt.h"
#include "windowpipe/place.h"
#include "windowpipe/spawn.h"

static const char region_default[] = "us-east-1";

enum { ANSWER_BYTES_MAX = 256 };

/* --- the plan's streams -------------------------------------------------- */

/* The value of --name, in either of its forms; NULL: it is not given. */
static const char *
option(char *const *argv, const char *name)
{
	const char *value = NULL;
	size_t n = strlen(name);

	for (; *argv != NULL; argv++)
		if (strcmp(*argv, name) == 0 && argv[1] != NULL)
			value = argv[1];
		else if (strncmp(*argv, name, n) == 0 && (*argv)[n] == '=')
			value = *argv + n + 1;
	return value;
}

const char *
local_stream(const struct stage *s, const char **region)
{
	char *const *arg = s->argv + 1;

	if (strcmp(s->argv[0], "kinesis-put") != 0 &&
	    strcmp(s->argv[0], "kinesis-get") != 0)
		return NULL;
	*region = option(s->argv, "--region");
	if (*arg == NULL || **arg != '-')
		return *arg;
	/* The name begins with a dash: it stands behind the end of options. */
	while (*arg != NULL && strcmp(*arg, "--") != 0)
		arg++;
	return *arg == NULL ? NULL : arg[1];
}

/* An endpoint that the plan names would be somewhere else. */
static void
replace_endpoint(struct plan *plan, const char *url)
{
	static const char name[] = "--endpoint-url";

	for (size_t i = 0; i < plan->nstages; i++)
		for (char **a = plan->stage[i].argv; *a != NULL; a++) {
			char *copy;

			if (strcmp(*a, name) != 0 || a[1] == NULL)
				continue;
			copy = strdup(url);
			if (copy == NULL)
				continue;
			free(a[1]);
			a[1] = copy;
		}
}

/* --- the user's settings ------------------------------------------------- */

/* As scripts/shield.bash has it. */
static bool
is_users(const char *variable)
{
	static const char *const begins[] = { "aws_", "boto_", "ssl_", "curl_",
		"openssl_", "node_", "cdpath=", "bash_env=", "is_local=" };
	static const char *const ends[] = { "_proxy", "_ca_bundle" };
	const char *equals = strchr(variable, '=');
	size_t n =
	    equals == NULL ? strlen(variable) : (size_t)(equals - variable);

	for (size_t i = 0; i < sizeof begins / sizeof *begins; i++)
		if (strncasecmp(variable, begins[i], strlen(begins[i])) == 0)
			return true;
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t length = strlen(ends[i]);

		if (n >= length &&
		    strncasecmp(variable + n - length, ends[i], length) == 0)
			return true;
	}
	return false;
}

static int
shield(const char *url)
{
	static const char *const set[][2] = {
		{ "AWS_EC2_METADATA_DISABLED", "true" },
		{ "AWS_ACCESS_KEY_ID", "local" },
		{ "AWS_SECRET_ACCESS_KEY", "local" },
		{ "AWS_CONFIG_FILE", "/dev/null" },
		{ "AWS_SHARED_CREDENTIALS_FILE", "/dev/null" },
		{ "AWS_REGION", region_default },
	};

	for (char **v = environ; v != NULL && *v != NULL;) {
		char name[256];
		size_t n = strcspn(*v, "=");

		if (!is_users(*v) || n >= sizeof name) {
			v++;
			continue;
		}
		memcpy(name, *v, n);
		name[n] = '\0';
		/* What stood behind it stands there now. */
		if (unsetenv(name) == -1)
			return -1;
	}
	for (size_t i = 0; i < sizeof set / sizeof *set; i++)
		if (setenv(set[i][0], set[i][1], 1) == -1)
			return -1;
	return setenv("AWS_ENDPOINT_URL_KINESIS", url, 1);
}

/* --- its life ------------------------------------------------------------ */

/* Runs the script; its answer, "PID URL", in answer. */
static int
ask_script(const char *const *argv, struct buf *answer)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), out[2];
	int pidfd = -1, status = -1, rc;
	pid_t pid;

	if (null == -1 || pipe2(out, O_CLOEXEC) == -1)
		return -1;
	pid = spawn(&(struct spawn){ .path = argv[0],
			.argv = argv,
			.in = null,
			.out = out[1],
			.err = STDERR_FILENO },
	    &pidfd);
	(void)close(out[1]); /* nothing of ours was written */
	(void)close(null);
	rc = pid == -1 ? -1 : file_read_fd(out[0], ANSWER_BYTES_MAX, answer);
	(void)close(out[0]); /* it was only read */
	if (pidfd != -1)
		(void)close(pidfd);
	while (pid != -1 && waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	return rc == 0 && status == 0 ? 0 : -1;
}

static int
add_streams(struct opt_texts *argv, const struct plan *plan)
{
	int rc = 0;

	for (size_t i = 0; i < plan->nstages && rc == 0; i++) {
		const char *region,
		    *stream = local_stream(&plan->stage[i], &region);

		if (stream == NULL)
			continue;
		rc = opt_texts_add(
		    argv, region == NULL ? region_default : region);
		if (rc == 0)
			rc = opt_texts_add(argv, stream);
	}
	return rc;
}

int
local_start(struct local *l, struct plan *plan, const char *work)
{
	struct buf script = { 0 }, owner = { 0 }, log = { 0 }, answer = { 0 };
	struct opt_texts argv = { 0 };
	char *end = NULL;
	int rc = -1;

	if (place_find(&script, "scripts/local-kinesis", NULL) == -1)
		return -1;
	buf_addf(&owner, "--owner=%ld", (long)getpid());
	buf_addf(&log, "--log=%s/kinesis.log", work);
	if (buf_text(&script) == NULL || buf_text(&owner) == NULL ||
	    buf_text(&log) == NULL) {
		diag_error(NULL, "out of memory");
	} else if (opt_texts_add(&argv, script.p) == 0 &&
		   opt_texts_add(&argv, "lend") == 0 &&
		   opt_texts_add(&argv, owner.p) == 0 &&
		   opt_texts_add(&argv, log.p) == 0 &&
		   opt_texts_add(&argv, "--") == 0 &&
		   add_streams(&argv, plan) == 0 &&
		   opt_texts_add(&argv, NULL) == 0) {
		rc = ask_script(argv.text, &answer);
		if (rc == 0 && buf_text(&answer) != NULL)
			l->pid = (pid_t)strtol(answer.p, &end, 10);
		if (end == NULL || *end != ' ' || l->pid <= 0) {
			diag_error(NULL, "the local Kinesis did not start");
			rc = -1;
		}
	}
	if (rc == 0) {
		buf_add(&l->url, end + 1, strcspn(end + 1, "\n"));
		rc = buf_text(&l->url) == NULL ? -1 : shield(l->url.p);
		replace_endpoint(plan, l->url.p);
	}
	free(argv.text);
	buf_free(&script);
	buf_free(&owner);
	buf_free(&log);
	buf_free(&answer);
	return rc;
}

bool
local_is_there(const struct local *l)
{
	return kill(l->pid, 0) == 0;
}

void
local_end(struct local *l)
{
	/* It may have died; and it ends by itself where this fails. */
	if (l->pid > 0)
		(void)kill(l->pid, SIGTERM);
	buf_free(&l->url);
	*l = (struct local){ 0 };
}
