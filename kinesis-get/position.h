/* position - how far each shard has been read, in a file.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_POSITION_H
#define KINESIS_GET_POSITION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/reading.h"
#include "lib/buf.h"
#include "lib/fault.h"
#include "lib/span.h"

/*
 * One object of JSON:
 *
 *	{"stream":"arn:...","created":1732863600000,"shards":{
 *	"shardId-000000000000":{"done":true},
 *	"shardId-000000000001":{"sequence":"4959...","arrival":1732863601000},
 *	"shardId-000000000002":{"from":1732863600000}}}
 *
 * sequence: of the last record that was written, with "sub": N where only the
 * first N of its pack were.  from: nothing was, and it begins there; null is
 * its oldest record.  Times are milliseconds since 1970.
 */
struct position_shard {
	struct span id;
	struct span sequence;
	int64_t sub;
	int64_t arrival_ms;
	int64_t from_ms; /* -1: the oldest */
	bool done;
};

/* All zero is empty; spans point into text. */
struct position {
	struct buf text; /* owned */
	struct span arn; /* as JSON */
	int64_t created_ms;
	struct position_shard *shards; /* owned */
	size_t n, cap;
};

/* Reads p->text. */
int position_read(struct position *, struct fault *);
void position_free(struct position *);

/* The shard's, or NULL. */
const struct position_shard *
position_of(const struct position *, struct span id);

/* Writes one: begin, a call for each shard, end. */
void position_begin(struct buf *, struct span arn, int64_t created_ms);
void position_add(struct buf *, const struct position_shard *);
void position_end(struct buf *);

#endif
