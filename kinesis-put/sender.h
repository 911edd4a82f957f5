/* sender - sends what the outbox holds, and does with each answer what it
 * means.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_SENDER_H
#define KINESIS_PUT_SENDER_H

#include <stdbool.h>
#include <stdint.h>

#include "kinesis-put/account.h"
#include "kinesis-put/completion.h"
#include "kinesis-put/options.h"
#include "kinesis-put/outbox.h"
#include "kinesis-put/response.h"
#include "aws/service.h"
#include "lib/buf.h"
#include "lib/diag.h"
#include "lib/random.h"

struct sender {
	const struct options *opt; /* borrowed */
	struct service *service;   /* borrowed */
	struct outbox outbox;
	struct completion completion;
	struct health health;
	struct account account;
	struct random random;
	struct buf aggregate; /* the one being written */
	bool input_is_ready;  /* set by whoever reads it: see below */
	bool no_memory;       /* said */
	bool fatal;           /* nothing more can be sent; said why */
};

/* STATUS_OK, or what to end with after saying why; to be freed in any case. */
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
void sender_flush(struct sender *);

/* When sender_send() has something to do again; INT64_MAX: when asked. */
int64_t sender_due_ms(const struct sender *, bool more);

/* Nothing is held any more. */
static inline bool
sender_is_done(const struct sender *s)
{
	return s->outbox.pool.live == 0;
}

/*
 * Takes a new record, read at read_ms.  False where memory is out, which was
 * said; the record is not held then.
 */
bool sender_take(
    struct sender *, const struct wal_record *, bool resumed, int64_t read_ms);

/* Nothing more can be sent; the message has been printed. */
void sender_fail(struct sender *, enum status);

/* The same for want of memory, which is said once. */
enum status sender_no_memory(struct sender *);

#endif
