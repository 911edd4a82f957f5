/* Tests of windowpipe/pipeline: plans of shells, joined and ended.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/pipeline.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/file.h"
#include "lib/signals.h"
#include "tests/unit/capture.h"
#include "windowpipe/folder.h"

static char folder[] = "/tmp/windowpipe_pipeline.XXXXXX";

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
	folder_remove(folder);
	return chdir("/");
}

/* What a stage does is a line of shell, or FILE... for cat, or fanout. */
struct row {
	enum stage_role role;
	const char *name, *does;
	int from;
	const char *input, *output;
};

static int
run_rows(void *ctx)
{
	const struct row *row = ctx;
	struct stage stage[8] = { 0 };
	char *argv[8][4];
	struct plan plan = { stage, 0 };
	struct pipeline p;
	const char *bin = getenv("BIN");
	int status;

	diag_init("windowpipe");
	if (signals_open() == -1)
		return 9;
	for (; row->name != NULL; row++) {
		char **a = argv[plan.nstages];

		memset(a, 0, sizeof argv[0]);
		a[0] = (char *)(row->role == STAGE_FANOUT   ? "fanout"
				: row->role == STAGE_SOURCE ? "cat"
							    : "sh");
		if (strcmp(a[0], "sh") == 0)
			a[1] = (char *)"-c";
		if (row->role != STAGE_FANOUT)
			a[a[1] == NULL ? 1 : 2] = (char *)row->does;
		stage[plan.nstages++] =
		    (struct stage){ row->role, (char *)row->name, a, row->from,
			    row->input, row->output };
	}
	status = pipeline_init(&p, &plan, bin == NULL ? "bin" : bin);
	p.drain_ms = 1000;
	if (status == 0)
		status = (int)pipeline_start(&p, "none", NULL);
	if (status == 0)
		while (pipeline_turn(&p, 1000))
			if (signals_stop() != 0)
				pipeline_stop(&p);
	if (p.failed != NULL)
		status = 3;
	pipeline_free(&p);
	return status;
}

static const struct captured *
run(struct row *rows)
{
	return capture(run_rows, rows);
}

static void
assert_file(const char *name, const char *text)
{
	struct buf b = { 0 };

	assert_int_equal(file_read(name, 1 << 20, &b), 0);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
	assert_int_equal(unlink(name), 0);
}

static void
write_file(const char *name, const char *text)
{
	assert_int_equal(file_replace(name, "beside", 0600, span_of(text)), 0);
}

static void
stages_are_joined_by_pipes(void **state)
{
	struct row rows[] = {
		{ STAGE_SOURCE, "in", "in", STAGE_NONE, NULL, NULL },
		{ STAGE_FANOUT, "in", NULL, 0, NULL, NULL },
		{ STAGE_WINDOW, "up", "tr a-c A-C", 1, NULL, "up" },
		{ STAGE_WINDOW, "n", "grep -n .", 1, NULL, NULL },
		{ STAGE_SINK, "n", "cat >n", 3, NULL, NULL },
		{ STAGE_WINDOW, "out", "cat", 1, NULL, "-" },
		{ 0 },
	};
	const struct captured *c;

	(void)state;
	write_file("in", "a\nb");
	write_file("up", "was there\n");
	c = run(rows);
	assert_string_equal(c->err, "");
	assert_int_equal(c->status, 0);
	/* The last line got its newline, and a file is appended to. */
	assert_string_equal(c->out, "a\nb\n");
	assert_file("up", "was there\nA\nB\n");
	assert_file("n", "1:a\n2:b\n");
	assert_int_equal(unlink("in"), 0);
}

static void
what_cannot_begin_starts_nothing(void **state)
{
	struct row no_input[] = {
		{ STAGE_WINDOW, "a", "touch started", STAGE_NONE, NULL, NULL },
		{ STAGE_WINDOW, "b", "cat", STAGE_NONE, "no/such", NULL },
		{ 0 },
	};
	struct row no_output[] = {
		{ STAGE_WINDOW, "a", "touch started", STAGE_NONE, NULL,
		    "no/such" },
		{ 0 },
	};
	const struct captured *c;

	(void)state;
	c = run(no_input);
	assert_int_equal(c->status, 2);
	assert_string_equal(c->err,
	    "windowpipe: cannot read 'no/such': No such file or directory\n");
	c = run(no_output);
	assert_int_equal(c->status, 2);
	assert_string_equal(c->err,
	    "windowpipe: cannot write 'no/such': No such file or directory\n");
	assert_int_equal(access("started", F_OK), -1);
}

/* The source is without end; the other branch keeps what it has read. */
static void
a_death_is_named_and_ends_the_sources(void **state)
{
	struct row rows[] = {
		{ STAGE_WINDOW, "rows", "exec yes", STAGE_NONE, NULL, NULL },
		{ STAGE_FANOUT, "rows", NULL, 0, NULL, NULL },
		{ STAGE_WINDOW, "dies",
		    "read x; echo last words >&2; kill -9 $$", 1, NULL, NULL },
		{ STAGE_WINDOW, "other", "tail -n 1 >other; echo done >>other",
		    1, NULL, NULL },
		{ 0 },
	};
	const struct captured *c;

	(void)state;
	c = run(rows);
	assert_int_equal(c->status, 3);
	/* fanout may have its word on a reader that is lost. */
	assert_non_null(strstr(c->err, "last words\n"));
	assert_non_null(
	    strstr(c->err, "windowpipe: sh[dies] died: killed by SIGKILL\n"));
	assert_file("other", "y\ndone\n");
}

/* The sink asks the run to stop; the source would be cut within its lines of
 * 10,001 bytes. */
static void
a_stopped_source_ends_behind_a_whole_line(void **state)
{
	struct row rows[] = {
		{ STAGE_WINDOW, "rows",
		    "l=$(head -c 10000 /dev/zero | tr '\\0' x); exec yes $l",
		    STAGE_NONE, NULL, NULL },
		{ STAGE_WINDOW, "lines",
		    "head -c 500000 >l; kill -TERM $PPID; cat >>l", 0, NULL,
		    NULL },
		{ 0 },
	};
	const struct captured *c;
	struct buf b = { 0 };

	(void)state;
	c = run(rows);
	assert_string_equal(c->err, "");
	assert_int_equal(c->status, 0);
	assert_int_equal(file_read("l", 1 << 28, &b), 0);
	assert_true(b.n > 500000);
	assert_int_equal(b.n % 10001, 0);
	buf_free(&b);
	assert_int_equal(unlink("l"), 0);
}

static void
who_does_not_end_is_told_and_then_killed(void **state)
{
	struct row rows[] = {
		{ STAGE_WINDOW, "holds",
		    "kill -TERM $PPID; trap 'echo told >&2; exit 1' TERM;"
		    " while :; do sleep 0.1; done",
		    STAGE_NONE, NULL, NULL },
		{ STAGE_WINDOW, "next", "cat", 0, NULL, NULL },
		{ 0 },
	};
	const struct captured *c;

	(void)state;
	c = run(rows);
	assert_int_equal(c->status, 0);
	assert_string_equal(c->err,
	    "windowpipe: sh[holds] still holds something; telling it to stop\n"
	    "told\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stages_are_joined_by_pipes),
		cmocka_unit_test(what_cannot_begin_starts_nothing),
		cmocka_unit_test(a_death_is_named_and_ends_the_sources),
		cmocka_unit_test(a_stopped_source_ends_behind_a_whole_line),
		cmocka_unit_test(who_does_not_end_is_told_and_then_killed),
	};

	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
