/* lib_opt - command lines, options files, help, and what is said of errors.
 * SPDX-License-Identifier: ISC */
#include "lib/opt.h"

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "tests/unit/capture.h"

enum { ID_TUMBLE = 1, ID_COUNT, ID_ROWS, ID_BRIEF, ID_OFFSET, ID_BYTES };

static const struct opt_def defs[] = {
	{ NULL, 0, OPT_HEADING, 0, NULL, "kind" },
	{ "tumble", 't', OPT_VALUE, ID_TUMBLE, "SIZE", "windows of SIZE" },
	{ "count", 0, OPT_MAYBE, ID_COUNT, "NAME", "count the rows" },
	{ "rows", 'n', OPT_VALUE, ID_ROWS, "N", "end after N rows" },
	{ "brief", 'b', OPT_FLAG, ID_BRIEF, NULL, "say less" },
	{ "offset", 0, OPT_VALUE, ID_OFFSET, "D", NULL },
	{ "batch-bytes", 0, OPT_VALUE, ID_BYTES, "SIZE", "bytes a batch" },
	OPT_COMMON,
};

/* A command line, what each option and operand came as, and the outcome. */
struct line {
	const char *argv[12];
	bool no_operands;
	struct buf log;
	struct opt_common common;
};

static int
set(void *ctx, const struct opt_def *d, const char *value)
{
	struct line *line = ctx;
	long long v = 0;
	int rc = 0;

	switch (d->id) {
	case ID_TUMBLE:
		rc = opt_duration_ms(d, value, &v);
		break;
	case ID_ROWS:
		rc = opt_integer(d, value, 1, INT64_MAX, &v);
		break;
	case ID_OFFSET:
		rc = opt_signed_duration_ms(d, value, &v);
		break;
	case ID_BYTES:
		rc = opt_bytes(d, value, &v);
		break;
	default:
		buf_addf(&line->log, "%s=%s ", d->name,
		    value == NULL ? "(none)" : value);
		return 0;
	}
	buf_addf(&line->log, "%s=%lld ", d->name, v);
	return rc;
}

static int
operand(void *ctx, const char *value)
{
	struct line *line = ctx;

	buf_addf(&line->log, "[%s] ", value);
	return 0;
}

/* Prints to stdout what came of the line. */
static int
parse(void *ctx)
{
	struct line *line = ctx;
	struct opt_spec spec = {
		.usage = "KIND [options] < rows",
		.about = "Group rows.",
		.example = "window --tumble 10s < rows",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.set = set,
		.operand = line->no_operands ? NULL : operand,
		.ctx = line,
	};
	char *argv[12];
	int argc = 0;

	for (; line->argv[argc] != NULL; argc++)
		argv[argc] = strdup(line->argv[argc]);
	diag_init("window");
	if (opt_parse(&spec, &line->common, argc, argv) == -1)
		return STATUS_USAGE;
	printf("%s", buf_text(&line->log));
	if (line->common.stats)
		printf("STATS ");
	if (line->common.progress != PROGRESS_NEVER)
		printf("PROGRESS%d ", (int)line->common.progress);
	if (line->common.metrics != NULL)
		printf("METRICS %s ", line->common.metrics);
	if (line->common.metrics_every_ms != 5000)
		printf("EVERY%lld ", line->common.metrics_every_ms);
	if (diag_name_given() != NULL)
		printf("NAME %s ", diag_name_given());
	/* Not exit(): what strdup() gave belongs to the process. */
	fflush(stdout);
	_exit(0);
}

static void
gives(struct line line, const char *want)
{
	const struct captured *c = capture(parse, &line);

	assert_string_equal(c->err, "");
	assert_string_equal(c->out, want);
	assert_int_equal(c->status, 0);
}

static int
parse_and_leave(void *ctx)
{
	int status = parse(ctx);

	fflush(stdout);
	_exit(status);
}

static void
fails(struct line line, const char *message)
{
	const struct captured *c = capture(parse_and_leave, &line);

	assert_string_equal(c->err, message);
	assert_string_equal(c->out, "");
	assert_int_equal(c->status, 2);
}

#define LINE(...) ((struct line){ .argv = { "window", __VA_ARGS__, NULL } })

static void
values_come_by_blank_or_equals_sign(void **state)
{
	(void)state;
	gives(LINE("--tumble", "10s"), "tumble=10000 ");
	gives(LINE("--tumble=10s", "x", "--brief"),
	    "tumble=10000 [x] brief=(none) ");
	gives(LINE("-n", "5", "-n6", "-t1m"), "rows=5 rows=6 tumble=60000 ");
	gives(LINE("-bn7", "-b"), "brief=(none) rows=7 brief=(none) ");
	gives(LINE("--offset", "-8h"), "offset=-28800000 ");
	gives(LINE("--batch-bytes", "5M"), "batch-bytes=5242880 ");
}

static void
a_value_that_may_be_left_out_comes_by_equals_sign_only(void **state)
{
	(void)state;
	gives(LINE("--count", "n"), "count=(none) [n] ");
	gives(LINE("--count=n"), "count=n ");
	gives(LINE("--count="), "count= ");
}

static void
two_dashes_end_the_options(void **state)
{
	(void)state;
	gives(LINE("-", "--", "--tumble", "--", "-b"),
	    "[-] [--tumble] [--] [-b] ");
}

static void
common_options_are_taken(void **state)
{
	(void)state;
	gives(LINE("--stats", "--progress", "--name", "a b"),
	    "STATS PROGRESS1 NAME a b ");
	gives(LINE("--progress=always", "--metrics", "f", "--metrics-every=1s"),
	    "PROGRESS2 METRICS f EVERY1000 ");
	gives(LINE("--progress=always", "--progress=never"), "");
}

static void
errors_name_the_option_the_value_and_the_remedy(void **state)
{
	(void)state;
	fails(LINE("--tumble", "10"),
	    "window: --tumble '10': a duration needs a unit: ms, s, m, h or "
	    "d; try 10s\n");
	fails(LINE("--tumble", "-5s"),
	    "window: --tumble '-5s': a duration must not be negative here; "
	    "for example 10s\n");
	fails(LINE("--tumble", ""),
	    "window: --tumble '': a duration is a whole number and a unit: "
	    "ms, s, m, h or d; for example 10s\n");
	fails(LINE("-n", "0"),
	    "window: --rows '0': out of range; give 1 or more\n");
	fails(LINE("-n", "1e6"),
	    "window: --rows '1e6': not a whole number; give 1 or more\n");
	fails(LINE("--batch-bytes=5\033"),
	    "window: --batch-bytes '5\\x1b': a size is a whole number, alone "
	    "(bytes) or with K, M or G; for example 5M\n");
	fails(LINE("--rows"), "window: --rows needs a value: --rows N\n");
	fails(LINE("-n"), "window: --rows needs a value: --rows N\n");
	fails(LINE("--brief=1"), "window: --brief '1': takes no value\n");
	fails(LINE("--progress=often"),
	    "window: --progress 'often': unknown word; "
	    "give auto, always or never\n");
	fails(LINE("--metrics-every", "0s"),
	    "window: --metrics-every '0s': is not above 0; for example 5s\n");
	fails(LINE("--name="), "window: --name '': is empty\n");
	fails(LINE("--name=\xff"), "window: --name '\\xff': is not UTF-8\n");
}

static void
unknown_options_name_the_nearest(void **state)
{
	struct line line = LINE("rows.ndjson");

	(void)state;
	fails(LINE("--tumbel", "10s"),
	    "window: unknown option '--tumbel'; did you mean --tumble?\n");
	fails(LINE("--tumb=10s"),
	    "window: unknown option '--tumb'; did you mean --tumble?\n");
	fails(LINE("--batch_bytes=1"),
	    "window: unknown option '--batch_bytes'; "
	    "did you mean --batch-bytes?\n");
	fails(LINE("--orsw", "1"),
	    "window: unknown option '--orsw'; did you mean --rows?\n");
	fails(LINE("--tmubel"),
	    "window: unknown option '--tmubel'; did you mean --tumble?\n");
	fails(LINE("--rbief"),
	    "window: unknown option '--rbief'; did you mean --brief?\n");
	fails(LINE("--TUMBLE"),
	    "window: unknown option '--TUMBLE'; did you mean --tumble?\n");
	/* Another word, and what is as near to two. */
	fails(LINE("--rope"),
	    "window: unknown option '--rope'; try window --help\n");
	fails(LINE("--tumble10"),
	    "window: unknown option '--tumble10'; try window --help\n");
	fails(LINE("--zzzzzzz"),
	    "window: unknown option '--zzzzzzz'; try window --help\n");
	fails(LINE("-x"), "window: unknown option '-x'; try window --help\n");
	fails(LINE("-bx\n"),
	    "window: unknown option '-x\\x0a'; try window --help\n");
	line.no_operands = true;
	fails(line, "window: unexpected 'rows.ndjson': options begin with --; "
		    "try window --help\n");
}

/* --- options files ------------------------------------------------------- */

static void
write_file(const char *name, const char *text, size_t n)
{
	int fd = open(name, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, n), n);
	assert_int_equal(close(fd), 0);
}

static char dir[] = "/tmp/opt-XXXXXX";
static char file[64];

static int
make_dir(void **state)
{
	(void)state;
	if (mkdtemp(dir) == NULL)
		return -1;
	snprintf(file, sizeof file, "%s/o", dir);
	return 0;
}

static int
remove_dir(void **state)
{
	(void)state;
	return unlink(file) == 0 && rmdir(dir) == 0 ? 0 : -1;
}

static void
file_gives(const char *text, const char *want)
{
	write_file(file, text, strlen(text));
	gives(LINE("-n1", "--options", file, "-n3"), want);
}

static void
file_fails(const char *text, const char *message)
{
	char whole[400];

	write_file(file, text, strlen(text));
	snprintf(whole, sizeof whole, "window: %s%s\n", file, message);
	fails(LINE("--options", file), whole);
}

static void
options_files_stand_in_the_place_of_the_option(void **state)
{
	(void)state;
	file_gives("", "rows=1 rows=3 ");
	file_gives("rows 2", "rows=1 rows=2 rows=3 ");
	file_gives("# a comment\n\n  \t\r\n  # another\nrows=2\n",
	    "rows=1 rows=2 rows=3 ");
	file_gives("\xef\xbb\xbf--rows=2\r\n--tumble 10s\r\nbrief\r\n",
	    "rows=1 rows=2 tumble=10000 brief=(none) rows=3 ");
	file_gives("count  a = b # c \t\n", "rows=1 count=a = b # c rows=3 ");
	file_gives("count\ncount=\ncount = x\n",
	    "rows=1 count=(none) count= count=x rows=3 ");
	file_gives("name a b\nstats\n", "rows=1 rows=3 STATS NAME a b ");
}

static void
errors_in_options_files_name_file_and_line(void **state)
{
	char message[400];

	(void)state;
	file_fails("brief\n\ntumble 10\n",
	    ":3: --tumble '10': a duration needs a unit: ms, s, m, h or d; "
	    "try 10s");
	file_fails("tumbel 10s",
	    ":1: unknown option 'tumbel'; did you mean --tumble?");
	file_fails("# x\n--tumbel=10s",
	    ":2: unknown option '--tumbel'; did you mean --tumble?");
	file_fails("rows\n", ":1: --rows needs a value: --rows N");
	file_fails("brief yes\n", ":1: --brief 'yes': takes no value");
	file_fails("= 5\n", ":1: unknown option ''; try window --help");
	write_file(file, "brief\nname a\0b\n", 15);
	snprintf(message, sizeof message,
	    "window: %s:2: a NUL byte in the line\n", file);
	fails(LINE("--options", file), message);
	fails(LINE("--options", "/nowhere/x"),
	    "window: --options '/nowhere/x': No such file or directory\n");
	fails(
	    LINE("--options", "/"), "window: --options '/': Is a directory\n");
	/* After the file, places are the command line's again. */
	write_file(file, "brief\n", 6);
	fails(LINE("--options", file, "-n0"),
	    "window: --rows '0': out of range; give 1 or more\n");
	fails(LINE("--options=/dev/zero"),
	    "window: --options '/dev/zero': File too large\n");
}

static void
options_files_nest_eight_deep(void **state)
{
	char text[300];

	(void)state;
	snprintf(text, sizeof text, "\noptions %s\n", file);
	write_file(file, text, strlen(text));
	snprintf(text, sizeof text,
	    "window: %s:2: --options '%s': options files nest more than 8 "
	    "deep; ",
	    file, file);
	{
		struct line line = LINE("--options", file);
		const struct captured *c = capture(parse_and_leave, &line);

		assert_int_equal(c->status, 2);
		assert_memory_equal(c->err, text, strlen(text));
	}
}

/* --- help ---------------------------------------------------------------- */

static void
help_is_one_line_an_option(void **state)
{
	static const char want[] =
	    "usage: window KIND [options] < rows\n"
	    "Group rows.\n"
	    "kind:\n"
	    "  -t, --tumble SIZE   windows of SIZE\n"
	    "  --count[=NAME]      count the rows\n"
	    "  -n, --rows N        end after N rows\n"
	    "  -b, --brief         say less\n"
	    "  --batch-bytes SIZE  bytes a batch\n"
	    "common:\n"
	    "  --name NAME         prefix of diagnostics, label of metrics\n"
	    "  --stats             one line of JSON on stderr at the end "
	    "(SIGUSR1: now)\n"
	    "  --progress[=WHEN]   live line on stderr: auto, always, never\n"
	    "  --metrics FILE      Prometheus text, every "
	    "--metrics-every 5s\n"
	    "  --options FILE      more options, one per line; -q, --quiet: no "
	    "warnings\n"
	    "example:\n"
	    "  window --tumble 10s < rows\n";

	(void)state;
	gives(LINE("--help"), want);
	gives(LINE("-h", "--nonsense"), want);
	for (const char *p = want; *p != '\0';) {
		const char *nl = strchr(p, '\n');

		assert_true(nl - p <= 79);
		p = nl + 1;
	}
}

static void
version_is_a_line(void **state)
{
	struct line line = LINE("-V");
	const struct captured *c = capture(parse, &line);

	(void)state;
	assert_int_equal(c->status, 0);
	assert_memory_equal(c->out, "window ", 7);
	assert_string_equal(strstr(c->out, " (windowpipe)"), " (windowpipe)\n");
}

static int
parse_to_full(void *ctx)
{
	int fd = open("/dev/full", O_WRONLY);

	if (fd == -1 || dup2(fd, 1) == -1)
		return 1;
	return parse(ctx);
}

static void
help_that_cannot_be_written_is_a_failure(void **state)
{
	static const char *const options[] = { "--help", "--version" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		struct line line = LINE(options[i]);
		const struct captured *c = capture(parse_to_full, &line);

		assert_int_equal(c->status, 3);
		assert_string_equal(c->err, "window: stdout: cannot write: "
					    "No space left on device\n");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values_come_by_blank_or_equals_sign),
		cmocka_unit_test(
		    a_value_that_may_be_left_out_comes_by_equals_sign_only),
		cmocka_unit_test(two_dashes_end_the_options),
		cmocka_unit_test(common_options_are_taken),
		cmocka_unit_test(
		    errors_name_the_option_the_value_and_the_remedy),
		cmocka_unit_test(unknown_options_name_the_nearest),
		cmocka_unit_test(
		    options_files_stand_in_the_place_of_the_option),
		cmocka_unit_test(errors_in_options_files_name_file_and_line),
		cmocka_unit_test(options_files_nest_eight_deep),
		cmocka_unit_test(help_is_one_line_an_option),
		cmocka_unit_test(version_is_a_line),
		cmocka_unit_test(help_that_cannot_be_written_is_a_failure),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
