/* account - what was read, and how far each shard has come.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_ACCOUNT_H
#define KINESIS_GET_ACCOUNT_H

#include "kinesis-get/shards.h"
#include "kinesis-get/writer.h"
#include "lib/coordinator.h"
#include "lib/report.h"

struct account {
	const struct shards *shards; /* borrowed */
	const struct writer *writer; /* the same */
	uint64_t calls, retried, throttled;
	uint64_t read_before; /* by runs that this one goes on from */
	const struct coordinator *coordinator; /* borrowed; NULL: none */
};

/* Records that the stream gave, to all runs. */
uint64_t account_read(const struct account *);

/* Without those that are here and not written yet: what reads on from what is
 * written reads them again. */
uint64_t account_read_written(const struct account *);

/* Fills a report (report_fill_fn); ctx is a struct account. */
void account_fill(void *ctx, struct report *);

/* Shards that are being read. */
size_t account_open_shards(const struct account *);

#endif
