/* options - the command line of windowpipe.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/options.h"

#include "lib/diag.h"

static int
operand(struct options *o, const char *value)
{
	char quoted[DIAG_QUOTE_MAX];

	if (o->command == NULL) {
		o->command = value;
		return 0;
	}
	if (o->job == NULL) {
		o->job = value;
		return 0;
	}
	diag_error(NULL, "unexpected operand %s; try windowpipe --help",
	    diag_quote(quoted, span_of(value)));
	return -1;
}

/* clang-format off */
static const struct opt_def defs[] = {
	OPT_TEXT("properties", 0, "FILE", properties, "values of the job's ${Group.key}"),
	OPT_TEXT("stdin", 0, "TABLE", stdin_table, "its rows come from standard input"),
	OPT_TEXT("stdout", 0, "TABLE", stdout_table, "its rows go to standard output"),
};
/* clang-format on */

int
options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = {
		.usage = "COMMAND JOB [options]",
		.about = "Runs a job, written in Flink SQL, as filters and the"
			 " pipes between them.",
		.example = "windowpipe run job.sql",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.operand = operand,
		.operands_are_files = true,
	};

	*o = (struct options){ 0 };
	return opt_parse(&spec, o, &o->common, argc, argv);
}
