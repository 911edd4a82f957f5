/* call - a signed request to a service: headers, signature, start.
 * SPDX-License-Identifier: ISC */
#include "aws/call.h"

#include <string.h>

#include "aws/text.h"

enum { LINES_MAX = 8 };

/* The header lines that go out, one after the other, each ended by NUL. */
struct lines_out {
	struct buf text;
	size_t at[LINES_MAX];
	size_t n;
};

static void
add_line(struct lines_out *l, const char *name, struct span value)
{
	l->at[l->n++] = l->text.n;
	buf_addf(&l->text, "%s: ", name);
	buf_add_span(&l->text, value);
	buf_add_char(&l->text, '\0');
}

static int
sign(const struct call *c, const struct identity *id, struct sigv4_key *key,
    int64_t now_ms, struct lines_out *l)
{
	struct sigv4_header signed_headers[3];
	struct sigv4_request r = { .method = "POST",
		.path = span_of(c->endpoint->path),
		.headers = signed_headers,
		.body = c->body,
		.body_hash = c->body_hash };
	struct sigv4_scope scope = { id, c->endpoint->region, c->service };
	struct sigv4 s = { 0 };
	int rc;

	signed_headers[r.nheaders++] =
	    (struct sigv4_header){ "Host", span_of(c->endpoint->host) };
	signed_headers[r.nheaders++] =
	    (struct sigv4_header){ "Content-Type", span_of(c->content_type) };
	if (c->target != NULL)
		signed_headers[r.nheaders++] =
		    (struct sigv4_header){ "X-Amz-Target", span_of(c->target) };
	rc = sigv4_sign(&r, &scope, now_ms, key, &s);
	for (size_t i = 0; i < r.nheaders; i++)
		add_line(l, signed_headers[i].name, signed_headers[i].value);
	add_line(l, "X-Amz-Date", span_of(s.date));
	if (id->token != NULL)
		add_line(l, "X-Amz-Security-Token", span_of(id->token));
	add_line(l, "Authorization", buf_span(&s.authorization));
	sigv4_free(&s);
	return rc == -1 || l->text.failed ? -1 : 0;
}

/* Signs, and gives the request to one of the two ways of sending. */
static int
send_signed(struct transport *t, const struct call *c,
    const struct identity *id, struct sigv4_key *key, int64_t now_ms,
    const struct pollfd *stop, struct transport_response *response)
{
	struct lines_out l = { 0 };
	const char *line[LINES_MAX];
	struct transport_request r = { .method = "POST",
		.url = c->endpoint->url,
		.headers = line,
		.body = c->body,
		.timeout_ms = c->timeout_ms,
		.tag = c->tag };
	int rc = sign(c, id, key, now_ms, &l);

	for (size_t i = 0; rc == 0 && i < l.n; i++)
		line[i] = l.text.p + l.at[i];
	r.nheaders = l.n;
	if (rc == 0 && response != NULL)
		transport_call(t, &r, stop, response);
	else if (rc == 0)
		rc = transport_start(t, &r);
	text_wipe(&l.text);
	return rc;
}

int
call_start(struct transport *t, const struct call *c, const struct identity *id,
    struct sigv4_key *key, int64_t now_ms)
{
	return send_signed(t, c, id, key, now_ms, NULL, NULL);
}

void
call_finish(struct transport *t, const struct call *c,
    const struct identity *id, struct sigv4_key *key, int64_t now_ms,
    const struct pollfd *stop, struct transport_response *response)
{
	if (send_signed(t, c, id, key, now_ms, stop, response) == 0)
		return;
	*response = (struct transport_response){ .tag = c->tag,
		.result = TRANSPORT_FAILED,
		.retry_after_ms = -1,
		.cause = "the request could not be signed" };
}

static enum error_class
class_of(enum transport_result result)
{
	switch (result) {
	case TRANSPORT_ANSWERED:
		return ERROR_NONE;
	case TRANSPORT_NO_HOST:
	case TRANSPORT_REFUSED:
	case TRANSPORT_TLS:
	case TRANSPORT_TIMEOUT:
	case TRANSPORT_BROKEN:
	case TRANSPORT_TOO_BIG:
	case TRANSPORT_STOPPED:
		return ERROR_TRANSIENT;
	case TRANSPORT_FAILED:
		break;
	}
	return ERROR_FATAL;
}

void
call_error(const struct transport_response *r, struct service_error *e)
{
	struct error_reply reply = { .status = r->status,
		.type = r->error_type,
		.request_id = r->request_id,
		.body = buf_span(&r->body) };

	error_free(e);
	if (r->result == TRANSPORT_ANSWERED && r->status / 100 != 2) {
		error_read(&reply, e);
		return;
	}
	e->status = r->status;
	e->kind = class_of(r->result);
	if (e->kind == ERROR_NONE)
		return;
	buf_add_text(&e->code, transport_result_name(r->result));
	buf_add_text(&e->message, r->cause);
}
