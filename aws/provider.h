/* provider - what every provider of credentials is given and needs.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_PROVIDER_H
#define AWS_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/call.h"
#include "aws/config.h"
#include "aws/identity.h"
#include "aws/skew.h"
#include "aws/transport.h"
#include "lib/buf.h"
#include "lib/span.h"

enum credentials_result {
	CREDENTIALS_OK,
	CREDENTIALS_NONE,    /* no provider is configured: status 3 */
	CREDENTIALS_CONFIG,  /* the configuration makes no sense: status 2 */
	CREDENTIALS_FAILED,  /* the provider did not answer: worth a new try */
	CREDENTIALS_REFUSED, /* it said no, or what it gave has expired: status
	                      * 3
	                      */
};

/*
 * One asking.  name: filled by the provider that answers, for people.
 * now_ms: the service's clock when the asking began, mono_ms ours then.
 */
struct provider {
	struct config *config;
	struct transport *transport;
	struct skew *skew;
	const struct pollfd *stop; /* or NULL */
	int64_t now_ms;
	int64_t mono_ms;
	struct buf name;
	bool told;       /* by somebody over the network, just now */
	struct buf *why; /* says why a result is not CREDENTIALS_OK */
};

/* The service's clock now. */
int64_t provider_now_ms(const struct provider *);

/* Appends to why; returns the result, so that it can be returned. */
enum credentials_result
provider_fail(struct provider *, enum credentials_result, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Starts name anew. */
void provider_name(struct provider *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Waits, while requests in flight go on.  -1: asked to stop. */
int provider_pause(struct provider *, int64_t ms);

/*
 * A small file, such as a token, less the blanks around it.  -1: why says so.
 */
int provider_read_file(struct provider *, const char *path, struct buf *);

/*
 * The wanted members of a JSON object, decoded texts and raw numbers, each
 * into its buf; null and missing ones are empty.  -1: no JSON object.
 */
int provider_read_json(
    struct span body, const char *const *member, size_t n, struct buf *value);
void provider_wipe(struct buf *value, size_t n);

/*
 * The identity that the first four of those values are; the time is ISO text,
 * empty where the keys do not expire.  NULL, or what the answer has instead.
 */
enum { KEYS_ID, KEYS_SECRET, KEYS_TOKEN, KEYS_EXPIRATION, KEYS_MORE };
const char *provider_take_keys(const struct buf *value, struct identity *);

/*
 * A request: up to attempts times, as long as nothing or nothing good came
 * (network, throttle, 5xx), with pauses between.  With call it is that one,
 * signed by source or not at all, and once more where the clock was wrong; else
 * that of method, URL, header line and body.
 */
struct provider_ask {
	const char *who; /* for messages: "the container's credentials" */
	int attempts;
	int64_t pause_ms; /* 0: back-off with jitter */
	const struct call *call;
	const struct identity *source; /* or NULL */
	const char *method;
	struct buf url;
	struct buf header; /* a line; empty: none */
	struct span body;
	int64_t timeout_ms;
	bool direct; /* by no proxy */
};
void provider_ask_free(struct provider_ask *); /* the bufs; wipes */

/* OK: response has status 2xx.  Else why says what, response may be looked at;
 * it is the caller's to free in any case. */
enum credentials_result provider_http(struct provider *, struct provider_ask *,
    struct transport_response *response);

/* A whole random number. */
uint64_t provider_random(void);

#endif
