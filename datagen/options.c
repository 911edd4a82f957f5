/* options - the command line of datagen.
 * SPDX-License-Identifier: ISC */
#include "datagen/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "datagen/generator.h"
#include "lib/diag.h"
#include "lib/timestamp.h"
#include "lib/units.h"

enum option_id {
	OPT_ROWS,
	OPT_RATE,
	OPT_SEED,
	OPT_START,
	OPT_STEP,
	OPT_LATE,
	OPT_DUPLICATE,
	OPT_GAP,
	OPT_BAD,
	OPT_BAD_LOG,
	OPT_LIKE,
	OPT_COLUMNS_HELP,
};

/* The table sensor_readings of the sample. */
static const char sensor_readings[] =
    "sensor_id INT 10..20, temperature DECIMAL(6,2) 0..100,"
    " measurement_time TIMESTAMP(3)";

enum { RATE_DEFAULT = 10000 }; /* rows a second, as Flink's DataGen has it */

/* clang-format off */
static const struct opt_def defs[] = {
	{ NULL, 0, OPT_HEADING, 0, NULL, "rows" },
	{ "rows", 'n', OPT_VALUE, OPT_ROWS, "N", "how many (no end)" },
	{ "rate", 'r', OPT_VALUE, OPT_RATE, "N",
	    "rows per second (10000); 0: as fast as possible" },
	{ "seed", 's', OPT_VALUE, OPT_SEED, "N",
	    "same seed, columns and --start-time: same bytes" },
	{ "columns-help", 0, OPT_FLAG, OPT_COLUMNS_HELP, NULL,
	    "list types and generators" },
	{ "like", 0, OPT_VALUE, OPT_LIKE, "FILE",
	    "write the COLUMNS of rows like those in FILE" },
	{ NULL, 0, OPT_HEADING, 0, NULL, "time" },
	{ "start-time", 0, OPT_VALUE, OPT_START, "TIME",
	    "the first row's time, in UTC (the clock)" },
	{ "step", 0, OPT_VALUE, OPT_STEP, "D",
	    "time from row to row; also us and ns (1 s / rate)" },
	{ NULL, 0, OPT_HEADING, 0, NULL, "deliberate faults" },
	{ "late", 0, OPT_VALUE, OPT_LATE, "'P% up-to D'",
	    "rows whose time is up to D earlier" },
	{ "duplicate", 0, OPT_VALUE, OPT_DUPLICATE, "P%",
	    "rows written twice" },
	{ "gap", 0, OPT_VALUE, OPT_GAP, "'EVERY for D'",
	    "a pause of D after each EVERY of rows" },
	{ "bad", 0, OPT_VALUE, OPT_BAD, "P%",
	    "rows that are not JSON records, of several kinds" },
	{ "bad-log", 0, OPT_VALUE, OPT_BAD_LOG, "FILE",
	    "log which lines are bad, and how" },
	OPT_COMMON,
};
/* clang-format on */

static int
set_rate(struct options *o, const struct opt_def *d, const char *value)
{
	struct fault why;

	if (rate_parse(span_of(value), &o->rate, &why) == -1)
		return opt_bad(d, value, why.what,
		    "for example 10000, 0.5, or 0 for as fast as possible");
	o->has_rate = true;
	return 0;
}

static int
set_seed(struct options *o, const struct opt_def *d, const char *value)
{
	long long seed;

	if (opt_integer(d, value, 0, INT64_MAX, &seed) == -1)
		return -1;
	o->seed = (uint64_t)seed;
	o->has_seed = true;
	return 0;
}

static int
set_start(struct options *o, const struct opt_def *d, const char *value)
{
	struct fault why;
	bool zoned;

	if (timestamp_parse(span_of(value), &o->start_ms, &zoned, &why) == -1)
		return opt_bad(
		    d, value, why.what, "for example 2024-06-10T06:00:00Z");
	o->has_start = true;
	return 0;
}

static int
set_step(struct options *o, const struct opt_def *d, const char *value)
{
	struct fault why;

	if (units_duration_ns(span_of(value), &o->step_ns, &why) == -1)
		return opt_bad(
		    d, value, why.what, "for example 100us, 250ms or 1s");
	o->has_step = true;
	return 0;
}

static int
set_share(const struct opt_def *d, const char *value, struct share *share)
{
	if (!generator_percent(span_of(value), &share->below, &share->always))
		return opt_bad(
		    d, value, "not a share of 0% to 100%", "for example 0.1%");
	return 0;
}

/*
 * Two words with a third between them, blanks around it: "1% up-to 5s".
 * False where it is not that.
 */
static bool
split(const char *value, const char *word, struct span *a, struct span *b)
{
	const char *at = strstr(value, word);
	struct span *parts[2] = { a, b };

	if (at == NULL)
		return false;
	*a = (struct span){ value, (size_t)(at - value) };
	*b = span_of(at + strlen(word));
	for (int i = 0; i < 2; i++) {
		struct span *s = parts[i];

		while (s->n > 0 && (*s->p == ' ' || *s->p == '\t')) {
			s->p++;
			s->n--;
		}
		while (s->n > 0 &&
		       (s->p[s->n - 1] == ' ' || s->p[s->n - 1] == '\t'))
			s->n--;
	}
	return a->n > 0 && b->n > 0;
}

static int
set_late(struct options *o, const struct opt_def *d, const char *value)
{
	static const char example[] = "for example '1% up-to 5s'";
	struct span share, bound;
	struct fault why;

	if (!split(value, "up-to", &share, &bound))
		return opt_bad(d, value,
		    "not a share and a bound with 'up-to' between them",
		    example);
	if (!generator_percent(
		share, &o->faults.late.below, &o->faults.late.always))
		return opt_bad(
		    d, value, "its share is not 0% to 100%", example);
	if (units_duration_ms(bound, &o->faults.late_ms, &why) == -1)
		return opt_bad(d, value, why.what, example);
	if (o->faults.late_ms <= 0 || o->faults.late_ms > INT64_MAX / 16)
		return opt_bad(d, value, "its bound is out of range", example);
	return 0;
}

static int
set_gap(struct options *o, const struct opt_def *d, const char *value)
{
	static const char example[] = "for example '60s for 10s'";
	/* A century of either; so that sums of them always fit. */
	const int64_t most = INT64_C(100) * 366 * 86400000;
	struct span every, pause;
	struct fault why;

	if (!split(value, " for ", &every, &pause))
		return opt_bad(d, value,
		    "not two durations with 'for' between them", example);
	if (units_duration_ms(every, &o->gap_every_ms, &why) == -1 ||
	    units_duration_ms(pause, &o->gap_ms, &why) == -1)
		return opt_bad(d, value, why.what, example);
	if (o->gap_every_ms <= 0 || o->gap_ms <= 0 || o->gap_every_ms > most ||
	    o->gap_ms > most)
		return opt_bad(d, value, "is out of range", example);
	return 0;
}

static int
set(void *ctx, const struct opt_def *d, const char *value)
{
	struct options *o = ctx;
	long long n;

	switch ((enum option_id)d->id) {
	case OPT_ROWS:
		if (opt_integer(d, value, 0, INT64_MAX, &n) == -1)
			return -1;
		o->rows = (uint64_t)n;
		return 0;
	case OPT_RATE:
		return set_rate(o, d, value);
	case OPT_SEED:
		return set_seed(o, d, value);
	case OPT_START:
		return set_start(o, d, value);
	case OPT_STEP:
		return set_step(o, d, value);
	case OPT_LATE:
		return set_late(o, d, value);
	case OPT_DUPLICATE:
		return set_share(d, value, &o->faults.duplicate);
	case OPT_GAP:
		return set_gap(o, d, value);
	case OPT_BAD:
		return set_share(d, value, &o->faults.bad);
	case OPT_BAD_LOG:
		o->bad_log = value;
		return 0;
	case OPT_LIKE:
		o->like = value;
		return 0;
	case OPT_COLUMNS_HELP:
		o->columns_help = true;
		return 0;
	}
	return -1;
}

static int
operand(void *ctx, const char *value)
{
	struct options *o = ctx;
	char quoted[DIAG_QUOTE_MAX];

	if (o->columns != NULL) {
		diag_error(NULL,
		    "unexpected %s: COLUMNS are one operand; put quotes around"
		    " them",
		    diag_quote(quoted, span_of(value)));
		return -1;
	}
	o->columns = value;
	return 0;
}

/* True where nothing is said about rows to be generated. */
static bool
stands_alone(const struct options *o)
{
	return o->columns == NULL && o->rows == UINT64_MAX && !o->has_rate &&
	       !o->has_seed && !o->has_start && o->gap_ms == 0 &&
	       !share_is_set(o->faults.late) &&
	       !share_is_set(o->faults.duplicate) &&
	       !share_is_set(o->faults.bad) && !o->common.stats &&
	       o->common.metrics == NULL &&
	       o->common.progress == PROGRESS_NEVER;
}

/* What makes no sense together. */
static int
check(const struct options *o)
{
	const char *wrong = NULL;

	if (o->has_step && !o->has_start)
		wrong = "--step without --start-time: rows have the clock's"
			" time; give both";
	else if (o->bad_log != NULL && !share_is_set(o->faults.bad))
		wrong = "--bad-log without --bad: no line would be logged;"
			" give both";
	else if (o->like != NULL && !stands_alone(o))
		wrong = "--like writes columns and generates no rows; give it "
			"without other options";
	if (wrong != NULL)
		diag_error(NULL, "%s", wrong);
	return wrong != NULL ? -1 : 0;
}

int
options_parse(struct options *o, int argc, char **argv)
{
	struct opt_spec spec = {
		.usage = "[-n ROWS] [-r RATE] [options] [COLUMNS | @FILE]",
		.about = "Writes rows of random values as JSON, one per line,"
			 " as Flink's DataGen connector would.",
		.example = "datagen -r 100 'host STRING one-of a|b,"
			   " load DECIMAL(4,2) 0..8, ts TIMESTAMP(3)'",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.set = set,
		.operand = operand,
		.ctx = o,
	};

	*o = (struct options){
		.rows = UINT64_MAX,
		.rate = { RATE_DEFAULT, 1 },
	};
	if (opt_parse(&spec, &o->common, argc, argv) == -1 || check(o) == -1)
		return -1;
	if (o->columns == NULL)
		o->columns = sensor_readings;
	return 0;
}
