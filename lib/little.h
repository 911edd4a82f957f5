/* little - whole numbers as bytes, the least first, whatever the machine's way.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_LITTLE_H
#define LIB_LITTLE_H

#include <stddef.h>
#include <stdint.h>

static inline uint64_t
little_get(const char *p, size_t bytes)
{
	uint64_t v = 0;

	for (size_t i = bytes; i-- > 0;)
		v = v << 8 | (unsigned char)p[i];
	return v;
}

static inline void
little_put(char *p, uint64_t v, size_t bytes)
{
	for (size_t i = 0; i < bytes; i++, v >>= 8)
		p[i] = (char)(v & 0xff);
}

#endif
