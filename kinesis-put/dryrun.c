/* dryrun - what would be sent, as a line of JSON for each record.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/dryrun.h"

#include <unistd.h>

#include "kinesis-put/completion.h"
#include "kinesis-put/intake.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/out.h"
#include "lib/report.h"
#include "lib/signals.h"

struct dry {
	struct options *opt;
	struct intake intake;
	struct completion completion; /* files are made as without --dry-run */
	struct report report;
	struct out out;
	uint64_t batch;
	size_t batch_n;
	size_t batch_bytes;
};

static void
fill_report(void *ctx, struct report *r)
{
	const struct dry *d = ctx;
	const struct account *a = &d->completion.account;

	report_count(r, "read", d->intake.read);
	report_count(r, "delivered", a->delivered);
	report_count(r, "rejected", a->rejected);
	report_count(r, "undelivered", 0);
	report_count(r, "bytes", a->bytes);
	report_gauge(r, "absent_fields",
	    (int64_t)absent_fields(&d->opt->keys.absent, d->intake.read));
	report_count(r, "batches", d->batch);
}

static void
write_text(struct buf *b, struct span text)
{
	if (text.n == 0)
		buf_add_text(b, "null");
	else
		json_write_text(b, text);
}

/* As outbox.c fills its batches. */
static void
count_batch(struct dry *d, size_t bytes)
{
	if (d->batch == 0 || d->batch_n == (size_t)d->opt->batch_records ||
	    d->batch_bytes + bytes > outbox_bytes_limit(d->opt)) {
		d->batch++;
		d->batch_n = d->batch_bytes = 0;
	}
	d->batch_n++;
	d->batch_bytes += bytes;
}

/* --- where lines go: to stdout ------------------------------------------- */

static bool
has_room(void *ctx)
{
	const struct dry *d = ctx;

	return d->out.error == 0;
}

static void
show(void *ctx, struct wal_record *w, int64_t now_ms)
{
	struct dry *d = ctx;
	size_t data = w->data.n + d->opt->newline;
	size_t bytes =
	    data + w->hash.n + (w->key.n > 0 ? w->key.n : RANDOM_KEY_BYTES);
	struct buf *b = &d->out.line;

	(void)now_ms;
	count_batch(d, bytes);
	d->completion.account.delivered++;
	d->completion.account.bytes += data;
	buf_add_text(b, "{\"key\":");
	write_text(b, w->key);
	buf_add_text(b, ",\"hash_key\":");
	write_text(b, w->hash);
	buf_add_text(b, ",\"bytes\":");
	buf_add_u64(b, bytes);
	buf_add_text(b, ",\"batch\":");
	buf_add_u64(b, d->batch);
	buf_add_char(b, '}');
	(void)out_end_line(&d->out); /* a failure sticks */
}

/* ------------------------------------------------------------------------- */

static enum status
open_all(struct dry *d)
{
	const struct options *o = d->opt;
	const struct intake_sink sink = { .ctx = d,
		.has_room = has_room,
		.take = show,
		.completion = &d->completion };

	out_init(&d->out, STDOUT_FILENO, "stdout");
	if (report_init(&d->report, &o->common, fill_report, NULL, d) == -1 ||
	    completion_open(&d->completion, o) == -1)
		return STATUS_USAGE;
	return intake_open(&d->intake, d->opt, &sink, STDIN_FILENO) == -1
	           ? STATUS_SYSTEM
	           : STATUS_OK;
}

static void
loop(struct dry *d)
{
	struct intake *in = &d->intake;

	while (!in->ended && !in->refused && signals_stop() == 0 &&
	       d->out.error == 0) {
		int64_t now_ms = clock_mono_ms(), due_ms;

		intake_remark(in, now_ms, false);
		due_ms = report_due_ms(&d->report);
		if (in->remarks_due_ms < due_ms)
			due_ms = in->remarks_due_ms;
		intake_read(in, due_ms == INT64_MAX ? -1
				: due_ms > now_ms   ? due_ms - now_ms
						    : 0);
		intake_take(in, false, now_ms);
		(void)out_flush(&d->out);
		(void)completion_flush(&d->completion); /* sticks, too */
		if (signals_take_report())
			report_answer("waits for input");
		report_tick(&d->report, clock_mono_ms());
	}
}

enum status
dryrun(struct options *opt, int *signal)
{
	struct dry d = { .opt = opt };
	enum status status = open_all(&d);

	if (status == STATUS_OK) {
		loop(&d);
		intake_remark(&d.intake, clock_mono_ms(), true);
		status = status_worse(
		    d.intake.status, completion_close(&d.completion));
		if (out_close(&d.out) == -1)
			status = status_worse(status, out_complain(&d.out));
	}
	if (status != STATUS_USAGE)
		status = status_worse(status, report_end(&d.report));
	*signal = signals_stop();
	intake_close(&d.intake);
	return status;
}
