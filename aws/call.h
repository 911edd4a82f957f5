/* call - a signed request to a service: headers, signature, start.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_CALL_H
#define AWS_CALL_H

#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/errors.h"
#include "aws/identity.h"
#include "aws/sigv4.h"
#include "aws/transport.h"
#include "lib/span.h"

/*
 * A POST of body to an endpoint.  target: X-Amz-Target, NULL for none (STS).
 * Everything is borrowed; body until the response has been handed out.  take:
 * aws/transport.h.
 */
struct call {
	const struct endpoint *endpoint;
	const char *service; /* signing name: "kinesis", "sts" */
	const char *target;  /* "Kinesis_20131202.PutRecords" */
	const char *content_type;
	struct span body;
	int64_t timeout_ms;
	transport_take_fn *take;
	void *tag;
};

/*
 * Signs for now_ms (the service's clock: skew_now_ms()) and starts, or with
 * response goes on to the end, as transport_call() does.  No identity: it is
 * not signed.  To be called for every attempt: a signature is good for five
 * minutes only.  0, or -1: memory or crypto; there is no response then.
 */
int call_send(struct transport *, const struct call *, const struct identity *,
    struct sigv4_key *, int64_t now_ms, const struct pollfd *stop,
    struct transport_response *response);

/* What the response means: TRANSPORT_* and status to a class, a code. */
void call_error(const struct transport_response *, struct service_error *);

#endif
