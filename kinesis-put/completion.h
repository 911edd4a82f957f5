/* completion - records leave: stored, rejected, or given up; each is counted,
 * kept where the user wants it, and done with in the spool.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_COMPLETION_H
#define KINESIS_PUT_COMPLETION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "kinesis-put/account.h"
#include "kinesis-put/dead_letter.h"
#include "kinesis-put/outbox.h"
#include "kinesis-put/spool.h"
#include "lib/diag.h"

struct completion {
	struct outbox *outbox;   /* borrowed; the record is in no list of it */
	struct spool *spool;     /* borrowed; NULL: none */
	struct account *account; /* borrowed */
	struct dead_letter rejects;
	struct dead_letter undelivered;
	bool kept_spooled; /* lines of the spool went to the files */
	bool stop_reading; /* a record was given up and had nowhere to go */
	enum status status;
};

/* Opens the files; the members above are set before.  -1: said why. */
int completion_open(struct completion *, const struct options *);

/* Closes them; the worst of what became of the lines. */
enum status completion_close(struct completion *);

/*
 * The service stored it; it refuses it, and is said to; it is given up.  Of an
 * aggregated record all lines are meant, which is never rejected.
 */
void completion_deliver(struct completion *, uint32_t record);
void completion_reject(struct completion *, uint32_t record, struct span code,
    struct span message);
void completion_give_up(struct completion *, uint32_t record);

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

#endif
