/* Tests of lib/checkpoint and lib/coordinator: the folder, step by step.
 * SPDX-License-Identifier: ISC */
#include "lib/coordinator.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/file.h"
#include "tests/unit/capture.h"

static const char token[] = "0123456789abcdef0123456789abcdef";
#define MARK(id, t)                                                            \
	"{\"$control\":\"checkpoint\",\"id\":" id ",\"token\":\"" t "\"}"
#define TOKEN "0123456789abcdef0123456789abcdef"

/* --- marks ---------------------------------------------------------------- */

static bool
is_mark(const char *line, uint64_t wanted)
{
	uint64_t id;

	return checkpoint_mark_read(span_of(line), token, &id) && id == wanted;
}

static void
a_mark_is_exactly_that_line(void **state)
{
	struct buf b = { 0 };
	uint64_t id;

	(void)state;
	checkpoint_mark_write(&b, 42, token);
	assert_string_equal(buf_text(&b), MARK("42", TOKEN));
	buf_free(&b);
	assert_true(is_mark(MARK("42", TOKEN), 42));
	assert_true(is_mark(MARK("18446744073709551615", TOKEN), UINT64_MAX));
	assert_int_equal(
	    strlen(MARK("18446744073709551615", TOKEN)), CHECKPOINT_MARK_MAX);
	/* Each of these is a row. */
	static const char *const rows[] = {
		MARK("0", TOKEN),
		MARK("042", TOKEN),
		MARK("-1", TOKEN),
		MARK("18446744073709551616", TOKEN),
		MARK("", TOKEN),
		MARK("42", "0123456789abcdef0123456789abcdee"),
		MARK("42", "0123456789ABCDEF0123456789ABCDEF"),
		MARK("42", TOKEN) " ",
		MARK("42", TOKEN) "\r",
		" " MARK("42", TOKEN),
		"{\"$control\":\"checkpoint\",\"id\":42}",
		"{\"$control\":\"checkpoint\",\"id\":",
		"{}",
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_false(
		    checkpoint_mark_read(span_of(rows[i]), token, &id));
}

/* --- a pipeline of a source and one stage, in this process -----------------
 */

static char folder[] = "/tmp/lib_checkpoint.XXXXXX";

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
	if (chdir("/") == -1)
		return -1;
	return rmdir(folder);
}

static int
empty_folder(void **state)
{
	(void)state;
	return system("rm -rf c out") == 0 ? 0 : -1;
}

static bool
differs(struct span was, struct span is, struct buf *out)
{
	(void)was;
	(void)is;
	buf_add_text(out, "other words");
	return true;
}

static int
write_text(void *state, part_add_fn *add, void *ctx)
{
	return add(ctx, span_of(state));
}

static struct buf
query_of(const char *text)
{
	struct buf query = { 0 };

	buf_add_text(&query, text);
	return query;
}

static enum status
open_source(struct coordinator *k)
{
	diag_name("source");
	*k = (struct coordinator){
		.every_ms = 1000, .timeout_ms = 5000, .stages = "stage"
	};
	return coordinator_open(k, "c", differs, query_of("rows"));
}

static enum status
open_stage(struct checkpoint *c, const char *query)
{
	diag_name("stage");
	return checkpoint_open(c, "c", differs, query_of(query));
}

/* A mark of the source, answered by the stage with its text. */
static void
take_one(struct coordinator *k, struct checkpoint *c, char *position,
    char *text, int64_t now_ms)
{
	struct buf mark = { 0 };
	enum status status;

	assert_true(
	    coordinator_begin(k, false, write_text, position, now_ms, &mark));
	assert_false(coordinator_is_due(k, now_ms + 1000000));
	mark.n--;
	assert_int_equal(
	    checkpoint_line(c, buf_span(&mark), &status), CHECKPOINT_MARK);
	buf_free(&mark);
	coordinator_tick(k, now_ms + 5);
	assert_int_not_equal(k->pending, 0);
	checkpoint_snapshot(c, write_text, text);
	assert_int_equal(waitpid(c->child, NULL, 0), c->child);
	c->child = 0;
	coordinator_tick(k, now_ms + 500);
	assert_int_equal(k->pending, 0);
}

static void
assert_is_text(const char *name, const char *text)
{
	struct buf b = { 0 };

	assert_int_equal(file_read(name, 1000, &b), 0);
	assert_string_equal(buf_text(&b), text);
	buf_free(&b);
}

static void
what_was_whole_is_gone_on_with(void **state)
{
	struct coordinator k;
	struct checkpoint c;
	struct buf mark = { 0 };
	struct stat st;
	enum status status;
	int fd = open("out", O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

	(void)state;
	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	checkpoint_file(&c, "stdout", "out", fd);
	assert_int_equal(open_source(&k), STATUS_OK);
	assert_int_equal(stat("c/token", &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_true(coordinator_is_due(&k, 0));
	assert_false(coordinator_may_go(&k));
	assert_int_equal(write(fd, "one\n", 4), 4);
	take_one(&k, &c, "row 0", "first", 1000);
	assert_true(coordinator_may_go(&k));
	assert_false(coordinator_is_due(&k, 1999));
	assert_true(coordinator_is_due(&k, 2000));
	take_one(&k, &c, "row 7", "second", 2000);
	assert_int_equal(write(fd, "two\n", 4), 4);
	take_one(&k, &c, "row 9", "third", 3000);
	assert_is_text("c/latest", "3\n");
	/* Two are kept. */
	assert_int_equal(stat("c/1", &st), -1);
	assert_int_equal(stat("c/2", &st), 0);
	assert_int_equal(write(fd, "lost\n", 5), 5);
	coordinator_close(&k);
	checkpoint_close(&c);

	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	checkpoint_file(&c, "stdout", "out", fd);
	assert_true(span_equal(c.part.content, span_of("third")));
	assert_is_text("out", "one\ntwo\nlost\n");
	assert_int_equal(open_source(&k), STATUS_OK);
	assert_true(span_equal(k.checkpoint.part.content, span_of("row 9")));
	checkpoint_forget(&k.checkpoint);
	/* A run begins with a mark. */
	assert_false(coordinator_may_go(&k));
	assert_true(coordinator_begin(&k, true, write_text, "row 9", 0, &mark));
	assert_true(coordinator_may_go(&k));
	assert_int_equal(k.pending, 4);
	mark.n--;
	assert_int_equal(
	    checkpoint_line(&c, buf_span(&mark), &status), CHECKPOINT_MARK);
	assert_is_text("out", "one\ntwo\n");
	assert_true(checkpoint_finishes(&c));
	assert_int_equal(
	    checkpoint_line(&c, span_of("{}"), &status), CHECKPOINT_ROW);
	checkpoint_snapshot(&c, write_text, "fourth");
	assert_int_equal(waitpid(c.child, NULL, 0), c.child);
	c.child = 0;
	coordinator_tick(&k, 100);
	assert_is_text("c/latest", "4 finished\n");
	assert_int_equal(checkpoint_end(&c, false), STATUS_OK);
	buf_free(&mark);
	coordinator_close(&k);
	checkpoint_close(&c);
	assert_int_equal(close(fd), 0);
}

static void
a_number_never_comes_twice(void **state)
{
	struct coordinator k;
	struct checkpoint c;
	struct buf mark = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	assert_int_equal(open_source(&k), STATUS_OK);
	take_one(&k, &c, "row 0", "first", 0);
	assert_true(
	    coordinator_begin(&k, false, write_text, "row 1", 0, &mark));
	assert_int_equal(stat("c/2", &st), 0);
	coordinator_close(&k);
	for (int run = 0; run < 2; run++) {
		assert_int_equal(open_source(&k), STATUS_OK);
		assert_int_equal(stat("c/2", &st), -1);
		assert_int_equal(k.id, 2);
		coordinator_close(&k);
	}
	buf_free(&mark);
	checkpoint_close(&c);
}

static int
answer(void *c)
{
	checkpoint_snapshot(c, write_text, "late");
	return 0;
}

static void
one_that_nobody_answers_is_given_up(void **state)
{
	struct coordinator k;
	struct checkpoint c;
	struct buf mark = { 0 };
	struct stat st;

	(void)state;
	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	assert_int_equal(open_source(&k), STATUS_OK);
	take_one(&k, &c, "row 0", "first", 0);
	assert_true(
	    coordinator_begin(&k, false, write_text, "row 1", 1000, &mark));
	coordinator_tick(&k, 5999);
	assert_int_equal(k.pending, 2);
	assert_int_equal(coordinator_due_ms(&k) > 5999, 1);
	coordinator_tick(&k, 6100);
	assert_int_equal(k.pending, 0);
	assert_true(coordinator_is_due(&k, 6100));
	buf_clear(&mark);
	assert_true(
	    coordinator_begin(&k, false, write_text, "row 2", 6100, &mark));
	assert_int_equal(k.pending, 3);
	assert_is_text("c/latest", "1\n");
	/* What there was of it has gone, and who answers late says nothing. */
	assert_int_equal(stat("c/2", &st), -1);
	c.seen = 2;
	assert_string_equal(capture(answer, &c)->err, "");
	coordinator_tick(&k, 60000);
	/* But for one that 'latest' names, whatever was said of writing it. */
	assert_int_equal(system("echo 3 >c/latest"), 0);
	buf_clear(&mark);
	assert_true(
	    coordinator_begin(&k, false, write_text, "row 2", 60000, &mark));
	assert_int_equal(stat("c/3", &st), 0);
	buf_free(&mark);
	coordinator_close(&k);
	checkpoint_close(&c);
}

/* A snapshot that takes until its process is killed. */
static int
write_nothing(void *state, part_add_fn *add, void *ctx)
{
	(void)state;
	(void)add;
	(void)ctx;
	return pause();
}

static void
one_whose_part_will_not_come_is_given_up_at_once(void **state)
{
	struct coordinator k;
	struct checkpoint c;
	struct buf mark = { 0 };
	enum status status;

	(void)state;
	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	assert_int_equal(open_source(&k), STATUS_OK);
	take_one(&k, &c, "row 0", "first", 0);
	assert_true(
	    coordinator_begin(&k, false, write_text, "row 1", 1000, &mark));
	mark.n--;
	assert_int_equal(
	    checkpoint_line(&c, buf_span(&mark), &status), CHECKPOINT_MARK);
	checkpoint_snapshot(&c, write_nothing, NULL);
	coordinator_tick(&k, 1100);
	assert_int_equal(k.pending, 2);
	assert_int_equal(kill(c.child, SIGKILL), 0);
	assert_int_equal(waitpid(c.child, NULL, 0), c.child);
	c.child = 0;
	coordinator_tick(&k, 1300);
	assert_int_equal(k.pending, 0);
	assert_true(k.given_up);
	assert_is_text("c/latest", "1\n");
	buf_free(&mark);
	coordinator_close(&k);
	checkpoint_close(&c);
}

static void
one_whose_part_cannot_be_begun_is_given_up_at_once(void **state)
{
	struct coordinator k;
	struct checkpoint c;
	struct buf mark = { 0 };

	(void)state;
	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	assert_int_equal(open_source(&k), STATUS_OK);
	take_one(&k, &c, "row 0", "first", 0);
	assert_true(
	    coordinator_begin(&k, false, write_text, "row 1", 1000, &mark));
	coordinator_tick(&k, 1100);
	assert_int_equal(k.pending, 2);
	/* As on a full disk: there is no room for its file. */
	assert_int_equal(mkdir("c/2/.stage", 0700), 0);
	assert_int_equal(mkdir("c/2/..stage", 0700), 0);
	c.seen = 2;
	assert_non_null(
	    strstr(capture(answer, &c)->err, "checkpoint 2 fails: "));
	assert_int_equal(rmdir("c/2/.stage"), 0);
	coordinator_tick(&k, 1300);
	assert_int_equal(k.pending, 0);
	assert_true(k.given_up);
	buf_free(&mark);
	coordinator_close(&k);
	checkpoint_close(&c);
}

/* The next mark comes before the process has ended that wrote a part. */
static int
answer_early(void *state)
{
	struct checkpoint *c = state;

	c->child = fork();
	while (c->child == 0)
		(void)pause();
	return answer(c);
}

static void
a_process_that_has_kept_its_part_has_not_failed(void **state)
{
	struct coordinator k;
	struct checkpoint c;
	struct buf mark = { 0 };

	(void)state;
	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	assert_int_equal(open_source(&k), STATUS_OK);
	take_one(&k, &c, "row 0", "first", 0);
	assert_true(
	    coordinator_begin(&k, false, write_text, "row 1", 1000, &mark));
	c.seen = 2;
	assert_string_equal(capture(answer_early, &c)->err, "");
	assert_int_equal(unlink("c/1/stage"), 0);
	assert_non_null(strstr(capture(answer_early, &c)->err,
	    "checkpoint 1 fails: its process was killed"));
	buf_free(&mark);
	coordinator_close(&k);
	checkpoint_close(&c);
}

struct both {
	struct coordinator k;
	struct checkpoint c;
};

/* Three times none is answered for four minutes, and then one is. */
static int
bad_minutes(void *both)
{
	struct both *b = both;
	struct buf mark = { 0 };

	for (int64_t ms = 100000; ms < 1000000; ms += 10000) {
		if (ms % 300000 == 40000) {
			take_one(&b->k, &b->c, "row 2", "second", ms);
			ms += 50000;
			continue;
		}
		buf_clear(&mark);
		assert_true(coordinator_begin(
		    &b->k, false, write_text, "row 1", ms, &mark));
		coordinator_tick(&b->k, ms + 6000);
		assert_int_equal(b->k.pending, 0);
	}
	buf_free(&mark);
	return 0;
}

static int
count(const char *text, const char *word)
{
	int n = 0;

	while ((text = strstr(text, word)) != NULL) {
		text += strlen(word);
		n++;
	}
	return n;
}

/* That is more than ten messages: no outage is told less than the first. */
static void
an_outage_is_told_at_once_each_minute_and_at_its_end(void **state)
{
	struct both b;
	const char *said;

	(void)state;
	assert_int_equal(open_stage(&b.c, "q"), STATUS_OK);
	assert_int_equal(open_source(&b.k), STATUS_OK);
	take_one(&b.k, &b.c, "row 0", "first", 0);
	said = capture(bad_minutes, &b)->err;
	assert_int_equal(count(said, "is given up"), 12);
	assert_int_equal(count(said, "is whole, after 24 that were not\n"), 3);
	assert_int_equal(count(said, "\n"), 15);
	coordinator_close(&b.k);
	checkpoint_close(&b.c);
}

/* --- what is refused ------------------------------------------------------ */

/* Two whole checkpoints, 1 and 2. */
static void
make_two(void)
{
	struct coordinator k;
	struct checkpoint c;

	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	assert_int_equal(open_source(&k), STATUS_OK);
	take_one(&k, &c, "row 0", "first", 0);
	take_one(&k, &c, "row 1", "second", 0);
	coordinator_close(&k);
	checkpoint_close(&c);
}

static int
try_stage(void *query)
{
	struct checkpoint c;
	enum status status = open_stage(&c, query);

	checkpoint_close(&c);
	return (int)status;
}

static void
assert_stage(enum status status, char *query, const char *message)
{
	const struct captured *c = capture(try_stage, query);

	assert_string_equal(c->err, message);
	assert_int_equal(c->status, status);
}

#define OLDER                                                                  \
	"; to go on from the one before it, write 1 into the file 'latest' "   \
	"there\n"

static void
a_part_that_is_not_ours_is_refused(void **state)
{
	(void)state;
	make_two();
	assert_stage(STATUS_OK, "q", "");
	assert_stage(STATUS_USAGE, "other",
	    "program[stage]: --checkpoint 'c': checkpoint 2, part 'stage': it "
	    "belongs to another query: other words; give the options of before,"
	    " or another folder\n");
	assert_int_equal(system("cp c/2/source c/2/stage"), 0);
	assert_stage(STATUS_USAGE, "q",
	    "program[stage]: --checkpoint 'c': checkpoint 2, part 'stage': it "
	    "is one of the stage 'source'" OLDER);
	assert_int_equal(system("cp c/1/stage c/2/stage"), 0);
	assert_stage(STATUS_USAGE, "q",
	    "program[stage]: --checkpoint 'c': checkpoint 2, part 'stage': it "
	    "is one of checkpoint 1" OLDER);
	assert_int_equal(system("sed '1s/1$/2/' c/1/stage >c/2/stage"), 0);
	assert_stage(STATUS_USAGE, "q",
	    "program[stage]: --checkpoint 'c': checkpoint 2, part 'stage': its "
	    "format is 2 and this program reads 1: it is from another version; "
	    "use that one, or start over in an empty folder\n");
	assert_int_equal(system("cp c/1/stage c/2/stage"), 0);
	assert_int_equal(truncate("c/2/stage", 100), 0);
	assert_stage(STATUS_USAGE, "q",
	    "program[stage]: --checkpoint 'c': checkpoint 2, part 'stage': it "
	    "is cut off" OLDER);
	assert_int_equal(unlink("c/2/stage"), 0);
	assert_stage(STATUS_USAGE, "q",
	    "program[stage]: --checkpoint 'c': checkpoint 2, part 'stage': "
	    "there is none" OLDER);
	/* Which helps. */
	assert_int_equal(system("echo 1 >c/latest"), 0);
	assert_stage(STATUS_OK, "q", "");
	assert_int_equal(system("echo x >c/latest"), 0);
	assert_stage(STATUS_USAGE, "q",
	    "program[stage]: --checkpoint 'c': its file 'latest' holds no "
	    "number of a checkpoint; write one of them into it, or start over "
	    "in an empty folder\n");
}

static int
try_source(void *stages)
{
	struct coordinator k = { .stages = stages };
	enum status status;

	diag_name("source");
	status = coordinator_open(&k, "c", differs, query_of("rows"));
	coordinator_close(&k);
	return (int)status;
}

static int
try_line(void *line)
{
	struct checkpoint c;
	enum status status = open_stage(&c, "q");

	if (status == STATUS_OK)
		(void)checkpoint_line(&c, span_of(line), &status);
	checkpoint_close(&c);
	return (int)status;
}

static void
an_input_that_is_not_of_the_folder_is_refused(void **state)
{
	const struct captured *c;

	(void)state;
	make_two();
	c = capture(try_line, "{}");
	assert_int_equal(c->status, STATUS_USAGE);
	assert_non_null(
	    strstr(c->err, "the input does not begin with a mark of this"));
	/* The source of an earlier run had gone on from another one. */
	assert_int_equal(system("echo " TOKEN " 1 2 >c/token"), 0);
	c = capture(try_line, MARK("3", TOKEN));
	assert_int_equal(c->status, STATUS_SYSTEM);
	assert_non_null(strstr(c->err, "the source goes on from checkpoint 1, "
				       "but this stage had begun with 2"));
	assert_int_equal(system("echo " TOKEN " 2 >c/token"), 0);
	c = capture(try_source, "stage");
	assert_int_equal(c->status, STATUS_USAGE);
	assert_non_null(strstr(c->err, "'token' is damaged; remove it"));
	assert_int_equal(unlink("c/token"), 0);
	assert_int_equal(capture(try_source, "stage")->status, STATUS_OK);
	assert_int_equal(system("echo " TOKEN " 2 2 >c/token"), 0);
	c = capture(try_line, MARK("2", TOKEN));
	assert_int_equal(c->status, STATUS_SYSTEM);
	assert_non_null(strstr(c->err, "mark 2 came behind 2"));
	c = capture(try_line, MARK("3", TOKEN));
	assert_int_equal(c->status, STATUS_OK);
}

static void
a_name_is_one_process_s(void **state)
{
	struct checkpoint c;

	(void)state;
	assert_int_equal(open_stage(&c, "q"), STATUS_OK);
	assert_int_equal(capture(try_stage, "q")->status, STATUS_USAGE);
	checkpoint_close(&c);
	assert_int_equal(capture(try_stage, "q")->status, STATUS_OK);
	diag_name("a/b");
	assert_int_equal(
	    checkpoint_open(&c, "c", differs, query_of("q")), STATUS_USAGE);
	checkpoint_close(&c);
	diag_name(".a");
	assert_int_equal(
	    checkpoint_open(&c, "c", differs, query_of("q")), STATUS_USAGE);
	checkpoint_close(&c);
}

static void
another_job_is_refused(void **state)
{
	(void)state;
	make_two();
	assert_int_equal(capture(try_source, "stage")->status, STATUS_OK);
	assert_int_equal(
	    capture(try_source, "stage,more")->status, STATUS_USAGE);
	assert_int_equal(
	    capture(try_source, "stage,stage")->status, STATUS_USAGE);
	assert_int_equal(capture(try_source, "source")->status, STATUS_USAGE);
	assert_int_equal(capture(try_source, ",a")->status, STATUS_USAGE);
	assert_int_equal(unlink("c/latest"), 0);
	assert_non_null(strstr(capture(try_source, "stage")->err,
	    "its file 'latest' is gone, and there are checkpoints 1 and 2; "
	    "write 1 into it"));
	assert_int_equal(capture(try_source, "stage")->status, STATUS_USAGE);
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, empty_folder, empty_folder)
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_mark_is_exactly_that_line),
		TEST(what_was_whole_is_gone_on_with),
		TEST(a_number_never_comes_twice),
		TEST(one_that_nobody_answers_is_given_up),
		TEST(one_whose_part_will_not_come_is_given_up_at_once),
		TEST(a_process_that_has_kept_its_part_has_not_failed),
		TEST(an_outage_is_told_at_once_each_minute_and_at_its_end),
		TEST(one_whose_part_cannot_be_begun_is_given_up_at_once),
		TEST(a_part_that_is_not_ours_is_refused),
		TEST(an_input_that_is_not_of_the_folder_is_refused),
		TEST(a_name_is_one_process_s),
		TEST(another_job_is_refused),
	};

	(void)umask(022);
	return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
