/* pace - when a shard may be asked again.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_PACE_H
#define AWS_PACE_H

#include <stddef.h>
#include <stdint.h>

/*
 * A shard answers five GetRecords a second and gives 2 MB a second, to all who
 * read it together (Kinesis' API Reference, GetRecords, read 2026-11).  So it
 * is asked four times a second at the most, and not before what it gave is
 * within its rate; what it gave at once is then made up for by waiting.  Each
 * throttle, which somebody else's reading may cause, doubles the least time
 * between two calls, each answer halves it again.
 *
 * Pure; times are monotonic milliseconds.  All zero: may be asked at once.
 */
enum {
	PACE_LEAST_MS = 250,
	PACE_MOST_MS = 10 * 1000,
	/* Of one answer; the same source. */
	PACE_RECORDS_MAX = 10000,
	PACE_BYTES_MAX = 10 * 1024 * 1024,
};

struct pace {
	int64_t due_ms;   /* not before */
	int64_t least_ms; /* between two calls; 0 is PACE_LEAST_MS */
};

/* The call of asked_ms brought so many bytes; rate: bytes a second. */
void pace_answered(struct pace *, size_t bytes, int64_t rate, int64_t asked_ms);

/*
 * How many records to ask for, when n of them had so many bytes: those of a
 * second at that rate, so that a shard that has more is never without for much
 * longer, nor more than an answer holds.
 */
int64_t pace_limit(size_t bytes, size_t n, int64_t rate);

/* It was throttled, as is known now. */
void pace_throttled(struct pace *, uint64_t random, int64_t now_ms);

#endif
