/* fit - how large requests may be, and how many at once, on a slow line.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_FIT_H
#define KINESIS_PUT_FIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A request whose body takes long to leave is made smaller, down to FIT_LEAST
 * bytes; there, fewer go at once.  So is one that left quickly and got no
 * answer in time: a proxy may hold what goes slowly behind it.  Both grow again
 * while requests are answered quickly; by twice, so that what took half of the
 * time that an answer has stays within it.  A slow answer is no slow line.
 *
 * Pure; bytes are those of keys and data.
 */
enum {
	FIT_LEAST = 16 * 1024,
	FIT_SLOW_MS = 2500, /* or a quarter of the time that an answer has */
};

struct fit {
	size_t bytes;   /* of a request; one record may have more */
	size_t at_once; /* requests; >= 1 */
	size_t bytes_most, at_once_most;
};

struct fit_request {
	size_t bytes;
	size_t at_once;     /* in flight when it was sent, with it */
	int64_t upload_ms;  /* its body moved for so long */
	int64_t elapsed_ms; /* until its answer */
	int64_t timeout_ms; /* what an answer has */
	bool timed_out;
};

/* The most that the options allow, with which it begins. */
void fit_init(struct fit *, size_t bytes_most, size_t at_once_most);

/* A request was answered, or timed out. */
void fit_note(struct fit *, const struct fit_request *);

#endif
