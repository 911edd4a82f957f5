/* pyflink - the statements of a PyFlink program, without PyFlink.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/pyflink.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "windowpipe/place.h"

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
		diag_error(NULL, "%s was killed by %s: nothing was run", quoted,
		    strsignal(WTERMSIG(how)));
	return -1;
}

static int
run(const char *file, char **env)
{
	char *argv[] = { (char *)"python3", (char *)file, NULL };
	posix_spawn_file_actions_t to;
	posix_spawnattr_t attributes;
	sigset_t usual;
	pid_t pid;
	int rc;

	sigemptyset(&usual);
	sigaddset(&usual, SIGPIPE);
	rc = posix_spawn_file_actions_init(&to);
	if (rc != 0)
		goto failed;
	rc = posix_spawnattr_init(&attributes);
	if (rc != 0) {
		posix_spawn_file_actions_destroy(&to);
		goto failed;
	}
	rc = posix_spawn_file_actions_addopen(
	    &to, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	if (rc == 0)
		rc = posix_spawn_file_actions_adddup2(
		    &to, STDERR_FILENO, STDOUT_FILENO);
	if (rc == 0)
		rc = posix_spawnattr_setsigdefault(&attributes, &usual);
	if (rc == 0)
		rc = posix_spawnattr_setflags(
		    &attributes, POSIX_SPAWN_SETSIGDEF);
	if (rc == 0)
		rc = posix_spawnp(&pid, argv[0], &to, &attributes, argv, env);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&to);
	if (rc == 0)
		return wait_for(pid, file);
failed:
	diag_error(NULL, "cannot run python3: %s%s", strerror(rc),
	    rc == ENOENT ? "; apt-get install python3" : "");
	return -1;
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
	fd = mkstemp(name.p);
	if (fd == -1) {
		diag_error(NULL, "cannot make a file like %s: %s", name.p,
		    strerror(errno));
		goto done;
	}
	settings[0] = setting(names[0], packages.p, getenv("PYTHONPATH"));
	settings[1] = setting(names[1], "1", NULL);
	settings[2] = setting(names[2], name.p, NULL);
	if (settings[0] == NULL || settings[1] == NULL || settings[2] == NULL ||
	    (env = environment(settings)) == NULL)
		goto no_memory;
	rc = run(file, env);
	if (rc == 0 && file_read(name.p, STATEMENTS_MAX, statements) == -1) {
		diag_error(NULL, "cannot read %s: %s", name.p, strerror(errno));
		rc = -1;
	}
	goto done;
no_memory:
	diag_error(NULL, "out of memory");
done:
	if (fd != -1) {
		close(fd);
		unlink(name.p);
	}
	free(env);
	for (size_t k = 0; k < SETTINGS; k++)
		free(settings[k]);
	buf_free(&name);
	buf_free(&packages);
	return rc;
}
