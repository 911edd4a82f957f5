/* capture - run a function in a process of its own and keep what it prints.
 * SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_CAPTURE_H
#define TESTS_UNIT_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAPTURE_BYTES = 64 * 1024 };

struct captured {
	int status; /* as a shell has it: 128 and more for signals */
	char out[CAPTURE_BYTES];
	char err[CAPTURE_BYTES];
};

static inline void
capture_slurp(FILE *f, char *to)
{
	size_t n;

	rewind(f);
	n = fread(to, 1, CAPTURE_BYTES - 1, f);
	to[n] = '\0';
	fclose(f);
}

/*
 * Calls run(ctx) in a child whose stdout and stderr are files; its value is
 * the exit status.  The same memory is used by each call.
 */
static inline const struct captured *
capture(int (*run)(void *ctx), void *ctx)
{
	static struct captured c;
	FILE *out = tmpfile(), *err = tmpfile();
	int status = 0;
	pid_t pid;

	if (out == NULL || err == NULL)
		abort();
	fflush(NULL);
	pid = fork();
	if (pid == -1)
		abort();
	if (pid == 0) {
		if (dup2(fileno(out), 1) == -1 || dup2(fileno(err), 2) == -1)
			abort();
		exit(run(ctx));
	}
	if (waitpid(pid, &status, 0) == -1)
		abort();
	c.status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	capture_slurp(out, c.out);
	capture_slurp(err, c.err);
	return &c;
}

#endif
