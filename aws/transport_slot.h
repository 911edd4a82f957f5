/* transport_slot - one request of a transport: libcurl's handle, the headers
 * that go out, the response that comes in.  For transport.c alone.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_TRANSPORT_SLOT_H
#define AWS_TRANSPORT_SLOT_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "aws/transport.h"

/* easy is kept from request to request; the rest belongs to one. */
struct slot {
	CURL *easy;
	struct curl_slist *headers;
	struct transport_response response;
	struct span body; /* borrowed: what libcurl has not taken of it */
	int64_t timeout_ms;
	int64_t moved_ms; /* when libcurl took a part of it last */
	size_t max_reply;
	bool too_big;
	bool own; /* transport_call() waits for it */
	bool is_done;
	struct slot *next;
};

struct slot *slot_new(void); /* NULL: out of memory */
void slot_del(struct slot *);

/* Ready to be added.  -1: memory, or libcurl refuses. */
int slot_prepare(struct slot *, const struct transport_request *,
    const char *ca_bundle, size_t max_reply);

/* When the answer is late: the timeout after the body last moved. */
static inline int64_t
slot_late_ms(const struct slot *s)
{
	return s->moved_ms + s->timeout_ms;
}

/* Turns libcurl's verdict and what came into the response. */
void slot_finish(struct slot *, CURLcode);

/* Forgets the request, and the body that it borrowed. */
void slot_reset(struct slot *);

#endif
