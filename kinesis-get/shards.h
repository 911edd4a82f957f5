/* shards - the stream's shards: which are read, from where, and after which.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_SHARDS_H
#define KINESIS_GET_SHARDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "aws/answer.h"
#include "aws/pace.h"
#include "aws/reading.h"
#include "kinesis-get/options.h"
#include "kinesis-get/position.h"
#include "lib/buf.h"

/*
 * A split closes a shard and opens two, a merge closes two and opens one: the
 * new ones name their parents.  A child's records arrived after those of its
 * parents, so it waits until these are read to their ends.
 *
 *	shardId-0 ──┬─ shardId-2 ──┐
 *	            └─ shardId-3 ──┴─ shardId-4
 *	shardId-1 ────────────────────────────
 *
 * Here 0 and 1 are read at once, then 2 and 3, then, after both, 4.
 *
 * Pure: knows no network and no clock.
 */

enum shard_state {
	SHARD_WAITING, /* for its parents */
	SHARD_OPEN,    /* asked for records, or has some to be written */
	SHARD_DONE,    /* read as far as it is to be, or not at all */
};

/* Where it begins, as long as no record of it has been written. */
enum place { PLACE_HORIZON, PLACE_LATEST, PLACE_TIME };

/* A call about a shard, or about the stream. */
enum ask_kind { ASK_SUMMARY, ASK_SHARDS, ASK_ITERATOR, ASK_RECORDS };
struct shard;
struct ask {
	enum ask_kind kind;
	struct shard *shard; /* NULL: of the stream */
	bool busy;
	struct buf body; /* owned */
	struct service_stamp stamp;
	int64_t asked_ms; /* monotonic */
	int64_t asked_wall_ms;
	int64_t due_ms;    /* of the next try; INT64_MAX: nothing is to ask */
	unsigned failures; /* in a row */
	int64_t since_ms;  /* of the first of them */
	unsigned mends;    /* signed anew since an answer was good */
	bool repeated;     /* on a connection that was dead */
};

struct shard {
	char *id;         /* owned */
	char *parents[2]; /* owned names, or NULL */
	char *first;      /* owned: its first sequence number */
	enum shard_state state;
	bool closed;   /* at the last listing */
	bool skipped;  /* not to be read at all */
	bool cut;      /* ended by --until: nor are its children */
	bool fresh;    /* not judged yet */
	bool has_heir; /* a child of it has been listed */
	bool missed;   /* the service does not know it, as it said last */
	unsigned seen; /* the last listing that had it */

	enum place place;
	int64_t place_ms;    /* of PLACE_TIME */
	struct buf sequence; /* owned: of the last record written; or empty */
	uint64_t done;       /* of its pack, where not all is written, or 0 */
	int64_t arrival_ms;  /* of that record */
	bool resumed;        /* none has been written since @FILE */

	struct ask ask;
	struct buf iterator;  /* owned, as JSON; empty: to be asked for */
	struct answer answer; /* being written: what is left of it */
	struct answer ahead;  /* what comes behind it, or nothing */
	struct answer coming; /* what is being received */
	unsigned disliked;    /* iterators in a row that were not taken */
	unsigned doubted;     /* its sequence number was not taken: the listing
	                         that tells whether this is still its stream */
	struct pace pace;
	int64_t limit;     /* records asked for at once */
	bool is_slow;      /* that many did not come in time */
	int64_t lag_ms;    /* behind the latest, as it said */
	int64_t silent_ms; /* on the reader's clock of listening: since then it
	                      has owed an answer that brings it on; -1: it owes
	                      none */
	int64_t owing_ms;  /* the same, of any answer */
	int64_t known_ms;  /* what it has is known as of then: owing_ms of its
	                      last answer */
	bool behind;       /* has more, or nobody knows yet */
	bool at_end;       /* closed, and nothing follows what is here */
	uint64_t records;  /* of the stream, taken from it */
};

/* All zero is empty. */
struct shards {
	struct shard **list; /* owned, each too; by id */
	size_t n, cap;
	unsigned listings; /* that have ended */
	bool is_other;     /* of shards that are known, another stream has been
	                      made meanwhile: they begin elsewhere */
};

void shards_free(struct shards *);
struct shard *shards_find(const struct shards *, struct span id);

/* A listing begins, goes on with a page, ends.  -1: out of memory. */
void shards_list_begin(struct shards *);
int shards_list_add(struct shards *, const struct page *);

/*
 * Decides about those that are new, where each begins by the options and by the
 * position (of --from @FILE): of the first listing those that --from and
 * --shards name, of later ones the children of what is read.
 */
void shards_list_end(
    struct shards *, const struct options *, const struct position *);

/* What --position keeps of it. */
struct position_shard shard_position(const struct shard *, int64_t start_ms);

/* Opens what waits only for shards that are done.  How many. */
size_t shards_open(struct shards *);

/* Are all done? */
bool shards_are_done(const struct shards *);

/* A record is written, all of it or the first done of its pack: 0, or -1. */
int shard_note(struct shard *, const struct answer_record *, uint64_t done);

/* Has the record been written?  (The rest of a pack is still to come.) */
bool shard_has(const struct shard *, const struct answer_record *);

/* Does it have a record to be written? */
bool shard_is_holding(const struct shard *);

/* May it be asked for records, as far as there is room for an answer? */
bool shard_has_room(const struct shard *);

/* The last record that is written or here; empty where there is none. */
struct span shard_last(const struct shard *);

/*
 * Takes the answer that has come, to be written next, or behind what is being
 * written.  True: it has come to hold a record by that.
 */
bool shard_take(struct shard *);

/* All of one answer is written: on to the one ahead.  True: that holds one. */
bool shard_advance(struct shard *);

/*
 * How long the merge waits for it from now on, when it does so for merge_ms of
 * silence: INT64_MAX where it owes no answer yet, 0 not at all.  Only a shard
 * that has nothing here is waited for, and only if it is behind, or owes an
 * answer and what is known of it is not from just now.
 */
enum { SHARD_PROMPT_MS = 2000 };
int64_t
shard_wait_ms(const struct shard *, int64_t listened_ms, int64_t merge_ms);

/*
 * A shard that is being read, that the service did not know, and that the last
 * listing has not, for the stream keeps nothing of it any more; or NULL.
 */
struct shard *shards_gone(const struct shards *);

/* Is one read to its end of which no child is known? */
bool shards_lack_heirs(const struct shards *);

#endif
