/* Tests of lib/recent.
 * SPDX-License-Identifier: ISC */
#include "lib/recent.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/file.h"

static char folder[] = "/tmp/lib_recent.XXXXXX";

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
	(void)unlink("r");
	return chdir("/") == 0 ? rmdir(folder) : -1;
}

/* The file ends with the last line, and begins with a whole one. */
static void
assert_last(int last)
{
	struct buf b = { 0 };
	char line[32];

	assert_int_equal(file_read("r", RECENT_BYTES, &b), 0);
	assert_non_null(buf_text(&b));
	snprintf(line, sizeof line, "line %d\n", last);
	assert_string_equal(b.p + b.n - strlen(line), line);
	assert_memory_equal(b.p, "line ", 5);
	buf_free(&b);
}

static void
the_last_whole_lines_are_kept(void **state)
{
	struct recent r = { .file = "r" };
	char line[32];

	(void)state;
	/* Lengths that meet the bound within a line, and at its end. */
	for (int i = 0; i < 20000; i++) {
		snprintf(line, sizeof line, "line %d", i);
		recent_add(&r, span_of(line));
		if (i % 997 != 0)
			continue;
		assert_int_equal(recent_write(&r), 0);
		assert_last(i);
	}
	recent_free(&r);
}

static void
nothing_new_is_not_written_again(void **state)
{
	struct recent r = { .file = "r" };

	(void)state;
	assert_int_equal(recent_write(&r), 0);
	recent_add(&r, span_of("line 1"));
	assert_int_equal(recent_write(&r), 0);
	assert_last(1);
	assert_int_equal(unlink("r"), 0);
	assert_int_equal(recent_write(&r), 0);
	assert_int_equal(access("r", F_OK), -1);
	/* What could not be written is tried again. */
	recent_add(&r, span_of("line 2"));
	r.file = "none/r";
	assert_int_equal(recent_write(&r), -1);
	r.file = "r";
	assert_int_equal(recent_write(&r), 0);
	assert_last(2);
	recent_free(&r);
}

static void
without_a_file_nothing_is_kept(void **state)
{
	struct recent r = { 0 };

	(void)state;
	recent_add(&r, span_of("line 1"));
	assert_int_equal(r.lines.n, 0);
	assert_int_equal(recent_write(&r), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_last_whole_lines_are_kept),
		cmocka_unit_test(nothing_new_is_not_written_again),
		cmocka_unit_test(without_a_file_nothing_is_kept),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
