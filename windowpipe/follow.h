/* follow - a source that is files which grow, are rotated, and come anew.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FOLLOW_H
#define WINDOWPIPE_FOLLOW_H

#include <stddef.h>
#include <stdint.h>

#include "lib/coordinator.h"
#include "lib/diag.h"

/* How often files are looked at where the system tells nothing of them. */
enum { FOLLOW_POLL_MS = 1000 };

struct follow_source {
	const char *const *names; /* files and folders */
	size_t n;
	int64_t poll_ms;
	struct coordinator_options checkpoint;
};

/*
 * Copies the whole lines of the files, and of what stands in the folders, to
 * standard output, those that come as they come, until SIGTERM, for which
 * signals_open() is due before.  STATUS_DATA: some may be missing, which was
 * said.
 */
enum status follow_run(const struct follow_source *);

#endif
