/* check - the commands that start nothing.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/check.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "lib/file.h"
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
		status = STATUS_OK;
		if (b.failed || file_write(STDOUT_FILENO, buf_span(&b)) == -1) {
			diag_error(NULL, "cannot write to standard output: %s",
			    strerror(b.failed ? ENOMEM : errno));
			status = STATUS_SYSTEM;
		}
	}
	buf_free(&b);
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
