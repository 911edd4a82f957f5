/* request - the body of PutRecords, written record by record.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_REQUEST_H
#define KINESIS_PUT_REQUEST_H

#include <stdint.h>

#include "aws/endpoint.h"
#include "lib/buf.h"
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

#endif
