/* sort - many things by a number first, then as their owner says.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_SORT_H
#define WINDOW_SORT_H

#include <stddef.h>
#include <stdint.h>

struct sort_item {
	uint64_t prefix; /* decides; where it is equal order() does */
	const void *what;
};

/* As strcmp() is: below, at or above zero. */
typedef int sort_order_fn(const void *a, const void *b);

/*
 * Room for n items beside those that are sorted.  With room for as many it goes
 * fastest, and with SORT_SCRATCH_MAX nearly so; without any it is slower.
 */
enum { SORT_SCRATCH_MAX = 1 << 20 };
struct sort_scratch {
	struct sort_item *item;
	size_t n;
};

void sort_items(
    struct sort_item *, size_t n, struct sort_scratch, sort_order_fn *order);

#endif
