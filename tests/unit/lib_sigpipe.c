/* lib_sigpipe - SIGPIPE is swallowed between hold and let_go, and only there.
 * SPDX-License-Identifier: ISC */
#include "lib/sigpipe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <errno.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

/* Runs in a child; 0 if it lived, else the signal that killed it. */
static int
fate_of(void (*act)(void))
{
	int status;
	pid_t pid = fork();

	assert_int_not_equal(pid, -1);
	if (pid == 0) {
		signal(SIGPIPE, SIG_DFL);
		act();
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
}

static void
write_to_nobody(void)
{
	int ends[2];

	if (pipe(ends) == -1 || close(ends[0]) == -1)
		_exit(98);
	if (write(ends[1], "x", 1) != -1 || errno != EPIPE)
		_exit(97);
}

static void
held(void)
{
	struct sigpipe s;

	sigpipe_hold(&s);
	write_to_nobody();
	sigpipe_let_go(&s);
}

static void
held_then_free(void)
{
	held();
	write_to_nobody();
}

/* One that was blocked and pending before is the program's own. */
static void
pending_before(void)
{
	sigset_t pipe_only, pending;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	sigprocmask(SIG_BLOCK, &pipe_only, NULL);
	raise(SIGPIPE);
	held();
	if (sigpending(&pending) == -1 || !sigismember(&pending, SIGPIPE))
		_exit(96);
	sigprocmask(SIG_UNBLOCK, &pipe_only, NULL);
}

static void
a_socket_s_signal_is_swallowed_and_no_other(void **state)
{
	(void)state;
	assert_int_equal(fate_of(held), 0);
	assert_int_equal(fate_of(write_to_nobody), SIGPIPE);
	assert_int_equal(fate_of(held_then_free), SIGPIPE);
	assert_int_equal(fate_of(pending_before), SIGPIPE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_socket_s_signal_is_swallowed_and_no_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
