/* big - whole numbers as bytes, the greatest first, so that the bytes sort as
 * the numbers do.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_BIG_H
#define LIB_BIG_H

#include <stdint.h>
#include <string.h>

/* Turns the bytes round where the machine's way is the other. */
static inline uint64_t
big_turn64(uint64_t v)
{
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
	return __builtin_bswap64(v);
#else
	return v;
#endif
}

static inline uint64_t
big_get64(const char *p)
{
	uint64_t v;

	memcpy(&v, p, sizeof v);
	return big_turn64(v);
}

static inline void
big_put64(char *p, uint64_t v)
{
	v = big_turn64(v);
	memcpy(p, &v, sizeof v);
}

#endif
