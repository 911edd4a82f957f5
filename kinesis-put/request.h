/* request - the body of PutRecords, written record by record, and the reply.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_REQUEST_H
#define KINESIS_PUT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/* Begins a body: the stream and "Records":[. */
void request_begin(struct buf *, const struct arn *);

/*
 * One record.  key is UTF-8 and not empty; hash is digits, or empty for none;
 * data is any bytes.  A failure sticks in the buf.
 */
void
request_add(struct buf *, struct span key, struct span hash, struct span data);

/* The last record has been added. */
void request_end(struct buf *);

/* A key of RANDOM_KEY_BYTES characters from 64 random bits. */
void request_random_key(char *out, uint64_t random);

/*
 * What became of a record.  The spans point into the reply, raw: shard is set
 * where it was stored, code and message where not.  stored is true only where
 * the entry has a sequence number and no error; neither of them leaves code
 * empty, and the record is to be sent again.
 */
struct reply_entry {
	struct span shard;
	struct span code;
	struct span message;
	bool stored;
};

/*
 * Reads the body of a 200 into n entries, one for each record of the request,
 * in its order.  null is the same as absent; FailedRecordCount is not
 * trusted, and what else the reply holds is skipped.  -1 with a fault: not
 * JSON, no "Records", or another number of them than n: nothing can be paired
 * then, and any of the records may have been stored.
 */
int
reply_read(struct span body, struct reply_entry *, size_t n, struct fault *);

#endif
