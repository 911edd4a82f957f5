/* transport_slot - one request of a transport: libcurl's handle, the headers
 * that go out, the response that comes in.  For transport.c alone.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_TRANSPORT_SLOT_H
#define AWS_TRANSPORT_SLOT_H

#include <stdbool.h>
#include <stddef.h>

#include <curl/curl.h>

#include "aws/transport.h"

/* The sockets that libcurl has open, of which the kernel is asked. */
struct sockets {
	int fd[64]; /* those beyond are not asked of */
	unsigned n;
};

/* What all requests of a transport have in common. */
struct slot_manners {
	const char *ca_bundle;   /* borrowed; NULL: the system's */
	struct sockets *sockets; /* borrowed; outlives the connections */
	size_t max_reply;
	bool anew; /* on a connection of its own */
};

/* A handle serves one request: no state of it reaches the next. */
struct slot {
	CURL *easy;
	struct curl_slist *headers;
	struct transport_response response;
	struct sockets *sockets; /* borrowed */
	int fd;                  /* the connection's; -1: not known */
	struct span body; /* borrowed: what libcurl has not taken of it */
	size_t body_bytes;
	bool has_gone;   /* all of the body, out of the kernel too */
	curl_off_t gone; /* how much of it, when it was looked at last */
	int64_t timeout_ms;
	int64_t started_ms;
	int64_t looked_ms;
	int64_t moved_ms; /* when a part went or came last */
	size_t max_reply;
	bool too_big;
	bool own; /* transport_call() waits for it */
	bool is_done;
	bool is_stuck; /* libcurl has not let go of easy */
	struct slot *next;
};

/* Ready to be added.  NULL: memory, or libcurl refuses. */
struct slot *
slot_new(const struct transport_request *, const struct slot_manners *);
void slot_del(struct slot *);

/*
 * Has anything moved?  Returns when to ask again; a time that is not after
 * now_ms: the answer is late.
 */
int64_t slot_look(struct slot *, int64_t now_ms);

/* Turns libcurl's verdict and what came into the response. */
void slot_finish(struct slot *, CURLcode);

#endif
