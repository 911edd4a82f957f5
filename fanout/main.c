/* fanout - tee at the speed of the pipe.
 * SPDX-License-Identifier: ISC */
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fanout/copy.h"
#include "fanout/options.h"
#include "fanout/output.h"
#include "lib/report.h"
#include "lib/signals.h"

/* One run: all zero is empty. */
struct run {
	struct options options;
	struct copy copy;
	struct report report;
	struct report_part *parts; /* one for each output */
};

static void
fill_parts(struct run *run, struct report *r, const char *name,
    uint64_t (*value)(const struct output *))
{
	const struct copy *c = &run->copy;

	for (size_t i = 0; i < c->n; i++)
		run->parts[i] = (struct report_part){
			c->outputs[i].label,
			value(&c->outputs[i]),
		};
	report_count_parts(r, name, "output", run->parts, c->n);
}

static uint64_t
bytes_of(const struct output *o)
{
	return o->bytes;
}

static uint64_t
waited_ms_of(const struct output *o)
{
	return (uint64_t)o->waited_ns / 1000000;
}

static uint64_t
held_ms_of(const struct output *o)
{
	return (uint64_t)o->held_ns / 1000000;
}

static void
fill(void *ctx, struct report *r)
{
	struct run *run = ctx;

	report_count(r, "bytes", run->copy.read_bytes);
	report_count(r, "copied_bytes", run->copy.copied_bytes);
	report_count(r, "lost", run->copy.lost);
	fill_parts(run, r, "output_bytes", bytes_of);
	fill_parts(run, r, "waited_ms", waited_ms_of);
	fill_parts(run, r, "held_ms", held_ms_of);
}

/* A lost reader is an answer of write(2) and splice(2), not a death. */
static enum status
set_signals(const struct options *o)
{
	return signals_ignore(SIGPIPE) == 0 &&
	               (!o->ignore_interrupts || signals_ignore(SIGINT) == 0) &&
	               signals_open() == 0
	           ? STATUS_OK
	           : STATUS_SYSTEM;
}

/* All that can be wrong is found before the first byte is read. */
static enum status
prepare(struct run *run)
{
	const struct options *o = &run->options;
	struct copy *c = &run->copy;
	enum status status = set_signals(o);
	int error;

	if (status != STATUS_OK)
		return status;
	c->outputs = outputs_open(o->files.text, o->files.n, o->append, &error);
	if (c->outputs == NULL)
		return error == ENOMEM ? STATUS_SYSTEM : STATUS_USAGE;
	c->n = o->files.n + 1;
	c->keep_going = o->keep_going;
	c->gather_ms = o->gather_ms;
	/* The manual page's ENVIRONMENT says why one would want that. */
	c->is_plain = getenv("WINDOWPIPE_PLAIN") != NULL;
	c->report = &run->report;
	run->parts = calloc(c->n, sizeof *run->parts);
	if (run->parts == NULL)
		return diag_no_memory();
	if (report_init(&run->report, &o->common, fill, NULL, run) == -1)
		return STATUS_USAGE;
	diag_warn_terminal(STDIN_FILENO);
	return STATUS_OK;
}

int
main(int argc, char **argv)
{
	struct run run = { 0 };
	enum status status;
	int stop;

	diag_init("fanout");
	if (diag_open_std_fds() == -1)
		return STATUS_SYSTEM;
	if (options_parse(&run.options, argc, argv) == -1) {
		options_free(&run.options);
		return STATUS_USAGE;
	}
	status = prepare(&run);
	if (status == STATUS_OK)
		status = copy_run(&run.copy);
	diag_end();
	status = status_worse(status, report_end(&run.report));
	copy_free(&run.copy);
	if (outputs_close(run.copy.outputs, run.copy.n) == -1)
		status = status_worse(status, STATUS_SYSTEM);
	free(run.parts);
	options_free(&run.options);
	stop = signals_stop();
	if (stop != 0 && status != STATUS_SYSTEM)
		signals_die(stop);
	return (int)status;
}
