/* calls - single calls of Kinesis.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/calls.h"

#include <ctype.h>
#include <unistd.h>

#include "aws/text.h"
#include "aws/service.h"
#include "kinesis-put/request.h"
#include "lib/clock.h"
#include "lib/json.h"
#include "lib/lines.h"
#include "lib/out.h"
#include "lib/report.h"
#include "lib/signals.h"

struct ask {
	int64_t retry_for_ms;
	struct service service;
	struct lines lines;
	struct out out;
	enum status status;
	bool ended; /* by a line that is no call */
};

/* The answer as one line; JSON has line ends between its tokens alone. */
static void
write_answer(struct buf *b, struct span body)
{
	body = text_trim(body);
	if (body.n == 0)
		body = span_of("{}");
	for (size_t i = 0; i < body.n; i++)
		buf_add_char(b, body.p[i] == '\n' ? ' ' : body.p[i]);
}

static void
write_refusal(struct buf *b, const struct service_error *e)
{
	buf_add_text(b, "{\"error\":");
	json_write_text(b, buf_span(&e->code));
	buf_add_text(b, ",\"message\":");
	json_write_text(b, buf_span(&e->message));
	buf_add_char(b, '}');
}

static void
call(struct ask *a, const char *operation, struct span body)
{
	int64_t for_ms = a->retry_for_ms, now_ms = clock_mono_ms();
	struct transport_response r = { 0 };
	struct service_error e = { 0 };
	enum service_posted posted = service_call(&a->service, operation, body,
	    for_ms > INT64_MAX - now_ms ? INT64_MAX : now_ms + for_ms, &r, &e);

	if (signals_stop() != 0) {
		a->status = STATUS_SYSTEM; /* nobody waits for this answer */
	} else if (posted != SERVICE_POSTED) {
		a->status = STATUS_SYSTEM; /* said */
	} else {
		if (e.kind == ERROR_NONE)
			write_answer(&a->out.line, buf_span(&r.body));
		else
			write_refusal(&a->out.line, &e);
		if (e.kind != ERROR_NONE)
			a->status = STATUS_DATA;
		(void)out_end_line(&a->out); /* a failure sticks */
		(void)out_flush(&a->out);
	}
	error_free(&e);
	transport_response_free(&r);
}

/* "ListShards {...}": the name's letters end at a blank. */
static void
take(struct ask *a, const struct line *l)
{
	struct buf operation = { 0 };
	struct span body;
	size_t n = 0;

	while (n < l->text.n && isalpha((unsigned char)l->text.p[n]))
		n++;
	buf_add(&operation, l->text.p, n);
	body = text_trim((struct span){ l->text.p + n, l->text.n - n });
	if (l->kind == LINE_LONG || n == 0 || body.n == 0 || body.p[0] != '{') {
		diag_error(&(struct diag_at){ "stdin", l->number, 0 },
		    "this is not a call; write OPERATION {JSON}, for example "
		    "ListShards {\"StreamName\":\"s\"}");
		a->status = STATUS_DATA;
		a->ended = true;
	} else if (buf_text(&operation) != NULL) {
		call(a, operation.p, body);
	}
	buf_free(&operation);
}

static void
loop(struct ask *a)
{
	enum lines_filled filled = LINES_MORE;
	struct line l;

	while (!a->ended && a->status != STATUS_SYSTEM && a->out.error == 0 &&
	       signals_stop() == 0 && filled != LINES_END) {
		if (lines_next(&a->lines, &l))
			take(a, &l);
		else
			filled = lines_fill(&a->lines, -1);
		if (signals_take_report())
			report_answer("waits for the next call");
		if (filled == LINES_ERROR) {
			a->status = lines_complain(&a->lines);
			return;
		}
	}
}

enum status
ask(const struct options *opt, int *signal)
{
	struct ask a = { .retry_for_ms = opt->retry_for_ms };

	out_init(&a.out, STDOUT_FILENO, "stdout");
	a.status = service_open(&a.service, &opt->service, signals_fd());
	if (a.status == STATUS_OK && lines_init(&a.lines, STDIN_FILENO, "stdin",
					 (size_t)opt->max_line) == -1)
		a.status = diag_no_memory();
	if (a.status == STATUS_OK)
		loop(&a);
	if (out_close(&a.out) == -1)
		a.status = status_worse(a.status, out_complain(&a.out));
	*signal = signals_stop();
	lines_free(&a.lines);
	service_close(&a.service);
	return a.status;
}

/* --- --check ------------------------------------------------------------- */

static const char check_key[] = "windowpipe-check";

/* What is asked of the summary, in the order of the enum. */
enum { STATUS_PATH, SHARDS_PATH, MODE_PATH, SIZE_PATH, PATHS };
static const char *const path[PATHS] = {
	[STATUS_PATH] = "StreamDescriptionSummary.StreamStatus",
	[SHARDS_PATH] = "StreamDescriptionSummary.OpenShardCount",
	[MODE_PATH] = "StreamDescriptionSummary.StreamModeDetails.StreamMode",
	[SIZE_PATH] = "StreamDescriptionSummary.MaxRecordSizeInKiB",
};

static enum status
read_summary(struct buf *b, struct span body)
{
	struct cell v[PATHS];
	enum status status = STATUS_SYSTEM;

	if (json_find(path, PATHS, body, v, NULL) == -1 ||
	    v[STATUS_PATH].kind != CELL_TEXT) {
		buf_add_text(b, "not known: unreadable answer");
	} else {
		buf_add_span(b, v[STATUS_PATH].raw);
		if (v[MODE_PATH].kind == CELL_TEXT) {
			buf_add_text(b, ", ");
			buf_add_span(b, v[MODE_PATH].raw);
		}
		if (v[SHARDS_PATH].kind == CELL_NUMBER) {
			buf_add_text(b, ", open shards: ");
			buf_add_span(b, v[SHARDS_PATH].raw);
		}
		if (v[SIZE_PATH].kind == CELL_NUMBER) {
			buf_add_text(b, ", largest record: ");
			buf_add_span(b, v[SIZE_PATH].raw);
			buf_add_text(b, " KiB");
		}
		if (span_is(v[STATUS_PATH].raw, "ACTIVE") ||
		    span_is(v[STATUS_PATH].raw, "UPDATING"))
			status = STATUS_OK;
	}
	return status;
}

static enum status
read_put(struct buf *b, struct span body)
{
	struct reply_entry entry = { 0 };
	char quoted[DIAG_QUOTE_MAX];
	struct fault f;

	if (reply_read(body, &entry, 1, &f) == -1) {
		buf_add_text(b, "unreadable answer");
	} else if (!entry.stored) {
		buf_add_text(b, diag_quote(quoted, entry.code));
	} else {
		buf_addf(
		    b, "allowed: one record was put, its key is %s", check_key);
		return STATUS_OK;
	}
	return STATUS_SYSTEM;
}

/* Makes a call and ends the line by what read() says of its answer, or by what
 * was refused; may_be_denied: to those who may only put it is. */
static enum status
say_answer(struct service *s, const char *operation, struct buf *body,
    enum status (*read)(struct buf *, struct span), bool may_be_denied,
    struct out *out)
{
	struct transport_response r = { 0 };
	struct service_error e = { 0 };
	enum status status = STATUS_SYSTEM;
	char text[SERVICE_WORDS_MAX];

	if (body->failed || service_call(s, operation, buf_span(body), 0, &r,
				&e) != SERVICE_POSTED) {
		buf_add_text(&out->line, "not known: no credentials");
	} else if (e.kind == ERROR_NONE) {
		status = read(&out->line, buf_span(&r.body));
	} else if (r.result != TRANSPORT_ANSWERED) {
		buf_add_span(&out->line,
		    buf_span(e.message.n > 0 ? &e.message : &e.code));
	} else {
		if (may_be_denied && e.kind == ERROR_DENIED && !e.foreign) {
			buf_add_text(&out->line, "not known: ");
			status = STATUS_OK;
		}
		buf_add_text(
		    &out->line, service_describe(text, buf_span(&e.code),
				    buf_span(&e.message)));
	}
	(void)out_end_line(out);
	error_free(&e);
	transport_response_free(&r);
	buf_free(body);
	return status;
}

static enum status
check_stream(struct service *s, struct out *out)
{
	const struct arn *arn = &s->opt->arn;
	struct buf body = { 0 };

	service_add_stream(&body, arn);
	buf_add_char(&body, '}');
	buf_addf(
	    &out->line, "stream: %.*s: ", (int)arn->stream.n, arn->stream.p);
	return say_answer(
	    s, "DescribeStreamSummary", &body, read_summary, true, out);
}

static enum status
check_write(struct service *s, enum check how, struct out *out)
{
	struct buf body = { 0 };

	buf_add_text(&out->line, "PutRecords: ");
	if (how != CHECK_WRITE) {
		buf_add_text(&out->line,
		    "not known; --check=write puts one record to find out");
		(void)out_end_line(out);
		return STATUS_OK;
	}
	request_begin(&body, &s->opt->arn);
	request_add(
	    &body, span_of(check_key), (struct span){ 0 }, span_of(check_key));
	request_end(&body);
	return say_answer(s, "PutRecords", &body, read_put, false, out);
}

static void
write_place(struct service *s, struct out *out)
{
	buf_addf(&out->line, "region: %s", s->data.region);
	(void)out_end_line(out);
	buf_addf(&out->line, "endpoint: %s", s->data.url);
	if (s->endpoint_from != NULL)
		buf_addf(&out->line, " (from %s)", s->endpoint_from);
	(void)out_end_line(out);
}

/* Whose stream it is nobody has said, but for an ARN. */
static void
write_arn(struct service *s, struct out *out)
{
	const struct arn *arn = &s->opt->arn;

	buf_add_text(&out->line, "stream: ");
	if (arn->text.n == 0)
		buf_addf(&out->line, "arn:%s:kinesis:%s:*:stream/",
		    endpoint_partition(span_of(s->data.region)),
		    s->data.region);
	buf_add_span(&out->line, arn->text.n > 0 ? arn->text : arn->stream);
	(void)out_end_line(out);
}

static enum status
check_all(struct service *s, enum check how, struct out *out)
{
	enum status status;

	if (how == CHECK_CONFIG) {
		write_place(s, out);
		write_arn(s, out);
		return STATUS_OK;
	}
	buf_addf(&out->line, "credentials: %s",
	    s->credentials.name != NULL ? s->credentials.name
					: "none that work now");
	(void)out_end_line(out);
	write_place(s, out);
	status = check_stream(s, out);
	return status_worse(status, check_write(s, how, out));
}

enum status
check(const struct options *opt)
{
	struct service service;
	enum status status =
	    opt->check == CHECK_CONFIG
		? service_configure(&service, &opt->service)
		: service_open(&service, &opt->service, signals_fd());
	struct out out;

	if (status == STATUS_OK) {
		out_init(&out, STDOUT_FILENO, "stdout");
		status = check_all(&service, opt->check, &out);
		if (out_close(&out) == -1)
			status = status_worse(status, out_complain(&out));
	}
	service_close(&service);
	return status;
}
