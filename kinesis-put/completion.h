/* completion - records leave: stored, rejected, or given up; each is counted,
 * kept where the user wants it, and done with in the spool.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_COMPLETION_H
#define KINESIS_PUT_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kinesis-put/notes.h"
#include "kinesis-put/outbox.h"
#include "lib/spool.h"
#include "lib/diag.h"
#include "lib/out.h"
#include "lib/recent.h"

/* Buckets of request times: eight for each power of two, up to 2^32 ms. */
enum { ACCOUNT_BUCKETS = 8 * 30 };

/*
 * At the end delivered + rejected + undelivered is what was read (with a spool,
 * what it held at the start and what it holds at the end come in).  retried and
 * throttled count records each time it happens to them; bytes is the data
 * delivered.  All zero is the start.
 */
struct account {
	uint64_t delivered;
	uint64_t rejected;
	uint64_t undelivered;
	uint64_t retried;
	uint64_t throttled;
	uint64_t requests;
	uint64_t bytes;
	uint64_t first_undelivered; /* its line; 0: none */
	uint64_t took[ACCOUNT_BUCKETS];
	uint64_t took_n;
};

/* A request was answered after so long. */
void account_took(struct account *, int64_t ms);

/*
 * The time that the share (0 to 1) of requests did not pass, to 12 %; 0 where
 * none was answered.
 */
int64_t account_quantile_ms(const struct account *, double share);

struct completion {
	struct outbox *outbox; /* borrowed; the record is in no list of it */
	struct spool *spool;   /* borrowed; NULL: none */
	struct recent *recent; /* the same: what is stored */
	struct notes *notes;   /* of what is stored; borrowed; NULL: none */
	struct account account;
	struct out rejects, undelivered; /* dead letters; name NULL: no file */
	bool kept_spooled; /* lines of the spool went to the files */
	bool stop_reading; /* a record was given up and had nowhere to go */
	enum status status;
};

/* Opens the files; the first two members are set before.  -1: said why. */
int completion_open(struct completion *, const struct options *);

/* Closes them; the worst of what became of the lines. */
enum status completion_close(struct completion *);

/*
 * The service stored it, as that record (doubts_record()); it refuses it, and
 * is said to; it is given up.  Of an aggregated record all lines are meant,
 * which is never rejected.
 */
void completion_deliver(struct completion *, uint32_t record, uint64_t as);
void completion_reject(struct completion *, uint32_t record, struct span code,
    struct span message);
void completion_give_up(struct completion *, uint32_t record);

/* One row alone is stored, whose key is let go, or kept, by whom it calls. */
void completion_deliver_row(struct completion *, uint32_t record, uint64_t as);

/* Many are given up, in the order of their lines; rec is sorted for that. */
void completion_give_up_all(struct completion *, uint32_t *rec, size_t n);

/* All that is held is given up: the end. */
void completion_abandon(struct completion *);

/* Of lines that never became records: a bad one, or a piece of a long one; one
 * that could not be taken. */
void completion_reject_line(
    struct completion *, struct span piece, bool first, bool last);
void completion_lose_line(struct completion *, const struct wal_record *);

/* Kept lines go to their files, and after that what is done with is noted. */
int completion_flush(struct completion *); /* -1: lines cannot be kept */

/* How many lines are not delivered, and where they are; nothing for none. */
void completion_say_undelivered(struct completion *);

#endif
