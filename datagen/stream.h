/* stream - rows to standard output, at their pace.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_STREAM_H
#define DATAGEN_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "datagen/faults.h"
#include "datagen/pace.h"
#include "datagen/row.h"
#include "datagen/rowtime.h"
#include "lib/coordinator.h"
#include "lib/diag.h"
#include "lib/out.h"
#include "lib/report.h"

/*
 * The caller sets what comes first; all else is zero at the start.
 *
 * With use_clock rows have the clock's time when they are written, otherwise
 * that of time.  pace.rate.rows 0: as fast as it goes.  pause_ns with neither
 * pace nor event times of its own: the silence is kept by the clock.
 */
struct stream {
	struct row *row;
	struct report *report;
	uint64_t rows; /* to write */
	bool use_clock;
	struct rowtime time;
	struct pace pace;
	int64_t every_ns, pause_ns;
	struct faults faults;
	struct out out;
	struct out log;                  /* of bad lines; fd -1: none */
	struct coordinator *coordinator; /* of --checkpoint, opened, or NULL */
	uint64_t seed;                   /* of the row */

	char *block; /* owned */
	size_t block_cap;
	uint64_t left, quota; /* rows; quota: of them, due now */
	uint64_t counts[FAULT_KINDS];
	uint64_t silences;
	int64_t signals_due_ns, silence_due_ns;
};

/*
 * Writes the rows; ends early where a signal asks to stop.  With a coordinator
 * it goes on where the last checkpoint was taken, with the seed of then.
 */
enum status stream_run(struct stream *);

/* Frees what stream_run() took, and closes out and log. */
enum status stream_close(struct stream *);

uint64_t stream_bad(const struct stream *);
uint64_t stream_silences(const struct stream *);

#endif
