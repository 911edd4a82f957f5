/* sort - by the prefix a byte at a time: more than scratch has room for, in
 * place, the most significant first; what that leaves, least significant first;
 * then runs of equal prefixes by comparison.
 * SPDX-License-Identifier: ISC */
#include "window/sort.h"

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

/* Heap sort, for long runs of one prefix. */
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

static unsigned
byte_of(const struct sort_item *item, int byte)
{
	return (unsigned)(item->prefix >> (8 * byte) & 0xff);
}

/*
 * Each item goes to where those of its byte begin, and takes the place of one
 * that goes to its own in turn (American flag sort: McIlroy, Bostic, McIlroy,
 * Computing Systems 6(1), 1993).  end: where those of each byte end.
 */
static void
deal(struct sort_item *a, int byte, const size_t end[256])
{
	size_t next[256];

	for (int i = 0; i < 256; i++)
		next[i] = i == 0 ? 0 : end[i - 1];
	for (unsigned i = 0; i < 256; i++)
		while (next[i] < end[i]) {
			struct sort_item moved = a[next[i]];
			unsigned to = byte_of(&moved, byte);

			while (to != i) {
				struct sort_item *place = &a[next[to]++];
				struct sort_item found = *place;

				*place = moved;
				moved = found;
				to = byte_of(&moved, byte);
			}
			a[next[i]++] = moved;
		}
}

static void
sort_runs(struct sort_item *a, size_t n, sort_order_fn *order)
{
	size_t first = 0;

	for (size_t i = 1; i <= n; i++) {
		if (i < n && a[i].prefix == a[first].prefix)
			continue;
		if (i - first > 1)
			small(a + first, i - first, order);
		first = i;
	}
}

/* Their prefixes are alike above that byte; below 0: wholly. */
static void
sort_from(struct sort_item *a, size_t n, int byte,
    const struct sort_scratch *scratch, sort_order_fn *order)
{
	size_t end[256] = { 0 }, at = 0;

	if (n <= FEW || byte < 0) {
		small(a, n, order);
		return;
	}
	if (n <= scratch->n) {
		radix(a, n, scratch->item);
		sort_runs(a, n, order);
		return;
	}
	for (size_t i = 0; i < n; i++)
		end[byte_of(&a[i], byte)]++;
	/* All alike in this byte: nothing would move. */
	if (end[byte_of(&a[0], byte)] == n) {
		sort_from(a, n, byte - 1, scratch, order);
		return;
	}
	for (int i = 0; i < 256; i++)
		end[i] = at += end[i];
	deal(a, byte, end);
	for (int i = 0; i < 256; i++) {
		size_t first = i == 0 ? 0 : end[i - 1];

		if (end[i] - first > 1)
			sort_from(a + first, end[i] - first, byte - 1, scratch,
			    order);
	}
}

void
sort_items(struct sort_item *a, size_t n, struct sort_scratch scratch,
    sort_order_fn *order)
{
	sort_from(a, n, 7, &scratch, order);
}
