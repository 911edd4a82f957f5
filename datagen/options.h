/* options - the command line of datagen.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_OPTIONS_H
#define DATAGEN_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "datagen/faults.h"
#include "datagen/rate.h"
#include "lib/coordinator.h"
#include "lib/opt.h"

struct options {
	struct opt_common common;
	uint64_t rows; /* UINT64_MAX: no end */
	bool has_rate, has_seed, has_start, has_step;
	struct rate rate; /* rows 0: as fast as it goes */
	uint64_t seed;
	int64_t start_ms, step_ns;
	const char *columns; /* the notation, or @FILE */

	struct faults_spec faults;
	int64_t gap_every_ms, gap_ms; /* 0: none */
	const char *bad_log;

	struct coordinator_options checkpoint;

	const char *like;
	bool columns_help;
};

/* Returns 0, or -1 after saying what is wrong: end with STATUS_USAGE. */
int options_parse(struct options *, int argc, char **argv);

#endif
