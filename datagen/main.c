/* datagen - rows of random values, like Flink's DataGen connector.
 * SPDX-License-Identifier: ISC */
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "datagen/like.h"
#include "datagen/options.h"
#include "datagen/stream.h"
#include "datagen/table.h"
#include "lib/out.h"
#include "lib/report.h"
#include "lib/signals.h"

enum { NS_PER_MS = 1000000 };

/* One run: all zero is empty. */
struct run {
	struct options options;
	struct table table;
	struct stream stream;
	struct report report;
	struct coordinator coordinator;
};

static void
fill(void *ctx, struct report *r)
{
	const struct run *run = ctx;
	const struct stream *s = &run->stream;
	const struct faults_spec *spec = &run->options.faults;

	report_count(r, "output", s->out.lines);
	report_gauge(r, "seed", (int64_t)s->seed);
	if (share_is_set(spec->late))
		report_count(r, "late", s->counts[FAULT_LATE]);
	if (share_is_set(spec->duplicate))
		report_count(r, "duplicated", s->counts[FAULT_DUPLICATE]);
	if (share_is_set(spec->bad))
		report_count(r, "bad", stream_bad(s));
	if (run->options.gap_ms > 0)
		report_count(r, "gaps", stream_silences(s));
	if (run->options.checkpoint.dir != NULL)
		report_gauge(r, "checkpoint", (int64_t)run->coordinator.before);
}

/* 53 bits: a number that every reader of JSON keeps whole. */
static enum status
draw_seed(uint64_t *seed)
{
	if (getentropy(seed, sizeof *seed) == -1) {
		diag_error(NULL, "cannot draw a seed: %s; give one with --seed",
		    strerror(errno));
		return STATUS_SYSTEM;
	}
	*seed &= ((uint64_t)1 << 53) - 1;
	return STATUS_OK;
}

/* Where the rows lie in event time, and when they are due. */
static void
set_times(struct run *run)
{
	const struct options *o = &run->options;
	struct stream *s = &run->stream;
	/* Given times need no waiting: see datagen(1). */
	bool is_paced = o->rate.rows > 0 && (o->has_rate || !o->has_start);

	s->use_clock = !o->has_start;
	s->every_ns = o->gap_every_ms * NS_PER_MS;
	s->pause_ns = o->gap_ms * NS_PER_MS;
	if (is_paced)
		s->pace.rate = o->rate;
	if (is_paced && !o->has_step) {
		s->pace.every_ns = s->every_ns;
		s->pace.pause_ns = s->pause_ns;
	}
	if (!o->has_start) {
		s->time.start_ms = INT64_MIN;
		s->time.parts = 1;
		return;
	}
	s->time.start_ms = o->start_ms;
	s->time.every_ms = o->gap_every_ms;
	s->time.pause_ms = o->gap_ms;
	if (o->has_step)
		rowtime_set_ns(&s->time, o->step_ns);
	else
		rowtime_set_rate(
		    &s->time, is_paced ? o->rate : (struct rate){ 10000, 1 });
}

/* How many rows there are: asked for, within a sequence, within time. */
static enum status
set_rows(struct run *run)
{
	struct stream *s = &run->stream;
	uint64_t most = s->row->count, fit = UINT64_MAX;

	s->rows = run->options.rows < most ? run->options.rows : most;
	if (!s->use_clock)
		fit = rowtime_rows(&s->time);
	if (s->rows <= fit)
		return STATUS_OK;
	if (s->rows == UINT64_MAX) {
		s->rows = fit;
		return STATUS_OK;
	}
	diag_error(NULL,
	    "row %llu is beyond the year 9999; give a shorter"
	    " --step or fewer --rows",
	    (unsigned long long)fit + 1);
	return STATUS_USAGE;
}

static enum status
set_faults(struct run *run)
{
	const struct options *o = &run->options;
	struct stream *s = &run->stream;

	if (share_is_set(o->faults.late) && !s->row->has_time) {
		diag_error(NULL, "--late: no column has the row's time; add"
				 " one: measurement_time TIMESTAMP(3)");
		return STATUS_USAGE;
	}
	faults_init(&s->faults, &o->faults, s->seed);
	if (o->bad_log == NULL ||
	    out_open_option(&s->log, "bad-log", o->bad_log) == 0)
		return STATUS_OK;
	return STATUS_USAGE;
}

/* What other rows would come of; the rate may change, where times do not. */
static void
describe(const struct run *run, struct buf *query)
{
	const struct options *o = &run->options;
	const struct stream *s = &run->stream;
	const struct faults_spec *f = &o->faults;

	buf_addf(query, "columns %s\n", run->table.columns.text);
	if (o->has_seed)
		buf_addf(query, "seed %" PRIu64 "\n", o->seed);
	if (o->has_start)
		buf_addf(query,
		    "start %" PRId64 " step %" PRIu64 " %" PRIu64 "/%" PRIu64
		    "\n",
		    o->start_ms, s->time.whole, s->time.part, s->time.parts);
	buf_addf(
	    query, "gap %" PRId64 " %" PRId64 "\n", o->gap_every_ms, o->gap_ms);
	buf_addf(query,
	    "late %" PRIu64 " %" PRId64 " duplicate %" PRIu64 " bad %" PRIu64
	    "\n",
	    f->late.below, f->late_ms, f->duplicate.below, f->bad.below);
}

static bool
differs(struct span was, struct span is, struct buf *out)
{
	buf_add_text(out, "columns, seed, times or faults are not those of "
			  "before");
	return !span_equal(was, is);
}

/* Goes on from the last checkpoint, if there is one. */
static enum status
open_checkpoint(struct run *run)
{
	const struct options *o = &run->options;
	struct coordinator *k = &run->coordinator;
	struct out *log = &run->stream.log;
	struct buf query = { 0 };
	enum status status;

	if (o->checkpoint.dir == NULL)
		return STATUS_OK;
	describe(run, &query);
	*k = coordinator_of(&o->checkpoint);
	run->stream.coordinator = k;
	status = coordinator_open(k, o->checkpoint.dir, differs, query);
	checkpoint_file(&k->checkpoint, "bad-log", log->name, log->fd);
	if (status == STATUS_OK && k->before > 0) {
		status = checkpoint_cut(&k->checkpoint);
		buf_clear(&log->line);
	}
	return status;
}

/* All that can be wrong is found before the first row is written. */
static enum status
prepare(struct run *run)
{
	const struct options *o = &run->options;
	enum status status = STATUS_OK;

	/* First, so that SIGUSR1 kills no run that has just begun. */
	if (signals_open() == -1)
		return STATUS_SYSTEM;
	run->stream.seed = o->seed;
	if (!o->has_seed)
		status = draw_seed(&run->stream.seed);
	if (status == STATUS_OK)
		status = table_load(&run->table, o->columns, run->stream.seed);
	if (status != STATUS_OK)
		return status;
	run->stream.row = run->table.row;
	run->stream.report = &run->report;
	set_times(run);
	status = set_rows(run);
	if (status == STATUS_OK)
		status = set_faults(run);
	if (status == STATUS_OK &&
	    report_init(&run->report, &o->common, fill, NULL, run) == -1)
		status = STATUS_USAGE;
	if (status == STATUS_OK)
		status = open_checkpoint(run);
	return status;
}

static enum status
generate(struct run *run)
{
	enum status status;

	out_init(&run->stream.out, STDOUT_FILENO, "stdout");
	out_init(&run->stream.log, -1, NULL);
	status = prepare(run);
	if (status == STATUS_OK)
		status = stream_run(&run->stream);
	status = status_worse(status, stream_close(&run->stream));
	coordinator_close(&run->coordinator);
	return status;
}

static enum status
print_help(void)
{
	struct out out;

	out_init(&out, STDOUT_FILENO, "stdout");
	(void)out_span_line(&out, span_of(generator_help));
	return out_close(&out) == -1 ? out_complain(&out) : STATUS_OK;
}

int
main(int argc, char **argv)
{
	struct run run = { 0 };
	enum status status, metrics;
	int stop;

	diag_init("datagen");
	if (diag_open_std_fds() == -1)
		return STATUS_SYSTEM;
	if (options_parse(&run.options, argc, argv) == -1)
		return STATUS_USAGE;
	if (run.options.columns_help)
		return (int)print_help();
	if (run.options.like != NULL) {
		status = like_run(run.options.like);
		diag_end();
		return (int)status;
	}
	status = generate(&run);
	diag_end();
	metrics = report_end(&run.report);
	table_free(&run.table);
	stop = signals_stop();
	if (stop != 0 && metrics == STATUS_OK)
		signals_die(stop);
	return (int)status_worse(status, metrics);
}
