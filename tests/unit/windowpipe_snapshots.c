/* Tests of windowpipe/snapshots: what a folder of checkpoints says.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/snapshots.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/diag.h"

static char folder[] = "/tmp/windowpipe_snapshots.XXXXXX";

static int
enter_folder(void **state)
{
	(void)state;
	diag_init("program");
	return mkdtemp(folder) == NULL ? -1 : chdir(folder);
}

static int
leave_folder(void **state)
{
	(void)state;
	return system("rm -rf c") == 0 && chdir("/") == 0 ? rmdir(folder) : -1;
}

/* A file of so many bytes that was written at a time in ms. */
static void
make(const char *name, const char *text, int64_t ms)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	struct timespec at = { ms / 1000, ms % 1000 * 1000000 };
	size_t n = strlen(text);

	assert_int_equal(write(fd, text, n), (ssize_t)n);
	assert_int_equal(futimens(fd, (struct timespec[]){ at, at }), 0);
	assert_int_equal(close(fd), 0);
}

static void
assert_words(const char *words)
{
	struct buf b = { 0 };

	snapshots_write(&b, "c", "a,b", 20000);
	assert_string_equal(buf_text(&b), words);
	buf_free(&b);
}

static void
what_there_is_is_told(void **state)
{
	struct snapshot list[SNAPSHOTS_MAX];

	(void)state;
	assert_int_equal(mkdir("c", 0700), 0);
	assert_int_equal(snapshots_read("c", list), 0);
	assert_words("no checkpoint yet");

	assert_int_equal(mkdir("c/9", 0700), 0);
	make("c/9/source", "12345", 10000);
	make("c/9/a", "123", 10030);
	make("c/9/b", "1234", 10020);
	make("c/latest", "9\n", 10040);
	assert_words("checkpoint 9, 9 s ago, 12 B in 30 ms");

	/* The next one has come half way; what is being written is no part. */
	assert_int_equal(mkdir("c/10", 0700), 0);
	make("c/10/source", "12345", 17500);
	make("c/10/a", "123", 17510);
	make("c/10/.b", "123", 17510);
	assert_words("checkpoint 9, 9 s ago, 12 B in 30 ms; "
		     "10 waits for b, 2 s");
	assert_int_equal(snapshots_read("c", list), 2);
	assert_int_equal(list[1].parts, 2);
	assert_false(list[1].is_whole);
	assert_ptr_equal(snapshots_whole(list, 2), &list[0]);

	make("c/10/finished", "", 17500);
	make("c/10/b", "1", 17600);
	make("c/latest", "10 finished\n", 17600);
	assert_int_equal(snapshots_read("c", list), 2);
	assert_true(list[0].is_whole);
	assert_false(list[0].is_finished);
	assert_true(list[1].is_finished);
	assert_int_equal(list[1].parts, 3);
	assert_words("checkpoint 10, 2 s ago, 9 B in 100 ms");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_there_is_is_told),
	};

	(void)umask(022);
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
