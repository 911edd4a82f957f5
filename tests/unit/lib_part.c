/* Tests of lib/part.
 * SPDX-License-Identifier: ISC */
#include "lib/part.h"

#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include "lib/crc.h"

static int
append(void *ctx, struct span s)
{
	buf_add_span(ctx, s);
	return 0;
}

static void
write_part(struct buf *file)
{
	struct part_writer w = { .write = append, .ctx = file };
	struct part p = { .number = 42,
		.program = span_of("window"),
		.name = span_of("tumble"),
		.query = span_of("two\nlines"),
		.files = { { span_of("late"), 1234 },
		    { span_of("stdout"), 0 } },
		.nfiles = 2 };

	assert_int_equal(part_begin(&w, &p), 0);
	assert_int_equal(part_add(&w, span_of("content\n")), 0);
	assert_int_equal(part_add(&w, (struct span){ "\0end ", 5 }), 0);
	assert_int_equal(part_end(&w), 0);
	assert_false(file->failed);
}

static void
assert_refused(struct span bytes, const char *what)
{
	struct buf why = { 0 };
	struct part p;

	assert_int_equal(part_read(bytes, &p, &why), -1);
	assert_string_equal(buf_text(&why), what);
	buf_free(&why);
}

static void
what_is_written_is_read(void **state)
{
	struct buf file = { 0 }, why = { 0 };
	struct part p;

	(void)state;
	write_part(&file);
	assert_int_equal(part_read(buf_span(&file), &p, &why), 0);
	assert_int_equal(p.number, 42);
	assert_true(span_equal(p.program, span_of("window")));
	assert_true(span_equal(p.name, span_of("tumble")));
	assert_true(span_equal(p.query, span_of("two\nlines")));
	assert_int_equal(p.nfiles, 2);
	assert_true(span_equal(p.files[0].label, span_of("late")));
	assert_int_equal(p.files[0].length, 1234);
	assert_true(
	    span_equal(p.content, (struct span){ "content\n\0end ", 13 }));
	buf_free(&file);
	buf_free(&why);
}

static void
each_byte_counts(void **state)
{
	struct buf file = { 0 }, why = { 0 };
	struct part p;

	(void)state;
	write_part(&file);
	for (size_t i = 0; i < file.n; i++) {
		file.p[i] ^= 1;
		assert_int_equal(part_read(buf_span(&file), &p, &why), -1);
		file.p[i] ^= 1;
		/* And where it ends. */
		assert_int_equal(
		    part_read((struct span){ file.p, i }, &p, &why), -1);
	}
	buf_free(&file);
	buf_free(&why);
}

static void
a_part_that_is_none_is_called_what_it_is(void **state)
{
	struct buf file = { 0 };

	(void)state;
	write_part(&file);
	assert_refused((struct span){ NULL, 0 }, "it is empty");
	assert_refused((struct span){ file.p, 5 }, "it is cut off");
	assert_refused((struct span){ file.p, file.n - 1 }, "it is cut off");
	assert_refused(
	    span_of("windowpipe state"), "it is no part of a checkpoint");
	file.p[file.n - 2] = 'g';
	assert_refused(buf_span(&file),
	    "it is damaged: its checksum is not that of its bytes");
	file.p[22] = '2';
	assert_refused(buf_span(&file),
	    "its format is 2 and this program reads 1: it is from another "
	    "version");
	buf_free(&file);
}

/* A head with a checksum that is right, whatever it says. */
static void
assert_inconsistent(const char *head)
{
	struct buf file = { 0 };

	buf_addf(&file, "windowpipe checkpoint 1\n%s", head);
	buf_addf(&file, "\nend %020" PRIu64 " ", (uint64_t)file.n);
	buf_addf(&file, "%016" PRIx64 "\n", crc64_add(0, file.p, file.n));
	assert_refused(buf_span(&file),
	    "its checksum is right, but its content is inconsistent");
	buf_free(&file);
}

static void
a_head_that_makes_no_sense_is_refused(void **state)
{
#define HEAD "number 1\nprogram p\nname n\n"

	(void)state;
	assert_inconsistent("");
	assert_inconsistent(HEAD);
	assert_inconsistent(HEAD "query 18446744073709551615\n\ncontent\n");
	assert_inconsistent(HEAD "query 18446744073709551616\n\ncontent\n");
	assert_inconsistent(HEAD "query 9\n\ncontent\n");
	assert_inconsistent(HEAD "query 0\n\nfile a 1\nfile b 1\nfile c 1\n"
				 "file d 1\nfile e 1\ncontent\n");
	assert_inconsistent(HEAD "query 0\n\nfile a x\ncontent\n");
	assert_inconsistent("number x\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(each_byte_counts),
		cmocka_unit_test(a_part_that_is_none_is_called_what_it_is),
		cmocka_unit_test(a_head_that_makes_no_sense_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
