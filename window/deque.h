/* deque - pointers in an order of their user's, put in and taken out anywhere,
 * cheaply near both ends.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_DEQUE_H
#define WINDOW_DEQUE_H

#include <stdbool.h>
#include <stddef.h>

/* All zero is empty.  What the items point to is their user's. */
struct deque {
	void **item; /* cap of them; those in use begin at first */
	size_t first, n, cap;
};

static inline void *
deque_at(const struct deque *d, size_t i)
{
	return d->item[d->first + i];
}

/* Puts item before the one at position at <= n.  False: no memory. */
bool deque_put(struct deque *, size_t at, void *item);

void deque_remove(struct deque *, size_t at);

/* Frees the list, not what it names; it is empty then. */
void deque_free(struct deque *);

#endif
