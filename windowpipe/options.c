/* options - the command line of windowpipe.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/options.h"

#include <stdlib.h>
#include <string.h>

#include "lib/diag.h"
#include "windowpipe/follow.h"
#include "windowpipe/journal.h"
#include "windowpipe/restarts.h"

static const struct opt_range not_negative = { 0, INT64_MAX,
	"a time cannot be negative; for example 10s", NULL };

static const struct opt_range at_least_one = { 1, 32768,
	"it is a number of subtasks, 1 to 32768", NULL };

/* N/D */
static int
set_restart(struct options *o, const struct opt_def *def, const char *value)
{
	static const char remedy[] = "write times/time, for example 3/10m";
	const char *slash = strchr(value, '/');
	char *end;

	if (slash == NULL || *value < '0' || *value > '9')
		return opt_bad(def, value,
		    "it is not how often, and within "
		    "which time",
		    remedy);
	o->restarts = strtoll(value, &end, 10);
	if (end != slash || o->restarts > RESTARTS_MAX)
		return opt_bad(
		    def, value, "it is not a number up to 1000", remedy);
	if (opt_duration_ms(def, slash + 1, &o->restarts_ms) == -1)
		return -1;
	o->has_restart = true;
	return 0;
}

static const struct opt_range journal_range = { JOURNAL_MIN_BYTES, 1LL << 40,
	"is too small; at least 8M", "is too large; at most 1024G" };

/* clang-format off */
static const struct opt_def defs[] = {
	OPT_HEADING("jobs: run, check, plan, package"),
	OPT_TEXT("properties", 0, "FILE", properties,
	    "values of the job's ${Group.key}"),
	OPT_TEXT("stdin", 0, "TABLE", stdin_table,
	    "its rows come from standard input"),
	OPT_TEXT("stdout", 0, "TABLE", stdout_table,
	    "its rows go to standard output"),
	OPT_TEXT("rejects", 0, "FILE", rejects,
	    "append bad lines to FILE; default: the first is fatal"),
	OPT_HEADING("run"),
	OPT_FLAG("local", 0, local,
	    "with a Kinesis of its own, on this machine alone"),
	OPT_DURATION("for", 0, "D", for_ms, &not_negative,
	    "end the sources D after the first row",
	    .given = OPT_GIVEN(is_for)),
	OPT_DURATION("drain", 0, "D", drain_ms, &not_negative,
	    "how long the rest may take after that: 5s",
	    .given = OPT_GIVEN(has_drain)),
	OPT_TEXT("keep", 0, "DIR", keep,
	    "keep undelivered lines below DIR"),
	OPT_HEADING("status"),
	OPT_FLAG("json", 0, json, "print an object a job"),
	OPT_HEADING("rows"),
	OPT_FLAG("follow", 0, follow,
	    "read on as files grow; --poll D: look every D"),
	OPT_DURATION("poll", 0, "D", poll_ms, &coordinator_wait, NULL,
	    .given = OPT_GIVEN(has_poll)),
	OPT_HEADING("package, sql"),
	OPT_WORD("flink", 0, "VERSION", flink, OPT_WORDS("1.20", "2.2"),
	    "for Apache Flink 1.20 (the default) or 2.2",
	    .given = OPT_GIVEN(is_flink)),
	OPT_WORD("source", 0, "CONNECTOR", source,
	    OPT_WORDS("kinesis", "filesystem"),
	    "package: what the rows come from there",
	    .given = OPT_GIVEN(is_source)),
	OPT_INTEGER("parallelism", 0, "N", parallelism, &at_least_one,
	    "subtasks: one for each shard that is read"),
	OPT_FLAG("strict", 0, strict,
	    "fail where Flink differs from windowpipe"),
	OPT_FLAG("guess", 0, guess,
	    "sql: guess the types of columns that are not declared"),
	OPT_WORD("times", 0, "FORM", times, OPT_WORDS("iso", "sql"),
	    "sql: how rows have times: T between, or a blank",
	    .given = OPT_GIVEN(is_times)),
	OPT_FLAG("exact", 0, exact,
	    "sql: settings for which late rows are the same"),
	COORDINATOR_ROWS(checkpoint),
	OPT_CALL("restart", 0, "N/D", set_restart,
	    "after a failure start again, N times within D (3/10m)",
	    .range = &coordinator_wait),
	OPT_TEXT("from-checkpoint", 0, "N", from_checkpoint,
	    "go back to checkpoint N"),
	OPT_FLAG("verify", 0, verify,
	    "look up in streams what was under way at a kill"),
	OPT_TEXT("journal", 0, "DIR", journal,
	    "keep standard input in DIR until a checkpoint has it"),
	OPT_BYTES("journal-max", 0, "SIZE", journal_max, &journal_range,
	    "at most so much of it (1G)",
	    .given = OPT_GIVEN(has_journal_max)),
};
/* clang-format on */

/*
 * What windowpipe does is its first operand; rows and sql take any number more,
 * package a folder.
 */
static int
operand(struct options *o, const char *value)
{
	char quoted[DIAG_QUOTE_MAX];

	if (o->command == NULL) {
		o->command = value;
		return 0;
	}
	if (o->job != NULL && strcmp(o->command, "rows") != 0 &&
	    strcmp(o->command, "sql") != 0 &&
	    (o->files.n > 1 || strcmp(o->command, "package") != 0)) {
		diag_error(NULL, "unexpected operand %s; try windowpipe --help",
		    diag_quote(quoted, span_of(value)));
		return -1;
	}
	o->job = o->job == NULL ? value : o->job;
	return opt_texts_add(&o->files, value);
}

/* An option of a command that is not the one given would do nothing. */
static int
check_command(const struct options *o)
{
	bool runs = o->command != NULL && strcmp(o->command, "run") == 0;
	bool packs = o->command != NULL && strcmp(o->command, "package") == 0;
	bool is_rows = o->command != NULL && strcmp(o->command, "rows") == 0;
	const struct coordinator_options *k = &o->checkpoint;
	const char *fault = is_rows ? coordinator_options_fault(k) : NULL;
	bool looks = o->command != NULL && strcmp(o->command, "status") == 0;
	bool sql = o->command != NULL && strcmp(o->command, "sql") == 0;
	bool has_job =
	    runs || packs ||
	    (o->command != NULL && (strcmp(o->command, "check") == 0 ||
				       strcmp(o->command, "plan") == 0));
	const struct opt_clash wrong[] = {
		{ !looks && o->json,
		    "--json goes with status only; leave it out" },
		{ !is_rows && o->follow,
		    "--follow goes with rows only; of a job, give the table "
		    "'source.monitor-interval'" },
		{ is_rows && o->follow && o->files.n == 0,
		    "--follow: no file is named, and standard input ends by "
		    "itself; name files or folders" },
		{ o->has_poll && !o->follow,
		    "--poll without --follow: files are read once; give "
		    "--follow too" },
		{ !is_rows && !runs &&
			(k->dir != NULL || k->stages != NULL || k->given),
		    "--checkpoint... goes with run and rows only; leave it "
		    "out" },
		{ runs && k->stages != NULL,
		    "--checkpoint-stages: the job says which stages there "
		    "are; leave it out" },
		{ runs && k->dir == NULL && k->given,
		    "--checkpoint-... without --checkpoint: nothing would be "
		    "kept; give --checkpoint DIR too" },
		{ (o->has_restart || o->from_checkpoint != NULL) &&
			(!runs || k->dir == NULL),
		    "--restart and --from-checkpoint go with run --checkpoint "
		    "DIR only: without it a new start would begin with the "
		    "first row" },
		{ o->verify && (!runs || k->dir == NULL),
		    "--verify goes with run --checkpoint DIR only, whose notes "
		    "tell what to look up" },
		{ runs && k->dir != NULL && o->local,
		    "--local: that Kinesis ends with the run, and what "
		    "--checkpoint goes on from would not be in the next one; "
		    "use scripts/local-kinesis" },
		{ runs && k->dir != NULL && o->stdin_table != NULL &&
			o->journal == NULL,
		    "--stdin: after a kill standard input cannot be read "
		    "again, so --checkpoint would lose rows; keep them by "
		    "--journal DIR, or let the table read files" },
		{ runs && o->journal != NULL && o->stdin_table == NULL,
		    "--journal keeps standard input, which no table of the "
		    "job is; leave it out, or give --stdin TABLE" },
		{ fault != NULL, fault },
		{ is_rows && k->dir != NULL && o->files.n == 0 &&
			o->journal == NULL,
		    "--checkpoint: standard input has no position to go on "
		    "from; name files, or keep it by --journal DIR" },
		{ !is_rows && !runs &&
			(o->journal != NULL || o->has_journal_max),
		    "--journal and --journal-max go with run and rows only; "
		    "leave them out" },
		{ !packs && (o->parallelism > 0 || o->is_source),
		    "--parallelism and --source go with package only; leave "
		    "them out" },
		{ !packs && !sql && (o->is_flink || o->strict),
		    "--flink and --strict go with package and sql only; leave "
		    "them out" },
		{ !sql && (o->guess || o->exact || o->is_times),
		    "--guess, --times and --exact go with sql only; leave them "
		    "out" },
		{ o->journal == NULL && o->has_journal_max,
		    "--journal-max without --journal: nothing is kept; give "
		    "--journal DIR too" },
		{ o->journal != NULL && k->dir == NULL,
		    "--journal without --checkpoint: nothing would leave it; "
		    "give --checkpoint DIR too" },
		{ is_rows && o->journal != NULL && o->files.n > 0,
		    "--journal keeps standard input, and files need none; "
		    "leave it out" },
		{ !runs && (o->local || o->is_for || o->has_drain ||
			       o->keep != NULL),
		    "--local, --for, --drain and --keep go with run only; "
		    "leave them out" },
		{ !runs && (o->common.stats || o->common.metrics != NULL ||
			       o->common.progress == PROGRESS_ALWAYS),
		    "--stats, --metrics and --progress go with run only; leave "
		    "them out" },
		{ (packs || sql) &&
			(o->stdin_table != NULL || o->stdout_table != NULL ||
			    o->rejects != NULL),
		    "--stdin, --stdout and --rejects have no meaning on a "
		    "cluster; leave them out" },
		{ !has_job &&
			(o->stdin_table != NULL || o->stdout_table != NULL ||
			    o->rejects != NULL || o->properties != NULL),
		    "--properties, --stdin, --stdout and --rejects go with a "
		    "job only; leave them out" },
	};

	return opt_judge(wrong, sizeof wrong / sizeof *wrong);
}

int
windowpipe_options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = {
		.usage = "run | check | plan JOB [options]\n"
			 "       windowpipe status [JOB | DIR] [--json]\n"
			 "       windowpipe package JOB DIR [options]\n"
			 "       windowpipe rows [FILE...] [options]\n"
			 "       windowpipe sql -- WINDOW-OPTION...\n"
			 "       windowpipe checkpoints DIR",
		.about = "Runs a job, written in Flink SQL, as filters and the"
			 " pipes between them.  check prints what it becomes,"
			 " plan prints that as a shell script, status shows"
			 " what runs, package makes it a job for an Apache"
			 " Flink cluster, sql makes a job of a query of"
			 " window's.",
		.example = "windowpipe run examples/windowing.sql --local"
			   " --for 60s",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.operand = operand,
		.operands_are_files = true,
		.progress = PROGRESS_AUTO,
	};

	*o = (struct options){ .drain_ms = 5000,
		.checkpoint = COORDINATOR_DEFAULTS,
		.restarts = 3,
		.restarts_ms = 10 * 60 * 1000,
		.journal_max = JOURNAL_MAX_BYTES,
		.poll_ms = FOLLOW_POLL_MS };
	return opt_parse(&spec, o, &o->common, argc, argv) == -1
	           ? -1
	           : check_command(o);
}

void
windowpipe_options_free(struct options *o)
{
	free(o->files.text);
	*o = (struct options){ 0 };
}
