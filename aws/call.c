/* call - a signed request to a service: headers, signature, start.
 * SPDX-License-Identifier: ISC */
#include "aws/call.h"

#include <string.h>

#include "aws/text.h"

enum { LINES_MAX = 6 };

/* The lines that go out, one after the other in text, each ended by NUL. */
static int
write_headers(const struct call *c, const struct identity *id,
    struct sigv4_key *key, int64_t now_ms, struct buf *text,
    struct transport_request *out, const char *line[LINES_MAX])
{
	struct sigv4_header h[LINES_MAX] = { { "Host",
						 span_of(c->endpoint->host) },
		{ "Content-Type", span_of(c->content_type) } };
	struct sigv4_request r = { .method = out->method,
		.path = span_of(c->endpoint->path),
		.headers = h,
		.nheaders = 2,
		.body = c->body };
	struct sigv4_scope scope = { id, c->endpoint->region, c->service };
	struct sigv4 s = { 0 };
	size_t at[LINES_MAX], n;
	int rc = 0;

	if (c->target != NULL)
		h[r.nheaders++] =
		    (struct sigv4_header){ "X-Amz-Target", span_of(c->target) };
	n = r.nheaders;
	if (id != NULL) {
		rc = sigv4_sign(&r, &scope, now_ms, key, &s);
		h[n++] = (struct sigv4_header){ "X-Amz-Date", span_of(s.date) };
		h[n++] = (struct sigv4_header){ "Authorization",
			buf_span(&s.authorization) };
		if (id->token != NULL)
			h[n++] = (struct sigv4_header){ "X-Amz-Security-Token",
				span_of(id->token) };
	}
	for (size_t i = 0; i < n; i++) {
		at[i] = text->n;
		buf_addf(text, "%s: ", h[i].name);
		buf_add_span(text, h[i].value);
		buf_add_char(text, '\0');
	}
	for (size_t i = 0; i < n && !text->failed; i++)
		line[i] = text->p + at[i];
	out->headers = line;
	out->nheaders = n;
	sigv4_free(&s);
	return rc == -1 || text->failed ? -1 : 0;
}

int
call_send(struct transport *t, const struct call *c, const struct identity *id,
    struct sigv4_key *key, int64_t now_ms, const struct pollfd *stop,
    struct transport_response *response)
{
	struct buf text = { 0 };
	const char *line[LINES_MAX];
	struct transport_request r = { .method = "POST",
		.url = c->endpoint->url,
		.body = c->body,
		.timeout_ms = c->timeout_ms,
		.take = c->take,
		.tag = c->tag };
	int rc = write_headers(c, id, key, now_ms, &text, &r, line);

	if (rc == 0 && response != NULL)
		transport_call(t, &r, stop, response);
	else if (rc == 0)
		rc = transport_start(t, &r);
	text_wipe(&text);
	return rc;
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
	if (r->result == TRANSPORT_ANSWERED)
		return;
	e->kind = r->result == TRANSPORT_FAILED ? ERROR_FATAL : ERROR_TRANSIENT;
	buf_add_text(&e->code, transport_result_name(r->result));
	buf_add_text(&e->message, r->cause);
}
