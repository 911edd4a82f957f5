/* options - the command line of kinesis-put.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/options.h"

#include "kinesis-put/request.h"
#include "lib/checkpoint.h"
#include "lib/diag.h"
#include "lib/lines.h"
#include "lib/units.h"

/* A field of the partition key, or with an arg the one of the hash key. */
static int
set_key(struct options *o, const struct opt_def *d, const char *value)
{
	struct fault f;

	if ((d->arg == NULL ? key_add_field : key_set_hash)(
		&o->keys, value, &f) == 0)
		return 0;
	return opt_bad(d, value, f.what, "for example sensor_id");
}

static void
set_base(struct retry_steps *steps, int64_t base_ms)
{
	steps->base_ms = base_ms;
	if (base_ms > steps->cap_ms)
		steps->cap_ms = base_ms;
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
	set_base(&o->entry_steps, transient);
	set_base(&o->service.transient_steps, transient);
	set_base(&o->service.throttle_steps, throttle);
	return 0;
}

#define SIZE_0_MESSAGE "a size of 0 holds nothing; give a size, for example 1M"
_Static_assert((int)PUT_REQUEST_BYTES_MAX == (int)PUT_RECORD_BYTES_MAX,
    "a request and a record have a range each");
static const struct opt_range to_10m = { 1, PUT_RECORD_BYTES_MAX,
	SIZE_0_MESSAGE, "too large; at most 10M" };
static const struct opt_range to_1g = { 1, INT64_C(1) << 30, SIZE_0_MESSAGE,
	"too large; at most 1G" };
static const struct opt_range to_1024g = { 1, INT64_C(1) << 40, SIZE_0_MESSAGE,
	"too large; at most 1024G" };
static const struct opt_range records = { 1, PUT_RECORDS_MAX, NULL, NULL };
static const struct opt_range requests = { 1, 256, NULL, NULL };
static const struct opt_range some_time = { 1, INT64_MAX,
	"must be more than 0; give a duration, for example 10s", NULL };

/* clang-format off */
static const struct opt_def defs[] = {
	OPT_HEADING("records"),
	OPT_CALL("partition-key", 'k', "FIELD", set_key,
	    "field for the key; several are joined by |"),
	OPT_CALL("explicit-hash-key", 0, "FIELD", set_key,
	    "field with the hash key, 0 to 2^128-1", .arg = "hash"),
	OPT_FLAG("newline", 0, newline, "end each record with a newline"),
	OPT_BYTES("max-record", 0, "SIZE", max_record, &to_10m,
	    "largest key and data the stream accepts: 1M, up to 10M"),
	OPT_BYTES("max-line", 0, "SIZE", max_line, &to_1g,
	    "longest line; default: as --max-record"),
	OPT_TEXT("rejects", 0, "FILE", rejects,
	    "append bad lines to FILE and continue"),
	OPT_TEXT("undelivered", 0, "FILE", undelivered,
	    "append lines that could not be delivered to FILE"),
	OPT_HEADING("service"),
	OPT_TEXT("region", 0, "REGION", service.region, "such as eu-west-1"),
	OPT_TEXT("endpoint-url", 0, "URL", service.endpoint_url,
	    "address of Kinesis, if not the region's own"),
	OPT_TEXT("profile", 0, "NAME", service.profile, "profile in the shared AWS files"),
	OPT_WORD("check", 0, "config|write", check,
	    OPT_WORDS("config", "write"),
	    "print identity and stream status, and exit",
	    .maybe = true, .bare = CHECK_READ,
	    .wrong = "not known; try --check=config or --check=write"),
	OPT_FLAG("call", 0, call,
	    "lines are calls, OPERATION JSON; print the answers"),
	OPT_FLAG("dry-run", 0, dry_run,
	    "send nothing; print a line of JSON for each record"),
	OPT_DURATION("wait-stream", 0, "D", wait_stream_ms, &some_time,
	    "wait for a stream that does not exist yet"),
	OPT_HEADING("delivery"),
	OPT_INTEGER("batch-records", 0, "N", batch_records, &records,
	    "most records per request: 500"),
	OPT_BYTES("batch-bytes", 0, "SIZE", batch_bytes, &to_10m,
	    "most bytes per request: 5M, up to 10M"),
	OPT_DURATION("linger", 0, "D", linger_ms, NULL,
	    "longest wait for a batch while a request runs: 200ms"),
	OPT_DURATION("gather", 0, "D", gather_ms, NULL,
	    "how long slow input may gather: 5ms"),
	OPT_INTEGER("in-flight", 0, "N", service.in_flight, &requests,
	    "concurrent requests: 8"),
	OPT_BYTES("buffer", 0, "SIZE", buffer_bytes, &to_1g,
	    "memory for records; reading stops there: 32M"),
	OPT_TEXT("spool", 0, "DIR", spool,
	    "store lines on disk, in DIR, before sending them"),
	OPT_TEXT("checkpoint", 0, "DIR", checkpoint,
	    "after a kill, go on from the last checkpoint in DIR"),
	OPT_FLAG("verify", 0, verify,
	    "look up in the stream what was under way at a kill"),
	OPT_BYTES("spool-max", 0, "SIZE", spool_max, &to_1024g,
	    "size of the spool; reading stops there: 1G"),
	OPT_DURATION("retry-for", 0, "D", retry_for_ms, NULL,
	    "give up a record after D; default: never"),
	OPT_DURATION("request-timeout", 0, "D", service.request_timeout_ms, &some_time,
	    "give up a request after D without progress: 10s"),
	OPT_FLAG("ordered", 0, ordered,
	    "one record per key at a time, to keep their order"),
	OPT_FLAG("aggregate", 0, aggregate,
	    "pack records of one key, as the Producer Library does"),
	OPT_BYTES("aggregate-bytes", 0, "SIZE", aggregate_bytes, &to_10m,
	    "most bytes per pack: 50K", .given = OPT_GIVEN(aggregate)),
	OPT_CALL("backoff", 0, "D,D", set_backoff,
	    "first wait after a failure, a throttle: 50ms,1s"),
	OPT_DURATION("drain", 0, "D", drain_ms, NULL,
	    "after SIGTERM, go on delivering for D: 30s"),
	OPT_TEXT("recent", 0, "FILE", common.recent,
	    "keep the last lines delivered there, as --metrics"),
};
/* clang-format on */

static int
operand(struct options *o, const char *value)
{
	return service_take_stream(&o->target, value);
}

static int
judge(struct options *o)
{
	bool sends = !o->dry_run && o->check == CHECK_NO && !o->call;
	bool marked = o->checkpoint != NULL;
	int64_t max_line = o->max_line != 0 ? o->max_line : o->max_record;
	const struct opt_clash wrong[] = {
		{ o->dry_run + (o->check != CHECK_NO) + o->call > 1,
		    "--dry-run, --check and --call do different things; give "
		    "only one of them" },
		{ o->spool != NULL && !sends,
		    "--spool is for deliveries; leave it out with --dry-run, "
		    "--check and --call" },
		{ o->ordered && o->keys.nfields == 0,
		    "--ordered needs a key; give --partition-key" },
		{ o->aggregate && o->aggregate_bytes > o->max_record,
		    "--aggregate-bytes is more than a record may have; raise "
		    "--max-record" },
		{ o->aggregate && !aggregate_works(),
		    "--aggregate needs MD5, which this OpenSSL refuses; leave "
		    "it out" },
		{ marked && !sends,
		    "--checkpoint is for deliveries; leave it out with "
		    "--dry-run, --check and --call" },
		{ marked && o->spool != NULL,
		    "--spool and --checkpoint both keep lines over kills; "
		    "leave --spool out, for the source makes again what was "
		    "not delivered" },
		{ marked && max_line < CHECKPOINT_MARK_MAX,
		    "--max-line is shorter than the marks of --checkpoint; "
		    "give 94 at least" },
		{ o->verify && !marked,
		    "--verify is for --checkpoint, whose notes tell what to "
		    "look up; give that, too" },
	};

	if (service_set_stream(&o->service, o->target) == -1)
		return -1;
	_Static_assert(CHECKPOINT_MARK_MAX == 94, "as the message has it");
	o->max_line = max_line;
	return opt_judge(wrong, sizeof wrong / sizeof *wrong);
}

int
options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = {
		.usage = "STREAM|ARN [--partition-key FIELD]... [options] "
			 "< lines",
		.about = "Delivers each line as a record of a Kinesis data "
			 "stream.",
		.example = "kinesis-put readings --partition-key sensor_id "
			   "--region eu-west-1 < rows",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.operand = operand,
	};

	*o = (struct options){
		.batch_records = PUT_RECORDS_MAX,
		.batch_bytes = PUT_REQUEST_BYTES,
		.linger_ms = 200,
		.gather_ms = GATHER_MS,
		.service.in_flight = 8,
		.buffer_bytes = 32 * 1024 * 1024,
		.retry_for_ms = INT64_MAX,
		.service.request_timeout_ms = 10 * 1000,
		.drain_ms = 30 * 1000,
		.entry_steps = { RETRY_TRANSIENT_BASE_MS, RETRY_ENTRY_CAP_MS },
		.service.transient_steps = { RETRY_TRANSIENT_BASE_MS,
		    RETRY_CAP_MS },
		.service.throttle_steps = { RETRY_THROTTLE_BASE_MS,
		    RETRY_CAP_MS },
		.max_record = PUT_RECORD_BYTES,
		.spool_max = 1024LL * 1024 * 1024,
		.aggregate_bytes = AGGREGATE_DEFAULT_BYTES,
		.check = CHECK_NO,
	};
	if (opt_parse(&spec, o, &o->common, argc, argv) == -1)
		return -1;
	return judge(o);
}

void
options_free(struct options *o)
{
	key_free(&o->keys);
}
