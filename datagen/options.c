/* options - the command line of datagen.
 * SPDX-License-Identifier: ISC */
#include "datagen/options.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "datagen/generator.h"
#include "lib/coordinator.h"
#include "lib/diag.h"
#include "lib/timestamp.h"
#include "lib/units.h"

/* The table sensor_readings of the sample. */
static const char sensor_readings[] =
    "sensor_id INT 10..20, temperature DECIMAL(6,2) 0..100,"
    " measurement_time TIMESTAMP(3)";

enum { RATE_DEFAULT = 10000 }; /* rows a second, as Flink's DataGen has it */

static int
set_rate(struct options *o, const struct opt_def *d, const char *value)
{
	struct fault why;

	if (rate_parse(span_of(value), &o->rate, &why) == -1)
		return opt_bad(d, value, why.what,
		    "for example 10000, 0.5, or 0 for as fast as possible");
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
	return 0;
}

static int
set_step(struct options *o, const struct opt_def *d, const char *value)
{
	struct fault why;

	if (units_duration_ns(span_of(value), &o->step_ns, &why) == -1)
		return opt_bad(
		    d, value, why.what, "for example 100us, 250ms or 1s");
	return 0;
}

static int
read_share(const struct opt_def *d, const char *value, struct share *share)
{
	if (!rate_percent(span_of(value), &share->below, &share->always))
		return opt_bad(
		    d, value, "not a share of 0% to 100%", "for example 0.1%");
	return 0;
}

static int
set_duplicate(struct options *o, const struct opt_def *d, const char *value)
{
	return read_share(d, value, &o->faults.duplicate);
}

static int
set_bad(struct options *o, const struct opt_def *d, const char *value)
{
	return read_share(d, value, &o->faults.bad);
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
	if (!rate_percent(share, &o->faults.late.below, &o->faults.late.always))
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

static const struct opt_range natural = { 0, INT64_MAX, NULL, NULL };
/* clang-format off */
static const struct opt_def defs[] = {
	OPT_HEADING("rows"),
	OPT_INTEGER("rows", 'n', "N", rows, &natural, "how many (no end)"),
	OPT_CALL("rate", 'r', "N", set_rate,
	    "rows per second (10000); 0: as fast as possible",
	    .given = OPT_GIVEN(has_rate)),
	OPT_INTEGER("seed", 's', "N", seed, &natural,
	    "same seed, columns and --start-time: same bytes",
	    .given = OPT_GIVEN(has_seed)),
	OPT_FLAG("columns-help", 0, columns_help,
	    "list types and generators"),
	OPT_TEXT("like", 0, "FILE", like,
	    "write the COLUMNS of rows like those in FILE"),
	OPT_HEADING("time"),
	OPT_CALL("start-time", 0, "TIME", set_start,
	    "the first row's time, in UTC (the clock)",
	    .given = OPT_GIVEN(has_start)),
	OPT_CALL("step", 0, "D", set_step,
	    "time from row to row; also us and ns (1 s / rate)",
	    .given = OPT_GIVEN(has_step)),
	OPT_HEADING("deliberate faults"),
	OPT_CALL("late", 0, "'P% up-to D'", set_late,
	    "rows whose time is up to D earlier"),
	OPT_CALL("duplicate", 0, "P%", set_duplicate, "rows written twice"),
	OPT_CALL("gap", 0, "'EVERY for D'", set_gap,
	    "a pause of D after each EVERY of rows"),
	OPT_CALL("bad", 0, "P%", set_bad,
	    "rows that are not JSON records, of several kinds"),
	OPT_TEXT("bad-log", 0, "FILE", bad_log,
	    "log which lines are bad, and how"),
	COORDINATOR_ROWS(checkpoint),
};
/* clang-format on */

static int
operand(struct options *o, const char *value)
{
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
	       !share_is_set(o->faults.bad) && o->checkpoint.dir == NULL &&
	       !o->common.stats && o->common.metrics == NULL &&
	       o->common.progress == PROGRESS_NEVER;
}

static int
check(const struct options *o)
{
	const char *fault = coordinator_options_fault(&o->checkpoint);
	const struct opt_clash wrong[] = {
		{ o->has_step && !o->has_start,
		    "--step without --start-time: rows have the clock's time; "
		    "give both" },
		{ o->bad_log != NULL && !share_is_set(o->faults.bad),
		    "--bad-log without --bad: no line would be logged; give "
		    "both" },
		{ o->like != NULL && !stands_alone(o),
		    "--like writes columns and generates no rows; give it "
		    "without other options" },
		{ fault != NULL, fault },
	};

	return opt_judge(wrong, sizeof wrong / sizeof *wrong);
}

int
options_parse(struct options *o, int argc, char **argv)
{
	static const struct opt_spec spec = {
		.usage = "[-n ROWS] [-r RATE] [options] [COLUMNS | @FILE]",
		.about = "Writes rows of random values as JSON, one per line,"
			 " as Flink's DataGen connector would.",
		.example = "datagen -r 100 'host STRING one-of a|b,"
			   " load DECIMAL(4,2) 0..8, ts TIMESTAMP(3)'",
		.defs = defs,
		.ndefs = sizeof defs / sizeof *defs,
		.operand = operand,
	};

	*o = (struct options){
		.rows = UINT64_MAX,
		.rate = { RATE_DEFAULT, 1 },
		.checkpoint = COORDINATOR_DEFAULTS,
	};
	if (opt_parse(&spec, o, &o->common, argc, argv) == -1 || check(o) == -1)
		return -1;
	if (o->columns == NULL)
		o->columns = sensor_readings;
	return 0;
}
