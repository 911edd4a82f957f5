/* meter - runs a command and writes what it cost.
 * SPDX-License-Identifier: ISC
 *
 * usage: meter REPORT INPUT OUTPUT COMMAND [ARG...]
 *
 * INPUT and OUTPUT are files to open as standard input and output, - for those
 * that are there.  A FIFO is opened here, so that who starts us need not wait.
 * REPORT gets one line: start and end (ns of the monotonic clock), user and
 * system time (us), peak memory (KiB), exit status (128 + signal).
 *
 * A child's peak memory is at least that of the process that forked it, so a
 * small one does that.
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
us_of(struct timeval t)
{
	return (int64_t)t.tv_sec * 1000000 + t.tv_usec;
}

static int
fail(const char *what)
{
	fprintf(stderr, "meter: ");
	perror(what);
	return 3;
}

/* Puts a file in the place of a standard stream. */
static int
redirect(const char *path, int flags, int target)
{
	int fd;

	if (strcmp(path, "-") == 0)
		return 0;
	fd = open(path, flags, 0666);
	if (fd == -1 || dup2(fd, target) == -1)
		return -1;
	return fd == target ? 0 : close(fd);
}

static int
write_report(const char *path, int64_t start, int64_t end,
    const struct rusage *use, int status)
{
	FILE *f = fopen(path, "w");

	if (f == NULL)
		return -1;
	fprintf(f, "%" PRId64 " %" PRId64 " %" PRId64 " %" PRId64 " %ld %d\n",
	    start, end, us_of(use->ru_utime), us_of(use->ru_stime),
	    use->ru_maxrss, status);
	return fclose(f);
}

int
main(int argc, char **argv)
{
	struct rusage use;
	int64_t start, end;
	int status;
	pid_t pid;

	if (argc < 5) {
		fputs("usage: meter REPORT INPUT OUTPUT COMMAND [ARG...]\n",
		    stderr);
		return 2;
	}
	if (redirect(argv[2], O_RDONLY, STDIN_FILENO) == -1)
		return fail(argv[2]);
	if (redirect(argv[3], O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO) ==
	    -1)
		return fail(argv[3]);
	start = now_ns();
	pid = fork();
	if (pid == -1)
		return fail("fork");
	if (pid == 0) {
		execvp(argv[4], argv + 4);
		perror(argv[4]);
		_exit(127);
	}
	/* Else a reader that goes away would not be noticed. */
	close(STDIN_FILENO);
	close(STDOUT_FILENO);
	if (wait4(pid, &status, 0, &use) == -1)
		return fail("wait4");
	end = now_ns();
	status =
	    WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (write_report(argv[1], start, end, &use, status) != 0)
		return fail(argv[1]);
	return status;
}
