/* deque - pointers in an order of their user's.
 *
 * They lie in the middle of an array, and whichever side of a place is the
 * shorter moves: what comes in order, ascending or descending, moves nothing.
 *
 * SPDX-License-Identifier: ISC */
#include "window/deque.h"

#include <stdlib.h>
#include <string.h>

enum { DEQUE_CAP_MIN = 4 };

static void
shift(struct deque *d, size_t to, size_t from, size_t n)
{
	if (n > 0)
		memmove(d->item + d->first + to, d->item + d->first + from,
		    n * sizeof(void *));
}

/* At least one place is free at each end then. */
static bool
make_room(struct deque *d)
{
	size_t cap = d->cap, first;
	void **grown;

	if (d->n + 2 > cap / 2) {
		cap = cap == 0 ? DEQUE_CAP_MIN : 2 * cap;
		grown = realloc(d->item, cap * sizeof(void *));
		if (grown == NULL)
			return false;
		d->item = grown;
		d->cap = cap;
	}
	first = (cap - d->n) / 2;
	memmove(d->item + first, d->item + d->first, d->n * sizeof(void *));
	d->first = first;
	return true;
}

bool
deque_put(struct deque *d, size_t at, void *item)
{
	bool front = at < d->n - at;

	if ((front ? d->first == 0 : d->first + d->n == d->cap) &&
	    !make_room(d))
		return false;
	if (front) {
		d->first--;
		shift(d, 0, 1, at);
	} else {
		shift(d, at + 1, at, d->n - at);
	}
	d->item[d->first + at] = item;
	d->n++;
	return true;
}

void
deque_remove(struct deque *d, size_t at)
{
	if (at < d->n - at) {
		shift(d, 1, 0, at);
		d->first++;
	} else {
		shift(d, at, at + 1, d->n - at - 1);
	}
	d->n--;
}

void
deque_free(struct deque *d)
{
	free(d->item);
	*d = (struct deque){ 0 };
}
