/* sort - by the prefix a byte at a time (least significant first), then runs
 * of equal prefixes by comparison.
 * SPDX-License-Identifier: ISC */
#include "window/sort.h"

#include <stdlib.h>
#include <string.h>

enum { FEW = 64 };

/* Quicker than counting bytes, while items are few. */
static void
insertion(struct sort_item *a, size_t n, sort_order_fn *order)
{
	for (size_t i = 1; i < n; i++) {
		struct sort_item moved = a[i];
		size_t k = i;

		while (
		    k > 0 && (a[k - 1].prefix > moved.prefix ||
				 (a[k - 1].prefix == moved.prefix &&
				     order(a[k - 1].what, moved.what) > 0))) {
			a[k] = a[k - 1];
			k--;
		}
		a[k] = moved;
	}
}

/* Heap sort, for long runs of one prefix and where there is no scratch. */
static int
compare(
    const struct sort_item *a, const struct sort_item *b, sort_order_fn *order)
{
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	return order(a->what, b->what);
}

static void
sift(struct sort_item *a, size_t i, size_t n, sort_order_fn *order)
{
	struct sort_item moved = a[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n &&
		    compare(&a[child], &a[child + 1], order) < 0)
			child++;
		if (compare(&moved, &a[child], order) >= 0)
			break;
		a[i] = a[child];
		i = child;
	}
	a[i] = moved;
}

static void
heap(struct sort_item *a, size_t n, sort_order_fn *order)
{
	for (size_t i = n / 2; i-- > 0;)
		sift(a, i, n, order);
	while (n-- > 1) {
		struct sort_item top = a[0];

		a[0] = a[n];
		a[n] = top;
		sift(a, 0, n, order);
	}
}

static void
small(struct sort_item *a, size_t n, sort_order_fn *order)
{
	if (n <= FEW)
		insertion(a, n, order);
	else
		heap(a, n, order);
}

/* Leaves the items sorted by prefix in a. */
static void
radix(struct sort_item *a, size_t n, struct sort_item *scratch)
{
	static const int bytes = 8;
	size_t count[8][256] = { 0 };
	struct sort_item *from = a, *to = scratch;

	for (size_t i = 0; i < n; i++)
		for (int k = 0; k < bytes; k++)
			count[k][a[i].prefix >> (8 * k) & 0xff]++;
	for (int k = 0; k < bytes; k++) {
		size_t at = 0;
		struct sort_item *other = from;

		/* All alike in this byte: nothing would move. */
		if (count[k][a[0].prefix >> (8 * k) & 0xff] == n)
			continue;
		for (int i = 0; i < 256; i++) {
			size_t here = count[k][i];

			count[k][i] = at;
			at += here;
		}
		for (size_t i = 0; i < n; i++)
			to[count[k][from[i].prefix >> (8 * k) & 0xff]++] =
			    from[i];
		from = to;
		to = other;
	}
	if (from != a)
		memcpy(a, from, n * sizeof *a);
}

void
sort_items(struct sort_item *a, size_t n, struct sort_item *scratch,
    sort_order_fn *order)
{
	size_t first = 0;

	if (n <= FEW || scratch == NULL) {
		small(a, n, order);
		return;
	}
	radix(a, n, scratch);
	for (size_t i = 1; i <= n; i++) {
		if (i < n && a[i].prefix == a[first].prefix)
			continue;
		if (i - first > 1)
			small(a + first, i - first, order);
		first = i;
	}
}
