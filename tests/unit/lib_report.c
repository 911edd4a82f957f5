/* lib_report - the account as stats line, metrics file and progress line.
 * SPDX-License-Identifier: ISC */
#include "lib/report.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <cmocka.h>

#include "lib/clock.h"
#include "lib/diag.h"
#include "lib/json.h"
#include "tests/unit/capture.h"

static char dir[] = "/tmp/report-XXXXXX";
static char file[64];

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(file, sizeof file, "%s/m", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	return rmdir(dir); /* fails where a file was left beside */
}

/* ctx tells how often the account has been asked for. */
static void
fill(void *ctx, struct report *r)
{
	int *asked = ctx;

	report_count(r, "read", (uint64_t)++ * asked);
	report_count(r, "late", UINT64_MAX);
	report_gauge(r, "open_windows", -3);
	report_gauge_real(r, "oldest_s", 0.25);
	report_gauge_real(r, "speed", NAN);
	report_time(r, "watermark", true, 1763791983500);
	report_time(r, "none", false, 0);
}

static void
progress(void *ctx, struct buf *line, int columns)
{
	(void)ctx;
	buf_addf(line, "%d columns", columns);
}

/* What a child does, in which order. */
struct plan {
	struct opt_common opt;
	const char *program, *name;
	report_progress_fn *progress;
	bool now, message;
	int ticks; /* a second apart */
};

static int
run(void *ctx)
{
	const struct plan *plan = ctx;
	struct report r;
	int asked = 0;
	int64_t now_ms;

	diag_init(plan->program == NULL ? "window" : plan->program);
	diag_name(plan->name);
	if (report_init(&r, &plan->opt, fill, plan->progress, &asked) == -1)
		return STATUS_USAGE;
	if (asked != 0)
		return 99;
	now_ms = clock_mono_ms(); /* everything that is asked for is due */
	for (int i = 0; i < plan->ticks; i++) {
		report_tick(&r, now_ms + 1000 * (i + 1));
		if (plan->message)
			diag_warn(NULL, "something");
	}
	if (plan->now)
		report_now(&r);
	(void)report_end(&r);
	(void)report_end(&r);
	diag_error(NULL, "asked %d times", asked);
	return 0;
}

/* Puts a 'T' for the digits behind key, which are the time's. */
static char *
blank_time(const char *text, const char *key)
{
	static char out[CAPTURE_BYTES];
	size_t n;

	if (text != out)
		strcpy(out, text);
	for (char *p = out; (p = strstr(p, key)) != NULL;) {
		p += strlen(key);
		n = strspn(p, "0123456789.");
		if (n == 0)
			continue;
		*p++ = 'T';
		memmove(p, p + n - 1, strlen(p + n - 1) + 1);
	}
	return out;
}

static void
prints(struct plan plan, const char *want)
{
	const struct captured *c = capture(run, &plan);

	assert_string_equal(
	    blank_time(blank_time(c->err, "\"elapsed_s\":"), "?]: "), want);
	assert_string_equal(c->out, "");
	assert_int_equal(c->status, 0);
}

#define MEMBERS(read)                                                          \
	"\"read\":" read ",\"late\":18446744073709551615,"                     \
	"\"open_windows\":-3,\"oldest_s\":0.25,\"speed\":null,"                \
	"\"watermark\":\"2025-11-22T06:13:03.5Z\",\"none\":null}\n"

static void
stats_are_one_line_of_json(void **state)
{
	struct plan plan = { .opt = { .stats = true }, .name = "a\"b" };
	const struct captured *c;
	char *nl;

	(void)state;
	prints((struct plan){ .opt = { .stats = true } },
	    "{\"program\":\"window\",\"name\":null,\"elapsed_s\":"
	    "T," MEMBERS("1") "window: asked 1 times\n");
	prints(plan,
	    "{\"program\":\"window\",\"name\":\"a\\\"b\","
	    "\"elapsed_s\":T," MEMBERS("1") "window[a\"b]: asked 1 times\n");
	c = capture(run, &plan);
	nl = strchr(c->err, '\n');
	assert_int_equal(
	    json_check((struct span){ c->err, (size_t)(nl - c->err) }, NULL),
	    0);
}

static void
stats_come_when_asked_for_only(void **state)
{
	(void)state;
	prints((struct plan){ .ticks = 3 }, "window: asked 0 times\n");
	prints((struct plan){ .now = true },
	    "{\"program\":\"window\",\"name\":null,\"elapsed_s\":"
	    "T," MEMBERS("1") "window: asked 1 times\n");
}

static char *
read_file(void)
{
	static char bytes[4096];
	int fd = open(file, O_RDONLY);
	ssize_t n;

	assert_int_not_equal(fd, -1);
	n = read(fd, bytes, sizeof bytes - 1);
	assert_true(n >= 0);
	bytes[n] = '\0';
	close(fd);
	return blank_time(bytes, "elapsed_seconds ");
}

static void
metrics_are_prometheus_text(void **state)
{
	struct plan plan = {
		.opt = { .metrics = file, .metrics_every_ms = 5000 },
		.program = "kinesis-put",
	};

	(void)state;
	prints(plan, "kinesis-put: asked 1 times\n");
	assert_string_equal(read_file(),
	    "# TYPE windowpipe_kinesis_put_elapsed_seconds gauge\n"
	    "windowpipe_kinesis_put_elapsed_seconds T\n"
	    "# TYPE windowpipe_kinesis_put_read_total counter\n"
	    "windowpipe_kinesis_put_read_total 1\n"
	    "# TYPE windowpipe_kinesis_put_late_total counter\n"
	    "windowpipe_kinesis_put_late_total 18446744073709551615\n"
	    "# TYPE windowpipe_kinesis_put_open_windows gauge\n"
	    "windowpipe_kinesis_put_open_windows -3\n"
	    "# TYPE windowpipe_kinesis_put_oldest_s gauge\n"
	    "windowpipe_kinesis_put_oldest_s 0.25\n"
	    "# TYPE windowpipe_kinesis_put_watermark gauge\n"
	    "windowpipe_kinesis_put_watermark 1763791983.500\n");
	plan.name = "a\\b\"c\n";
	plan.ticks = 7; /* at 1 s, at 6 s, and at the end */
	prints(plan, "kinesis-put[a\\b\"c\\x0a]: asked 3 times\n");
	assert_non_null(
	    strstr(read_file(), "\nwindowpipe_kinesis_put_read_total"
				"{name=\"a\\\\b\\\"c\\n\"} 3\n"));
	assert_int_equal(unlink(file), 0);
}

static int
metrics_fail(void *ctx)
{
	struct plan *plan = ctx;
	struct report r;
	int asked = 0;

	diag_init("window");
	if (report_init(&r, &plan->opt, fill, NULL, &asked) == -1)
		return STATUS_USAGE;
	/* A folder in the file's place: rename() fails from now on. */
	if (mkdir(plan->opt.metrics, 0700) == -1)
		return 1;
	for (int i = 0; i < 3; i++)
		report_tick(&r, INT64_C(1) << (50 + i));
	return report_end(&r) == STATUS_SYSTEM && asked == 4 ? 0 : 4;
}

static void
metrics_that_fail_are_said_once_and_stop_nothing(void **state)
{
	struct plan plan = {
		.opt = { .metrics = file, .metrics_every_ms = 5000 },
	};
	char want[200];
	const struct captured *c = capture(metrics_fail, &plan);

	(void)state;
	assert_int_equal(c->status, 0);
	snprintf(want, sizeof want,
	    "window: --metrics '%s': cannot write: Is a directory\n", file);
	assert_string_equal(c->err, want);
	assert_int_equal(rmdir(file), 0);
}

/* As on a disk that is full: no file can be made. */
static int
run_without_room(void *ctx)
{
	struct rlimit all, none;
	int rc;

	if (getrlimit(RLIMIT_NOFILE, &all) == -1)
		return 99;
	none = (struct rlimit){ 3, all.rlim_max };
	if (setrlimit(RLIMIT_NOFILE, &none) == -1)
		return 99;
	rc = run(ctx);
	/* Sanitizers open files at the end. */
	return setrlimit(RLIMIT_NOFILE, &all) == -1 ? 99 : rc;
}

static void
metrics_that_may_be_written_later_are_not(void **state)
{
	struct plan plan = {
		.opt = { .metrics = file, .metrics_every_ms = 5000 },
		.ticks = 2,
	};
	char want[200];
	const struct captured *c = capture(run_without_room, &plan);

	(void)state;
	assert_int_equal(c->status, 0);
	snprintf(want, sizeof want,
	    "window: --metrics '%s': cannot write: Too many open files\n"
	    "window: asked 2 times\n",
	    file);
	assert_string_equal(c->err, want);
}

static void
metrics_that_cannot_be_written_are_refused_at_the_start(void **state)
{
	struct plan plan = { .opt = { .metrics = "/nowhere/m" } };
	char want[200];
	const struct captured *c = capture(run, &plan);

	(void)state;
	assert_int_equal(c->status, 2);
	assert_string_equal(c->err,
	    "window: --metrics '/nowhere/m': cannot write: "
	    "No such file or directory\n");
	/* A FIFO of ours: if the guard broke, a device would be replaced. */
	assert_int_equal(mkfifo(file, 0600), 0);
	plan.opt.metrics = file;
	c = capture(run, &plan);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(c->status, 2);
	snprintf(want, sizeof want,
	    "window: --metrics '%s': cannot write: not a regular file\n", file);
	assert_string_equal(c->err, want);
	/* A link, as /dev/stdout is one, even to a regular file. */
	assert_int_equal(symlink("/etc/passwd", file), 0);
	c = capture(run, &plan);
	assert_int_equal(unlink(file), 0);
	assert_int_equal(c->status, 2);
	assert_string_equal(c->err, want);
}

static void
metrics_follow_no_link_beside_them_and_leave_nothing(void **state)
{
	struct plan plan = { .opt = { .metrics = file } };
	char beside[200], target[200];
	struct stat st;

	(void)state;
	snprintf(beside, sizeof beside, "%s.new", file);
	snprintf(target, sizeof target, "%s.target", file);
	assert_int_equal(symlink(target, beside), 0);
	assert_int_equal(capture(run, &plan)->status, 0);
	assert_int_equal(lstat(target, &st), -1);
	assert_int_equal(lstat(beside, &st), -1);
	/* What a killed run has left there does not stay either. */
	assert_int_equal(mkfifo(beside, 0600), 0);
	assert_int_equal(capture(run, &plan)->status, 0);
	assert_int_equal(lstat(beside, &st), -1);
	assert_int_equal(unlink(file), 0);
}

static void
progress_is_one_line_overwritten_and_cut(void **state)
{
	struct plan plan = {
		.opt = { .progress = PROGRESS_ALWAYS },
		.progress = progress,
		.ticks = 2,
	};

	(void)state;
	prints(plan,
	    "\r79 columns\033[K\r79 columns\033[K\nwindow: asked 0 times\n");
	plan.message = true;
	prints(plan, "\r79 columns\033[K\nwindow: warning: something\n"
		     "\r79 columns\033[K\nwindow: warning: something\n"
		     "window: asked 0 times\n");
	plan.message = false;
	plan.opt.stats = true;
	plan.ticks = 1;
	prints(plan,
	    "\r79 columns\033[K\n{\"program\":\"window\",\"name\":null,"
	    "\"elapsed_s\":T," MEMBERS("1") "window: asked 1 times\n");
	plan = (struct plan){
		.opt = { .progress = PROGRESS_ALWAYS },
		.name = "\xc3\xa9\xc3\xa9\t",
		.ticks = 1,
	};
	prints(plan,
	    "\rwindow[\xc3\xa9\xc3\xa9?]: T s  read 1  "
	    "late 18446744073709551615  open_windows -3  oldest_s \033[K\n"
	    "window[\xc3\xa9\xc3\xa9\\x09]: asked 1 times\n");
}

static void
progress_auto_is_for_terminals_only(void **state)
{
	struct plan plan = {
		.opt = { .progress = PROGRESS_AUTO },
		.progress = progress,
		.ticks = 2,
	};

	(void)state;
	prints(plan, "window: asked 0 times\n");
}

/* The same with a terminal of 12 columns for stderr. */
static int
run_in_terminal(void *ctx)
{
	struct winsize size = { .ws_row = 5, .ws_col = 12 };
	int master = posix_openpt(O_RDWR | O_NOCTTY), slave, status;
	char bytes[500];
	ssize_t n;

	if (master == -1 || grantpt(master) == -1 || unlockpt(master) == -1)
		return 90;
	slave = open(ptsname(master), O_RDWR | O_NOCTTY);
	if (slave == -1 || ioctl(slave, TIOCSWINSZ, &size) == -1 ||
	    dup2(slave, 2) == -1)
		return 91;
	status = run(ctx);
	/* What was written comes in pieces; EIO once nobody can write more. */
	(void)close(slave);
	(void)close(2);
	while ((n = read(master, bytes, sizeof bytes)) > 0) {
		if (write(1, bytes, (size_t)n) != n)
			return 92;
	}
	return n == -1 && errno != EIO ? 93 : status;
}

static void
on_a_terminal_progress_has_its_width_and_vanishes(void **state)
{
	struct plan plan = {
		.opt = { .progress = PROGRESS_AUTO },
		.ticks = 1,
		.message = true,
	};
	const struct captured *c = capture(run_in_terminal, &plan);

	(void)state;
	assert_int_equal(c->status, 0);
	assert_string_equal(blank_time(c->out, "\rwindow: "),
	    "\rwindow: T s\033[K\r\033[Kwindow: warning: something\r\n"
	    "window: asked 1 times\r\n");
}

static void
nothing_is_due_where_nothing_is_asked_for(void **state)
{
	struct opt_common opt = { 0 };
	struct report r, never = { 0 };
	int asked = 0;

	(void)state;
	assert_int_equal(report_init(&r, &opt, fill, NULL, &asked), 0);
	assert_true(report_due_ms(&r) == INT64_MAX);
	assert_int_equal(report_end(&r), STATUS_OK);
	assert_int_equal(report_end(&never), STATUS_OK);
	assert_int_equal(asked, 0);
}

static void
a_count_told_apart_is_an_object_and_labels(void **state)
{
	const struct report_part parts[] = { { "stdout", 5 }, { "a\"b", 0 } };
	const struct report_text texts[] = { { "a\"b", { "1\"", 2 } },
		{ "c", { 0 } } };
	struct report r = { .form = REPORT_STATS };

	(void)state;
	diag_init("fanout");
	diag_name(NULL);
	report_count_parts(&r, "held_ms", "output", parts, 2);
	assert_string_equal(
	    buf_text(&r.out), ",\"held_ms\":{\"stdout\":5,\"a\\\"b\":0}");
	buf_clear(&r.out);
	report_gauge_parts(&r, "lag", "shard", NULL, 0);
	report_text_parts(&r, "at", texts, 2);
	assert_string_equal(buf_text(&r.out),
	    ",\"lag\":{},\"at\":{\"a\\\"b\":\"1\\\"\",\"c\":null}");
	buf_clear(&r.out);
	r.form = REPORT_METRICS;
	report_count_parts(&r, "held_ms", "output", parts, 1);
	diag_name("x");
	report_count_parts(&r, "of", "output", &parts[1], 1);
	report_gauge_parts(&r, "lag", "output", parts, 1);
	report_text_parts(&r, "at", texts, 2);
	assert_string_equal(buf_text(&r.out),
	    "# TYPE windowpipe_fanout_held_ms_total counter\n"
	    "windowpipe_fanout_held_ms_total{output=\"stdout\"} 5\n"
	    "# TYPE windowpipe_fanout_of_total counter\n"
	    "windowpipe_fanout_of_total{name=\"x\",output=\"a\\\"b\"} 0\n"
	    "# TYPE windowpipe_fanout_lag gauge\n"
	    "windowpipe_fanout_lag{name=\"x\",output=\"stdout\"} 5\n");
	buf_clear(&r.out);
	r.form = REPORT_PROGRESS;
	report_count_parts(&r, "held_ms", "output", parts, 2);
	report_text_parts(&r, "at", texts, 2);
	assert_int_equal(r.out.n, 0);
	buf_free(&r.out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stats_are_one_line_of_json),
		cmocka_unit_test(stats_come_when_asked_for_only),
		cmocka_unit_test(metrics_are_prometheus_text),
		cmocka_unit_test(
		    metrics_that_fail_are_said_once_and_stop_nothing),
		cmocka_unit_test(
		    metrics_that_cannot_be_written_are_refused_at_the_start),
		cmocka_unit_test(metrics_that_may_be_written_later_are_not),
		cmocka_unit_test(
		    metrics_follow_no_link_beside_them_and_leave_nothing),
		cmocka_unit_test(progress_is_one_line_overwritten_and_cut),
		cmocka_unit_test(progress_auto_is_for_terminals_only),
		cmocka_unit_test(
		    on_a_terminal_progress_has_its_width_and_vanishes),
		cmocka_unit_test(nothing_is_due_where_nothing_is_asked_for),
		cmocka_unit_test(a_count_told_apart_is_an_object_and_labels),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
