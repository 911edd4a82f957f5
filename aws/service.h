/* service - Kinesis' end of the wire: who we are, where it answers, and signed
 * requests to it.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_SERVICE_H
#define AWS_SERVICE_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "aws/config.h"
#include "aws/credentials.h"
#include "aws/endpoint.h"
#include "aws/errors.h"
#include "aws/sigv4.h"
#include "aws/skew.h"
#include "aws/transport.h"
#include "lib/buf.h"
#include "lib/diag.h"

/* What the command line said; NULL where it said nothing. */
struct service_options {
	const char *region;
	const char *endpoint_url;
	const char *profile;
	struct arn arn; /* of the stream; only a name has no account */
	int64_t in_flight;
	int64_t request_timeout_ms;
	size_t max_reply; /* bytes; 0: as struct transport_options has it */
	struct retry_steps transient_steps; /* of whole requests */
	struct retry_steps throttle_steps;
};

/* An operand, the stream: one alone.  0, or -1 after saying so. */
int service_take_stream(const char **stream, const char *operand);

/*
 * The stream, a name or an ARN, which may be NULL where none was given, and
 * whether --region is its own.  0, or -1 after saying what is wrong.
 */
int service_set_stream(struct service_options *, const char *stream);

/* A body's begin: {"StreamName":"x", "StreamARN":"arn:..." if there is one. */
void service_add_stream(struct buf *, const struct arn *);

/* All zero is closed. */
struct service {
	const struct service_options *opt; /* borrowed */
	struct config config;
	struct transport *transport;
	struct credentials credentials;
	struct skew skew;
	struct endpoint data;      /* PutRecords, GetRecords */
	struct endpoint control;   /* DescribeStreamSummary and the like */
	const char *endpoint_from; /* what named a custom endpoint, or NULL */
	struct sigv4_key key;
	struct pollfd stop;
	transport_take_fn *take_records; /* bodies of GetRecords, as they come;
	                                    NULL: they are in the responses */
};

/*
 * Reads the configuration and finds region and endpoint: no network, no
 * credentials.  STATUS_USAGE after saying why not.
 */
enum status service_configure(struct service *, const struct service_options *);

/*
 * The same, and finds credentials.  stop_fd ends waiting for them early when it
 * turns readable.  Credentials that are not available just now are asked for
 * again by service_post() and service_call().
 */
enum status
service_open(struct service *, const struct service_options *, int stop_fd);
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

/*
 * Starts "PutRecords", "GetRecords"; body is borrowed until the response was
 * handed out.  With response, which may be NULL, it goes on to the end.
 */
enum service_posted
service_post(struct service *, const char *operation, struct span body,
    void *tag, struct service_stamp *, struct transport_response *response);

/*
 * A call from begin to end, such as "ListShards".  Refused for a wrong clock or
 * old credentials it is made again, once; what time may cure, until until_ms
 * (of clock_mono_ms()), which is said as --retry-for's outages are.
 * The response and what it means are the caller's to free in any case; without
 * SERVICE_POSTED they say nothing.
 */
enum service_posted
service_call(struct service *, const char *operation, struct span body,
    int64_t until_ms, struct transport_response *, struct service_error *);

/*
 * After a refusal of class ERROR_CLOCK or ERROR_CREDENTIALS: has something been
 * mended since the request was signed, so that it is worth another try at once?
 */
bool service_mend(struct service *, const struct service_error *,
    struct span date, const struct service_stamp *);

/* Says the text, if there is one, by diag_error() or diag_warn(). */
void service_say(
    const struct buf *, void (*how)(const struct diag_at *, const char *, ...));

enum { SERVICE_WORDS_MAX = DIAG_SAID_MAX + 80 };

/* "ValidationException: 'its own words'", without the words if none. */
const char *service_describe(
    char out[SERVICE_WORDS_MAX], struct span code, struct span message);

/* Was the request never sent? */
bool service_unreached(const struct transport_response *);

/*
 * Words for a request that failed and will be tried again; since, which may be
 * empty, is put behind the cause.
 */
void service_add_outage(struct buf *, const char *url,
    const struct transport_response *, const struct service_error *,
    struct span since);

#endif
