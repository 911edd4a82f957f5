/* account - what became of every line, and how long requests took.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_ACCOUNT_H
#define KINESIS_PUT_ACCOUNT_H

#include <stdint.h>

/* Buckets of request times: eight for each power of two, up to 2^32 ms. */
enum { ACCOUNT_BUCKETS = 8 * 30 };

/*
 * At the end delivered + rejected + undelivered is what was read (with a spool,
 * what it held at the start and what it holds at the end come in).  retried and
 * throttled count records each time it happens to them; bytes is the data
 * delivered; duplicated is not known to a producer.  All zero is the start.
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

/* A line will not be delivered by us; remembers the first, 0 is unknown. */
void account_undelivered(struct account *, uint64_t line);

#endif
