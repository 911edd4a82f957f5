/* lib_out - whole lines, and the truth about whether they got there.
 * SPDX-License-Identifier: ISC */
#include "lib/out.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/stat.h>
#include <time.h>

#include <cmocka.h>

#include "lib/diag.h"
#include "lib/signals.h"
#include "tests/unit/capture.h"

static size_t
read_some(int fd, char *to, size_t n)
{
	ssize_t got = read(fd, to, n);

	assert_true(got >= 0);
	return (size_t)got;
}

static void
lines_wait_until_flushed_and_a_begun_one_stays(void **state)
{
	struct out o;
	char bytes[100];
	int fd[2];

	(void)state;
	assert_int_equal(pipe2(fd, O_NONBLOCK), 0);
	out_init(&o, fd[1], "stdout");
	buf_add_text(&o.line, "one");
	assert_int_equal(out_end_line(&o), 0);
	assert_int_equal(out_span_line(&o, span_of("two")), 0);
	buf_add_text(&o.line, "thr");
	assert_int_equal(read(fd[0], bytes, sizeof bytes), -1);
	assert_int_equal(out_flush(&o), 0);
	assert_int_equal(read_some(fd[0], bytes, sizeof bytes), 8);
	assert_memory_equal(bytes, "one\ntwo\n", 8);
	assert_int_equal(out_flush(&o), 0);
	buf_add_text(&o.line, "ee");
	assert_int_equal(out_end_line(&o), 0);
	assert_int_equal(out_close(&o), 0);
	assert_int_equal(read_some(fd[0], bytes, sizeof bytes), 6);
	assert_memory_equal(bytes, "three\n", 6);
	assert_int_equal(read_some(fd[0], bytes, sizeof bytes), 0);
	assert_int_equal(o.lines, 3);
	close(fd[0]);
}

static void
every_write_holds_whole_lines_only(void **state)
{
	struct out o;
	char *bytes;
	size_t total = 0, lines = 0;
	int fd[2];

	(void)state;
	bytes = malloc(1 << 20);
	assert_non_null(bytes);
	assert_int_equal(pipe(fd), 0);
	assert_true(fcntl(fd[1], F_SETPIPE_SZ, 1 << 20) != -1);
	out_init(&o, fd[1], "stdout");
	for (int i = 0; i < 10000; i++) {
		buf_addf(&o.line, "{\"i\":%d}", i);
		assert_int_equal(out_end_line(&o), 0);
		assert_true(o.line.n <= 64 * 1024);
		assert_int_equal(o.whole, o.line.n);
		if (o.line.n != 0)
			continue;
		/* It has just written. */
		total = read_some(fd[0], bytes, 1 << 20);
		assert_int_equal(bytes[total - 1], '\n');
		lines++;
	}
	assert_true(lines > 0);
	assert_int_equal(out_close(&o), 0);
	close(fd[0]);
	free(bytes);
}

static int
slow_reader(void *ctx)
{
	int fd[2];
	struct out o;
	pid_t pid;
	int status;

	/* More than the pipe holds, into a descriptor that does not block. */
	(void)ctx;
	if (pipe2(fd, O_NONBLOCK) == -1)
		return 1;
	pid = fork();
	if (pid == 0) {
		static char bytes[7777];
		size_t total = 0;
		ssize_t n;

		close(fd[1]);
		if (fcntl(fd[0], F_SETFL, 0) == -1)
			_exit(1);
		while ((n = read(fd[0], bytes, sizeof bytes)) > 0)
			total += (size_t)n;
		_exit(total == 3000 * 101 ? 0 : 2);
	}
	close(fd[0]);
	out_init(&o, fd[1], "stdout");
	for (int i = 0; i < 3000; i++) {
		buf_addf(&o.line, "%0100d", i);
		if (out_end_line(&o) == -1)
			return 2;
	}
	if (out_close(&o) == -1)
		return 3;
	if (waitpid(pid, &status, 0) == -1)
		return 4;
	return status == 0 ? 0 : 5;
}

static void
a_full_pipe_is_waited_for(void **state)
{
	(void)state;
	assert_int_equal(capture(slow_reader, NULL)->status, 0);
}

static int
full_disk(void *ctx)
{
	struct out o;

	(void)ctx;
	diag_init("window");
	if (out_open(&o, "/dev/full") == -1)
		return 1;
	if (out_span_line(&o, span_of("x")) == -1)
		return 2;
	if (out_flush(&o) != -1 || o.error != ENOSPC)
		return 4;
	if (out_span_line(&o, span_of("y")) != -1 || o.line.n != 0)
		return 5;
	if (out_close(&o) != -1 || o.error != ENOSPC)
		return 6;
	return out_complain(&o);
}

static int
gone_reader(void *ctx)
{
	struct out o;
	int fd[2];

	(void)ctx;
	diag_init("window");
	if (signal(SIGPIPE, SIG_IGN) == SIG_ERR || pipe(fd) == -1)
		return 1;
	close(fd[0]);
	out_init(&o, fd[1], "stdout");
	if (out_span_line(&o, span_of("x")) == -1 || out_close(&o) != -1)
		return 2;
	return out_complain(&o);
}

static int
closed(void *ctx)
{
	struct out o;

	(void)ctx;
	diag_init("window");
	close(1);
	if (diag_open_std_fds() == -1)
		return 1;
	out_init(&o, 1, "stdout");
	if (out_close(&o) == -1) /* nothing written, nothing lost */
		return 2;
	out_init(&o, 1, "stdout");
	if (out_span_line(&o, span_of("x")) == -1 || out_flush(&o) != -1)
		return 4;
	out_close(&o);
	return out_complain(&o);
}

static void
a_failure_sticks_and_is_told_with_its_cause(void **state)
{
	const struct captured *c = capture(full_disk, NULL);

	(void)state;
	assert_int_equal(c->status, 3);
	assert_string_equal(c->err,
	    "window: /dev/full: cannot write: No space left on device\n");
	c = capture(gone_reader, NULL);
	assert_int_equal(c->status, 3);
	assert_string_equal(c->err, "window: stdout: cannot write: the reader "
				    "has gone away (broken pipe)\n");
	c = capture(closed, NULL);
	assert_int_equal(c->status, 3);
	assert_string_equal(
	    c->err, "window: stdout: cannot write: it is closed\n");
}

/* Once the pipe is full: signals the parent until it has gone. */
static void
stop_parent(pid_t parent, int full)
{
	const struct timespec pause = { 0, 5 * 1000 * 1000 };
	struct pollfd p = { full, POLLOUT, 0 };

	while (getppid() == parent && poll(&p, 1, 0) != 0)
		nanosleep(&pause, NULL);
	while (getppid() == parent && kill(parent, SIGTERM) == 0)
		nanosleep(&pause, NULL);
}

static int
hanging_reader(void *ctx)
{
	struct out o;
	int fd[2];
	pid_t self = getpid(), pid;
	char big[1000] = { 0 };

	(void)ctx;
	diag_init("window");
	if (signals_open() == -1 || pipe(fd) == -1)
		return 1;
	pid = fork();
	if (pid == 0) {
		stop_parent(self, fd[1]);
		_exit(0);
	}
	out_init(&o, fd[1], "stdout");
	memset(big, 'x', sizeof big);
	/* Writes this small are done whole or not at all. */
	while (out_span_line(&o, (struct span){ big, sizeof big }) == 0 &&
	       out_flush(&o) == 0)
		continue;
	if (signals_stop_count() < 2 || o.error != EINTR)
		return 2;
	out_close(&o);
	return out_complain(&o);
}

static void
a_reader_that_hangs_is_left_at_the_second_signal(void **state)
{
	const struct captured *c = capture(hanging_reader, NULL);

	(void)state;
	assert_int_equal(c->status, 3);
	assert_string_equal(c->err,
	    "window: stdout: cannot write: stopped by a second signal\n");
}

/* Lines of 10 to 999 bytes, by their number. */
static void
add_numbered(struct out *o, size_t i)
{
	char fill[1000];

	memset(fill, 'x', sizeof fill);
	buf_addf(&o->line, "%zu ", i);
	buf_add(&o->line, fill, 10 + i * 7919 % 900);
	assert_int_equal(out_end_line(o), 0);
	assert_int_equal(out_flush(o), 0);
}

static void
what_a_reader_that_has_gone_had_not_read_is_kept(void **state)
{
	static char bytes[1 << 20];
	size_t begin[12000], unread = 0, at = 0, i;
	struct out o;
	int fd[2];

	(void)state;
	assert_true(signal(SIGPIPE, SIG_IGN) != SIG_ERR);
	assert_int_equal(pipe(fd), 0);
	out_init(&o, fd[1], "stdout");
	o.keeps = true;
	/* More than is kept; the reader is behind by 20 to 40 kB. */
	for (i = 0; i < 12000; i++) {
		begin[i] = at;
		add_numbered(&o, i);
		at += 13 + i * 7919 % 900 + (i > 9) + (i > 99) + (i > 999) +
		      (i > 9999);
		unread = at - (begin[i] - unread);
		if (unread > 40000)
			unread -= read_some(fd[0], bytes, unread - 20001);
	}
	assert_true(o.line.n < 4 << 20);
	while (begin[i - 1] > at - unread)
		i--;
	close(fd[0]);
	/* What it had read of is the (i-1)th. */
	assert_int_equal(out_span_line(&o, span_of("last")), 0);
	assert_int_equal(out_flush(&o), 0);
	assert_true(o.held);
	assert_int_equal(o.error, EPIPE);
	assert_int_equal(out_span_line(&o, span_of("and one")), 0);
	assert_int_equal(out_close(&o), 0);
	assert_int_equal(o.line.n, at - begin[i - 1] + 13);
	assert_int_equal(strtoul(o.line.p, NULL, 10), i - 1);
	assert_memory_equal(o.line.p + o.line.n - 14, "\nlast\nand one\n", 14);
	buf_free(&o.line);
}

static void
a_file_is_made_or_appended_to(void **state)
{
	char name[] = "/tmp/out-XXXXXX", bytes[100];
	struct out o;
	struct stat st;
	int fd = mkstemp(name);

	(void)state;
	assert_int_not_equal(fd, -1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(out_open(&o, name), 0);
		assert_true(o.fd > 2);
		assert_int_equal(out_span_line(&o, span_of("late\r")), 0);
		assert_int_equal(out_close(&o), 0);
	}
	assert_int_equal(read_some(fd, bytes, sizeof bytes), 12);
	assert_memory_equal(bytes, "late\r\nlate\r\n", 12);
	assert_int_equal(unlink(name), 0);
	umask(022);
	assert_int_equal(out_open(&o, name), 0);
	assert_int_equal(stat(name, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0644);
	assert_int_equal(out_close(&o), 0);
	assert_int_equal(unlink(name), 0);
	close(fd);
}

static void
a_line_that_was_cut_is_not_glued_to_the_next(void **state)
{
	char name[] = "/tmp/out-XXXXXX", bytes[100];
	struct out o;
	int fd = mkstemp(name);

	(void)state;
	assert_int_equal(write(fd, "half", 4), 4);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(out_open(&o, name), 0);
		if (i > 0)
			assert_int_equal(out_span_line(&o, span_of("x")), 0);
		assert_int_equal(out_close(&o), 0);
	}
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(read_some(fd, bytes, sizeof bytes), 9);
	assert_memory_equal(bytes, "half\nx\nx\n", 9);
	assert_int_equal(unlink(name), 0);
	close(fd);
}

static void
a_file_that_cannot_be_opened_says_why(void **state)
{
	struct out o;

	(void)state;
	assert_int_equal(out_open(&o, "/nowhere/x"), -1);
	assert_int_equal(errno, ENOENT);
	assert_int_equal(out_open(&o, "-"), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(out_close(&o), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    lines_wait_until_flushed_and_a_begun_one_stays),
		cmocka_unit_test(every_write_holds_whole_lines_only),
		cmocka_unit_test(a_full_pipe_is_waited_for),
		cmocka_unit_test(a_failure_sticks_and_is_told_with_its_cause),
		cmocka_unit_test(
		    a_reader_that_hangs_is_left_at_the_second_signal),
		cmocka_unit_test(
		    what_a_reader_that_has_gone_had_not_read_is_kept),
		cmocka_unit_test(a_file_is_made_or_appended_to),
		cmocka_unit_test(a_line_that_was_cut_is_not_glued_to_the_next),
		cmocka_unit_test(a_file_that_cannot_be_opened_says_why),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
