/* fuzz_job - any text is a job, or has errors within it; of a job each stage is
 * a command line that reads an earlier one.
 * SPDX-License-Identifier: ISC */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "lib/diag.h"
#include "lib/file.h"
#include "tests/fuzz/fuzz.h"
#include "windowpipe/job.h"
#include "windowpipe/shell.h"

static void
check_plan(const struct plan *p)
{
	HOLDS(p->nstages > 0);
	for (size_t i = 0; i < p->nstages; i++) {
		const struct stage *s = &p->stage[i];

		HOLDS(s->name != NULL && s->argv != NULL && s->argv[0] != NULL);
		HOLDS(s->from >= STAGE_NONE && s->from < (int)i);
		HOLDS((s->role == STAGE_SOURCE) ==
		      (strcmp(s->argv[0], "window") != 0 &&
			  strcmp(s->argv[0], "fanout") != 0 &&
			  strcmp(s->argv[0], "kinesis-put") != 0));
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static int fd = -1;
	static char path[32];
	struct job job;
	struct buf script = { 0 };

	if (size > 8192)
		return 0;
	if (fd == -1) {
		diag_init("windowpipe");
		fd = memfd_create("job", 0);
		HOLDS(fd != -1);
		snprintf(path, sizeof path, "/dev/fd/%d", fd);
		unsetenv("IS_LOCAL");
	}
	HOLDS(ftruncate(fd, 0) == 0);
	HOLDS(pwrite(fd, data, size, 0) == (ssize_t)size);
	if (job_load(&job, &(struct job_request){ .path = path,
			       .properties = "/dev/null" }) == 0) {
		check_plan(&job.plan);
		shell_add_script(&script, &job.plan, path);
		HOLDS(!script.failed);
	}
	for (size_t i = 0; i < job.script.errors.n; i++)
		HOLDS(job.script.errors.error[i].at <= job.script.text.n);
	buf_free(&script);
	job_free(&job);
	return 0;
}
