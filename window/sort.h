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
 * Sorts n items.  scratch has room for n more, or is NULL: then it is slower.
 */
void sort_items(struct sort_item *, size_t n, struct sort_item *scratch,
    sort_order_fn *order);

#endif
