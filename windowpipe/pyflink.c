/* pyflink - the statements of a PyFlink program, without PyFlink.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/pyflink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "windowpipe/place.h"
#include "windowpipe/spawn.h"

enum { STATEMENTS_MAX = 16 * 1024 * 1024 }; /* bytes of one program's SQL */

bool
pyflink_is(const char *file)
{
	size_t n = strlen(file);

	return n > 3 && strcmp(file + n - 3, ".py") == 0;
}

/* "NAME=" and value, or our environment's value behind it. */
static char *
setting(const char *name, const char *value, const char *behind)
{
	struct buf b = { 0 };

	buf_addf(&b, "%s=%s", name, value);
	if (behind != NULL && *behind != '\0')
		buf_addf(&b, ":%s", behind);
	return (char *)buf_text(&b);
}

static bool
is_of(const char *variable, const char *name)
{
	size_t n = strlen(name);

	return strncmp(variable, name, n) == 0 && variable[n] == '=';
}

enum { SETTINGS = 3 };
static const char *const names[SETTINGS] = { "PYTHONPATH",
	"PYTHONDONTWRITEBYTECODE", "WINDOWPIPE_JOB" };

/* Ours but for those of names, which are last; NULL: no memory. */
static char **
environment(char *const settings[SETTINGS])
{
	size_t n = 0, kept = 0;
	char **made;

	while (environ[n] != NULL)
		n++;
	made = calloc(n + SETTINGS + 1, sizeof *made);
	if (made == NULL)
		return NULL;
	for (size_t i = 0; i < n; i++) {
		bool ours = false;

		for (size_t k = 0; k < SETTINGS; k++)
			ours = ours || is_of(environ[i], names[k]);
		if (!ours)
			made[kept++] = environ[i];
	}
	memcpy(made + kept, settings, SETTINGS * sizeof *made);
	return made;
}

static int
wait_for(pid_t pid, const char *file)
{
	char quoted[DIAG_QUOTE_MAX];
	int how;

	while (waitpid(pid, &how, 0) == -1)
		if (errno != EINTR) {
			diag_error(NULL, "cannot wait for python3: %s",
			    strerror(errno));
			return -1;
		}
	if (WIFEXITED(how) && WEXITSTATUS(how) == 0)
		return 0;
	diag_quote(quoted, span_of(file));
	if (WIFEXITED(how))
		diag_error(NULL, "%s ended with status %d: nothing was run",
		    quoted, WEXITSTATUS(how));
	else
		diag_error(NULL, "%s was killed by signal %d: nothing was run",
		    quoted, WTERMSIG(how));
	return -1;
}

/* Ctrl-C ends us, and our end the program. */
static int
run(const char *file, char **env)
{
	struct buf script = { 0 };
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC), pidfd = -1;
	pid_t pid = -1;

	/* Its name is no option of python3. */
	buf_addf(&script, "%s%s", *file == '-' ? "./" : "", file);
	if (buf_text(&script) == NULL)
		errno = ENOMEM;
	else if (null != -1)
		pid = spawn(
		    &(struct spawn){ .path = "python3",
			.argv = (const char *[]){ "python3", script.p, NULL },
			.env = env,
			.in = null,
			.out = STDERR_FILENO,
			.err = STDERR_FILENO,
			.ends_with_us = true },
		    &pidfd);
	if (pid == -1)
		diag_error(NULL, "cannot run python3: %s%s", strerror(errno),
		    errno == ENOENT ? "; apt-get install python3" : "");
	if (null != -1)
		(void)close(null);
	if (pidfd != -1)
		(void)close(pidfd);
	buf_free(&script);
	return pid == -1 ? -1 : wait_for(pid, file);
}

int
pyflink_collect(const char *file, struct buf *statements)
{
	struct buf name = { 0 }, packages = { 0 };
	int rc = -1;
	const char *tmp = getenv("TMPDIR");
	char *settings[SETTINGS] = { NULL }, **env = NULL;
	int fd = -1;

	if (place_find(&packages, "windowpipe/python", "python") == -1)
		goto done;
	buf_addf(&name, "%s/windowpipe-job.XXXXXX",
	    tmp != NULL && *tmp != '\0' ? tmp : "/tmp");
	if (buf_text(&name) == NULL)
		goto no_memory;
	fd = mkostemp(name.p, O_CLOEXEC);
	/* Nothing is left of it, however we end. */
	if (fd == -1 || unlink(name.p) == -1) {
		diag_error(NULL, "cannot make a file like %s: %s", name.p,
		    strerror(errno));
		goto done;
	}
	buf_clear(&name);
	buf_addf(&name, "/proc/%ld/fd/%d", (long)getpid(), fd);
	if (buf_text(&name) == NULL)
		goto no_memory;
	settings[0] = setting(names[0], packages.p, getenv("PYTHONPATH"));
	settings[1] = setting(names[1], "1", NULL);
	settings[2] = setting(names[2], name.p, NULL);
	if (settings[0] == NULL || settings[1] == NULL || settings[2] == NULL ||
	    (env = environment(settings)) == NULL)
		goto no_memory;
	rc = run(file, env);
	if (rc == 0 && file_read_fd(fd, STATEMENTS_MAX, statements) == -1) {
		diag_error(NULL,
		    "cannot read the statements of the program: "
		    "%s",
		    strerror(errno));
		rc = -1;
	}
	goto done;
no_memory:
	diag_error(NULL, "out of memory");
done:
	if (fd != -1)
		(void)close(fd); /* it was only read */
	free(env);
	for (size_t k = 0; k < SETTINGS; k++)
		free(settings[k]);
	buf_free(&name);
	buf_free(&packages);
	return rc;
}
