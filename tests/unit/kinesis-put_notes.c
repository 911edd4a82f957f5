/* Tests of kinesis-put/notes: what one run noted and the next one knows.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/notes.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "tests/unit/capture.h"

static char folder[] = "/tmp/kinesis-put_notes.XXXXXX";
static const struct checkpoint pipeline = { .dir = ".", .name = "put" };

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
	return chdir("/") == -1 ? -1 : rmdir(folder);
}

static int
empty_folder(void **state)
{
	(void)state;
	return system("rm -rf put.notes") == 0 ? 0 : -1;
}

static void
open_behind(struct notes *n, uint64_t rows)
{
	assert_int_equal(notes_open(n, &pipeline, rows, 200), STATUS_OK);
}

/* A run that behind the mark notes the rows from first on, hash = 10 * row. */
static void
note_rows(uint64_t mark, uint64_t first, uint64_t last)
{
	struct notes n;

	open_behind(&n, UINT64_MAX);
	notes_mark(&n, mark, 0);
	for (uint64_t row = first; row <= last; row++)
		notes_add(&n, row, 10 * row, row);
	notes_write(&n, 1000);
	assert_int_equal(notes_due_ms(&n), 1200);
	notes_sync(&n);
	assert_int_equal(notes_due_ms(&n), INT64_MAX);
	notes_close(&n);
}

static bool
has(struct notes *n, uint64_t row)
{
	bool other;

	return notes_have(n, row, 10 * row, &other);
}

static bool
exists(const char *name)
{
	struct stat st;

	return stat(name, &st) == 0;
}

static void
the_next_run_knows_what_is_behind_its_checkpoint(void **state)
{
	struct notes n;
	bool other;

	(void)state;
	note_rows(1, 5, 6);
	note_rows(4, 8, 9);
	open_behind(&n, 5);
	assert_false(has(&n, 5));
	assert_true(has(&n, 6));
	assert_false(has(&n, 7));
	assert_false(notes_have(&n, 8, 81, &other));
	assert_true(other);
	assert_true(has(&n, 9));
	assert_false(notes_have(&n, 10, 100, &other));
	assert_false(other);
	notes_close(&n);
}

static int
open_notes(void *n)
{
	enum status status = notes_open(n, &pipeline, 5, 200);

	notes_close(n);
	return (int)status;
}

static void
notes_of_another_version_are_refused(void **state)
{
	const struct captured *c;
	struct notes n;

	(void)state;
	note_rows(1, 5, 6);
	assert_int_equal(system("printf wpnotes1 >put.notes/1"), 0);
	c = capture(open_notes, &n);
	assert_int_equal(c->status, STATUS_USAGE);
	assert_non_null(strstr(c->err, "another version; use that one"));
	/* One that was begun when the power went holds nothing. */
	assert_int_equal(system("printf wpno >put.notes/1"), 0);
	assert_int_equal(capture(open_notes, &n)->status, STATUS_OK);
}

/* The row 6 was another one in the second run: both are in the stream. */
static void
both_of_two_that_had_a_number_are_known(void **state)
{
	struct notes n;
	bool other;

	(void)state;
	note_rows(1, 6, 6);
	open_behind(&n, 5);
	notes_mark(&n, 2, 0);
	notes_add(&n, 6, 1, 1);
	notes_write(&n, 0);
	notes_close(&n);
	open_behind(&n, 5);
	assert_true(notes_have(&n, 6, 60, &other));
	assert_true(notes_have(&n, 6, 1, &other));
	assert_false(notes_have(&n, 6, 2, &other));
	notes_close(&n);
}

static void
a_file_goes_when_no_run_goes_on_from_before_it(void **state)
{
	struct notes n;

	(void)state;
	note_rows(1, 5, 6);
	note_rows(2, 8, 9);
	open_behind(&n, 5);
	notes_mark(&n, 3, 5);
	assert_true(exists("put.notes/1"));
	notes_mark(&n, 4, 6);
	assert_false(exists("put.notes/1"));
	assert_true(exists("put.notes/2"));
	assert_false(exists("put.notes/3"));
	notes_close(&n);
}

static void
half_a_note_is_none_and_those_before_it_count(void **state)
{
	struct notes n;

	(void)state;
	note_rows(1, 5, 7);
	for (off_t cut = 8 + 3 * 29 - 1; cut >= 0; cut--) {
		assert_int_equal(truncate("put.notes/1", cut), 0);
		open_behind(&n, 0);
		assert_int_equal(n.nknown, cut < 8 ? 0 : (cut - 8) / 29);
		notes_close(&n);
	}
}

static void
what_the_disk_does_not_take_is_noted_later(void **state)
{
	struct notes n;

	(void)state;
	open_behind(&n, 0);
	notes_mark(&n, 1, 0);
	assert_int_equal(rename("put.notes", "away"), 0);
	notes_add(&n, 1, 10, 1);
	notes_write(&n, 0);
	assert_true(n.failing);
	assert_int_equal(rename("away", "put.notes"), 0);
	notes_add(&n, 2, 20, 2);
	notes_write(&n, 0);
	assert_false(n.failing);
	notes_close(&n);
	open_behind(&n, 0);
	assert_true(has(&n, 1));
	assert_true(has(&n, 2));
	notes_close(&n);
}

/* Row 3 was stored, 4 by the run that came after; 5 nobody has heard of. */
static void
what_was_sent_and_no_more_is_in_doubt(void **state)
{
	struct notes n;

	(void)state;
	open_behind(&n, 0);
	notes_mark(&n, 1, 0);
	for (int64_t run = 1; run <= 2; run++) {
		notes_add_since(&n, 1000 * run);
		for (uint64_t row = 3; row <= 5; row++)
			notes_add_sent(&n, row, 10 * row, row == 5, row);
		notes_add_last(&n, span_of(run == 1 ? "s-1 7\n" : "s-2 8\n"));
		notes_add(&n, 2 + (uint64_t)run, 10 * (2 + (uint64_t)run), 1);
		notes_write(&n, 0);
	}
	notes_close(&n);
	open_behind(&n, 2);
	assert_int_equal(n.nsent, 1);
	assert_int_equal(n.sent[0].number, 5);
	assert_int_equal(n.sent[0].since_ms, 1000);
	assert_true(n.sent[0].anywhere);
	assert_non_null(notes_sent(&n, 5, 50));
	assert_null(notes_sent(&n, 5, 51));
	assert_null(notes_sent(&n, 4, 40));
	assert_string_equal(buf_text(&n.last_records), "s-1 7\ns-2 8\n");
	assert_false(notes_came(&n, 4));
	assert_true(notes_came(&n, 5));
	notes_forget(&n);
	assert_true(notes_came(&n, 0));
	notes_close(&n);
}

static void
add_up(void *ctx, uint64_t hash, uint64_t record)
{
	uint64_t *sum = ctx;

	*sum += 1000 * hash + record;
}

static void
what_is_known_is_read_again_wherever_it_is(void **state)
{
	uint64_t sum = 0;
	struct notes n;

	(void)state;
	note_rows(1, 1, 2);
	open_behind(&n, 0);
	notes_mark(&n, 2, 0);
	notes_add(&n, 3, 4, 5);
	notes_write(&n, 0);
	notes_add_sent(&n, 9, 9, true, 0);
	notes_add(&n, 4, 6, 7);
	assert_int_equal(notes_each_known(&n, add_up, &sum), 0);
	assert_int_equal(sum, 10001 + 20002 + 4005 + 6007);
	notes_close(&n);
}

static void
a_key_and_its_data_are_told_apart(void **state)
{
	(void)state;
	assert_int_not_equal(note_hash(span_of("a"), span_of("bc")),
	    note_hash(span_of("ab"), span_of("c")));
	assert_int_equal(note_hash((struct span){ 0 }, span_of("abc")),
	    note_hash((struct span){ "x", 0 }, span_of("abc")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(
		    the_next_run_knows_what_is_behind_its_checkpoint,
		    empty_folder),
		cmocka_unit_test_teardown(
		    both_of_two_that_had_a_number_are_known, empty_folder),
		cmocka_unit_test_teardown(
		    notes_of_another_version_are_refused, empty_folder),
		cmocka_unit_test_teardown(
		    a_file_goes_when_no_run_goes_on_from_before_it,
		    empty_folder),
		cmocka_unit_test_teardown(
		    half_a_note_is_none_and_those_before_it_count,
		    empty_folder),
		cmocka_unit_test_teardown(
		    what_the_disk_does_not_take_is_noted_later, empty_folder),
		cmocka_unit_test_teardown(
		    what_was_sent_and_no_more_is_in_doubt, empty_folder),
		cmocka_unit_test_teardown(
		    what_is_known_is_read_again_wherever_it_is, empty_folder),
		cmocka_unit_test(a_key_and_its_data_are_told_apart),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
