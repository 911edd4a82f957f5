/* block - sixteen bytes looked at at once.
 *
 * Compilers make one instruction of each operation on a block where the
 * processor has it (SSE2, NEON), and several where not.
 *
 * SPDX-License-Identifier: ISC */
#ifndef LIB_BLOCK_H
#define LIB_BLOCK_H

#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { BLOCK_WIDTH = 16 };

/* Signed: bytes above 0x7f are below all others. */
typedef signed char block16 __attribute__((vector_size(BLOCK_WIDTH)));

static inline block16
block_load(const char *p)
{
	block16 x;

	memcpy(&x, p, sizeof x);
	return x;
}

/* Of each of the bytes, which are 0 or -1, one bit, that of the first lowest.
 */
static inline uint64_t
block_mask(block16 set)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8((__m128i)set);
#else
	const block16 bits = { 1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16, 32,
		64, -128 };
	uint64_t half[2];

	set &= bits;
	memcpy(half, &set, sizeof half);
	/* The sum of all eight bytes comes to stand in the highest. */
	return half[0] * 0x0101010101010101u >> 56 |
	       half[1] * 0x0101010101010101u >> 56 << 8;
#endif
}

/* The first of the bytes that is set; BLOCK_WIDTH: none. */
static inline unsigned
block_first(block16 set)
{
	return (unsigned)__builtin_ctzll(block_mask(set) | 1u << BLOCK_WIDTH);
}

#endif
