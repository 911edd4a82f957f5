/* options - the command line of kinesis-put.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_OPTIONS_H
#define KINESIS_PUT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/retry.h"
#include "kinesis-put/key.h"
#include "lib/opt.h"

enum check { CHECK_NO, CHECK_READ, CHECK_WRITE, CHECK_CONFIG };

/* Sizes in bytes, times in milliseconds; INT64_MAX ms is for ever. */
struct options {
	const char *target; /* as the user wrote it: a name or an ARN */
	struct span stream; /* the stream's name, within target */
	struct arn arn;     /* where is_arn */
	bool is_arn;
	struct key_spec keys; /* owned */
	const char *region;
	const char *endpoint_url;
	const char *profile;
	long long batch_records;
	long long batch_bytes;
	long long linger_ms;
	long long gather_ms;
	long long in_flight;
	long long buffer_bytes;
	long long retry_for_ms;
	long long request_timeout_ms;
	long long drain_ms;
	long long wait_stream_ms; /* 0: a missing stream is fatal */
	struct retry_steps entry_steps;
	struct retry_steps transient_steps;
	struct retry_steps throttle_steps;
	long long max_record;
	long long max_line; /* 0: as max_record */
	const char *rejects;
	const char *undelivered;
	const char *spool;
	long long spool_max;
	bool newline;
	bool ordered;
	bool aggregate;
	long long aggregate_bytes;
	bool dry_run;
	enum check check;
	bool call;
	struct opt_common common;
};

/* 0, or -1 after the error was printed: the caller ends with STATUS_USAGE. */
int options_parse(struct options *, int argc, char **argv);
void options_free(struct options *);

#endif
