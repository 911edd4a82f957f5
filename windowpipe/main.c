/* windowpipe - jobs in Flink SQL, run as filters and pipes.
 * SPDX-License-Identifier: ISC */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "lib/diag.h"
#include "lib/signals.h"
#include "windowpipe/check.h"
#include "windowpipe/feed.h"
#include "windowpipe/follow.h"
#include "windowpipe/options.h"
#include "windowpipe/package.h"
#include "windowpipe/recovery.h"
#include "windowpipe/run.h"
#include "windowpipe/status.h"
#include "windowpipe/translate.h"

static enum status
rows(const struct options *o)
{
	if (signals_open() == -1)
		return STATUS_SYSTEM;
	if (o->follow)
		return follow_run(
		    &(struct follow_source){ .names = o->files.text,
			.n = o->files.n,
			.poll_ms = o->poll_ms,
			.checkpoint = o->checkpoint });
	return feed_run(&(struct feed_source){ .files = o->files.text,
	    .nfiles = o->files.n,
	    .journal = o->journal,
	    .journal_bytes = (uint64_t)o->journal_max,
	    .checkpoint = o->checkpoint });
}

static enum status
checkpoints(const struct options *o)
{
	if (o->job != NULL)
		return recovery_list(o->job);
	diag_error(NULL, "no folder; name that of run --checkpoint");
	return STATUS_USAGE;
}

/* What windowpipe does is its first operand. */
static const struct command {
	const char *name;
	enum status (*run)(const struct options *);
} commands[] = {
	{ "check", check_job },
	{ "checkpoints", checkpoints },
	{ "package", package_job },
	{ "plan", check_plan },
	{ "rows", rows },
	{ "run", run_job },
	{ "status", status_jobs },
	{ "sql", translate_query },
	{ NULL, NULL },
};

static const struct command *
find(const char *name)
{
	const struct command *c = commands;
	char quoted[DIAG_QUOTE_MAX];

	if (name == NULL) {
		diag_error(NULL, "no command; try windowpipe --help");
		return NULL;
	}
	while (c->name != NULL && strcmp(c->name, name) != 0)
		c++;
	if (c->name != NULL)
		return c;
	diag_error(NULL, "unknown command %s; try windowpipe --help",
	    diag_quote(quoted, span_of(name)));
	return NULL;
}

int
main(int argc, char **argv)
{
	const struct command *command;
	struct options options;
	enum status status = STATUS_USAGE;

	diag_init("windowpipe");
	if (diag_open_std_fds() == -1)
		return STATUS_SYSTEM;
	if (windowpipe_options_parse(&options, argc, argv) == 0 &&
	    (command = find(options.command)) != NULL)
		status = command->run(&options);
	diag_end();
	windowpipe_options_free(&options);
	return (int)status;
}
