/* delivery - the loop: read, send, take answers, until all is settled.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/delivery.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/random.h>
#include <unistd.h>

#include "kinesis-put/intake.h"
#include "kinesis-put/sender.h"
#include "aws/service.h"
#include "lib/clock.h"
#include "lib/report.h"
#include "lib/signals.h"

struct delivery {
	struct options *opt;
	struct service service;
	struct spool spool;
	struct sender sender;
	struct intake intake;
	struct report report;
	int64_t drain_due_ms; /* INT64_MAX while nobody asked to stop */
};

/* What each shard has stored. */
static void
report_shards(struct report *r, const struct shards *s)
{
	size_t n = s->n == 0 ? 0 : s->n - 1;
	struct report_part *part = calloc(n + 1, sizeof *part);

	if (part == NULL)
		n = 0;
	for (size_t i = 0; i < n; i++)
		part[i] = (struct report_part){ s->list[i + 1].name,
			s->list[i + 1].stored };
	report_count_parts(r, "shards", "shard", part, n);
	free(part);
}

static void
fill_report(void *ctx, struct report *r)
{
	const struct delivery *d = ctx;
	const struct account *a = &d->sender.account;
	const struct outbox *o = &d->sender.outbox;
	int64_t now_ms = clock_mono_ms();

	report_count(r, "read", d->intake.read);
	report_count(r, "delivered", a->delivered);
	report_count(r, "rejected", a->rejected);
	report_count(r, "undelivered", a->undelivered);
	report_count(r, "retried", a->retried);
	report_count(r, "throttled", a->throttled);
	report_count(r, "requests", a->requests);
	report_count(r, "bytes", a->bytes);
	report_count(r, "durable", d->spool.durable);
	report_gauge(r, "spooled", (int64_t)d->spool.spooled);
	report_count(r, "resumed", d->spool.resumed);
	report_gauge(r, "in_flight", (int64_t)o->in_flight);
	report_gauge_real(r, "oldest_s",
	    (double)(now_ms - outbox_oldest_ms(o, now_ms)) / 1000);
	report_gauge(r, "absent_fields",
	    (int64_t)absent_fields(&d->opt->keys.absent, d->intake.read));
	report_gauge(r, "latency_p50_ms", account_quantile_ms(a, 0.5));
	report_gauge(r, "latency_p99_ms", account_quantile_ms(a, 0.99));
	report_shards(r, &o->shards);
}

/* No secret hangs on it: any seed will do where the system gives none. */
static uint64_t
draw_seed(void)
{
	uint64_t seed;

	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != sizeof seed)
		seed = (uint64_t)clock_mono_ns() ^ (uint64_t)getpid() << 32;
	return seed;
}

/* Whom the spool is for, so that no line reaches another stream. */
static enum status
open_spool(struct delivery *d)
{
	const struct options *o = d->opt;
	struct buf identity = { 0 };
	enum status status;

	if (o->spool == NULL)
		return STATUS_OK;
	buf_addf(&identity, "stream %.*s\nregion %s\nendpoint %s\n",
	    (int)o->service.arn.stream.n, o->service.arn.stream.p,
	    d->service.data.region, d->service.data.url);
	status = spool_open(&d->spool, o->spool, buf_span(&identity),
	    (uint64_t)o->spool_max, o->linger_ms);
	buf_free(&identity);
	d->sender.completion.spool = &d->spool;
	/* Damage is said and shows in the status; the rest is delivered. */
	if (status == STATUS_DATA) {
		d->sender.completion.status = STATUS_DATA;
		return STATUS_OK;
	}
	return status;
}

/* --- where lines go: into the spool, if there is one, else to the sender -- */

static bool
has_room(void *ctx)
{
	struct delivery *d = ctx;

	if (d->opt->spool != NULL)
		return spool_accepts(&d->spool);
	return pool_bytes(&d->sender.outbox.pool) <
	       (size_t)d->opt->buffer_bytes;
}

static void
take(void *ctx, struct wal_record *w, int64_t now_ms)
{
	struct delivery *d = ctx;

	if (d->opt->spool == NULL) {
		if (sender_take(&d->sender, w, false, now_ms))
			return;
	} else {
		if (spool_add(&d->spool, w, now_ms) == 0)
			return;
		sender_no_memory(&d->sender);
	}
	completion_lose_line(&d->sender.completion, w);
}

static void
reject(void *ctx, struct span piece, bool first, bool last)
{
	struct delivery *d = ctx;

	completion_reject_line(&d->sender.completion, piece, first, last);
}

/* --- beginning and end ---------------------------------------------------- */

static enum status
open_all(struct delivery *d)
{
	struct intake_sink sink = {
		.ctx = d, .has_room = has_room, .take = take, .reject = reject
	};
	enum status status;

	if (report_init(&d->report, &d->opt->common, fill_report, NULL, d) ==
	    -1)
		return STATUS_USAGE;
	status = sender_open(&d->sender, d->opt, &d->service, draw_seed());
	if (status == STATUS_OK)
		status =
		    service_open(&d->service, &d->opt->service, signals_fd());
	if (status == STATUS_OK)
		status = open_spool(d);
	sink.keeps = d->sender.completion.rejects.open;
	if (status == STATUS_OK &&
	    intake_open(&d->intake, d->opt, &sink, STDIN_FILENO) == -1)
		status = STATUS_SYSTEM;
	return status;
}

static void
close_all(struct delivery *d)
{
	intake_close(&d->intake);
	if (d->sender.opt != NULL)
		sender_free(&d->sender);
	spool_close(&d->spool);
	service_close(&d->service);
}

/* The time of the next thing to do, as a timeout. */
static int64_t
timeout_ms(const struct delivery *d, bool more, int64_t now_ms)
{
	int64_t due_ms = sender_due_ms(&d->sender, more);

	if (d->opt->spool != NULL && spool_due_ms(&d->spool) < due_ms)
		due_ms = spool_due_ms(&d->spool);
	if (report_due_ms(&d->report) < due_ms)
		due_ms = report_due_ms(&d->report);
	if (d->intake.remarks_due_ms < due_ms)
		due_ms = d->intake.remarks_due_ms;
	if (d->drain_due_ms < due_ms)
		due_ms = d->drain_due_ms;
	if (due_ms == INT64_MAX)
		return -1;
	return due_ms > now_ms ? due_ms - now_ms : 0;
}

/* May records be read now? */
static bool
can_read(struct delivery *d)
{
	return intake_wants(&d->intake) && has_room(d) && !d->sender.fatal;
}

/* Are there records that only need to be read? */
static bool
input_is_ready(struct delivery *d, int64_t now_ms)
{
	const struct intake *in = &d->intake;
	struct pollfd p = { .fd = in->lines.fd, .events = POLLIN };

	if (!sender_asks_for_input(&d->sender))
		return false;
	if (in->pending)
		return !intake_is_over(in) && has_room(d);
	return can_read(d) && gather_rest_ms(&in->lines.gather, now_ms) == 0 &&
	       (in->lines.regular || poll(&p, 1, 0) > 0);
}

/* Waits for an answer, for input, for a signal, or for the time to come. */
static void
wait_for_more(struct delivery *d, bool more, int64_t now_ms)
{
	struct intake *in = &d->intake;
	struct pollfd fds[2] = {
		{ .fd = signals_fd(), .events = POLLIN },
		{ .fd = in->lines.fd, .events = POLLIN },
	};
	bool reads = can_read(d);
	bool always = reads && in->lines.regular;
	int64_t wait_ms = always ? 0 : timeout_ms(d, more, now_ms);
	int64_t gather_ms = gather_rest_ms(&in->lines.gather, now_ms);

	if (reads && !always && gather_ms > 0) {
		reads = false;
		if (wait_ms == -1 || wait_ms > gather_ms)
			wait_ms = gather_ms;
	}

	/* Lines that are there already, and room for them. */
	if (in->pending && !intake_is_over(in) && has_room(d))
		wait_ms = 0;
	if (transport_wait(d->service.transport, fds, reads && !always ? 2 : 1,
		wait_ms) == -1 &&
	    !d->sender.fatal) {
		diag_error(
		    NULL, "cannot wait for answers: %s", strerror(errno));
		sender_fail(&d->sender, STATUS_SYSTEM);
		d->intake.stopped = true;
		d->drain_due_ms = now_ms;
	}
	if (always || (reads && fds[1].revents != 0))
		intake_read(in, 0);
}

static void
begin_draining(struct delivery *d, int64_t now_ms)
{
	if (d->drain_due_ms == INT64_MAX)
		d->drain_due_ms = now_ms < INT64_MAX - d->opt->drain_ms
		                      ? now_ms + d->opt->drain_ms
		                      : INT64_MAX - 1;
}

/* SIGUSR1: what it waits for, and the account. */
static void
say_how_it_stands(struct delivery *d)
{
	size_t n = d->sender.outbox.in_flight;
	struct buf text = { 0 };

	if (intake_is_over(&d->intake))
		buf_add_text(&text, "delivers what it holds");
	else if (has_room(d))
		buf_add_text(&text, "waits for input");
	else
		buf_add_text(&text, "reads no more until lines are delivered");
	if (n > 0)
		buf_addf(&text, "; waits for the answer to %zu request%s", n,
		    n == 1 ? "" : "s");
	if (d->sender.health.outage.failures > 0)
		buf_addf(&text, "; %s fails, and is tried again",
		    d->service.data.url);
	report_answer("%s", buf_text(&text) == NULL ? "out of memory" : text.p);
	buf_free(&text);
}

static void
heed_signals(struct delivery *d, int64_t now_ms)
{
	if (signals_take_report())
		say_how_it_stands(d);
	if (signals_stop() == 0 || d->intake.stopped)
		return;
	d->intake.stopped = true;
	d->drain_due_ms = INT64_MAX;
	begin_draining(d, now_ms);
}

/* Is there nothing more that could be done? */
static bool
is_over(const struct delivery *d, int64_t now_ms)
{
	if (d->sender.fatal && d->sender.outbox.in_flight == 0)
		return true;
	if (signals_stop_count() >= 2 || now_ms >= d->drain_due_ms)
		return true;
	return intake_is_over(&d->intake) && sender_is_done(&d->sender) &&
	       d->spool.pending_n == 0 && d->spool.unread == 0;
}

/* Lines go to disk; what is there goes to the sender, as far as it has room. */
static void
feed(struct delivery *d, int64_t now_ms)
{
	struct sender *s = &d->sender;
	struct wal_record w;
	bool over = intake_is_over(&d->intake), resumed;

	if (d->opt->spool == NULL)
		return;
	spool_commit(&d->spool, now_ms, over);
	if (over) /* what is not delivered in time is for the next run */
		begin_draining(d, now_ms);
	while (pool_bytes(&s->outbox.pool) < (size_t)d->opt->buffer_bytes &&
	       !s->fatal && spool_next(&d->spool, &w, &resumed))
		(void)sender_take(
		    s, &w, resumed, resumed ? now_ms : d->spool.oldest_ms);
}

/* May further records come before some of those that are held have gone? */
static bool
may_come(struct delivery *d)
{
	if (pool_bytes(&d->sender.outbox.pool) >= (size_t)d->opt->buffer_bytes)
		return false;
	return d->spool.pending_n > 0 ||
	       (!intake_is_over(&d->intake) && has_room(d));
}

/* A record that nobody keeps ends reading, as such a line does. */
static void
heed_completion(struct delivery *d)
{
	d->intake.refused |= d->sender.completion.stop_reading;
}

static void
loop(struct delivery *d)
{
	int64_t now_ms = clock_mono_ms();

	for (;;) {
		bool more;

		heed_signals(d, now_ms);
		intake_take(&d->intake, false, now_ms);
		feed(d, now_ms);
		intake_remark(&d->intake, now_ms, false);
		more = may_come(d);
		d->sender.input_is_ready = input_is_ready(d, now_ms);
		sender_send(&d->sender, now_ms, more);
		heed_completion(d);
		if (is_over(d, now_ms))
			return;
		wait_for_more(d, more, now_ms);
		now_ms = clock_mono_ms();
		sender_receive(&d->sender, now_ms);
		heed_completion(d);
		report_tick(&d->report, now_ms);
	}
}

/* What no disk takes is undelivered, the rest is for the next run. */
static void
leave_spooled(struct delivery *d)
{
	struct completion *c = &d->sender.completion;
	char quoted[DIAG_QUOTE_MAX];
	struct wal_record w;
	size_t at = 0;

	spool_commit(&d->spool, clock_mono_ms(), true);
	while (spool_give_back(&d->spool, &at, &w))
		completion_lose_line(c, &w);
	sender_flush(&d->sender);
	if (d->spool.spooled == 0)
		return;
	c->status = status_worse(c->status, STATUS_DATA);
	diag_error(NULL,
	    "%llu line%s in the spool %s; the next run with it "
	    "delivers what is there first",
	    (unsigned long long)d->spool.spooled,
	    d->spool.spooled == 1 ? " stays" : "s stay",
	    diag_quote(quoted, span_of(d->spool.name)));
}

static void
say_undelivered(const struct completion *c)
{
	const char *where =
	    dead_letter_failed(&c->undelivered) ? "not all could be kept"
	    : c->undelivered.open ? "kept in the file of --undelivered"
				  : "--undelivered FILE would have kept them";
	const struct account *a = c->account;
	const char *lines = a->undelivered == 1 ? "line is" : "lines are";

	if (a->undelivered > 0 && a->first_undelivered == 0)
		diag_error(NULL, "%llu %s not delivered; %s",
		    (unsigned long long)a->undelivered, lines, where);
	else if (a->undelivered > 0)
		diag_error(NULL,
		    "%llu %s not delivered, the first is line %llu; %s",
		    (unsigned long long)a->undelivered, lines,
		    (unsigned long long)a->first_undelivered, where);
}

/* What is held goes to the file of undelivered lines, and is said. */
static void
leave(struct delivery *d)
{
	struct completion *c = &d->sender.completion;
	size_t n = d->sender.outbox.in_flight;

	/* Read from the pipe, so that nobody else has them. */
	if (d->sender.fatal || signals_stop() != 0)
		intake_take(&d->intake, true, clock_mono_ms());
	if (n > 0)
		diag_warn(NULL,
		    "%zu request%s not answered yet; their records may "
		    "still arrive",
		    n, n == 1 ? " is" : "s are");
	transport_abandon(d->service.transport);
	if (d->opt->spool != NULL)
		leave_spooled(d);
	else
		completion_abandon(c);
	intake_end(&d->intake);
	intake_remark(&d->intake, clock_mono_ms(), true);
	dead_letter_flush(&c->undelivered);
	say_undelivered(c);
}

static enum status
finish(struct delivery *d)
{
	leave(d);
	return status_worse(
	    d->intake.status, completion_close(&d->sender.completion));
}

enum status
deliver(struct options *opt, int *signal_number)
{
	struct delivery d = { .opt = opt, .drain_due_ms = INT64_MAX };
	enum status status;

	status = open_all(&d);
	if (status == STATUS_OK) {
		loop(&d);
		status = finish(&d);
	}
	if (status != STATUS_USAGE)
		status = status_worse(status, report_end(&d.report));
	*signal_number = signals_stop();
	close_all(&d);
	return status;
}
