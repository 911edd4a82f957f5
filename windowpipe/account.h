/* account - what the stages say of themselves: --metrics while they run,
 * --stats at their end.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_ACCOUNT_H
#define WINDOWPIPE_ACCOUNT_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum member {
	ACCOUNT_READ,
	ACCOUNT_AGGREGATED,
	ACCOUNT_FILTERED,
	ACCOUNT_LATE,
	ACCOUNT_OUTSIDE,
	ACCOUNT_REJECTED,
	ACCOUNT_OUTPUT,
	ACCOUNT_DELIVERED,
	ACCOUNT_UNDELIVERED,
	ACCOUNT_RETRIED,
	ACCOUNT_BYTES,
	ACCOUNT_OPEN_WINDOWS,
	ACCOUNT_WATERMARK, /* ms since 1970 */
	ACCOUNT_ELAPSED,   /* ms */
	ACCOUNT_LAG,       /* ms behind the stream's end */
	ACCOUNT_MEMBERS,
};

/* All zero: nothing is known. */
struct account {
	bool has[ACCOUNT_MEMBERS];
	int64_t value[ACCOUNT_MEMBERS];
	bool is_final; /* it was given at the end, by --stats */
	int64_t rows_per_s, seen_rows, seen_ms;
};

/*
 * Text of a file of --metrics, program's (lib/report.h says how they are
 * named); lines that are none are skipped.  Does nothing to an account that is
 * final: what was written before the end is older.
 */
void account_take_metrics(struct account *, const char *program, struct span);

/* The line of --stats: then the account is final.  -1: it is none. */
int account_take_stats(struct account *, struct span line);

/* Adds what it has as members of an object: ,"read":5,"late":0. */
void account_write_json(const struct account *, struct buf *);

/*
 * Adds "read 5 = aggregated 3 + late 2": a total and what it is made of, of
 * those parts that the program has.  False where it does not add up, which is
 * added too.
 */
bool account_write_balance(const struct account *, struct buf *,
    enum member total, const enum member *parts, int nparts);

#endif
