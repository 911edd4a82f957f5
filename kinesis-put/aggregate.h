/* aggregate - several records of one key as one, in the aggregated format of
 * the Kinesis Producer Library. SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_AGGREGATE_H
#define KINESIS_PUT_AGGREGATE_H

#include <stdbool.h>
#include <stddef.h>

#include "kinesis-put/pool.h"
#include "lib/buf.h"

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

#endif
