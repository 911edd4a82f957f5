/* check - who we are, where we would write, and how the stream is.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/check.h"

#include <unistd.h>

#include "aws/call.h"
#include "aws/errors.h"
#include "kinesis-put/reply.h"
#include "kinesis-put/request.h"
#include "aws/service.h"
#include "lib/json.h"
#include "lib/out.h"
#include "lib/signals.h"

static const char check_key[] = "windowpipe-check";

/* What is asked of the summary, in the order of the enum. */
enum { STATUS_PATH, SHARDS_PATH, MODE_PATH, SIZE_PATH, PATHS };
static const char *const path[PATHS] = {
	[STATUS_PATH] = "StreamDescriptionSummary.StreamStatus",
	[SHARDS_PATH] = "StreamDescriptionSummary.OpenShardCount",
	[MODE_PATH] = "StreamDescriptionSummary.StreamModeDetails.StreamMode",
	[SIZE_PATH] = "StreamDescriptionSummary.MaxRecordSizeInKiB",
};

/* "Code: 'message'" of a refusal, or the transport's words. */
static void
write_error(struct buf *b, const struct transport_response *r,
    const struct service_error *e)
{
	char quoted[DIAG_SAID_MAX];

	if (r->result != TRANSPORT_ANSWERED) {
		buf_add_text(b, r->cause[0] != '\0'
				    ? r->cause
				    : transport_result_name(r->result));
		return;
	}
	buf_add_span(b, buf_span(&e->code));
	if (e->message.n > 0) {
		buf_add_text(b, ": ");
		buf_add_text(b, diag_quote_said(quoted, buf_span(&e->message)));
	}
}

static enum status
write_summary(struct buf *b, struct span body)
{
	struct cell v[PATHS] = { 0 };
	struct json_paths *paths = json_paths_new();
	enum status status = STATUS_SYSTEM;
	bool ready = paths != NULL && body.n > 0;

	for (int i = 0; ready && i < PATHS; i++)
		ready = json_paths_add(paths, span_of(path[i]), NULL) == i;
	if (!ready || json_read(paths, body, v, NULL) == -1 ||
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
	json_paths_del(paths);
	return status;
}

static enum status
check_stream(struct service *s, struct out *out)
{
	const struct options *o = s->opt;
	struct transport_response r = { 0 };
	struct service_error e = { 0 };
	struct buf body = { 0 };
	enum status status = STATUS_SYSTEM;

	buf_addf(
	    &body, "{\"StreamName\":\"%.*s\"", (int)o->stream.n, o->stream.p);
	if (o->is_arn)
		buf_addf(&body, ",\"StreamARN\":\"%s\"", o->target);
	buf_add_char(&body, '}');
	buf_addf(&out->line, "stream: %.*s: ", (int)o->stream.n, o->stream.p);
	if (!body.failed && service_call(s, "DescribeStreamSummary",
				buf_span(&body), 0, &r, &e) == SERVICE_POSTED) {
		if (e.kind == ERROR_NONE) {
			status = write_summary(&out->line, buf_span(&r.body));
		} else if (e.kind == ERROR_DENIED && !e.foreign) {
			buf_add_text(&out->line, "not known: ");
			write_error(&out->line, &r, &e);
			status = STATUS_OK;
		} else {
			write_error(&out->line, &r, &e);
		}
	} else {
		buf_add_text(&out->line, "not known: no credentials");
	}
	(void)out_end_line(out);
	error_free(&e);
	transport_response_free(&r);
	buf_free(&body);
	return status;
}

static enum status
put_one(struct service *s, struct out *out)
{
	struct transport_response r = { 0 };
	struct service_error e = { 0 };
	struct reply_entry entry = { 0 };
	struct buf body = { 0 };
	enum status status = STATUS_SYSTEM;
	char quoted[DIAG_QUOTE_MAX];
	struct fault f;

	request_begin(&body, s->opt->stream, service_arn(s));
	request_add(
	    &body, span_of(check_key), (struct span){ 0 }, span_of(check_key));
	request_end(&body);
	if (!body.failed && service_call(s, "PutRecords", buf_span(&body), 0,
				&r, &e) == SERVICE_POSTED) {
		if (e.kind != ERROR_NONE) {
			write_error(&out->line, &r, &e);
		} else if (reply_read(buf_span(&r.body), &entry, 1, &f) == -1) {
			buf_add_text(&out->line, "unreadable answer");
		} else if (!entry.stored) {
			buf_add_text(
			    &out->line, diag_quote(quoted, entry.code));
		} else {
			buf_addf(&out->line,
			    "allowed: one record was put, "
			    "its key is %s",
			    check_key);
			status = STATUS_OK;
		}
	} else {
		buf_add_text(&out->line, "not known: no credentials");
	}
	error_free(&e);
	transport_response_free(&r);
	buf_free(&body);
	return status;
}

static enum status
check_write(struct service *s, struct out *out)
{
	enum status status = STATUS_OK;

	buf_add_text(&out->line, "PutRecords: ");
	if (s->opt->check == CHECK_WRITE)
		status = put_one(s, out);
	else
		buf_add_text(&out->line,
		    "not known; --check=write puts one record to find out");
	(void)out_end_line(out);
	return status;
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
	const struct options *o = s->opt;

	buf_add_text(&out->line, "stream: ");
	if (o->is_arn)
		buf_add_text(&out->line, o->target);
	else
		buf_addf(&out->line, "arn:%s:kinesis:%s:*:stream/%s",
		    endpoint_partition(span_of(s->data.region)), s->data.region,
		    o->target);
	(void)out_end_line(out);
}

static enum status
check_all(struct service *s, struct out *out)
{
	const char *who;
	enum status status;

	if (s->opt->check == CHECK_CONFIG) {
		write_place(s, out);
		write_arn(s, out);
		return STATUS_OK;
	}
	who = credentials_provider(s->credentials);
	buf_addf(&out->line, "credentials: %s",
	    who != NULL ? who : "none that work now");
	(void)out_end_line(out);
	write_place(s, out);
	status = check_stream(s, out);
	return status_worse(status, check_write(s, out));
}

enum status
check(const struct options *opt)
{
	struct service service;
	enum status status = opt->check == CHECK_CONFIG
	                         ? service_configure(&service, opt)
	                         : service_open(&service, opt, signals_fd());
	struct out out;

	if (status == STATUS_OK) {
		out_init(&out, STDOUT_FILENO, "stdout");
		status = check_all(&service, &out);
		if (out_close(&out) == -1)
			status = status_worse(status, out_complain(&out));
	}
	service_close(&service);
	return status;
}
