/* array - elements side by side on the heap, more and more of them.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_ARRAY_H
#define LIB_ARRAY_H

#include <stddef.h>

/*
 * Sees to room for n elements in the array that p, a pointer to its first one,
 * owns; cap, a size_t, is how many there is room for.  Grows by doubling.
 * Returns 0, or -1 with errno ENOMEM: all is as it was.
 */
#define array_room(p, cap, n) array_grow(&(p), &(cap), (n), sizeof *(p))

/* For array_room(): p is the pointer's address. */
int array_grow(void *p, size_t *cap, size_t n, size_t size);

#endif
