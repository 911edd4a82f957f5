/* pack - records within a record, as Amazon's Producer Library packs them.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_PACK_H
#define AWS_PACK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault.h"
#include "lib/span.h"

/*
 * The bytes F3 89 9A C2, a message of protobuf, and its MD5: a table of keys,
 * and records that name theirs by its place.  Source: aggregation-format.md of
 * awslabs/amazon-kinesis-producer, read 2026-11.
 */

enum pack_kind {
	PACK_NONE, /* another record */
	PACK_GOOD,
	PACK_BAD, /* one that is damaged; the fault says how */
};

/* All zero is empty; spans are of the data. */
struct pack {
	struct span *keys; /* owned */
	size_t nkeys, cap;
	struct span rest; /* fields not yet given out */
};

/*
 * Checks all of it: what is good is taken apart without any failure.  Keys are
 * UTF-8.
 */
enum pack_kind pack_open(struct pack *, struct span data, struct fault *);
void pack_free(struct pack *);

/* The next record of a good one; false: there is none. */
bool pack_next(struct pack *, struct span *key, struct span *data);

#endif
