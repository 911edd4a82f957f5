/* Tests of lib/file.
 * SPDX-License-Identifier: ISC */
#include "lib/file.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[] = "/tmp/lib_file.XXXXXX";

static int
enter_folder(void **state)
{
	(void)state;
	return mkdtemp(folder) == NULL ? -1 : chdir(folder);
}

static int
leave_folder(void **state)
{
	(void)state;
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

static void
assert_holds(const char *name, const char *text)
{
	struct buf b = { 0 };

	assert_int_equal(file_read(name, 100, &b), 0);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
}

static void
a_file_is_read_up_to_its_bound(void **state)
{
	struct buf b = { 0 };

	(void)state;
	assert_int_equal(file_replace("a", "a.new", 0600, span_of("four")), 0);
	assert_int_equal(file_read("a", 4, &b), 0);
	buf_clear(&b);
	assert_int_equal(file_read("a", 3, &b), -1);
	assert_int_equal(errno, EFBIG);
	assert_int_equal(file_read("none", 3, &b), -1);
	assert_int_equal(errno, ENOENT);
	buf_free(&b);
	assert_int_equal(unlink("a"), 0);
}

static void
a_file_is_replaced_or_stays(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(file_replace("a", "a.new", 0600, span_of("old")), 0);
	/* What lies beside is not followed, and not left. */
	assert_int_equal(symlink("a", "a.new"), 0);
	assert_null(file_try_replace("a", "a.new"));
	assert_holds("a", "old");
	assert_int_equal(lstat("a.new", &st), -1);
	assert_int_equal(file_replace("a", "a.new", 0640, span_of("new")), 0);
	assert_holds("a", "new");
	assert_int_equal(stat("a", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	assert_int_equal(unlink("a"), 0);
	/* It cannot take the name of a folder. */
	assert_int_equal(mkdir("a", 0700), 0);
	assert_int_equal(file_replace("a", "a.new", 0600, span_of("x")), -1);
	assert_int_equal(errno, EISDIR);
	assert_int_equal(lstat("a.new", &st), -1);
	assert_string_equal(
	    file_try_replace("a", "a.new"), "not a regular file");
	assert_int_equal(rmdir("a"), 0);
	/* Nor is a device, a FIFO or a link renamed over. */
	assert_int_equal(mkfifo("a", 0600), 0);
	assert_string_equal(
	    file_try_replace("a", "a.new"), "not a regular file");
	assert_int_equal(unlink("a"), 0);
	assert_int_equal(symlink("b", "a"), 0);
	assert_string_equal(
	    file_try_replace("a", "a.new"), "not a regular file");
	assert_int_equal(unlink("a"), 0);
	assert_string_equal(file_try_replace("none/a", "none/a.new"),
	    "No such file or directory");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_file_is_read_up_to_its_bound),
		cmocka_unit_test(a_file_is_replaced_or_stays),
	};

	(void)umask(022);
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
