/* reading - what a stream is asked for its shards and records, and its answers.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_READING_H
#define AWS_READING_H

#include <stddef.h>
#include <stdint.h>

#include "aws/endpoint.h"
#include "aws/members.h"
#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/* Pure. */

/* --- the bodies of calls --- */

/*
 * ListShards: all, or those that may hold records from from_ms on (-1: all); a
 * stream that keeps a year may have thousands that closed long ago.  token is
 * that of the next page, as JSON, or empty.
 */
void reading_ask_shards(
    struct buf *, const struct arn *, int64_t from_ms, struct span token);

/* GetShardIterator: of a type without a place; from a time; from a record. */
void reading_ask_iterator(
    struct buf *, const struct arn *, const char *shard, const char *type);
void reading_ask_iterator_at(
    struct buf *, const struct arn *, const char *shard, int64_t ms);
void reading_ask_iterator_by(struct buf *, const struct arn *,
    const char *shard, const char *type, struct span sequence);

/* GetRecords: iterator as JSON has it.  Its answer is read by aws/answer.h. */
void reading_ask_records(
    struct buf *, const struct arn *, struct span iterator, int64_t limit);

/* --- answers --- */

/*
 * Answers are strict JSON (lib/json.h); members that are not named here
 * are passed over, and null is the same as absent.  Functions that take a
 * struct fault return 0, or -1 with a fault: the answer is not what it should
 * be, or (what says "out of memory") there is none.
 */

/* A shard as ListShards has it; the spans lie in the body. */
struct listed {
	struct span id;
	struct span parents[2]; /* empty where there is none */
	struct span first;      /* its first sequence number */
	/* Upper halves of its hash keys: MD5 of the key, or explicit. */
	uint64_t first_place, last_place;
	bool closed;
};

/* A page of ListShards.  All zero is empty. */
struct page {
	struct listed *shards; /* owned */
	size_t n, cap;
	struct span token; /* of the next page, as JSON; n 0: there is none */
};

/* Reads a page in place of the one before; the spans lie in the body. */
int page_read(struct page *, struct span body, struct fault *);
void page_free(struct page *);

/* Of GetShardIterator: the iterator, as JSON, in the body. */
int reading_iterator(struct span body, struct span *iterator, struct fault *);

/* Of DescribeStreamSummary, in the body. */
struct summary {
	struct span arn;
	int64_t created_ms;
	int64_t retention_ms;
};
int reading_summary(struct span body, struct summary *, struct fault *);

/* The upper half of a hash key, 1 to 39 digits; it is below 2^128. */
uint64_t reading_place(struct span digits);

/* Order of two sequence numbers, which have no zeros in front. */
int sequence_order(struct span, struct span);

#endif
