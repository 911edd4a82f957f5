/* lib_opt - command lines, options files, help, and what is said of errors.
 * SPDX-License-Identifier: ISC */
#include "lib/opt.h"

#include <fcntl.h>
#include <inttypes.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "lib/buf.h"
#include "tests/unit/capture.h"

enum form { FORM_PLAIN, FORM_FLINK };

/* What the rows fill; -1 and so on: not given. */
struct options {
	struct opt_common common;
	int64_t tumble_ms;
	int64_t rows;
	bool rows_given;
	bool brief;
	int64_t offset_ms;
	int64_t batch_bytes;
	const char *into;
	enum form form;
	struct opt_texts keys;
	struct buf log; /* of --count and operands, in their order */
};

static int
set_count(struct options *o, const struct opt_def *d, const char *value)
{
	if (value != NULL && strcmp(value, "bad") == 0)
		return opt_bad(d, value, "is bad", d->arg);
	buf_addf(&o->log, "%s=%s ", d->name, value == NULL ? "(none)" : value);
	return 0;
}

static const struct opt_range from_1 = { 1, INT64_MAX, NULL, NULL };
static const struct opt_range hours = { -86400000, 86400000,
	"too early; try -1h", "too late; try 1h" };
static const struct opt_range to_10m = { 1, 10 << 20, "too small; try 1K",
	NULL };

static const struct opt_def defs[] = {
	OPT_HEADING("kind"),
	OPT_DURATION("tumble", 't', "SIZE", tumble_ms, NULL, "windows of SIZE"),
	OPT_CALL("count", 0, "NAME", set_count, "count the rows", .maybe = true,
	    .arg = "try n"),
	OPT_INTEGER("rows", 'n', "N", rows, &from_1, "end after N rows",
	    .given = OPT_GIVEN(rows_given)),
	OPT_FLAG("brief", 'b', brief, "say less"),
	OPT_DURATION("offset", 0, "D", offset_ms, &hours, NULL),
	OPT_BYTES(
	    "batch-bytes", 0, "SIZE", batch_bytes, &to_10m, "bytes a batch"),
	OPT_WORD("form", 0, "FORM", form, OPT_WORDS("plain", "flink"), NULL),
	OPT_TEXT("into", 0, "DIR", into, NULL),
	OPT_TEXTS("key", 'k', "FIELD", keys, NULL),
};

/* A command line. */
struct line {
	const char *argv[12];
	bool no_operands;
};

static int
operand(struct options *o, const char *value)
{
	buf_addf(&o->log, "[%s] ", value);
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
		.operand = line->no_operands ? NULL : operand,
	};
	struct options o = {
		.tumble_ms = -1, .offset_ms = -1, .batch_bytes = -1
	};
	char *argv[12];
	int argc = 0;

	for (; line->argv[argc] != NULL; argc++)
		argv[argc] = strdup(line->argv[argc]);
	diag_init("window");
	if (opt_parse(&spec, &o, &o.common, argc, argv) == -1)
		return STATUS_USAGE;
	if (o.tumble_ms != -1)
		printf("tumble=%" PRId64 " ", o.tumble_ms);
	printf("%s", o.log.n == 0 ? "" : buf_text(&o.log));
	if (o.rows_given)
		printf("rows=%" PRId64 " ", o.rows);
	if (o.brief)
		printf("brief ");
	if (o.offset_ms != -1)
		printf("offset=%" PRId64 " ", o.offset_ms);
	if (o.batch_bytes != -1)
		printf("batch-bytes=%" PRId64 " ", o.batch_bytes);
	if (o.form != FORM_PLAIN)
		printf("form=%d ", (int)o.form);
	if (o.into != NULL)
		printf("into=%s ", o.into);
	for (size_t i = 0; i < o.keys.n; i++)
		printf("key=%s ", o.keys.text[i]);
	if (o.common.stats)
		printf("STATS ");
	if (o.common.progress != PROGRESS_NEVER)
		printf("PROGRESS%d ", (int)o.common.progress);
	if (o.common.metrics != NULL)
		printf("METRICS %s ", o.common.metrics);
	if (o.common.metrics_every_ms != 5000)
		printf("EVERY%" PRId64 " ", o.common.metrics_every_ms);
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
	gives(LINE("--tumble=10s", "x", "--brief"), "tumble=10000 [x] brief ");
	gives(LINE("-n", "5", "-n6", "-t1m"), "tumble=60000 rows=6 ");
	gives(LINE("-bn7", "-b"), "rows=7 brief ");
	gives(LINE("--offset", "-8h"), "offset=-28800000 ");
	gives(LINE("--batch-bytes", "5M"), "batch-bytes=5242880 ");
	gives(LINE("--into", "", "--into", "d"), "into=d ");
	gives(LINE("--form=flink"), "form=1 ");
	gives(LINE("--form", "flink", "--form", "plain"), "");
}

static void
texts_add_up_in_their_order(void **state)
{
	(void)state;
	gives(LINE("--key", "b", "-ka", "-k", "b", "--key="),
	    "key=b key=a key=b key= ");
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
	fails(LINE("--batch-bytes=0"),
	    "window: --batch-bytes '0': too small; try 1K\n");
	fails(LINE("--batch-bytes=11M"),
	    "window: --batch-bytes '11M': out of range; give 1 to 10485760\n");
	fails(LINE("--offset", "25h"),
	    "window: --offset '25h': too late; try 1h\n");
	fails(LINE("--offset", "-25h"),
	    "window: --offset '-25h': too early; try -1h\n");
	fails(LINE("--form", "FLINK"),
	    "window: --form 'FLINK': unknown word; plain, flink\n");
	fails(LINE("--count=bad"), "window: --count 'bad': is bad; try n\n");
	fails(LINE("--completion", "csh"),
	    "window: --completion 'csh': unknown word; bash, zsh, fish\n");
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
	gives(LINE("-k1", "--options", file, "-k3"), want);
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
	file_gives("", "key=1 key=3 ");
	file_gives("key 2", "key=1 key=2 key=3 ");
	file_gives("# a comment\n\n  \t\r\n  # another\nkey=2\n",
	    "key=1 key=2 key=3 ");
	file_gives("\xef\xbb\xbf--key=2\r\n--tumble 10s\r\nbrief\r\n",
	    "tumble=10000 brief key=1 key=2 key=3 ");
	file_gives("count  a = b # c \t\n", "count=a = b # c key=1 key=3 ");
	file_gives("count\ncount=\ncount = x\n",
	    "count=(none) count= count=x key=1 key=3 ");
	file_gives("name a b\nstats\n", "key=1 key=3 STATS NAME a b ");
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
		cmocka_unit_test(texts_add_up_in_their_order),
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
