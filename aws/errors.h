/* errors - what a refusal of the service means, and what to do about it.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_ERRORS_H
#define AWS_ERRORS_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * Pure.  Kinesis answers most errors with status 400, throttles and bad
 * signatures too: the code decides, the status only where there is no code.
 * Source: the service's model and "Common errors", read 2026-11; botocore
 * 1.44 retries/standard.py; smithy-typescript service-error-classification.
 */
enum error_class {
	ERROR_NONE,      /* 2xx */
	ERROR_THROTTLE,  /* slow down: base 1 s for whole requests */
	ERROR_TRANSIENT, /* try again soon: base 50 ms; may have been stored */
	ERROR_CREDENTIALS, /* expired or unknown: refresh once, then fatal */
	ERROR_CLOCK,       /* signature: correct the clock once, then fatal */
	ERROR_INVALID,     /* a record may be at fault: bisect, reject */
	ERROR_MISSING,     /* no such stream, or not yet */
	ERROR_DENIED,      /* policy: fatal */
	ERROR_KMS,         /* the stream's key: fatal */
	ERROR_FATAL,       /* anything else that a repetition cannot cure */
};

/*
 * All zero is empty.  code is the name without namespace and URI
 * ("ValidationException"), "HTTP 503" where none was given; message the
 * service's own words (foreign bytes: diag_quote() before printing).
 * stale: the message says that the signature is too old or too new, so that
 * signing anew may help even where the clocks agree.  foreign: nothing shows
 * that AWS has answered at all, and not a proxy before it.
 */
struct service_error {
	enum error_class kind;
	int status;
	bool stale;
	bool foreign;
	struct buf code;
	struct buf message;
	struct buf
	    request_id; /* x-amzn-RequestId, for messages; may be empty */
};

void error_free(struct service_error *);

/* The response, as far as it matters here; empty spans for what is absent. */
struct error_reply {
	int status;
	struct span type; /* the header x-amzn-ErrorType */
	struct span request_id;
	struct span body; /* JSON, XML, HTML or empty */
};

/*
 * Reads a reply of status 300 and more (or of 200 with an XML error).  Never
 * fails: what cannot be read is classified by status.  Out of memory shows in
 * the bufs' failed.
 */
void error_read(const struct error_reply *, struct service_error *);

/*
 * The class of a code alone; of an entry in a PutRecords answer too.  status 0
 * for entries; unknown codes are classed by status (5xx, 429, 408 ...).
 */
enum error_class error_classify(struct span code, int status);

/* Code of a JSON __type or header: "a#Code", "Code:http://..." -> "Code". */
struct span error_bare_code(struct span);

#endif
