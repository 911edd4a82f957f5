/* writer - records become lines.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_WRITER_H
#define KINESIS_GET_WRITER_H

#include <stdbool.h>
#include <stdint.h>

#include "aws/answer.h"
#include "aws/pack.h"
#include "kinesis-get/options.h"
#include "lib/out.h"

/*
 * What is written is counted; all zero is closed.  A pack's records count one
 * each, and so does a record that is no pack.
 */
struct writer {
	const struct options *opt; /* borrowed */
	struct out out;
	struct out rejects;
	bool keeps_rejects;
	struct pack pack;
	struct buf opened;  /* of gzip */
	struct buf key;     /* decoded */
	struct buf members; /* that are added to rows */
	uint64_t records;   /* written or rejected */
	uint64_t rejected;
	uint64_t bytes; /* of data written, before and without newlines */
	bool failed;    /* by a record that nobody keeps; said */
};

/* To stdout.  -1: said why, STATUS_USAGE. */
int writer_open(struct writer *, const struct options *);

/*
 * Writes a record of the shard: as lines, each ended by a newline, or in its
 * envelope.  Of a pack, the first *done records have been written before;
 * *done is then how many have been now.  True: all of it is written, and *done
 * is 0; false: that was the last one of --max-records, or failed is set.
 */
bool writer_add(struct writer *, const char *shard,
    const struct answer_record *, uint64_t *done);

/* Is --max-records reached? */
bool writer_is_full(const struct writer *);

/* Gives what is written to the system: 0, or -1 where that failed. */
int writer_flush(struct writer *);

/* Closes; what failed is said.  The counts stay. */
enum status writer_close(struct writer *);

#endif
