/* response - what an answer of the service means: what becomes of each record,
 * when to go on, what to say.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_RESPONSE_H
#define KINESIS_PUT_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/credentials.h"
#include "aws/errors.h"
#include "aws/skew.h"
#include "kinesis-put/options.h"
#include "kinesis-put/outbox.h"
#include "kinesis-put/request.h"
#include "lib/random.h"

/*
 * Pure: decides and does nothing.  It knows no clock, no network, no file and
 * no descriptor; the delivery does what it returns.
 */

enum fate {
	FATE_STORED,
	FATE_AGAIN,   /* failed or throttled: after wait_ms */
	FATE_REFUSED, /* for what it is; sending it again is useless */
	FATE_FATAL,   /* the stream takes nothing from us; after wait_ms */
};

/* What became of one record of an answer of status 200. */
struct ack {
	enum fate fate;
	bool throttled;
	uint32_t shard;
	int64_t wait_ms;
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

/* What the answers so far have told, and what the next is judged by. */
struct health {
	const struct options *opt; /* borrowed, as all that is set here */
	struct outbox *outbox;     /* pool and shards; the rest is let alone */
	struct random *random;
	struct skew *skew;
	struct outage outage;
	int64_t missing_ms;   /* the stream has been missing since, or -1 */
	unsigned clock_tried; /* offset number + 1 that was tried twice */
	unsigned signed_anew; /* since an answer was good */
	unsigned renewed;     /* credentials that followed refused ones, or 0 */
	bool clock_said;
	struct reply_entry *entry; /* owned; of the answer at hand */
	struct ack *ack;           /* owned; beside it */
};

/* The other members are set before.  0, or -1 without memory. */
int health_init(struct health *);
void health_free(struct health *);

/* An answer (or none), when it came, and who we are by then. */
struct answer {
	const struct batch *batch; /* what it is about */
	const struct transport_response *response;
	int64_t now_ms;
	int64_t wall_ms;
	unsigned identity; /* of credentials */
	const char *url;   /* of the service, for messages */
};

enum verdict_action {
	VERDICT_ACKS,   /* each record goes by its ack in health */
	VERDICT_REPEAT, /* the same batch again, at once */
	VERDICT_SPLIT,  /* in two, the first half at once */
	VERDICT_REJECT, /* its only record is refused, as refusal says */
	VERDICT_WAIT,   /* all of it waits, as nothing is sent, until due_ms */
	VERDICT_RENEW,  /* newer credentials are needed: response_renewed() */
};

/* All zero is empty. */
struct verdict {
	enum verdict_action action;
	bool throttled; /* all of the batch was */
	bool in_doubt;  /* all of it may have been stored */
	bool ends;      /* nothing more can be sent; error says why */
	int64_t due_ms;
	struct service_error refusal; /* owned */
	struct buf warning, error;    /* owned; to be said; empty: nothing is */
};
void verdict_free(struct verdict *);

void response_judge(struct health *, const struct answer *, struct verdict *);

/* The second half of VERDICT_RENEW: what came of asking, and why. */
void response_renewed(struct health *, const struct answer *,
    enum credentials_result, struct buf *why, struct verdict *);

/*
 * A batch's request failed as a whole, or could not be made: when to go on.
 * Requests that were in flight together count as one failure.
 */
int64_t response_postpone(struct health *, const struct batch *,
    struct retry_steps, int64_t hint_ms, int64_t now_ms);

/*
 * Judges the entries of an answer into acks.  Records of one shard wait
 * equally long: full jitter over the number of answers in a row in which the
 * shard stored nothing (at least one step).  Where the shard is not known (by
 * the message, or by where the key went before) the stream as a whole stands
 * for it.  With --ordered each key waits for itself.  The rate of each shard
 * follows.
 */
void response_acks(struct health *, const struct batch *, int64_t now_ms);

#endif
