/* lookup - reads in the stream what was under way.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_LOOKUP_H
#define KINESIS_PUT_LOOKUP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/pack.h"
#include "aws/reading.h"
#include "aws/service.h"
#include "kinesis-put/doubts.h"
#include "kinesis-put/floors.h"
#include "kinesis-put/options.h"
#include "lib/buf.h"
#include "lib/random.h"

enum {
	/* Clocks differ, and an arrival is approximate. */
	LOOKUP_SLACK_MS = 60 * 1000,
	/* A record that was put may be read after that; says the service of
	 * its put-to-get delay. */
	LOOKUP_SETTLE_MS = 1000,
};

/* A call, of the stream or of one shard. */
enum lookup_kind { LOOKUP_SHARDS, LOOKUP_ITERATOR, LOOKUP_RECORDS };
struct lookup_shard;
struct lookup_ask {
	enum lookup_kind kind;
	struct lookup_shard *shard; /* NULL: of the stream */
	bool busy;
	bool repeated;   /* on a connection that was dead */
	struct buf body; /* owned */
	struct service_stamp stamp;
	int64_t asked_ms;
	int64_t due_ms;    /* INT64_MAX: nothing is to ask */
	unsigned failures; /* in a row */
	unsigned mends;    /* signed anew since an answer was good */
};

/*
 * Reads every shard in which a doubt may be, from a time on, to its end and for
 * LOOKUP_SETTLE_MS at least, at the pace of aws/pace.h.  What fails is asked
 * for again, with growing pauses, for --retry-for.  What is refused ends it; in
 * both cases answers that are under way are waited for.
 */
struct lookup {
	struct service *service; /* borrowed, as the next three */
	const struct options *opt;
	struct random *random;
	struct floors *floors;
	struct doubts doubts; /* owned: what is looked for, and found */

	bool is_on;
	bool refused;      /* for good, and said: nothing can be looked up */
	bool over;         /* until_ms has come, which was said */
	int64_t from_ms;   /* by the service's clock */
	int64_t settle_ms; /* what is asked then shows all */
	int64_t until_ms;  /* it goes on for so long; --retry-for */
	struct lookup_ask lister;
	struct buf token; /* of the next page */
	struct page page;
	struct lookup_shard **shard; /* owned, each too */
	size_t n, cap;
	size_t in_flight;
	struct pack pack;
	struct buf key;
	unsigned failures; /* in a row, of whatever call */
	bool said;
	int64_t said_ms;
};

/*
 * Begins to look for the doubts, which have been told, with what is known.
 * Nothing may be sent to the stream, nor be under way, until it is over.
 */
void lookup_begin(struct lookup *, int64_t from_ms, int64_t now_ms);
void lookup_free(struct lookup *);

/* Asks what is due.  When something is; INT64_MAX: an answer comes first. */
void lookup_step(struct lookup *, int64_t now_ms);
int64_t lookup_due_ms(const struct lookup *);

/* Takes an answer; false: it is not one to this. */
bool lookup_take(struct lookup *, struct transport_response *, int64_t now_ms);

#endif
