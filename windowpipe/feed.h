/* feed - a source that is files, or standard input: whole lines of them.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FEED_H
#define WINDOWPIPE_FEED_H

#include <stddef.h>
#include <stdint.h>

#include "lib/coordinator.h"
#include "lib/diag.h"

struct feed_source {
	const char *const *files;
	size_t nfiles;       /* 0: standard input */
	const char *journal; /* folder where that is kept; NULL: none */
	uint64_t journal_bytes;
	struct coordinator_options checkpoint; /* files or a journal alone */
};

/*
 * Copies the files, or standard input where there are none, to standard output,
 * one after another; files named .gz are unpacked.  SIGTERM, for which
 * signals_open() is due before, ends it behind a whole line: no reader takes
 * half a row for a bad one, or for another row.  What of a line a pipe does not
 * end within a second is dropped, and said.  A file whose last line has no
 * newline gets one.  From a file to a pipe nothing is copied where the system
 * has splice(2).  Says what fails, and dies by SIGPIPE where the reader has
 * gone.
 *
 * With a folder of checkpoints marks come between two lines, and a run goes on
 * where the last checkpoint was taken.
 */
enum status feed_run(const struct feed_source *);

#endif
