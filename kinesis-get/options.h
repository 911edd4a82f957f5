/* options - the command line of kinesis-get.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_OPTIONS_H
#define KINESIS_GET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/service.h"
#include "kinesis-get/metadata.h"
#include "lib/coordinator.h"
#include "lib/opt.h"

/* Where reading begins. */
enum from {
	FROM_LATEST,
	FROM_HORIZON,  /* the oldest record that the stream keeps */
	FROM_TIME,     /* at from_ms */
	FROM_SEQUENCE, /* behind from_sequence of from_shard, and only there */
	FROM_FILE,     /* what --position has kept */
};

/* Times in milliseconds; INT64_MAX ms is for ever. */
struct options {
	const char *target; /* as the user wrote it: a name or an ARN */
	struct service_options service;
	enum from from;
	int64_t from_ms;
	struct span from_shard, from_sequence;
	const char *from_file;
	bool until_now;   /* the moment of the start */
	int64_t until_ms; /* else; INT64_MAX: it follows the stream */
	uint64_t max_records;
	const char *shards; /* "ID,ID", or NULL for all */
	bool envelope;
	bool gunzip;
	struct metadata metadata; /* members of the rows */
	const char *rejects;
	const char *position;
	int64_t merge_ms;
	int64_t poll_ms;
	int64_t rate_bytes; /* a second and shard */
	int64_t retry_for_ms;
	int64_t wait_stream_ms; /* 0: a missing stream is fatal */
	struct coordinator_options checkpoint;
	struct opt_common common;
};

/* 0, or -1 after the error was printed: the caller ends with STATUS_USAGE. */
int options_parse(struct options *, int argc, char **argv);

#endif
