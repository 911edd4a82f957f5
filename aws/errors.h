/* errors - what a refusal of the service means, and how long to wait after it.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_ERRORS_H
#define AWS_ERRORS_H

#include <stdbool.h>
#include <stdint.h>

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

/*
 * Pure: randomness is an argument.  Full jitter over exponential steps.
 * Source: AWS SDKs' standard mode of November 2026 (base 50 ms, 1 s for
 * throttles, cap 20 s; server's hint clamped to [t, t + 5 s]).
 */
enum {
	RETRY_TRANSIENT_BASE_MS = 50,
	RETRY_THROTTLE_BASE_MS = 1000,
	RETRY_CAP_MS = 20 * 1000,
	RETRY_ENTRY_CAP_MS = 5000, /* entries of a PutRecords answer */
	RETRY_HINT_SLACK_MS = 5000,
};

struct retry_steps {
	int64_t base_ms; /* > 0 */
	int64_t cap_ms;  /* >= base_ms */
};

#define RETRY_NO_HINT (-1)

/*
 * Milliseconds to wait before try n + 1, after n >= 1 failures in a row:
 * random/2^64 x min(base x 2^(n-1), cap).  hint_ms, where not RETRY_NO_HINT,
 * is the server's x-amz-retry-after: the wait is then at least what was
 * computed and at most 5 s above it, and the hint where it lies between.
 */
int64_t
retry_wait_ms(struct retry_steps, unsigned n, uint64_t random, int64_t hint_ms);

#endif
