/* sender - takes records from the queue, sends them in batches, and settles
 * what became of each.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_SENDER_H
#define KINESIS_PUT_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "kinesis-put/account.h"
#include "kinesis-put/fit.h"
#include "kinesis-put/dead_letter.h"
#include "kinesis-put/key_queues.h"
#include "kinesis-put/options.h"
#include "kinesis-put/aggregate.h"
#include "kinesis-put/queue.h"
#include "kinesis-put/random.h"
#include "kinesis-put/reply.h"
#include "kinesis-put/service.h"
#include "kinesis-put/settle.h"
#include "kinesis-put/shards.h"
#include "kinesis-put/spool.h"
#include "kinesis-put/pool.h"
#include "lib/buf.h"
#include "lib/diag.h"

/* A request: its records and its body.  n == 0: nothing in it. */
struct batch {
	uint32_t *rec; /* owned; batch_records of them */
	size_t n;
	size_t bytes;   /* of keys and data */
	size_t at_once; /* requests in flight when it was sent, with it */
	bool repeated;  /* once, on a connection that was closed while idle */
	unsigned failures; /* of the stream when it was sent */
	int64_t started_ms;
	struct buf body;
	struct service_stamp stamp;
};

/*
 * What is wrong with the stream as a whole: requests fail.  Nothing is sent
 * before gate_ms then, and one request at a time until one is answered.
 */
struct outage {
	unsigned failures; /* in a row; 0: all is well */
	int64_t since_ms;
	int64_t gate_ms;
	int64_t said_ms;  /* when it was said last */
	int64_t pause_ms; /* until it is said again; 0: not said yet */
};

struct sender {
	const struct options *opt; /* borrowed */
	struct service *service;   /* borrowed */
	struct spool *spool;       /* borrowed; NULL: none */
	struct pool pool;
	struct queue queue;
	struct key_queues key_queues;
	struct shards shards;
	struct fit fit;
	struct random random;
	struct settle settle;
	struct buf aggregate; /* the one being written */
	struct account account;
	struct dead_letter rejects;
	struct dead_letter undelivered;
	struct batch *batch;       /* owned; opt->in_flight of them */
	size_t busy;               /* batches in flight */
	struct queue_list *halves; /* owned: batches to be sent as they are */
	size_t nhalves, halves_cap;
	struct reply_entry *entries; /* owned; of the answer being read */
	struct outcome *outcomes;    /* owned */
	struct outage outage;
	int64_t missing_ms;   /* the stream has been missing since, or -1 */
	unsigned clock_tried; /* offset number + 1 that was tried twice */
	unsigned signed_anew; /* since an answer was good */
	unsigned renewed;     /* credentials that followed refused ones, or 0 */
	bool clock_said;
	bool kept_spooled;   /* lines of the spool went to the files */
	bool input_is_ready; /* set by whoever reads it: see below */
	bool no_memory;      /* said */
	bool stop_reading;   /* a record was given up and had nowhere to go */
	enum status status;  /* so far */
	bool fatal;          /* nothing more can be sent; said why */
};

/* STATUS_OK, or what to end with after saying why. */
enum status sender_open(
    struct sender *, const struct options *, struct service *, uint64_t seed);
void sender_free(struct sender *);

/*
 * Sends what is worth sending now.  more: further input may come, so that a
 * batch that is not full may wait for it: until its linger is over while a
 * request is under way or input_is_ready, else for --gather.
 */
void sender_send(struct sender *, int64_t now_ms, bool more);

/* Would it send a batch that is not full, so that input_is_ready matters? */
bool sender_asks_for_input(const struct sender *);

/* Takes the answers that have come. */
void sender_receive(struct sender *, int64_t now_ms);

/* Kept lines go to their files, and after that what is done with is noted. */
void sender_keep(struct sender *);

/* When sender_send() has something to do again; INT64_MAX: when asked. */
int64_t sender_due_ms(const struct sender *, bool more);

/* The bytes of a request, less what is kept clear. */
size_t sender_bytes_limit(const struct options *);

/* Nothing is held any more. */
static inline bool
sender_is_done(const struct sender *s)
{
	return s->pool.live == 0;
}

/* Everything still held is undelivered: the end. */
void sender_abandon(struct sender *);

/*
 * Takes a new record, read at read_ms.  False where memory is out, which was
 * said; the record is not held then.
 */
bool sender_take(
    struct sender *, const struct wal_record *, bool resumed, int64_t read_ms);

/*
 * A record that is in no list any more leaves (completion.c): stored by the
 * service; rejected, kept and counted; given up, kept and counted.  Aggregated
 * records are delivered and given up as a whole; they are taken apart, never
 * rejected.
 */
void sender_deliver(struct sender *, uint32_t record);
void sender_reject(struct sender *, uint32_t record);
void sender_give_up(struct sender *, uint32_t record);

/* Where nothing gets through, what has waited too long is given up unsent. */
void sender_sweep(struct sender *, int64_t now_ms);

/* Memory is out: nothing more can be sent.  Said once. */
enum status sender_no_memory(struct sender *);

/*
 * What a response means for a batch (response.c).  Afterwards the batch is
 * empty, or in flight again.
 */
void sender_judge(struct sender *, struct batch *, struct transport_response *,
    int64_t now_ms);

/* Writes the body for the batch's records and starts it. */
void sender_post(struct sender *, struct batch *, int64_t now_ms);

/* The batch's request failed as a whole: its records wait, all wait. */
void sender_postpone(struct sender *, struct batch *, struct retry_steps,
    int64_t hint_ms, int64_t now_ms);

/* A record is to be sent again at due_ms, or is given up as too old. */
void
sender_again(struct sender *, uint32_t record, int64_t due_ms, int64_t now_ms);

/* Halves a batch that was refused: the first half is in the batch then. */
int sender_halve(struct sender *, struct batch *);

/* Nothing more can be sent; the message has been printed. */
void sender_fail(struct sender *, enum status);

#endif
