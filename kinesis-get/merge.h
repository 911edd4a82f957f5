/* merge - which of several shards has the record that arrived first.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_GET_MERGE_H
#define KINESIS_GET_MERGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A heap of shards, by the arrival of the record that each would give next;
 * equal ones by the order in which they were added.  Pure.  All zero is empty.
 */
struct merge_head {
	int64_t arrival_ms;
	uint64_t order;
	void *shard; /* borrowed */
};
struct merge {
	struct merge_head *heads; /* owned; heads[0] is the first */
	size_t n, cap;
	uint64_t added;
};

int merge_add(struct merge *, int64_t arrival_ms, void *shard); /* -1: memory */
void merge_free(struct merge *);

/* The first one gives its next record, or has none any more. */
void merge_next(struct merge *, int64_t arrival_ms);
void merge_remove(struct merge *);

/* The arrival from which on another than the first is to give; INT64_MAX. */
int64_t merge_limit_ms(const struct merge *);

#endif
