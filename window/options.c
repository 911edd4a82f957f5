/* options - the command line of window.
 * SPDX-License-Identifier: ISC */
#include "window/options.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/gather.h"

enum id {
	ID_TUMBLE = 1,
	ID_HOP,
	ID_SLIDE,
	ID_SESSION,
	ID_CUMULATE,
	ID_STEP,
	ID_OFFSET,
	ID_TIMEZONE,
	ID_EVENT_TIME,
	ID_DELAY,
	ID_IDLE_TIMEOUT,
	ID_PROCESSING_TIME,
	ID_TIME_UNIT,
	ID_TIME_FORMAT,
	ID_KEY,
	ID_COUNT,
	ID_AGG,
	ID_MEAN,
	ID_QUANTILE,
	ID_PERCENTILE,
	ID_FROM,
	ID_INTO,
	ID_DECIMAL,
	ID_UNSORTED,
	ID_LATE,
	ID_ALLOWED_LATENESS,
	ID_REJECTS,
	ID_ON_BAD,
	ID_NULL,
	ID_MAX_AHEAD,
	ID_MAX_JUMP,
	ID_MAX_LINE,
	ID_AT_EOF,
	ID_STATE,
	ID_GATHER,
	ID_EXPLAIN,
	ID_MAX_KEYS,
	ID_MAX_BYTES,
	ID_OVERFLOW,
};

/* clang-format off */
static const struct opt_def defs[] = {
	{ NULL, 0, OPT_HEADING, 0, NULL, "windows" },
	{ "tumble", 0, OPT_VALUE, ID_TUMBLE, "SIZE", "windows of SIZE, one after another" },
	{ "hop", 0, OPT_VALUE, ID_HOP, "SIZE", "windows of SIZE, one every --slide" },
	{ "slide", 0, OPT_VALUE, ID_SLIDE, "D", NULL },
	{ "session", 0, OPT_VALUE, ID_SESSION, "GAP", "rows of a key no more than GAP apart" },
	{ "cumulate", 0, OPT_VALUE, ID_CUMULATE, "SIZE", "windows that grow by --step up to SIZE" },
	{ "step", 0, OPT_VALUE, ID_STEP, "D", NULL },
	{ "offset", 0, OPT_VALUE, ID_OFFSET, "D", "windows begin this much later (-D: earlier)" },
	{ "timezone", 0, OPT_VALUE, ID_TIMEZONE, "ZONE", "time zone that windows follow (UTC)" },
	{ NULL, 0, OPT_HEADING, 0, NULL, "time" },
	{ "event-time", 0, OPT_VALUE, ID_EVENT_TIME, "FIELD", "the field that holds the row's time" },
	{ "delay", 0, OPT_VALUE, ID_DELAY, "D", "how far rows may be out of order (0s), or all" },
	{ "idle-timeout", 0, OPT_VALUE, ID_IDLE_TIMEOUT, "D", "after D without input, time advances with the clock" },
	{ "processing-time", 0, OPT_FLAG, ID_PROCESSING_TIME, NULL, "use the time at which a row is read" },
	{ "time-unit", 0, OPT_VALUE, ID_TIME_UNIT, "UNIT", "of numbers: s, ms, us, ns; of texts: --time-format" },
	{ "time-format", 0, OPT_VALUE, ID_TIME_FORMAT, "FORMAT", NULL },
	{ NULL, 0, OPT_HEADING, 0, NULL, "groups and aggregates (each FIELD may be FIELD:NAME)" },
	{ "key", 0, OPT_VALUE, ID_KEY, "FIELD", "group by FIELD; may be repeated" },
	{ "count", 0, OPT_MAYBE, ID_COUNT, "NAME", "number of rows; --count-of FIELD: where it is not null" },
	{ "count-of", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "sum", 0, OPT_VALUE, ID_AGG, "FIELD", "likewise --mean (or --avg) --min --max --first --last" },
	{ "avg", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "mean", 0, OPT_VALUE, ID_MEAN, "FIELD", NULL },
	{ "min", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "max", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "first", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "last", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "var-pop", 0, OPT_VALUE, ID_AGG, "FIELD", "likewise --var-samp --stddev-pop --stddev-samp" },
	{ "var-samp", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "stddev-pop", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "stddev-samp", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "distinct", 0, OPT_VALUE, ID_AGG, "FIELD", "distinct values; --approx-distinct: within 2%" },
	{ "approx-distinct", 0, OPT_VALUE, ID_AGG, "FIELD", NULL },
	{ "quantile", 0, OPT_VALUE, ID_QUANTILE, "Q:FIELD", "short: --median --p50 --p90 --p95 --p99 --p999" },
	{ "median", 0, OPT_VALUE, ID_PERCENTILE, "FIELD", NULL },
	{ "p50", 0, OPT_VALUE, ID_PERCENTILE, "FIELD", NULL },
	{ "p90", 0, OPT_VALUE, ID_PERCENTILE, "FIELD", NULL },
	{ "p95", 0, OPT_VALUE, ID_PERCENTILE, "FIELD", NULL },
	{ "p99", 0, OPT_VALUE, ID_PERCENTILE, "FIELD", NULL },
	{ "p999", 0, OPT_VALUE, ID_PERCENTILE, "FIELD", NULL },
	{ NULL, 0, OPT_HEADING, 0, NULL, "columns" },
	{ "from", 0, OPT_VALUE, ID_FROM, "COLUMNS", "input types: 'id INT, x DECIMAL(6,2)', or @FILE" },
	{ "into", 0, OPT_VALUE, ID_INTO, "COLUMNS", "result columns, in this order, cast to these types" },
	{ "decimal", 0, OPT_VALUE, ID_DECIMAL, "FORM", "plain (50) or flink (5E+1)" },
	{ "unsorted", 0, OPT_FLAG, ID_UNSORTED, NULL, "groups of a window in any order" },
	{ NULL, 0, OPT_HEADING, 0, NULL, "late and bad rows, bounds, the end" },
	{ "late", 0, OPT_VALUE, ID_LATE, "FILE", "append rows that come too late to FILE" },
	{ "allowed-lateness", 0, OPT_VALUE, ID_ALLOWED_LATENESS, "D", "for D, late rows revise windows already written" },
	{ "rejects", 0, OPT_VALUE, ID_REJECTS, "FILE", "append bad lines to FILE; default: the first is fatal" },
	{ "on-bad", 0, OPT_VALUE, ID_ON_BAD, "HOW", "bad values: reject, null; --null TEXT: TEXT is null" },
	{ "null", 0, OPT_VALUE, ID_NULL, "TEXT", NULL },
	{ "max-ahead", 0, OPT_VALUE, ID_MAX_AHEAD, "D", "reject times D ahead of the clock; --max-jump: of rows" },
	{ "max-jump", 0, OPT_VALUE, ID_MAX_JUMP, "D", NULL },
	{ "max-line", 0, OPT_VALUE, ID_MAX_LINE, "BYTES", "longer lines are bad (1M)" },
	{ "at-eof", 0, OPT_VALUE, ID_AT_EOF, "HOW", "open windows at the end: emit, discard, hold" },
	{ "state", 0, OPT_VALUE, ID_STATE, "FILE", "keep open windows in FILE from run to run" },
	{ "gather", 0, OPT_VALUE, ID_GATHER, "D", NULL },
	{ "max-keys", 0, OPT_VALUE, ID_MAX_KEYS, "N", "groups kept at once (10000000)" },
	{ "max-bytes", 0, OPT_VALUE, ID_MAX_BYTES, "BYTES", "memory for groups (no bound)" },
	{ "overflow", 0, OPT_VALUE, ID_OVERFLOW, "HOW", "at a bound: fail, or oldest: write that window early" },
	{ "explain", 0, OPT_MAYBE, ID_EXPLAIN, "FORM", "print the plan, read nothing; =flink: Flink's SQL" },
	OPT_COMMON,
};
/* clang-format on */

static int
grow(void **list, size_t n, size_t size)
{
	void *grown = realloc(*list, (n + 1) * size);

	if (grown == NULL) {
		diag_error(NULL, "out of memory");
		return -1;
	}
	*list = grown;
	return 0;
}

static int
add_text(const char ***texts, size_t *n, const char *value)
{
	void *list = *texts;

	if (grow(&list, *n, sizeof **texts) == -1)
		return -1;
	*texts = list;
	(*texts)[(*n)++] = value;
	return 0;
}

static struct query_agg *
add_agg(struct options *o, const struct opt_def *def, const char *function,
    const char *argument)
{
	struct query_words *w = &o->words;
	void *list = w->aggs;

	if (grow(&list, w->naggs, sizeof *w->aggs) == -1)
		return NULL;
	w->aggs = list;
	w->aggs[w->naggs] = (struct query_agg){ .agg = agg_find(function),
		.option = def->name,
		.argument = argument };
	return &w->aggs[w->naggs++];
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
	agg = add_agg(o, def, "quantile", value + text.n + 1);
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
	struct query_agg *agg = add_agg(o, def, "quantile", value);
	char text[8] = ".5";

	if (agg == NULL)
		return -1;
	if (strcmp(def->name, "median") != 0)
		snprintf(text, sizeof text, ".%s", def->name + 1);
	(void)decimal_parse_any(span_of(text), true, &agg->quantile);
	return 0;
}

static int
word(const struct opt_def *def, const char *value, const char *const *words,
    int *out)
{
	struct buf list = { 0 };

	for (int i = 0; words[i] != NULL; i++) {
		if (strcmp(words[i], value) == 0) {
			*out = i;
			buf_free(&list);
			return 0;
		}
		buf_addf(&list, "%s%s", i > 0 ? ", " : "", words[i]);
	}
	opt_bad(def, value, "unknown word", buf_text(&list));
	buf_free(&list);
	return -1;
}

/* Sums of times and durations up to here cannot overflow. */
#define DURATION_MAX_MS ((int64_t)1 << 60)

static int
set_duration(const struct opt_def *def, const char *value, int64_t *out)
{
	long long ms;

	if (opt_duration_ms(def, value, &ms) == -1)
		return -1;
	if (ms > DURATION_MAX_MS)
		return opt_bad(def, value, "too long", "try 365d");
	*out = ms;
	return 0;
}

static int
set_kind(struct options *o, const struct opt_def *def, const char *value,
    enum window_kind kind)
{
	int64_t ms = 0;

	if (set_duration(def, value, &ms) == -1)
		return -1;
	o->kinds |= 1u << kind;
	o->words.kind = kind;
	o->words.kind_option = def->name;
	o->words.size_ms = ms;
	return 0;
}

/* A duration that must not be 0. */
static int
set_span(const struct opt_def *def, const char *value, int64_t *out)
{
	if (set_duration(def, value, out) == -1)
		return -1;
	return *out > 0 ? 0 : opt_bad(def, value, "must be above 0", "try 1s");
}

static int
set_offset(struct options *o, const struct opt_def *def, const char *value)
{
	long long ms;

	if (opt_signed_duration_ms(def, value, &ms) == -1)
		return -1;
	if (ms > DURATION_MAX_MS || ms < -DURATION_MAX_MS)
		return opt_bad(def, value, "too long", "try 1h");
	o->words.offset_ms = ms;
	o->words.offset_given = true;
	return 0;
}

static int
set_max_keys(struct options *o, const struct opt_def *def, const char *value)
{
	long long n;

	/* Places in a table are numbered in 32 bits. */
	if (opt_integer(def, value, 1, 4000000000, &n) == -1)
		return -1;
	o->words.max_keys = (uint64_t)n;
	return 0;
}

static int
set_max_bytes(struct options *o, const struct opt_def *def, const char *value)
{
	long long n;

	if (opt_bytes(def, value, &n) == -1)
		return -1;
	if (n < 1 << 20)
		return opt_bad(def, value, "out of range", "at least 1M");
	o->words.max_bytes = (uint64_t)n;
	return 0;
}

static int
set_max_line(struct options *o, const struct opt_def *def, const char *value)
{
	long long n;

	if (opt_bytes(def, value, &n) == -1)
		return -1;
	if (n < 1 || n > (1LL << 30))
		return opt_bad(def, value, "out of range", "1 to 1G");
	o->words.max_line = (size_t)n;
	return 0;
}

static int
set_explain(struct options *o, const struct opt_def *def, const char *value)
{
	static const char *const forms[] = { "plan", "flink", NULL };
	int i = 0;

	if (value != NULL && word(def, value, forms, &i) == -1)
		return -1;
	o->explain = i == 0 ? EXPLAIN_PLAN : EXPLAIN_FLINK;
	return 0;
}

static int
set_columns(struct options *o, const struct opt_def *def, const char *value)
{
	struct query_words *w = &o->words;
	static const char *const forms[] = { "plain", "flink", NULL };
	int i;

	switch (def->id) {
	case ID_KEY:
		return add_text(&w->keys, &w->nkeys, value);
	case ID_COUNT:
		return add_agg(o, def, "count", value) == NULL ? -1 : 0;
	case ID_AGG:
		return add_agg(o, def, def->name, value) == NULL ? -1 : 0;
	case ID_MEAN:
		return add_agg(o, def, "avg", value) == NULL ? -1 : 0;
	case ID_QUANTILE:
		return add_quantile(o, def, value);
	case ID_PERCENTILE:
		return add_percentile(o, def, value);
	case ID_FROM:
		w->from = value;
		return 0;
	case ID_INTO:
		w->into = value;
		return 0;
	case ID_UNSORTED:
		w->unsorted = true;
		return 0;
	default:
		if (word(def, value, forms, &i) == -1)
			return -1;
		w->decimal_form = (enum decimal_form)i;
		return 0;
	}
}

static int
set_bounds(struct options *o, const struct opt_def *def, const char *value)
{
	struct query_words *w = &o->words;
	static const char *const ends[] = { "emit", "discard", "hold", NULL };
	static const char *const overflows[] = { "fail", "oldest", NULL };
	static const char *const bad[] = { "reject", "null", NULL };
	int i;

	switch (def->id) {
	case ID_LATE:
		o->late = value;
		return 0;
	case ID_ALLOWED_LATENESS:
		return set_duration(def, value, &w->lateness_ms);
	case ID_REJECTS:
		o->rejects = value;
		return 0;
	case ID_ON_BAD:
		if (word(def, value, bad, &i) == -1)
			return -1;
		w->on_bad = (enum on_bad)i;
		return 0;
	case ID_NULL:
		return add_text(&w->null, &w->nnull, value);
	case ID_MAX_AHEAD:
		return set_duration(def, value, &w->ahead_ms);
	case ID_MAX_JUMP:
		return set_span(def, value, &w->jump_ms);
	case ID_MAX_LINE:
		return set_max_line(o, def, value);
	case ID_AT_EOF:
		if (word(def, value, ends, &i) == -1)
			return -1;
		w->at_eof = (enum at_eof)i;
		o->at_eof_given = true;
		return 0;
	case ID_STATE:
		o->state = value;
		return 0;
	case ID_GATHER:
		return opt_duration_ms(def, value, &o->gather_ms);
	case ID_EXPLAIN:
		return set_explain(o, def, value);
	case ID_MAX_KEYS:
		return set_max_keys(o, def, value);
	case ID_MAX_BYTES:
		return set_max_bytes(o, def, value);
	default:
		if (word(def, value, overflows, &i) == -1)
			return -1;
		w->overflow = (enum overflow)i;
		return 0;
	}
}

static int
set(void *ctx, const struct opt_def *def, const char *value)
{
	static const char *const units[] = { "s", "ms", "us", "ns", NULL };
	struct options *o = ctx;
	struct query_words *w = &o->words;
	int i;

	switch (def->id) {
	case ID_TUMBLE:
		return set_kind(o, def, value, KIND_TUMBLE);
	case ID_HOP:
		return set_kind(o, def, value, KIND_HOP);
	case ID_SESSION:
		return set_kind(o, def, value, KIND_SESSION);
	case ID_CUMULATE:
		return set_kind(o, def, value, KIND_CUMULATE);
	case ID_SLIDE:
		return set_span(def, value, &w->slide_ms);
	case ID_STEP:
		return set_span(def, value, &w->step_ms);
	case ID_OFFSET:
		return set_offset(o, def, value);
	case ID_TIMEZONE:
		w->timezone = value;
		return 0;
	case ID_EVENT_TIME:
		w->event_time = value;
		return 0;
	case ID_DELAY:
		if (strcmp(value, "all") != 0)
			return set_duration(def, value, &w->delay_ms);
		w->delay_ms = QUERY_DELAY_ALL;
		return 0;
	case ID_IDLE_TIMEOUT:
		return set_duration(def, value, &w->idle_ms);
	case ID_PROCESSING_TIME:
		w->processing_time = true;
		return 0;
	case ID_TIME_UNIT:
		if (word(def, value, units, &i) == -1)
			return -1;
		w->unit = (enum time_unit)i;
		w->unit_given = true;
		return 0;
	case ID_TIME_FORMAT:
		w->time_format = value;
		return 0;
	case ID_KEY:
	case ID_COUNT:
	case ID_AGG:
	case ID_MEAN:
	case ID_QUANTILE:
	case ID_PERCENTILE:
	case ID_FROM:
	case ID_INTO:
	case ID_DECIMAL:
	case ID_UNSORTED:
		return set_columns(o, def, value);
	default:
		return set_bounds(o, def, value);
	}
}

int
options_parse(struct options *o, int argc, char **argv)
{
	struct opt_spec spec = {
		.usage = "KIND TIME [--key FIELD]... [AGGREGATE]... "
			 "< rows > results",
		.about =
		    "Groups timestamped JSON records on stdin into windows "
		    "and writes their aggregates.",
		.example = "window --tumble 10s --event-time ts --delay 5s "
			   "--key host --avg latency --p99 latency",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.set = set,
		.ctx = o,
	};

	*o = (struct options){ .gather_ms = GATHER_MS };
	o->words.delay_ms = -1;
	o->words.idle_ms = -1;
	o->words.lateness_ms = -1;
	o->words.ahead_ms = -1;
	o->words.jump_ms = -1;
	o->words.unit = TIME_MS;
	o->words.max_keys = 10000000;
	o->words.max_bytes = UINT64_MAX;
	o->words.max_line = 1024 * 1024;
	if (opt_parse(&spec, &o->common, argc, argv) == -1)
		return -1;
	if ((o->kinds & (o->kinds - 1)) != 0) {
		diag_error(NULL, "two kinds of window are given; give one of "
				 "--tumble, --hop, --session, --cumulate");
		return -1;
	}
	if (o->words.at_eof == AT_EOF_HOLD && o->state == NULL) {
		diag_error(NULL, "--at-eof hold: windows must be kept "
				 "somewhere; give --state FILE");
		return -1;
	}
	if (o->state != NULL && !o->at_eof_given &&
	    o->words.delay_ms == QUERY_DELAY_ALL) {
		diag_error(NULL, "--delay all writes nothing before the end of "
				 "input, and --state holds it there; choose: "
				 "--at-eof emit or --at-eof hold");
		return -1;
	}
	if (o->state != NULL && !o->at_eof_given)
		o->words.at_eof = AT_EOF_HOLD;
	return 0;
}

void
options_free(struct options *o)
{
	free(o->words.keys);
	free(o->words.null);
	free(o->words.aggs);
}
