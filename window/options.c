/* options - the command line of window.
 * SPDX-License-Identifier: ISC */
#include "window/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/checkpoint.h"
#include "lib/gather.h"

static struct query_agg *
new_agg(struct options *o, const struct opt_def *def, const char *function,
    const char *argument)
{
	struct query_words *w = &o->words;
	struct query_agg *grown =
	    realloc(w->aggs, (w->naggs + 1) * sizeof *grown);

	if (grown == NULL) {
		diag_error(NULL, "out of memory");
		return NULL;
	}
	w->aggs = grown;
	w->aggs[w->naggs] = (struct query_agg){ .agg = agg_find(function),
		.option = def->name,
		.argument = argument };
	return &w->aggs[w->naggs++];
}

static int
add_agg(struct options *o, const struct opt_def *def, const char *value)
{
	return new_agg(o, def, def->arg, value) == NULL ? -1 : 0;
}

/* Q:FIELD[:NAME], 0 <= Q <= 1. */
static int
add_quantile(struct options *o, const struct opt_def *def, const char *value)
{
	struct span text = { value, strcspn(value, ":") };
	struct query_agg *agg;
	struct decimal q;

	if (value[text.n] == '\0')
		return opt_bad(
		    def, value, "expected Q:FIELD", "try 0.95:latency");
	if (strspn(value, "0123456789.") != text.n ||
	    decimal_parse_any(text, true, &q) != DECIMAL_OK ||
	    q.units > decimal_pow10(q.scale))
		return opt_bad(def, value, "Q is not a number from 0 to 1",
		    "try 0.95:latency");
	if (q.scale > AGG_QUANTILE_SCALE_MAX)
		return opt_bad(def, value, "Q has more than 18 decimals",
		    "try 0.95:latency");
	agg = new_agg(o, def, "quantile", value + text.n + 1);
	if (agg == NULL)
		return -1;
	agg->quantile = q;
	agg->quantile_text = text;
	return 0;
}

/* --p999 is 0.999. */
static int
add_percentile(struct options *o, const struct opt_def *def, const char *value)
{
	struct query_agg *agg = new_agg(o, def, "quantile", value);

	if (agg == NULL)
		return -1;
	(void)decimal_parse_any(span_of(def->arg), true, &agg->quantile);
	return 0;
}

/* Of the aggregate before it. */
static int
set_filter(struct options *o, const struct opt_def *def, const char *value)
{
	struct query_words *w = &o->words;

	(void)def;
	if (w->naggs == 0 || w->aggs[w->naggs - 1].filter != NULL) {
		diag_error(NULL,
		    w->naggs == 0
			? "--filter goes behind the aggregate that it filters;"
			  " try --count=errors --filter 'status >= 500'"
			: "an aggregate has two --filter; join them with AND");
		return -1;
	}
	w->aggs[w->naggs - 1].filter = value;
	return 0;
}

/* One byte that is none of a line's end, nor a quote. */
static int
read_delimiter(const struct opt_def *def, const char *value, char *out)
{
	if (strcmp(value, "tab") == 0 || strcmp(value, "\\t") == 0)
		value = "\t";
	if (value[0] == '\0' || value[1] != '\0' ||
	    strchr("\"\r\n", value[0]) != NULL || (value[0] & 0x80) != 0)
		return opt_bad(def, value,
		    "not one character of ASCII, or a "
		    "quote or newline",
		    "try ';', or tab");
	*out = value[0];
	return 0;
}

static int
set_delimiter(struct options *o, const struct opt_def *def, const char *value)
{
	return read_delimiter(def, value, &o->words.input.csv.delimiter);
}

static int
set_quote(struct options *o, const struct opt_def *def, const char *value)
{
	o->words.input.csv.quote = '\0';
	if (strcmp(value, "none") == 0)
		return 0;
	if (value[0] == '\0' || value[1] != '\0' ||
	    strchr("\r\n", value[0]) != NULL || (value[0] & 0x80) != 0)
		return opt_bad(def, value,
		    "neither one character of ASCII nor "
		    "none",
		    "try \"'\", or none");
	o->words.input.csv.quote = value[0];
	return 0;
}

static int
set_output_delimiter(
    struct options *o, const struct opt_def *def, const char *value)
{
	return read_delimiter(def, value, &o->words.form.delimiter);
}

static int
set_delay(struct options *o, const struct opt_def *def, const char *value)
{
	if (strcmp(value, "all") != 0)
		return opt_duration_ms(def, value, &o->words.delay_ms);
	o->words.delay_ms = QUERY_DELAY_ALL;
	return 0;
}

/* Sums of times and durations up to here cannot overflow. */
#define DURATION_MAX_MS ((int64_t)1 << 60)
#define TOO_LONG        "too long; try "

static const struct opt_range any = { 0, DURATION_MAX_MS, NULL,
	TOO_LONG "365d" };
static const struct opt_range above_0 = { 1, DURATION_MAX_MS,
	"must be above 0; try 1s", TOO_LONG "365d" };
static const struct opt_range either_way = { -DURATION_MAX_MS, DURATION_MAX_MS,
	TOO_LONG "1h", TOO_LONG "1h" };
static const struct opt_range line_bytes = { 1, 1 << 30,
	"out of range; 1 to 1G", "out of range; 1 to 1G" };
static const struct opt_range memory = { 1 << 20, INT64_MAX,
	"out of range; at least 1M", NULL };
/* Places in a table are numbered in 32 bits. */
static const struct opt_range places = { 1, 4000000000, NULL, NULL };

#define AGG(name, function, help)                                              \
	OPT_CALL(name, 0, "FIELD", add_agg, help, .arg = function)
#define PERCENTILE(name, q)                                                    \
	OPT_CALL(name, 0, "FIELD", add_percentile, NULL, .arg = q)

/* clang-format off */
static const struct opt_def defs[] = {
	OPT_HEADING("windows, or --each: none, each row is a result"),
	OPT_FLAG("each", 0, words.each, NULL),
	OPT_DURATION("tumble", 0, "SIZE", size_ms[KIND_TUMBLE], &any, "windows of SIZE, one after another"),
	OPT_DURATION("hop", 0, "SIZE", size_ms[KIND_HOP], &any, "windows of SIZE, one every --slide"),
	OPT_DURATION("slide", 0, "D", words.slide_ms, &above_0, NULL),
	OPT_DURATION("session", 0, "GAP", size_ms[KIND_SESSION], &any, "rows of a key no more than GAP apart"),
	OPT_DURATION("cumulate", 0, "SIZE", size_ms[KIND_CUMULATE], &any, "windows that grow by --step up to SIZE"),
	OPT_DURATION("step", 0, "D", words.step_ms, &above_0, NULL),
	OPT_DURATION("offset", 0, "D", words.offset_ms, &either_way, "windows begin this much later (-D: earlier)", .given = OPT_GIVEN(words.offset_given)),
	OPT_TEXT("timezone", 0, "ZONE", words.timezone, "time zone that windows follow (UTC)"),
	OPT_HEADING("time"),
	OPT_TEXT("event-time", 0, "FIELD", words.event_time, "the field that holds the row's time"),
	OPT_CALL("delay", 0, "D", set_delay, "how far rows may be out of order (0s), or all", .range = &any, .words = OPT_WORDS("all")),
	OPT_DURATION("idle-timeout", 0, "D", words.idle_ms, &any, "after D without input, time advances with the clock"),
	OPT_FLAG("processing-time", 0, words.processing_time, "use the time at which a row is read"),
	OPT_WORD("time-unit", 0, "UNIT", words.unit, OPT_WORDS("s", "ms", "us", "ns"), "of numbers: s, ms, us, ns; of texts: --time-format", .given = OPT_GIVEN(words.unit_given)),
	OPT_TEXT("time-format", 0, "FORMAT", words.time_format, NULL),
	OPT_HEADING("groups and aggregates (each FIELD may be FIELD:NAME)"),
	OPT_TEXTS("key", 0, "FIELD", words.keys, "group by FIELD; may be repeated"),
	OPT_CALL("count", 0, "NAME", add_agg, "number of rows; --count-of FIELD: where it is not null", .arg = "count", .maybe = true),
	AGG("count-of", "count-of", NULL),
	AGG("sum", "sum", "likewise --mean (or --avg) --min --max --first --last"),
	AGG("avg", "avg", NULL),
	AGG("mean", "avg", NULL),
	AGG("min", "min", NULL),
	AGG("max", "max", NULL),
	AGG("first", "first", NULL),
	AGG("last", "last", NULL),
	AGG("var-pop", "var-pop", "likewise --var-samp --stddev-pop --stddev-samp"),
	AGG("var-samp", "var-samp", NULL),
	AGG("stddev-pop", "stddev-pop", NULL),
	AGG("stddev-samp", "stddev-samp", NULL),
	AGG("distinct", "distinct", "distinct values; --approx-distinct: within 2%"),
	AGG("approx-distinct", "approx-distinct", NULL),
	OPT_CALL("quantile", 0, "Q:FIELD", add_quantile, "short: --median --p50 --p90 --p95 --p99 --p999"),
	PERCENTILE("median", ".5"),
	PERCENTILE("p50", ".50"),
	PERCENTILE("p90", ".90"),
	PERCENTILE("p95", ".95"),
	PERCENTILE("p99", ".99"),
	PERCENTILE("p999", ".999"),
	OPT_TEXT("where", 0, "EXPR", words.where, "only such rows; also --filter --having --top N:RESULT"),
	OPT_TEXT("having", 0, "EXPR", words.having, NULL),
	OPT_TEXT("top", 0, "N:RESULT", words.top, NULL),
	OPT_CALL("filter", 0, "EXPR", set_filter, NULL),
	OPT_HEADING("columns"),
	OPT_TEXT("from", 0, "COLUMNS", words.from, "input types: 'id INT, x DECIMAL(6,2)', or @FILE"),
	OPT_TEXT("into", 0, "COLUMNS", words.into, "result columns, in order, cast; --decimal --unsorted"),
	OPT_WORD("format", 0, "FORM", words.input.kind, OPT_WORDS("json", "csv"), NULL),
	OPT_WORD("header", 0, "yes|no", words.input.header, OPT_WORDS("yes", "no"), NULL, .given = OPT_GIVEN(words.csv_given)),
	OPT_CALL("delimiter", 0, "C", set_delimiter, NULL, .given = OPT_GIVEN(words.csv_given)),
	OPT_CALL("quote", 0, "C", set_quote, NULL, .given = OPT_GIVEN(words.csv_given)),
	OPT_FLAG("comments", 0, words.input.csv.comments, NULL),
	OPT_WORD("decimal", 0, "FORM", words.form.decimal, OPT_WORDS("plain", "flink"), NULL),
	OPT_WORD("timestamps", 0, "FORM", words.form.timestamps, OPT_WORDS("iso", "sql"), NULL),
	OPT_FLAG("unsorted", 0, words.unsorted, NULL),
	OPT_WORD("output", 0, "FORM", words.form.kind, OPT_WORDS("json", "csv", "tsv", "table"), "json, csv, tsv, table; --format csv reads; --timestamps"),
	OPT_CALL("output-delimiter", 0, "C", set_output_delimiter, NULL),
	OPT_WORD("output-header", 0, "yes|no", words.form.header, OPT_WORDS("yes", "no"), NULL),
	OPT_HEADING("late and bad rows, bounds, the end"),
	OPT_TEXT("late", 0, "FILE", late, "append rows that come too late to FILE"),
	OPT_DURATION("allowed-lateness", 0, "D", words.lateness_ms, &any, "for D, late rows revise windows already written"),
	OPT_TEXT("rejects", 0, "FILE", rejects, "append bad lines to FILE; default: the first is fatal"),
	OPT_WORD("on-bad", 0, "HOW", words.on_bad, OPT_WORDS("reject", "null"), "bad values: reject, null; --null TEXT: TEXT is null"),
	OPT_TEXTS("null", 0, "TEXT", words.null, NULL),
	OPT_DURATION("max-ahead", 0, "D", words.ahead_ms, &any, "reject times D ahead of the clock; --max-jump: of rows"),
	OPT_DURATION("max-jump", 0, "D", words.jump_ms, &above_0, NULL),
	OPT_BYTES("max-line", 0, "BYTES", words.max_line, &line_bytes, "longer lines are bad (1M)", .given = OPT_GIVEN(bounds_given)),
	OPT_WORD("at-eof", 0, "HOW", words.at_eof, OPT_WORDS("emit", "discard", "hold"), "open windows at the end: emit, discard, hold", .given = OPT_GIVEN(at_eof_given)),
	OPT_TEXT("state", 0, "FILE", state, "keep open windows; --checkpoint DIR: over kills"),
	OPT_TEXT("checkpoint", 0, "DIR", checkpoint, NULL),
	OPT_DURATION("gather", 0, "D", gather_ms, NULL, NULL),
	OPT_TEXT("recent", 0, "FILE", common.recent, NULL),
	OPT_INTEGER("max-keys", 0, "N", words.max_keys, &places, "groups kept at once (10000000)", .given = OPT_GIVEN(bounds_given)),
	OPT_BYTES("max-bytes", 0, "BYTES", words.max_bytes, &memory, "memory for groups (no bound)", .given = OPT_GIVEN(bounds_given)),
	OPT_WORD("overflow", 0, "HOW", words.overflow, OPT_WORDS("fail", "oldest"), "at a bound: fail, or oldest: write that window early", .given = OPT_GIVEN(bounds_given)),
	OPT_WORD("explain", 0, "FORM", explain, OPT_WORDS("plan", "flink"), "print the plan, read nothing", .maybe = true, .bare = EXPLAIN_PLAN),
};
/* clang-format on */

static int
take_kind(struct options *o)
{
	for (int kind = KIND_TUMBLE; kind <= KIND_SESSION; kind++) {
		if (o->size_ms[kind] == -1)
			continue;
		if (o->words.kind != KIND_NONE) {
			diag_error(NULL,
			    "two kinds of window are given; give one of "
			    "--tumble, --hop, --session, --cumulate");
			return -1;
		}
		o->words.kind = (enum window_kind)kind;
		o->words.size_ms = o->size_ms[kind];
	}
	return 0;
}

static int
check_kept(const struct options *o)
{
	bool state = o->state != NULL, marked = o->checkpoint != NULL;
	const struct opt_clash wrong[] = {
		{ state && marked,
		    "--state and --checkpoint both keep the open windows; give "
		    "one of them" },
		{ marked && o->words.input.kind == INPUT_CSV &&
			o->words.input.header == HEADER_YES,
		    "--checkpoint goes on within its input, where there is no "
		    "header; give --header no" },
		{ marked && o->words.max_line < CHECKPOINT_MARK_MAX,
		    "--max-line is shorter than the marks of --checkpoint; "
		    "give at least 94" },
		{ o->words.at_eof == AT_EOF_HOLD && !state && !marked,
		    "--at-eof hold: windows must be kept somewhere; give "
		    "--state FILE" },
		{ state && !o->at_eof_given &&
			o->words.delay_ms == QUERY_DELAY_ALL,
		    "--delay all writes nothing before the end of input, and "
		    "--state holds it there; choose: --at-eof emit or --at-eof "
		    "hold" },
	};

	_Static_assert(CHECKPOINT_MARK_MAX == 94, "as the message has it");
	return opt_judge(wrong, sizeof wrong / sizeof *wrong);
}

/* What keeps windows, or what came too late for them. */
static int
check_each(const struct options *o)
{
	const char *wrong = o->state != NULL  ? "state"
	                    : o->late != NULL ? "late"
	                    : o->at_eof_given ? "at-eof"
	                                      : NULL;

	if (wrong == NULL)
		return 0;
	diag_error(NULL, "--each has no windows; leave --%s out", wrong);
	return -1;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = {
		.usage = "KIND TIME [--key FIELD]... [AGGREGATE]... "
			 "< rows > results",
		.about =
		    "Groups timestamped JSON records on stdin into windows "
		    "and writes their aggregates.",
		.example = "window --tumble 10s --event-time ts --delay 5s "
			   "--key host --avg latency --p99 latency",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
	};

	*o = (struct options){
		.size_ms = { -1, -1, -1, -1, -1 },
		.gather_ms = GATHER_MS,
		.explain = EXPLAIN_NOT,
		.words = { .delay_ms = -1,
		    .idle_ms = -1,
		    .lateness_ms = -1,
		    .ahead_ms = -1,
		    .jump_ms = -1,
		    .unit = TIME_MS,
		    .input = { .csv = { .delimiter = ',', .quote = '"' } },
		    .max_keys = 10000000,
		    .max_bytes = UINT64_MAX,
		    .max_line = 1024 * 1024 },
	};
	if (opt_parse(&spec, o, &o->common, argc, argv) == -1 ||
	    take_kind(o) == -1)
		return -1;
	if (o->words.each && check_each(o) == -1)
		return -1;
	if (check_kept(o) == -1)
		return -1;
	if (o->state != NULL && !o->at_eof_given)
		o->words.at_eof = AT_EOF_HOLD;
	return 0;
}

void
options_free(struct options *o)
{
	free(o->words.keys.text);
	free(o->words.null.text);
	free(o->words.aggs);
}
