/* service - the stream's end of the wire: who we are, where it answers, and
 * signed requests to it.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_SERVICE_H
#define KINESIS_PUT_SERVICE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/sigv4.h"
#include "aws/skew.h"
#include "aws/transport.h"
#include "kinesis-put/options.h"
#include "lib/buf.h"
#include "lib/diag.h"

/* All zero is closed. */
struct service {
	const struct options *opt; /* borrowed */
	struct config config;
	struct transport *transport;
	struct credentials *credentials;
	struct skew skew;
	struct endpoint data;      /* PutRecords */
	struct endpoint control;   /* DescribeStreamSummary */
	const char *endpoint_from; /* what named a custom endpoint, or NULL */
	struct sigv4_key key;
	struct pollfd stop;
};

/*
 * Reads the configuration, finds region, endpoint and credentials.  stop_fd
 * ends waiting for credentials early when it turns readable.  STATUS_USAGE or
 * STATUS_SYSTEM after saying why not.  Credentials that cannot be had just now
 * are asked for again by service_post().
 */
enum status service_open(struct service *, const struct options *, int stop_fd);
void service_close(struct service *);

enum service_posted {
	SERVICE_POSTED,
	SERVICE_LATER, /* no credentials just now; said once */
	SERVICE_FATAL, /* said why */
};

/* Which credentials and which clock a request was signed by. */
struct service_stamp {
	unsigned identity;
	unsigned skew;
};

/* Starts PutRecords; body is borrowed until its response was handed out. */
enum service_posted service_post(
    struct service *, struct span body, void *tag, struct service_stamp *);

/*
 * A call from begin to end: "DescribeStreamSummary" with control, "PutRecords"
 * without.
 */
enum service_posted service_call(struct service *, bool control,
    const char *operation, struct span body, struct transport_response *);

/* The stream's name and, where it is known, ARN, as members of a body. */
struct span service_arn(const struct service *);

#endif
