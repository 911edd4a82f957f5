/* options - the command line of kinesis-get.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/options.h"

#include "aws/errors.h"
#include "aws/reading.h"
#include "lib/ascii.h"
#include "lib/clock.h"
#include "lib/diag.h"
#include "lib/timestamp.h"

static const char time_remedy[] = "for example 2026-11-29T12:00:00Z";

/* An ISO time; without a zone it is UTC. */
static int
read_time(const struct opt_def *d, const char *value, int64_t *ms)
{
	struct fault f;
	bool zoned;

	if (timestamp_parse(span_of(value), ms, &zoned, &f) == -1)
		return opt_bad(d, value, f.what, time_remedy);
	return 0;
}

/* "shardId-000000000000:4959…": 0, or -1 where it is no such thing. */
static int
read_sequence(struct options *o, const char *value)
{
	const char *colon = strrchr(value, ':');
	struct span sequence;

	if (colon == NULL || colon == value)
		return -1;
	sequence = span_of(colon + 1);
	if (sequence.n == 0 || sequence.n > SEQUENCE_MAX)
		return -1;
	for (size_t i = 0; i < sequence.n; i++)
		if (!ascii_is_digit(sequence.p[i]))
			return -1;
	o->from = FROM_SEQUENCE;
	o->from_shard = (struct span){ value, (size_t)(colon - value) };
	o->from_sequence = sequence;
	return 0;
}

static int
set_from(struct options *o, const struct opt_def *d, const char *value)
{
	if (strcmp(value, "latest") == 0) {
		o->from = FROM_LATEST;
	} else if (strcmp(value, "trim-horizon") == 0) {
		o->from = FROM_HORIZON;
	} else if (value[0] == '@' && value[1] != '\0') {
		o->from = FROM_FILE;
		o->from_file = value + 1;
	} else if (strncmp(value, "shardId-", 8) == 0) {
		if (read_sequence(o, value) == -1)
			return opt_bad(d, value, "not SHARD:SEQUENCE",
			    "both are in the output of --envelope");
	} else if (ascii_is_digit(value[0])) {
		if (read_time(d, value, &o->from_ms) == -1)
			return -1;
		o->from = FROM_TIME;
	} else {
		return opt_bad(d, value, "unknown place",
		    "give latest, trim-horizon, a time, SHARD:SEQUENCE or "
		    "@FILE");
	}
	return 0;
}

static int
set_until(struct options *o, const struct opt_def *d, const char *value)
{
	o->until_now = strcmp(value, "now") == 0;
	o->until_ms = INT64_MAX;
	if (o->until_now)
		return 0;
	if (!ascii_is_digit(value[0]))
		return opt_bad(d, value, "not a time", "give a time, or now");
	return read_time(d, value, &o->until_ms);
}

/* Takes back an --until of an options file. */
static int
set_follow(struct options *o, const struct opt_def *d, const char *value)
{
	(void)d, (void)value;
	o->until_now = false;
	o->until_ms = INT64_MAX;
	return 0;
}

static int
set_metadata(struct options *o, const struct opt_def *d, const char *value)
{
	const char *remedy,
	    *wrong = metadata_take(&o->metadata, value, &remedy);

	return wrong == NULL ? 0 : opt_bad(d, value, wrong, remedy);
}

static const struct opt_range some_time = { 1, INT64_MAX,
	"must be more than 0; give a duration, for example 10s", NULL };
static const struct opt_range some_records = { 1, INT64_MAX,
	"nothing would be read; give a number, for example 1000", NULL };
static const struct opt_range some_bytes = { 1, INT64_C(1) << 40,
	"nothing would be read; give a size, for example 2M",
	"too large; at most 1024G" };
static const struct opt_range some_requests = { 1, 256, NULL, NULL };

/* clang-format off */
static const struct opt_def defs[] = {
	OPT_HEADING("records"),
	OPT_CALL("from", 'f', "WHERE", set_from,
	    "latest (default), trim-horizon, TIME, SHARD:SEQ, @FILE"),
	OPT_CALL("until", 'u', "TIME", set_until,
	    "end with the records that arrived before TIME, or now"),
	OPT_CALL("follow", 0, NULL, set_follow,
	    "follow the stream (default); takes back --until"),
	OPT_INTEGER("max-records", 'n', "N", max_records, &some_records,
	    "end after N records"),
	OPT_TEXT("shards", 0, "ID,ID", shards,
	    "only these shards, not their children"),
	OPT_FLAG("envelope", 'e', envelope,
	    "lines of JSON: shard, sequence, arrival, key, data"),
	OPT_CALL("metadata", 0, "KEY[:NAME]", set_metadata,
	    "add timestamp, shard-id, ... to rows, as NAME"),
	OPT_FLAG("gunzip", 0, gunzip, "open data that are gzip"),
	OPT_TEXT("rejects", 0, "FILE", rejects,
	    "append records that are no text to FILE and continue"),
	OPT_TEXT("position", 0, "FILE", position,
	    "keep in FILE how far each shard was written; see @FILE"),
	OPT_DURATION("merge", 0, "D", merge_ms, NULL,
	    "wait for a shard that is behind, by arrival: 30s"),
	OPT_HEADING("service"),
	OPT_TEXT("region", 0, "REGION", service.region, "such as eu-west-1"),
	OPT_TEXT("endpoint-url", 0, "URL", service.endpoint_url,
	    "address of Kinesis, if not the region's own"),
	OPT_TEXT("profile", 0, "NAME", service.profile,
	    "profile in the shared AWS files"),
	OPT_DURATION("wait-stream", 0, "D", wait_stream_ms, &some_time,
	    "wait for a stream that does not exist yet"),
	OPT_HEADING("reading"),
	OPT_DURATION("poll", 0, "D", poll_ms, &some_time,
	    "ask a shard that had nothing new again after D: 1s"),
	OPT_BYTES("rate", 0, "SIZE", rate_bytes, &some_bytes,
	    "bytes per second and shard: 2M"),
	OPT_INTEGER("in-flight", 0, "N", service.in_flight, &some_requests,
	    "concurrent requests: 16"),
	OPT_DURATION("retry-for", 0, "D", retry_for_ms, NULL,
	    "end when nothing has got through for D; default: never"),
	OPT_DURATION("request-timeout", 0, "D", service.request_timeout_ms,
	    &some_time, "give up a request after D without progress: 10s"),
	COORDINATOR_ROWS(checkpoint),
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
	const char *fault = coordinator_options_fault(&o->checkpoint);
	const struct opt_clash wrong[] = {
		{ fault != NULL, fault },
		{ o->from == FROM_TIME && o->until_ms <= o->from_ms,
		    "--until is not after --from: no record arrives in "
		    "between" },
		{ o->from == FROM_TIME && o->from_ms > clock_wall_ms(),
		    "--from is in the future; leave it out to begin now" },
		{ o->from == FROM_SEQUENCE && o->shards != NULL,
		    "--from SHARD:SEQUENCE names its shard; leave --shards "
		    "out" },
		{ o->envelope && o->metadata.n > 0,
		    "--envelope has all that --metadata adds; leave one out" },
	};

	return service_set_stream(&o->service, o->target) == -1
	           ? -1
	           : opt_judge(wrong, sizeof wrong / sizeof *wrong);
}

int
options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = {
		.usage = "STREAM|ARN [--from WHERE] [--until TIME] [options]",
		.about = "Writes the records of a Kinesis data stream to "
			 "standard output, a line each.",
		.example = "kinesis-get readings --from trim-horizon --until "
			   "now --region eu-west-1",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.operand = operand,
	};

	*o = (struct options){
		.service = {
			.in_flight = 16,
			.request_timeout_ms = 10 * 1000,
			.max_reply = 64 * 1024 * 1024,
			.transient_steps = { RETRY_TRANSIENT_BASE_MS,
			    RETRY_CAP_MS },
			.throttle_steps = { RETRY_THROTTLE_BASE_MS,
			    RETRY_CAP_MS },
		},
		.from = FROM_LATEST,
		.until_ms = INT64_MAX,
		.max_records = UINT64_MAX,
		.merge_ms = 30 * 1000,
		.poll_ms = 1000,
		.rate_bytes = 2 * 1024 * 1024,
		.retry_for_ms = INT64_MAX,
		.checkpoint = COORDINATOR_DEFAULTS,
	};
	if (opt_parse(&spec, o, &o->common, argc, argv) == -1)
		return -1;
	return judge(o);
}
