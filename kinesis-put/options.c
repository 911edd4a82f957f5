/* options - the command line of kinesis-put.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/options.h"

#include "kinesis-put/limits.h"
#include "kinesis-put/aggregate.h"
#include "lib/diag.h"
#include "lib/lines.h"
#include "lib/units.h"

enum id {
	ID_PARTITION_KEY,
	ID_HASH_KEY,
	ID_REGION,
	ID_ENDPOINT,
	ID_PROFILE,
	ID_BATCH_RECORDS,
	ID_BATCH_BYTES,
	ID_LINGER,
	ID_GATHER,
	ID_IN_FLIGHT,
	ID_BUFFER,
	ID_RETRY_FOR,
	ID_TIMEOUT,
	ID_BACKOFF,
	ID_DRAIN,
	ID_WAIT_STREAM,
	ID_MAX_RECORD,
	ID_MAX_LINE,
	ID_REJECTS,
	ID_UNDELIVERED,
	ID_NEWLINE,
	ID_ORDERED,
	ID_AGGREGATE,
	ID_AGGREGATE_BYTES,
	ID_SPOOL,
	ID_SPOOL_MAX,
	ID_DRY_RUN,
	ID_CHECK,
	ID_CALL,
};

#define LINE_BYTES_MAX  (1024LL * 1024 * 1024)
#define SPOOL_BYTES_MAX (1024LL * 1024 * 1024 * 1024)

/* clang-format off */
static const struct opt_def defs[] = {
	{ NULL, 0, OPT_HEADING, 0, NULL, "records" },
	{ "partition-key", 'k', OPT_VALUE, ID_PARTITION_KEY, "FIELD",
	    "field for the key; several are joined by |" },
	{ "explicit-hash-key", 0, OPT_VALUE, ID_HASH_KEY, "FIELD",
	    "field with the hash key, 0 to 2^128-1" },
	{ "newline", 0, OPT_FLAG, ID_NEWLINE, NULL,
	    "end each record with a newline" },
	{ "max-record", 0, OPT_VALUE, ID_MAX_RECORD, "SIZE",
	    "largest key and data the stream accepts: 1M, up to 10M" },
	{ "max-line", 0, OPT_VALUE, ID_MAX_LINE, "SIZE",
	    "longest line; default: as --max-record" },
	{ "rejects", 0, OPT_VALUE, ID_REJECTS, "FILE",
	    "append bad lines to FILE and continue" },
	{ "undelivered", 0, OPT_VALUE, ID_UNDELIVERED, "FILE",
	    "append lines that could not be delivered to FILE" },
	{ NULL, 0, OPT_HEADING, 0, NULL, "service" },
	{ "region", 0, OPT_VALUE, ID_REGION, "REGION", "such as eu-west-1" },
	{ "endpoint-url", 0, OPT_VALUE, ID_ENDPOINT, "URL",
	    "address of Kinesis, if not the region's own" },
	{ "profile", 0, OPT_VALUE, ID_PROFILE, "NAME",
	    "profile in the shared AWS files" },
	{ "check", 0, OPT_MAYBE, ID_CHECK, "config|write",
	    "print identity and stream status, and exit" },
	{ "call", 0, OPT_FLAG, ID_CALL, NULL,
	    "lines are calls, OPERATION JSON; print the answers" },
	{ "dry-run", 0, OPT_FLAG, ID_DRY_RUN, NULL,
	    "send nothing; print a line of JSON for each record" },
	{ "wait-stream", 0, OPT_VALUE, ID_WAIT_STREAM, "D",
	    "wait for a stream that does not exist yet" },
	{ NULL, 0, OPT_HEADING, 0, NULL, "delivery" },
	{ "batch-records", 0, OPT_VALUE, ID_BATCH_RECORDS, "N",
	    "most records per request: 500" },
	{ "batch-bytes", 0, OPT_VALUE, ID_BATCH_BYTES, "SIZE",
	    "most bytes per request: 5M, up to 10M" },
	{ "linger", 0, OPT_VALUE, ID_LINGER, "D",
	    "longest wait for a batch while a request runs: 200ms" },
	{ "gather", 0, OPT_VALUE, ID_GATHER, "D",
	    "how long slow input may gather: 5ms" },
	{ "in-flight", 0, OPT_VALUE, ID_IN_FLIGHT, "N",
	    "concurrent requests: 8" },
	{ "buffer", 0, OPT_VALUE, ID_BUFFER, "SIZE",
	    "memory for records; reading stops there: 32M" },
	{ "spool", 0, OPT_VALUE, ID_SPOOL, "DIR",
	    "store lines on disk, in DIR, before sending them" },
	{ "spool-max", 0, OPT_VALUE, ID_SPOOL_MAX, "SIZE",
	    "size of the spool; reading stops there: 1G" },
	{ "retry-for", 0, OPT_VALUE, ID_RETRY_FOR, "D",
	    "give up a record after D; default: never" },
	{ "request-timeout", 0, OPT_VALUE, ID_TIMEOUT, "D",
	    "give up a request after D without progress: 10s" },
	{ "ordered", 0, OPT_FLAG, ID_ORDERED, NULL,
	    "one record per key at a time, to keep their order" },
	{ "aggregate", 0, OPT_FLAG, ID_AGGREGATE, NULL,
	    "pack records of one key, as the Producer Library does" },
	{ "aggregate-bytes", 0, OPT_VALUE, ID_AGGREGATE_BYTES, "SIZE",
	    "most bytes per pack: 50K" },
	{ "backoff", 0, OPT_VALUE, ID_BACKOFF, "D,D",
	    "first wait after a failure, a throttle: 50ms,1s" },
	{ "drain", 0, OPT_VALUE, ID_DRAIN, "D",
	    "after SIGTERM, go on delivering for D: 30s" },
	OPT_COMMON,
};
/* clang-format on */

static int
set_keys(struct options *o, const struct opt_def *d, const char *value)
{
	struct fault f;
	int rc = d->id == ID_PARTITION_KEY ? key_add_field(&o->keys, value, &f)
	                                   : key_set_hash(&o->keys, value, &f);

	return rc == 0 ? 0 : opt_bad(d, value, f.what, "for example sensor_id");
}

static int
set_backoff(struct options *o, const struct opt_def *d, const char *value)
{
	static const char remedy[] = "two durations, for example 50ms,1s";
	const char *comma = strchr(value, ',');
	int64_t transient, throttle;
	struct fault f;

	if (comma == NULL)
		return opt_bad(d, value, "one duration is missing", remedy);
	if (units_duration_ms((struct span){ value, (size_t)(comma - value) },
		&transient, &f) == -1 ||
	    units_duration_ms(span_of(comma + 1), &throttle, &f) == -1)
		return opt_bad(d, value, f.what, remedy);
	if (transient < 1 || throttle < 1)
		return opt_bad(d, value, "a wait must be more than 0", remedy);
	o->entry_steps.base_ms = o->transient_steps.base_ms = transient;
	o->throttle_steps.base_ms = throttle;
	if (transient > o->entry_steps.cap_ms)
		o->entry_steps.cap_ms = transient;
	if (transient > o->transient_steps.cap_ms)
		o->transient_steps.cap_ms = transient;
	if (throttle > o->throttle_steps.cap_ms)
		o->throttle_steps.cap_ms = throttle;
	return 0;
}

static int
set_bytes(
    const struct opt_def *d, const char *value, long long max, long long *out)
{
	if (opt_bytes(d, value, out) == -1)
		return -1;
	if (*out < 1)
		return opt_bad(d, value, "a size of 0 holds nothing",
		    "give a size, for example 1M");
	if (*out <= max)
		return 0;
	return opt_bad(d, value, "too large",
	    max == SPOOL_BYTES_MAX  ? "at most 1024G"
	    : max == LINE_BYTES_MAX ? "at most 1G"
				    : "at most 10M");
}

static int
set_positive(const struct opt_def *d, const char *value, long long *out)
{
	if (opt_duration_ms(d, value, out) == -1)
		return -1;
	return *out > 0 ? 0
	                : opt_bad(d, value, "must be more than 0",
			      "give a duration, for example 10s");
}

static int
set_check(struct options *o, const struct opt_def *d, const char *value)
{
	if (value == NULL)
		o->check = CHECK_READ;
	else if (strcmp(value, "write") == 0)
		o->check = CHECK_WRITE;
	else if (strcmp(value, "config") == 0)
		o->check = CHECK_CONFIG;
	else
		return opt_bad(d, value, "not known",
		    "try --check=config or --check=write");
	return 0;
}

static int
set_limit(struct options *o, const struct opt_def *d, const char *value)
{
	switch (d->id) {
	case ID_BATCH_RECORDS:
		return opt_integer(
		    d, value, 1, PUT_RECORDS_MAX, &o->batch_records);
	case ID_BATCH_BYTES:
		return set_bytes(
		    d, value, PUT_REQUEST_BYTES_MAX, &o->batch_bytes);
	case ID_IN_FLIGHT:
		return opt_integer(d, value, 1, 256, &o->in_flight);
	case ID_BUFFER:
		return set_bytes(d, value, LINE_BYTES_MAX, &o->buffer_bytes);
	case ID_SPOOL_MAX:
		return set_bytes(d, value, SPOOL_BYTES_MAX, &o->spool_max);
	case ID_AGGREGATE_BYTES:
		o->aggregate = true;
		return set_bytes(
		    d, value, PUT_RECORD_BYTES_MAX, &o->aggregate_bytes);
	case ID_MAX_RECORD:
		return set_bytes(
		    d, value, PUT_RECORD_BYTES_MAX, &o->max_record);
	default:
		return set_bytes(d, value, LINE_BYTES_MAX, &o->max_line);
	}
}

static int
set_time(struct options *o, const struct opt_def *d, const char *value)
{
	switch (d->id) {
	case ID_LINGER:
		return opt_duration_ms(d, value, &o->linger_ms);
	case ID_GATHER:
		return opt_duration_ms(d, value, &o->gather_ms);
	case ID_RETRY_FOR:
		return opt_duration_ms(d, value, &o->retry_for_ms);
	case ID_TIMEOUT:
		return set_positive(d, value, &o->request_timeout_ms);
	case ID_DRAIN:
		return opt_duration_ms(d, value, &o->drain_ms);
	default:
		return set_positive(d, value, &o->wait_stream_ms);
	}
}

static int
set(void *ctx, const struct opt_def *d, const char *value)
{
	struct options *o = ctx;

	switch ((enum id)d->id) {
	case ID_PARTITION_KEY:
	case ID_HASH_KEY:
		return set_keys(o, d, value);
	case ID_REGION:
		o->region = value;
		return 0;
	case ID_ENDPOINT:
		o->endpoint_url = value;
		return 0;
	case ID_PROFILE:
		o->profile = value;
		return 0;
	case ID_BATCH_RECORDS:
	case ID_BATCH_BYTES:
	case ID_IN_FLIGHT:
	case ID_BUFFER:
	case ID_SPOOL_MAX:
	case ID_AGGREGATE_BYTES:
	case ID_MAX_RECORD:
	case ID_MAX_LINE:
		return set_limit(o, d, value);
	case ID_LINGER:
	case ID_GATHER:
	case ID_RETRY_FOR:
	case ID_TIMEOUT:
	case ID_DRAIN:
	case ID_WAIT_STREAM:
		return set_time(o, d, value);
	case ID_BACKOFF:
		return set_backoff(o, d, value);
	case ID_SPOOL:
		o->spool = value;
		return 0;
	case ID_REJECTS:
		o->rejects = value;
		return 0;
	case ID_UNDELIVERED:
		o->undelivered = value;
		return 0;
	case ID_NEWLINE:
		o->newline = true;
		return 0;
	case ID_ORDERED:
		o->ordered = true;
		return 0;
	case ID_AGGREGATE:
		o->aggregate = true;
		return 0;
	case ID_DRY_RUN:
		o->dry_run = true;
		return 0;
	case ID_CHECK:
		return set_check(o, d, value);
	case ID_CALL:
		o->call = true;
		return 0;
	}
	return 0;
}

static int
operand(void *ctx, const char *value)
{
	struct options *o = ctx;
	char quoted[DIAG_QUOTE_MAX];

	if (o->target == NULL) {
		o->target = value;
		return 0;
	}
	diag_error(NULL, "one stream only; start another kinesis-put for %s",
	    diag_quote(quoted, span_of(value)));
	return -1;
}

/* The stream's name, by itself or out of an ARN. */
static int
judge_target(struct options *o)
{
	char quoted[DIAG_QUOTE_MAX];
	struct span target;
	struct fault f;
	int rc;

	if (o->target == NULL) {
		diag_error(
		    NULL, "no stream is given; try 'kinesis-put --help'");
		return -1;
	}
	target = span_of(o->target);
	o->is_arn = endpoint_is_arn(target);
	rc = o->is_arn ? endpoint_parse_arn(target, &o->arn, &f)
	               : endpoint_check_stream(target, &f);
	if (rc == -1) {
		diag_error(NULL, "bad stream %s: %s",
		    diag_quote(quoted, target), f.what);
		return -1;
	}
	o->stream = o->is_arn ? o->arn.stream : target;
	if (!o->is_arn || o->region == NULL ||
	    span_is(o->arn.region, o->region))
		return 0;
	diag_error(NULL,
	    "--region %s: the stream's ARN names another region; "
	    "leave --region out",
	    diag_quote(quoted, span_of(o->region)));
	return -1;
}

static int
judge(struct options *o)
{
	if (judge_target(o) == -1)
		return -1;
	if (o->dry_run + (o->check != CHECK_NO) + o->call > 1) {
		diag_error(NULL, "--dry-run, --check and --call do different "
				 "things; give only one of them");
		return -1;
	}
	if (o->spool != NULL &&
	    (o->dry_run || o->check != CHECK_NO || o->call)) {
		diag_error(NULL, "--spool is for deliveries; leave it out with "
				 "--dry-run, --check and --call");
		return -1;
	}
	if (o->ordered && o->keys.nfields == 0) {
		diag_error(NULL, "--ordered needs a key; give "
				 "--partition-key");
		return -1;
	}
	if (o->aggregate && o->aggregate_bytes > o->max_record) {
		diag_error(NULL, "--aggregate-bytes is more than a record may "
				 "have; raise --max-record");
		return -1;
	}
	if (o->aggregate && !aggregate_works()) {
		diag_error(NULL, "--aggregate needs MD5, which this OpenSSL "
				 "refuses; leave it out");
		return -1;
	}
	if (o->max_line == 0)
		o->max_line = o->max_record;
	return 0;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	const struct opt_spec spec = {
		.usage = "STREAM|ARN [--partition-key FIELD]... [options] "
			 "< lines",
		.about = "Delivers each line as a record of a Kinesis data "
			 "stream.",
		.example = "kinesis-put readings --partition-key sensor_id "
			   "--region eu-west-1 < rows",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.set = set,
		.operand = operand,
		.ctx = o,
	};

	*o = (struct options){
		.batch_records = PUT_RECORDS_MAX,
		.batch_bytes = PUT_REQUEST_BYTES,
		.linger_ms = 200,
		.gather_ms = GATHER_MS,
		.in_flight = 8,
		.buffer_bytes = 32 * 1024 * 1024,
		.retry_for_ms = INT64_MAX,
		.request_timeout_ms = 10 * 1000,
		.drain_ms = 30 * 1000,
		.entry_steps = { RETRY_TRANSIENT_BASE_MS, RETRY_ENTRY_CAP_MS },
		.transient_steps = { RETRY_TRANSIENT_BASE_MS, RETRY_CAP_MS },
		.throttle_steps = { RETRY_THROTTLE_BASE_MS, RETRY_CAP_MS },
		.max_record = PUT_RECORD_BYTES,
		.spool_max = 1024LL * 1024 * 1024,
		.aggregate_bytes = AGGREGATE_DEFAULT_BYTES,
	};
	if (opt_parse(&spec, &o->common, argc, argv) == -1)
		return -1;
	return judge(o);
}

void
options_free(struct options *o)
{
	key_free(&o->keys);
}
