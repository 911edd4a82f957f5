/* outbox - what is held: the records, in which order and in which batches they
 * go.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_OUTBOX_H
#define KINESIS_PUT_OUTBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kinesis-put/key_queues.h"
#include "kinesis-put/options.h"
#include "kinesis-put/pool.h"
#include "kinesis-put/queue.h"
#include "aws/service.h"
#include "kinesis-put/shards.h"
#include "lib/wal.h"
#include "lib/buf.h"

/* --- how large requests may be, and how many at once, on a slow line --- */

/*
 * A request whose body takes long to leave is made smaller, down to FIT_LEAST
 * bytes; there, fewer go at once.  So is one that left quickly and got no
 * answer in time: a proxy may hold what goes slowly behind it.  Both grow again
 * while requests are answered quickly; by twice, so that what took half of the
 * time that an answer has stays within it.  A slow answer is no slow line.
 *
 * Pure; bytes are those of keys and data.
 */
enum {
	FIT_LEAST = 16 * 1024,
	FIT_SLOW_MS = 2500, /* or a quarter of the time that an answer has */
};

struct fit {
	size_t bytes;   /* of a request; one record may have more */
	size_t at_once; /* requests; >= 1 */
	size_t bytes_most, at_once_most;
};

struct fit_request {
	size_t bytes;
	size_t at_once;     /* in flight when it was sent, with it */
	int64_t upload_ms;  /* its body moved for so long */
	int64_t elapsed_ms; /* until its answer */
	int64_t timeout_ms; /* what an answer has */
	bool timed_out;
};

/* The most that the options allow, with which it begins. */
void fit_init(struct fit *, size_t bytes_most, size_t at_once_most);

/* A request was answered, or timed out. */
void fit_note(struct fit *, const struct fit_request *);

/* --- what is held --- */

/* A request: its records and its body.  n == 0: nothing in it. */
struct batch {
	uint32_t *rec; /* owned; batch_records of them */
	size_t n;
	size_t bytes;   /* of keys and data */
	size_t at_once; /* requests in flight when it was sent, with it */
	bool repeated;  /* once, on a connection that was closed while idle */
	unsigned failures; /* of the stream when it was sent */
	int64_t started_ms;
	int64_t since_ms; /* --verify: by the service's clock, it was not sent
	                     before */
	struct buf body;
	struct service_stamp stamp;
};

/*
 * Pure.  A record is in the pool from outbox_take() to pool_drop(), and
 * meanwhile in one place: with those of its key (key_queues), in the queue,
 * kept back for its shard's rate (shards), in a batch, or in a split batch that
 * waits to be sent as it is.
 */
struct outbox {
	const struct options *opt; /* borrowed */
	struct pool pool;
	struct queue queue;
	struct key_queues key_queues;
	struct shards shards;
	struct fit fit;           /* how large, and how many at once */
	struct batch *batch;      /* owned; opt->service.in_flight of them */
	size_t in_flight;         /* those that have been sent */
	struct queue_list *split; /* owned: parts of batches */
	size_t nsplit, split_cap;
};

/* 0, or -1 without memory; it is to be freed in any case. */
int outbox_open(struct outbox *, const struct options *);
void outbox_free(struct outbox *);

/* The bytes of a request, less what is kept clear. */
size_t outbox_bytes_limit(const struct options *);

/* A new record, read at read_ms.  -1: no memory; it is not held then. */
int outbox_take(
    struct outbox *, const struct wal_record *, bool resumed, int64_t read_ms);

/* As many records as fill a batch may be sent. */
bool outbox_is_full(const struct outbox *);

/*
 * What has waited long enough may be sent: for its time, for its shard's rate,
 * for company.  more: further records may come.
 */
void
outbox_wake(struct outbox *, int64_t now_ms, int64_t patience_ms, bool more);
int64_t outbox_wake_ms(const struct outbox *, int64_t patience_ms);

/* When the next batch is to be sent: INT64_MIN at once, INT64_MAX: there is
 * nothing for one. */
int64_t outbox_batch_ms(const struct outbox *, int64_t patience_ms, bool more);

/* The next batch; n is 0 where all of it is kept back for its shards' rates. */
struct batch *outbox_batch(struct outbox *, int64_t now_ms);

/* Its second half is sent by itself, later.  0, or -1 without memory. */
int outbox_split(struct outbox *, struct batch *);

/* When the oldest record was read; now_ms where none is held. */
int64_t outbox_oldest_ms(const struct outbox *, int64_t now_ms);

#endif
