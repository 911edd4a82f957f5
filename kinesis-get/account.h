/* account - what was read, and how far each shard has come.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_ACCOUNT_H
#define KINESIS_GET_ACCOUNT_H

#include "kinesis-get/shards.h"
#include "kinesis-get/writer.h"
#include "lib/report.h"

struct account {
	const struct shards *shards; /* borrowed */
	const struct writer *writer; /* the same */
	uint64_t calls, retried, throttled;
};

/* Fills a report (report_fill_fn); ctx is a struct account. */
void account_fill(void *ctx, struct report *);

/* Shards that are being read. */
size_t account_open_shards(const struct account *);

#endif
