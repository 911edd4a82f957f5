/* options - the command line of kinesis-put.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_OPTIONS_H
#define KINESIS_PUT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/service.h"
#include "kinesis-put/key.h"
#include "lib/opt.h"

enum check { CHECK_CONFIG, CHECK_WRITE, CHECK_READ, CHECK_NO };

/* Sizes in bytes, times in milliseconds; INT64_MAX ms is for ever. */
struct options {
	const char *target; /* as the user wrote it: a name or an ARN */
	struct service_options service;
	struct key_spec keys; /* owned */
	int64_t batch_records;
	int64_t batch_bytes;
	int64_t linger_ms;
	int64_t gather_ms;
	int64_t buffer_bytes;
	int64_t retry_for_ms;
	int64_t drain_ms;
	int64_t wait_stream_ms; /* 0: a missing stream is fatal */
	struct retry_steps entry_steps;
	int64_t max_record;
	int64_t max_line; /* 0: as max_record */
	const char *rejects;
	const char *undelivered;
	const char *spool;
	int64_t spool_max;
	const char *checkpoint; /* folder, or NULL */
	bool verify;
	bool newline;
	bool ordered;
	bool aggregate;
	int64_t aggregate_bytes;
	bool dry_run;
	enum check check;
	bool call;
	struct opt_common common;
};

/* 0, or -1 after the error was printed: the caller ends with STATUS_USAGE. */
int options_parse(struct options *, int argc, char **argv);
void options_free(struct options *);

#endif
