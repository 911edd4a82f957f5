/* datagen_faults - late, doubled and spoilt rows, and their account.
 * SPDX-License-Identifier: ISC */
#include "datagen/faults.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "lib/json.h"
#include "tests/unit/datagen_rows.h"

enum { ROWS = 100000, STEP_MS = 1000 };

static const char notation[] = "v INT sequence 0..99999, t TIMESTAMP(3)";

/* All rows with such faults, as one text; *events as they were noted. */
static struct buf
fill(struct faults_spec spec, struct buf *events)
{
	struct table t = rows_table(notation, 1);
	struct rowtime time = { .start_ms = 0 };
	struct faults f;
	struct buf all = { 0 };
	size_t room = 1000 + 3 * t.row->room;
	char *block = malloc(room);
	uint64_t line = 0, left = ROWS;

	rowtime_set_ns(&time, STEP_MS * INT64_C(1000000));
	rowtime_start(&time);
	faults_init(&f, &spec, 1);
	while (left > 0) {
		uint64_t rows = left;
		char *end = faults_fill(
		    &f, t.row, &time, block, block + 1000, &rows, &line);

		assert_true(end <= block + room);
		buf_add(&all, block, (size_t)(end - block));
		left -= rows;
		buf_add(events, f.event, f.n * sizeof *f.event);
		f.n = 0;
	}
	faults_free(&f);
	table_free(&t);
	free(block);
	return all;
}

static struct fault_event
event_at(const struct buf *events, size_t i)
{
	struct fault_event event = { UINT64_MAX, FAULT_KINDS };

	if ((i + 1) * sizeof event <= events->n)
		memcpy(&event, events->p + i * sizeof event, sizeof event);
	return event;
}

/* The next line of text, without its newline. */
static struct span
next_line(struct span *text)
{
	const char *end = memchr(text->p, '\n', text->n);
	struct span line;

	assert_non_null(end);
	line = (struct span){ text->p, (size_t)(end - text->p) };
	text->n -= line.n + 1;
	text->p = end + 1;
	return line;
}

static struct share
percent(unsigned n)
{
	return (struct share){ UINT64_MAX / 100 * n, n == 100 };
}

static void
check_share(uint64_t seen, double percents)
{
	uint64_t both[2] = { seen, ROWS - seen };
	double expected[2] = { ROWS * percents / 100,
		ROWS - ROWS * percents / 100 };

	assert_true(rows_chi(both, expected, 2) < rows_chi_limit(2));
}

static bool
is_record(struct span line)
{
	return line.n > 0 && *line.p == '{' && json_check(line, NULL) == 0;
}

static void
bad_lines_are_no_records_and_all_others_are(void **state)
{
	struct buf events = { 0 };
	struct buf all =
	    fill((struct faults_spec){ .bad = percent(10) }, &events);
	struct span rest = buf_span(&all);
	uint64_t kinds[FAULT_KINDS] = { 0 };
	double expected[FAULT_KINDS];
	size_t next = 0;

	(void)state;
	for (uint64_t line = 1; rest.n > 0; line++) {
		struct span text = next_line(&rest);
		struct fault_event event = event_at(&events, next);

		assert_int_equal(is_record(text), event.line != line);
		if (event.line != line)
			continue;
		assert_in_range(event.kind, FAULT_CUT, FAULT_PROSE);
		kinds[event.kind]++;
		next++;
	}
	check_share(next, 10);
	for (int i = FAULT_CUT; i < FAULT_KINDS; i++) {
		assert_non_null(fault_name[i]);
		expected[i] = (double)next / (FAULT_KINDS - FAULT_CUT);
	}
	assert_true(rows_chi(kinds + FAULT_CUT, expected + FAULT_CUT,
			FAULT_KINDS - FAULT_CUT) <
		    rows_chi_limit(FAULT_KINDS - FAULT_CUT));
	buf_free(&all);
	buf_free(&events);
}

static void
duplicates_follow_their_row(void **state)
{
	struct buf events = { 0 };
	struct buf all =
	    fill((struct faults_spec){ .duplicate = percent(3) }, &events);
	struct span rest = buf_span(&all), last = { 0 };
	uint64_t lines = 0;
	size_t next = 0;

	(void)state;
	while (rest.n > 0) {
		struct span text = next_line(&rest);

		lines++;
		assert_int_equal(span_equal(text, last),
		    event_at(&events, next).line == lines);
		if (event_at(&events, next).line == lines)
			assert_int_equal(
			    event_at(&events, next++).kind, FAULT_DUPLICATE);
		last = text;
	}
	assert_int_equal(lines, ROWS + next);
	check_share(next, 3);
	buf_free(&all);
	buf_free(&events);
}

static void
late_rows_lie_back_by_up_to_their_bound(void **state)
{
	struct buf events = { 0 };
	struct faults_spec spec = { .late = percent(20), .late_ms = 5 };
	struct buf all = fill(spec, &events);
	struct span rest = buf_span(&all);
	uint64_t back[5] = { 0 };
	double expected[5];
	size_t next = 0;

	(void)state;
	for (uint64_t line = 1; rest.n > 0; line++) {
		struct span text = next_line(&rest);
		/* Rows are whole seconds, so this is 1000 less what it lost. */
		long ms = strtol(text.p + text.n - 5, NULL, 10);

		if (event_at(&events, next).line != line) {
			assert_int_equal(ms, 0);
			continue;
		}
		assert_int_equal(event_at(&events, next++).kind, FAULT_LATE);
		assert_in_range(ms, 995, 999);
		back[ms - 995]++;
	}
	check_share(next, 20);
	for (int i = 0; i < 5; i++)
		expected[i] = (double)next / 5;
	assert_true(rows_chi(back, expected, 5) < rows_chi_limit(5));
	buf_free(&all);
	buf_free(&events);
}

static void
all_faults_at_once_and_always(void **state)
{
	struct buf events = { 0 };
	struct faults_spec spec = { percent(100), percent(100), percent(100),
		1 };
	struct buf all = fill(spec, &events);

	(void)state;
	/* Late and bad each; what is bad is not written twice. */
	assert_int_equal(
	    events.n / sizeof(struct fault_event), 2 * (size_t)ROWS);
	buf_free(&all);
	buf_free(&events);
}

/* One fault more leaves the rest of the rows as they were. */
static void
faults_do_not_disturb_each_other(void **state)
{
	struct buf none = { 0 }, some = { 0 };
	struct faults_spec spec = { .late = percent(20), .late_ms = 5 };
	struct buf one = fill(spec, &none), two;
	struct span a, b;
	size_t next = 0;

	(void)state;
	spec.duplicate = percent(5);
	two = fill(spec, &some);
	a = buf_span(&one);
	b = buf_span(&two);
	for (uint64_t line = 1; b.n > 0; line++) {
		struct span text = next_line(&b);

		while (event_at(&some, next).kind == FAULT_LATE &&
		       event_at(&some, next).line <= line)
			next++;
		if (event_at(&some, next).line == line)
			next++;
		else
			assert_true(span_equal(text, next_line(&a)));
	}
	assert_int_equal(a.n, 0);
	buf_free(&one);
	buf_free(&two);
	buf_free(&none);
	buf_free(&some);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bad_lines_are_no_records_and_all_others_are),
		cmocka_unit_test(duplicates_follow_their_row),
		cmocka_unit_test(late_rows_lie_back_by_up_to_their_bound),
		cmocka_unit_test(all_faults_at_once_and_always),
		cmocka_unit_test(faults_do_not_disturb_each_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
