/* request - PutRecords: its limits, its body, in which several records may be
 * packed as one, and the reply.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_REQUEST_H
#define KINESIS_PUT_REQUEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "kinesis-put/pool.h"
#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/* --- what the service takes in one record and one request --- */

/*
 * Source: Amazon Kinesis Data Streams API Reference, PutRecords, and "Quotas
 * and limits"; read 2026-11.  Bytes are those of the key and of the data
 * before base64.
 */
enum {
	PUT_RECORDS_MAX = 500,                    /* records a request */
	PUT_REQUEST_BYTES = 5 * 1024 * 1024,      /* taken everywhere */
	PUT_REQUEST_BYTES_MAX = 10 * 1024 * 1024, /* since October 2025 */
	PUT_RECORD_BYTES = 1024 * 1024,           /* a stream's default */
	PUT_RECORD_BYTES_MAX = 10 * 1024 * 1024,
	PUT_KEY_UNITS_MAX = 256, /* characters, counted as UTF-16 units */
	PUT_HASH_DIGITS_MAX = 39,

	/*
	 * Kept clear of a request's bytes, or 1 % of them where that is more:
	 * requests a hundred bytes below the limit have been refused
	 * (amazon-kinesis-streams-for-fluent-bit, issue 21).
	 */
	PUT_MARGIN_BYTES = 64 * 1024,
};

/* --- the body --- */

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

/* --- several records of one key as one --- */

/*
 * Source: aggregation-format.md of the Kinesis Producer Library, read 2026-11:
 * F3 89 9A C2, a protobuf message AggregatedRecord, its MD5.  All members have
 * the same partition key and the same explicit hash key, if any, so that they
 * are in whatever shard the aggregated record is in: consumers drop aggregates
 * with strangers.
 */

enum { AGGREGATE_DEFAULT_BYTES = 50 * 1024 }; /* the library's own default */

/* Bytes of an aggregated record without members, keys of the request's record
 * included. */
size_t aggregate_head_bytes(size_t key_n, size_t hash_n);

/* What a member of so many bytes adds. */
size_t aggregate_member_bytes(size_t data_n, bool has_hash);

/* Writes the aggregate that first stands for, with its key.  -1: no MD5. */
int aggregate_write(struct buf *, const struct pool *,
    const struct record *first, struct span key);

/* Is there an MD5 here?  (Not where OpenSSL is bound to FIPS 140.) */
bool aggregate_works(void);

/* --- the reply --- */

/*
 * What became of a record.  The spans point into the reply, raw: shard and
 * sequence are set where it was stored, code and message where not.  stored is
 * true only where the entry has a sequence number and no error; neither of them
 * leaves code empty, and the record is to be sent again.
 */
struct reply_entry {
	struct span shard;
	struct span sequence;
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
