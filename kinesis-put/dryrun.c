/* dryrun - what would be sent, as a line of JSON for each record.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/dryrun.h"

#include <unistd.h>

#include "kinesis-put/intake.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/out.h"
#include "lib/report.h"
#include "lib/signals.h"

struct dry {
	struct options *opt;
	struct sender sender; /* never sends: it keeps the rejects */
	struct intake intake;
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

	report_count(r, "read", d->sender.account.read);
	report_count(r, "delivered", d->sender.account.delivered);
	report_count(r, "rejected", d->sender.account.rejected);
	report_count(r, "undelivered", 0);
	report_count(r, "bytes", d->sender.account.bytes);
	report_gauge(r, "absent_fields", (int64_t)d->opt->keys.absent.left);
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

/* As sender.c fills its batches. */
static void
count_batch(struct dry *d, size_t bytes)
{
	if (d->batch == 0 || d->batch_n == (size_t)d->opt->batch_records ||
	    d->batch_bytes + bytes > sender_bytes_limit(d->opt)) {
		d->batch++;
		d->batch_n = d->batch_bytes = 0;
	}
	d->batch_n++;
	d->batch_bytes += bytes;
}

static void
show(struct dry *d, const struct line *l)
{
	const struct key *k = &d->intake.key;
	size_t data = l->text.n + d->opt->newline;
	size_t bytes =
	    data + k->hash.n + (k->key.n > 0 ? k->key.n : RANDOM_KEY_BYTES);
	struct buf *b = &d->out.line;

	count_batch(d, bytes);
	d->sender.account.delivered++;
	d->sender.account.bytes += data;
	buf_add_text(b, "{\"key\":");
	write_text(b, k->key);
	buf_add_text(b, ",\"hash_key\":");
	write_text(b, k->hash);
	buf_addf(b, ",\"bytes\":%zu,\"batch\":%llu}", bytes,
	    (unsigned long long)d->batch);
	(void)out_end_line(&d->out); /* a failure sticks */
}

static void
take(struct dry *d)
{
	struct intake *in = &d->intake;
	struct line l;

	while (
	    !in->refused && d->out.error == 0 && lines_next(&in->lines, &l)) {
		if (l.kind == LINE_DATA) {
			d->sender.account.read++;
			if (intake_judge(in, &l))
				show(d, &l);
		} else if (l.kind == LINE_LONG) {
			intake_take_long(in, &l);
		}
	}
	in->pending = false;
}

static enum status
open_all(struct dry *d)
{
	enum status status;

	out_init(&d->out, STDOUT_FILENO, "stdout");
	if (report_init(&d->report, &d->opt->common, fill_report, NULL, d) ==
	    -1)
		return STATUS_USAGE;
	status = sender_open(&d->sender, d->opt, NULL, 0);
	if (status == STATUS_OK &&
	    intake_open(&d->intake, d->opt, &d->sender, STDIN_FILENO) == -1)
		status = STATUS_SYSTEM;
	return status;
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
		take(d);
		(void)out_flush(&d->out);
		dead_letter_flush(&d->sender.rejects);
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
		    d.intake.status, dead_letter_close(&d.sender.rejects));
		if (out_close(&d.out) == -1)
			status = status_worse(
			    status, (enum status)out_complain(&d.out));
		status = status_worse(
		    status, dead_letter_close(&d.sender.undelivered));
	}
	if (status != STATUS_USAGE)
		status = status_worse(status, report_end(&d.report));
	*signal = signals_stop();
	intake_close(&d.intake);
	if (d.sender.opt != NULL)
		sender_free(&d.sender);
	return status;
}
