/* big - whole numbers as bytes, the greatest first, so that the bytes sort as
 * the numbers do.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_BIG_H
#define LIB_BIG_H

#include <stdint.h>

/* Compilers make one load and one turn of each, on machines of either way. */
static inline uint64_t
big_get64(const char *p)
{
	const unsigned char *u = (const unsigned char *)p;

	return (uint64_t)u[0] << 56 | (uint64_t)u[1] << 48 |
	       (uint64_t)u[2] << 40 | (uint64_t)u[3] << 32 |
	       (uint64_t)u[4] << 24 | (uint64_t)u[5] << 16 |
	       (uint64_t)u[6] << 8 | u[7];
}

static inline void
big_put64(char *p, uint64_t v)
{
	p[0] = (char)(v >> 56);
	p[1] = (char)(v >> 48);
	p[2] = (char)(v >> 40);
	p[3] = (char)(v >> 32);
	p[4] = (char)(v >> 24);
	p[5] = (char)(v >> 16);
	p[6] = (char)(v >> 8);
	p[7] = (char)v;
}

#endif
