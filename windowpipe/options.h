/* options - the command line of windowpipe.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_OPTIONS_H
#define WINDOWPIPE_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/coordinator.h"
#include "lib/opt.h"

struct options {
	struct opt_common common;
	const char *command;      /* the first operand, or NULL */
	const char *job;          /* the second, or NULL */
	struct opt_texts files;   /* of rows: all operands behind the first */
	const char *properties;   /* file, or NULL */
	const char *stdin_table;  /* table, or NULL */
	const char *stdout_table; /* table, or NULL */
	bool local;
	bool is_for; /* for_ms was given */
	bool has_drain;
	int64_t for_ms, drain_ms;
	const char *keep;         /* folder, or NULL */
	const char *rejects;      /* file, or NULL */
	int flink;                /* index of the version, of 1.20 and 2.2 */
	int source;               /* index, of kinesis and filesystem, where */
	bool is_flink, is_source; /* they are given */
	int64_t parallelism;      /* 0: as the job has it */
	bool strict;
	bool json;
	struct coordinator_options checkpoint;
	const char *from_checkpoint; /* "12", "SOURCE/12", or NULL */
	bool has_restart;
	bool verify;                   /* by kinesis-put */
	int64_t restarts, restarts_ms; /* so many within so long */
	bool guess, exact;             /* of sql */
	int times;                     /* index, of iso and sql */
	bool is_times;                 /* it is given */
	const char *journal;           /* folder, or NULL */
	int64_t journal_max;           /* bytes */
	bool has_journal_max;
	bool follow;
	int64_t poll_ms;
	bool has_poll;
};

/*
 * Returns 0, or -1 after saying what is wrong.  windowpipe_options_free() is
 * due in both cases.
 */
int windowpipe_options_parse(struct options *, int argc, char **argv);
void windowpipe_options_free(struct options *);

#endif
