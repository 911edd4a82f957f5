/* lib_diag - what stands on stderr, byte by byte.
 * SPDX-License-Identifier: ISC */
#include "lib/diag.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "tests/unit/capture.h"

static int
shapes(void *ctx)
{
	struct diag_at at = { "stdin", 12, 7 };

	(void)ctx;
	diag_init("window");
	diag_error(NULL, "no key: %d of %s", 5, "them");
	diag_error(&at, "bad number");
	at.column = 0;
	diag_warn(&at, "bad text");
	at.line = 0;
	diag_name("tumble");
	diag_error(&at, "cannot read");
	at.source = NULL;
	diag_warn(&at, "nowhere");
	diag_end();
	return 0;
}

static void
a_message_says_who_where_and_what(void **state)
{
	(void)state;
	assert_string_equal(capture(shapes, NULL)->err,
	    "window: no key: 5 of them\n"
	    "window: stdin:12:7: bad number\n"
	    "window: warning: stdin:12: bad text\n"
	    "window[tumble]: stdin: cannot read\n"
	    "window[tumble]: warning: nowhere\n");
}

static int
be_quiet(void *ctx)
{
	(void)ctx;
	diag_init("window");
	diag_remark(NULL, "loud");
	diag_be_quiet();
	for (int i = 0; i < 12; i++)
		diag_warn(NULL, "a warning");
	diag_remark(NULL, "another");
	diag_error(NULL, "an error");
	for (int i = 0; i < 12; i++)
		diag_answer("%d", i);
	diag_end();
	return 0;
}

static void
quiet_silences_warnings_neither_errors_nor_answers(void **state)
{
	(void)state;
	assert_string_equal(capture(be_quiet, NULL)->err,
	    "window: warning: loud\n"
	    "window: an error\n"
	    "window: 0\nwindow: 1\nwindow: 2\nwindow: 3\nwindow: 4\n"
	    "window: 5\nwindow: 6\nwindow: 7\nwindow: 8\nwindow: 9\n"
	    "window: 10\nwindow: 11\n");
}

static int
repeat(void *ctx)
{
	(void)ctx;
	diag_init("window");
	for (int i = 1; i <= 13; i++) {
		struct diag_at at = { "stdin", (uint64_t)i, 0 };

		diag_warn(&at, "bad %s", "apple");
		if (i <= 10)
			diag_error(NULL, "pear %d", i);
	}
	diag_end();
	diag_end();
	return 0;
}

static void
ten_of_a_kind_are_printed_and_the_rest_counted(void **state)
{
	const struct captured *c = capture(repeat, NULL);
	size_t lines = 0;

	(void)state;
	for (const char *p = c->err; *p != '\0'; p++)
		lines += *p == '\n';
	assert_int_equal(lines, 21);
	assert_non_null(
	    strstr(c->err, "window: warning: stdin:10: bad apple\n"));
	assert_null(strstr(c->err, "stdin:11"));
	assert_non_null(strstr(c->err, "window: pear 10\n"));
	assert_non_null(
	    strstr(c->err, "\nwindow: 3 more like: stdin:10: bad apple\n"));
}

static int
unclean(void *ctx)
{
	struct diag_at at = { "a\nb", 1, 0 };
	char big[10000];

	(void)ctx;
	diag_init("window");
	diag_name("n\033[2J");
	diag_error(&at, "%s", "caf\xc3\xa9 \x80 \x7f");
	memset(big, 'x', sizeof big);
	big[sizeof big - 1] = '\0';
	diag_error(NULL, "%s!", big);
	return 0;
}

static void
a_message_is_one_masked_line_of_bounded_length(void **state)
{
	static const char first[] =
	    "window[n\\x1b[2J]: a\\x0ab:1: caf\xc3\xa9 \\x80 \\x7f\n";
	const struct captured *c = capture(unclean, NULL);
	size_t n = sizeof first - 1;

	(void)state;
	assert_memory_equal(c->err, first, n);
	assert_int_equal(strlen(c->err) - n, 4096);
	assert_string_equal(c->err + n + 4092, "...\n");
	assert_ptr_equal(strchr(c->err + n, '\n'), c->err + n + 4095);
}

static void
quotes(const char *text, size_t n, const char *want)
{
	char out[DIAG_QUOTE_MAX];

	assert_string_equal(diag_quote(out, (struct span){ text, n }), want);
}

static void
a_quote_masks_what_is_no_printable_utf8(void **state)
{
	(void)state;
	quotes("", 0, "''");
	quotes("a b", 3, "'a b'");
	quotes("a\0\t\r\n\x1b", 6, "'a\\x00\\x09\\x0d\\x0a\\x1b'");
	quotes("\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80", 9,
	    "'\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80'");
	quotes("\xc3", 1, "'\\xc3'");
	quotes("\xc2\x85", 2, "'\\xc2\\x85'");            /* C1 control */
	quotes("a\xe2\x80\xae", 4, "'a\\xe2\\x80\\xae'"); /* U+202E */
	quotes("\xe2\x80\xa8", 3, "'\\xe2\\x80\\xa8'");   /* U+2028 */
	quotes("\xe2\x81\xa6", 3, "'\\xe2\\x81\\xa6'");   /* U+2066 */
	quotes("\xe2\x80\x8f", 3, "'\\xe2\\x80\\x8f'");   /* U+200F */
	quotes("\xd8\x9c", 2, "'\\xd8\\x9c'");            /* U+061C */
	quotes("\xe2\x80\x8d", 3, "'\xe2\x80\x8d'");      /* U+200D */
	quotes("\xe2\x80\xaf", 3, "'\xe2\x80\xaf'");      /* U+202F */
	quotes("\xe2\x81\xaa", 3, "'\xe2\x81\xaa'");      /* U+206A */
	quotes("\xc0\xaf", 2, "'\\xc0\\xaf'");            /* overlong */
	quotes("\xed\xa0\x80", 3, "'\\xed\\xa0\\x80'");   /* surrogate */
	quotes("\xf4\x90\x80\x80", 4, "'\\xf4\\x90\\x80\\x80'");
	quotes("\xe0\x80\x80x", 4, "'\\xe0\\x80\\x80x'");
	quotes("\xe2\x82(", 3, "'\\xe2\\x82('");
}

static void
a_text_is_plain_with_question_marks(void **state)
{
	static const struct {
		const char *text, *keep, *want;
		int most, lack;
	} row[] = {
		{ "", "", "", 3, 3 },
		{ "a\xc3\xa9\x1b[m", "", "a\xc3\xa9?[m", 9, 4 },
		{ "a\xc3\xa9\x1b[m", "", "a\xc3\xa9", 2, 0 },
		{ "a\tb\nc", "\n", "a?b\nc", 9, 4 },
		{ "\xc2\x85\xe2\x80\xae", "\xc2", "\xc2????", 9, 4 },
	};
	struct buf b = { 0 };

	(void)state;
	for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
		buf_clear(&b);
		assert_int_equal(diag_add_plain(&b, span_of(row[i].text),
				     row[i].most, row[i].keep),
		    row[i].lack);
		buf_add_char(&b, '\0');
		assert_string_equal(b.p, row[i].want);
	}
	buf_clear(&b);
	assert_int_equal(
	    diag_add_plain(&b, (struct span){ "\0", 1 }, 9, "\n"), 8);
	assert_memory_equal(b.p, "?", 1);
	buf_free(&b);
}

static void
a_quote_is_cut_after_sixty_bytes_between_characters(void **state)
{
	char text[64], want[DIAG_QUOTE_MAX] = "'", out[DIAG_QUOTE_MAX];

	(void)state;
	memset(text, 'x', sizeof text);
	memset(want + 1, 'x', 60);
	strcpy(want + 61, "'");
	quotes(text, 60, want);
	strcpy(want + 61, "...'");
	quotes(text, 61, want);
	memcpy(text + 59, "\xc3\xa9", 2);
	strcpy(want + 60, "...'");
	quotes(text, 62, want);
	memset(text, 0, sizeof text);
	diag_quote(out, (struct span){ text, sizeof text });
	assert_int_equal(strlen(out), 2 + 4 * 60 + 3);
}

static const char *
clear_line(void *ctx)
{
	int *asked = ctx;

	(*asked)++;
	return "\r\033[K";
}

static int
with_hook(void *ctx)
{
	int asked = 0;

	(void)ctx;
	diag_init("window");
	diag_before(clear_line, &asked);
	diag_error(NULL, "one");
	diag_before(NULL, NULL);
	diag_error(NULL, "two");
	return asked;
}

static void
a_hook_puts_bytes_before_a_message(void **state)
{
	const struct captured *c = capture(with_hook, NULL);

	(void)state;
	assert_int_equal(c->status, 1);
	assert_string_equal(c->err, "\r\033[Kwindow: one\nwindow: two\n");
}

static int
one_write(void *ctx)
{
	int fd[2];
	char bytes[200];

	/* In packet mode a read gives what one write wrote. */
	(void)ctx;
	if (pipe2(fd, O_DIRECT) == -1 || dup2(fd[1], 2) == -1)
		return 1;
	diag_init("window");
	diag_name("x");
	diag_error(&(struct diag_at){ "f", 1, 2 }, "a %s", "b");
	return read(fd[0], bytes, sizeof bytes) ==
	               sizeof "window[x]: f:1:2: a b\n" - 1
	           ? 0
	           : 2;
}

static void
a_message_is_one_write(void **state)
{
	(void)state;
	assert_int_equal(capture(one_write, NULL)->status, 0);
}

static int
closed(void *ctx)
{
	char byte;

	(void)ctx;
	close(0);
	close(1);
	close(2);
	if (diag_open_std_fds() == -1)
		return 1;
	if (read(0, &byte, 1) != -1 || errno != EBADF)
		return 2;
	if (write(1, "x", 1) != -1 || errno != EBADF)
		return 3;
	diag_error(NULL, "heard by nobody");
	return open("/dev/null", O_RDONLY) > 2 ? 0 : 4;
}

static int
open_already(void *ctx)
{
	(void)ctx;
	if (diag_open_std_fds() == -1)
		return 1;
	return write(1, "x", 1) == 1 ? 0 : 2;
}

static void
closed_standard_descriptors_fail_but_are_never_reused(void **state)
{
	(void)state;
	assert_int_equal(capture(closed, NULL)->status, 0);
	assert_int_equal(capture(open_already, NULL)->status, 0);
}

static void
a_status_only_gets_worse(void **state)
{
	(void)state;
	assert_int_equal(status_worse(STATUS_DATA, STATUS_SYSTEM), 3);
	assert_int_equal(status_worse(STATUS_SYSTEM, STATUS_OK), 3);
}

static void
what_may_go_well_later_is_no_fault_of_a_command_line(void **state)
{
	(void)state;
	assert_int_equal(status_of_errno(ENOSPC), STATUS_SYSTEM);
	assert_int_equal(status_of_errno(EMFILE), STATUS_SYSTEM);
	assert_int_equal(status_of_errno(EACCES), STATUS_USAGE);
	assert_int_equal(status_of_errno(ENOTDIR), STATUS_USAGE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_message_says_who_where_and_what),
		cmocka_unit_test(
		    quiet_silences_warnings_neither_errors_nor_answers),
		cmocka_unit_test(
		    ten_of_a_kind_are_printed_and_the_rest_counted),
		cmocka_unit_test(
		    a_message_is_one_masked_line_of_bounded_length),
		cmocka_unit_test(a_quote_masks_what_is_no_printable_utf8),
		cmocka_unit_test(a_text_is_plain_with_question_marks),
		cmocka_unit_test(
		    a_quote_is_cut_after_sixty_bytes_between_characters),
		cmocka_unit_test(a_hook_puts_bytes_before_a_message),
		cmocka_unit_test(a_message_is_one_write),
		cmocka_unit_test(
		    closed_standard_descriptors_fail_but_are_never_reused),
		cmocka_unit_test(a_status_only_gets_worse),
		cmocka_unit_test(
		    what_may_go_well_later_is_no_fault_of_a_command_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
