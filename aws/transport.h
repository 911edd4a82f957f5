/* transport - HTTP/1.1 requests in flight over reused connections.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_TRANSPORT_H
#define AWS_TRANSPORT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/* All zero is the default. */
struct transport_options {
	const char *ca_bundle; /* file of CA certificates; NULL: the system's */
	long max_connections;  /* kept for reuse; 0: 8 */
	size_t max_reply;      /* bytes of a body; 0: 16 MiB */
};

struct transport; /* opaque; libcurl behind it */

/* NULL: *why says why.  SIGPIPE is ignored from then on: lib/signals.h. */
struct transport *
transport_new(const struct transport_options *, struct buf *why);

/* Abandons what is in flight. */
void transport_del(struct transport *);

/* Takes a piece of a body, of the request of that tag.  False: no memory. */
typedef bool transport_take_fn(void *tag, struct span piece);

/*
 * A request.  url, method and headers are copied; body is borrowed until the
 * response has been handed out or the request was abandoned.  Headers are
 * whole lines, "Name: value", Host among them; none but these, Content-Length,
 * Accept and Accept-Encoding are sent: no Expect, no User-Agent, no redirects,
 * no cookies.  direct: no proxy (metadata services of the machine itself).
 * timeout_ms is for a time in which nothing moves: no byte leaves the kernel,
 * none comes.  On a slow line a request or an answer may take longer; an answer
 * has as long again as its request took to send.  take, which may be NULL, is
 * given the body of an answer of status 200 as it comes, in place of the
 * response; whether it has come whole says the response.
 *
 * A body is never sent twice: where the connection dies the result is BROKEN.
 */
struct transport_request {
	const char *method; /* "POST", "GET", "PUT" */
	const char *url;
	const char *const *headers;
	size_t nheaders;
	struct span body;
	int64_t timeout_ms; /* for the answer; > 0 */
	bool direct;
	transport_take_fn *take;
	void *tag; /* given back with the response */
};

enum transport_result {
	TRANSPORT_ANSWERED, /* a whole response came, of whatever status */
	TRANSPORT_NO_HOST,  /* name not resolved */
	TRANSPORT_REFUSED,  /* not connected: nothing was sent */
	TRANSPORT_TLS,      /* certificate or handshake: nothing was sent */
	TRANSPORT_TIMEOUT,  /* no answer in time: may have been done */
	TRANSPORT_BROKEN,   /* reset, cut off, nonsense: may have been done */
	TRANSPORT_TOO_BIG,  /* its head, or its body passes max_reply */
	TRANSPORT_FAILED,   /* memory, or a URL that libcurl refuses: may have
	                       been done */
	TRANSPORT_STOPPED,  /* transport_call() was told to */
};

/*
 * All zero is empty.  Owned by whoever got it; transport_response_free().
 * header values are of the last response (not of a 100 Continue), as they
 * stand; empty where the header is missing.  cause: libcurl's words where
 * result is not TRANSPORT_ANSWERED.  reused: the connection had been used
 * before; with BROKEN and answer_bytes 0 it was most likely closed while idle,
 * and the request may be repeated at once.
 */
struct transport_response {
	void *tag;
	enum transport_result result;
	int status;
	struct buf body;
	struct buf head; /* owned bytes that the spans below point to */
	struct span date;
	struct span request_id; /* x-amzn-RequestId, else x-amz-request-id */
	struct span error_type; /* x-amzn-ErrorType */
	int64_t retry_after_ms; /* x-amz-retry-after, or -1 */
	int64_t elapsed_ms;
	int64_t upload_ms; /* in which the body moved; 0: no time to speak of */
	size_t answer_bytes; /* of head and body that came */
	bool reused;
	char cause[256]; /* ended by NUL, no control bytes */
};
void transport_response_free(struct transport_response *);

/*
 * Begins a request.  0, or -1 where it could not even be begun (memory); it
 * makes progress only inside the waiting calls below.
 */
int transport_start(struct transport *, const struct transport_request *);

/*
 * Lets all requests make progress until a response can be handed out, one of
 * fds (at most TRANSPORT_FDS_MAX, n may be 0; revents is set) is ready, or
 * timeout_ms has passed (0: does what can be done at once; -1: no limit).
 * Signals do not end it: put signals_fd() among fds.  Returns at once while
 * transport_next() has something.  -1 with errno: nothing works here any more
 * (memory, poll).
 */
enum { TRANSPORT_FDS_MAX = 8 };
int transport_wait(
    struct transport *, struct pollfd *fds, unsigned n, int64_t timeout_ms);

/* The same, but completed responses do not end the wait. */
int transport_pump(
    struct transport *, struct pollfd *fds, unsigned n, int64_t timeout_ms);

/* Hands out a completed response; false: none now. */
bool transport_next(struct transport *, struct transport_response *);

/*
 * One request from begin to end, while the others make progress too (their
 * responses wait for transport_next()).  Ends early, with TRANSPORT_STOPPED,
 * where stop (may be NULL) turns readable, such as signals_fd().
 */
void transport_call(struct transport *, const struct transport_request *,
    const struct pollfd *stop, struct transport_response *);

/* Gives up every request in flight without an answer. */
void transport_abandon(struct transport *);

/* "name not resolved", "connection refused", ...: for messages. */
const char *transport_result_name(enum transport_result);

#endif
