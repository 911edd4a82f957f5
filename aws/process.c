/* process - keys that a command prints.
 * SPDX-License-Identifier: ISC */
#include "aws/process.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "aws/text.h"
#include "lib/clock.h"
#include "lib/diag.h"

enum {
	TIME_MAX_MS = 60 * 1000,
	OUTPUT_MAX = 1024 * 1024,
	REAP_MS = 20, /* between looks at a child that has closed its stdout */
	NO_COMMAND = 127,
};

struct child {
	pid_t pid;
	int out; /* read end of its stdout */
	int64_t until_ms;
};

/* Only what is safe after fork() of a program that may have threads. */
_Noreturn static void
become(char *const *argv, int out, int null)
{
	struct sigaction usual = { .sa_handler = SIG_DFL };
	sigset_t none;

	for (int s = 1; s < NSIG; s++)
		sigaction(s, &usual, NULL); /* KILL and STOP say no */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	/* Its own group, so that its children end with it. */
	setpgid(0, 0);
	if (dup2(null, STDIN_FILENO) != -1 && dup2(out, STDOUT_FILENO) != -1) {
		if (close_range(3, ~0U, 0) == -1)
			for (int fd = 3; fd < 1024; fd++)
				close(fd);
		execvp(argv[0], argv);
	}
	_exit(NO_COMMAND);
}

static int
start(char *const *argv, struct child *c)
{
	int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	int ends[2] = { -1, -1 };

	c->pid = -1;
	if (null != -1 && pipe2(ends, O_CLOEXEC) == 0)
		c->pid = fork();
	if (c->pid == 0)
		become(argv, ends[1], null);
	if (ends[1] != -1)
		close(ends[1]);
	if (null != -1)
		close(null);
	c->out = ends[0];
	if (c->pid != -1)
		return 0;
	if (ends[0] != -1)
		close(ends[0]);
	return -1;
}

/* 1: more may come, 0: the end, -1: errno. */
static int
read_some(int fd, struct buf *out)
{
	char *room = buf_room(out, 4096);
	ssize_t n;

	if (room == NULL) {
		errno = EFBIG;
		return -1;
	}
	n = read(fd, room, 4096);
	if (n == -1)
		return errno == EINTR ? 1 : -1;
	out->n += (size_t)n;
	return n > 0;
}

/* All it prints, while requests in flight go on. */
static int
read_output(struct provider *p, const struct child *c, struct buf *out)
{
	struct pollfd fd[2] = { { .fd = c->out, .events = POLLIN } };
	int more = 1;

	if (p->stop != NULL)
		fd[1] = *p->stop;
	while (more == 1) {
		int64_t left_ms = c->until_ms - clock_mono_ms();

		if (left_ms <= 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (transport_pump(p->transport, fd, p->stop == NULL ? 1 : 2,
			left_ms) == -1)
			return -1;
		if (fd[1].revents != 0) {
			errno = EINTR;
			return -1;
		}
		if (fd[0].revents != 0)
			more = read_some(c->out, out);
	}
	return more;
}

static void
end(const struct child *c)
{
	/* Either may be gone, or have no group yet: both are tried. */
	kill(-c->pid, SIGKILL);
	kill(c->pid, SIGKILL);
}

/* Its status, or -1 with errno.  It is gone afterwards in any case. */
static int
reap(struct provider *p, const struct child *c, bool kill_it)
{
	int status = 0;
	pid_t got;

	if (kill_it)
		end(c);
	while ((got = waitpid(c->pid, &status, kill_it ? 0 : WNOHANG)) <= 0) {
		/* SIGCHLD may be ignored: then nobody knows its status. */
		if (got == -1 && errno == ECHILD)
			return 0;
		if (got == -1 && errno != EINTR)
			return -1;
		if (got == 0 && (clock_mono_ms() >= c->until_ms ||
				    provider_pause(p, REAP_MS) == -1)) {
			end(c);
			kill_it = true;
		}
	}
	return status;
}

static enum credentials_result
run(struct provider *p, char *const *argv, const char *who, struct buf *out)
{
	struct child c;
	int rc, cause, status;

	if (start(argv, &c) == -1)
		return provider_fail(p, CREDENTIALS_FAILED,
		    "%s cannot be started: %s", who, strerror(errno));
	c.until_ms = clock_mono_ms() + TIME_MAX_MS;
	rc = read_output(p, &c, out);
	cause = errno;
	close(c.out);
	status = reap(p, &c, rc == -1);
	if (rc == -1)
		return provider_fail(p, CREDENTIALS_FAILED, "%s: %s", who,
		    cause == ETIMEDOUT ? "it took more than 60 s"
				       : strerror(cause));
	if (status == -1)
		return provider_fail(
		    p, CREDENTIALS_FAILED, "%s: %s", who, strerror(errno));
	if (WIFSIGNALED(status))
		return provider_fail(p, CREDENTIALS_REFUSED,
		    "%s was killed by signal %d", who, WTERMSIG(status));
	if (WEXITSTATUS(status) == NO_COMMAND)
		return provider_fail(p, CREDENTIALS_REFUSED,
		    "%s was not found, or did not find a command that it runs",
		    who);
	if (WEXITSTATUS(status) != 0)
		return provider_fail(p, CREDENTIALS_REFUSED,
		    "%s ended with status %d", who, WEXITSTATUS(status));
	return CREDENTIALS_OK;
}

enum { VERSION = KEYS_MORE, MEMBERS };

/* What it printed stays between us and the signer. */
static enum credentials_result
read_answer(
    struct provider *p, struct span out, const char *who, struct identity *id)
{
	static const char *const member[MEMBERS] = { "AccessKeyId",
		"SecretAccessKey", "SessionToken", "Expiration", "Version" };
	struct buf value[MEMBERS] = { { 0 } };
	const char *what;

	if (provider_read_json(out, member, MEMBERS, value) == -1)
		what = "no JSON object";
	else if (!span_is(buf_span(&value[VERSION]), "1"))
		what = "no \"Version\": 1";
	else
		what = provider_take_keys(value, id);
	provider_wipe(value, MEMBERS);
	return what == NULL ? CREDENTIALS_OK
	                    : provider_fail(p, CREDENTIALS_REFUSED,
				  "%s printed %s", who, what);
}

enum credentials_result
process_ask(struct provider *p, const char *profile, const char *command,
    struct identity *id)
{
	char quoted[DIAG_QUOTE_MAX], first[DIAG_QUOTE_MAX];
	struct buf out = { .max = OUTPUT_MAX }, who = { 0 };
	struct words words = { 0 };
	enum credentials_result result;

	diag_quote(quoted, span_of(profile));
	provider_name(p, "profile %s (credential_process)", quoted);
	if (words_split(span_of(command), &words) == -1)
		return provider_fail(p, CREDENTIALS_CONFIG,
		    "credential_process of profile %s is empty or has an open "
		    "quote",
		    quoted);
	/* Its arguments may be secrets: only the command's name is said. */
	buf_addf(&who, "credential_process %s of profile %s",
	    diag_quote(first, span_of(words.argv[0])), quoted);
	result = buf_text(&who) == NULL
	             ? provider_fail(p, CREDENTIALS_FAILED, "out of memory")
	             : run(p, words.argv, who.p, &out);
	if (result == CREDENTIALS_OK)
		result = read_answer(p, buf_span(&out), who.p, id);
	text_wipe(&out);
	buf_free(&who);
	words_free(&words);
	return result;
}
