/* ledger - the accounts of all processes of a run, and whether they agree.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_LEDGER_H
#define WINDOWPIPE_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "windowpipe/account.h"
#include "windowpipe/pipeline.h"

struct ledger {
	const struct pipeline *pipeline;
	const char *folder;      /* of the metrics; borrowed */
	struct account *account; /* one for each process */
	/* For each: how long it has held up the other readers of its fan-out,
	 * in all and since the reading before. */
	int64_t *held_ms, *holds_ms;
	struct buf text;
};

/* 0, or -1 where memory is short. */
int ledger_init(struct ledger *, const struct pipeline *, const char *folder);
void ledger_free(struct ledger *);

/* The file of --metrics of process i, or of --recent, ended by a NUL, in b. */
const char *ledger_file(const struct ledger *, size_t i, struct buf *b);
const char *ledger_recent(const struct ledger *, size_t i, struct buf *b);

/* True where process i is the last that has the results: what it delivers, or
 * writes, is shown. */
bool ledger_is_last(const struct ledger *, size_t i);

/* Reads what they have written since. */
void ledger_read(struct ledger *);

/* Takes the account that each has given at its end. */
void ledger_close(struct ledger *);

/*
 * The rows that were written for process i by whoever makes rows: the nearest
 * above it that is no fan-out and no feed.  NULL: nobody counts them.
 */
const struct account *ledger_above(const struct ledger *, size_t i);

/*
 * The rows of all sources: those that they have made, or, of a source that does
 * not count them, those that its reader has read who is furthest.
 */
uint64_t ledger_rows(const struct ledger *);

/* Adds a line for each process that has an account to give; false where
 * one is missing, or does not add up, which the lines tell. */
bool ledger_write(const struct ledger *, struct buf *);

#endif
