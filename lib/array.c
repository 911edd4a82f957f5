/* array - elements side by side on the heap, more and more of them.
 * SPDX-License-Identifier: ISC */
#include "lib/array.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 8 };

int
array_grow(void *p, size_t *cap, size_t n, size_t size)
{
	size_t more = *cap == 0 ? FIRST_CAP : *cap;
	void *old, *grown;

	if (n <= *cap)
		return 0;
	/* So that neither doubling nor the bytes pass what a size_t counts. */
	if (n > SIZE_MAX / 2 / size) {
		errno = ENOMEM;
		return -1;
	}
	while (more < n)
		more *= 2;
	/* Pointers to objects look alike, but are not void pointers. */
	memcpy(&old, p, sizeof old);
	grown = realloc(old, more * size);
	if (grown == NULL)
		return -1;
	memcpy(p, &grown, sizeof grown);
	*cap = more;
	return 0;
}
