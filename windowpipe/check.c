/* check - the commands that start nothing.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/check.h"

#include "lib/out.h"
#include "windowpipe/job.h"
#include "windowpipe/shell.h"

static enum status
print(const struct options *o, bool script)
{
	const struct job_request request = { .path = o->job,
		.properties = o->properties,
		.rejects = o->rejects,
		.stdin_table = o->stdin_table,
		.stdout_table = o->stdout_table };
	struct job job;
	struct buf b = { 0 };
	enum status status = STATUS_USAGE;

	if (o->job == NULL) {
		diag_error(NULL, "no job; name its file: windowpipe %s job.sql",
		    o->command);
		return STATUS_USAGE;
	}
	if (job_load(&job, &request) == 0) {
		job_tell_notes(&job);
		if (script)
			shell_add_script(&b, &job.plan, o->job);
		else
			shell_add_outline(&b, &job.plan);
		status = out_print(&b);
	}
	job_free(&job);
	return status;
}

enum status
check_job(const struct options *o)
{
	return print(o, false);
}

enum status
check_plan(const struct options *o)
{
	return print(o, true);
}
