/* eight - eight numbers looked at together.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_EIGHT_H
#define WINDOW_EIGHT_H

#include <stdint.h>
#ifdef __SSE2__
#include <emmintrin.h>
#endif

/* Bit i: v[i] is x. */
static inline unsigned
eight_same_plain(const uint32_t v[8], uint32_t x)
{
	unsigned same = 0;

	for (int i = 0; i < 8; i++)
		same |= (unsigned)(v[i] == x) << i;
	return same;
}

/* The same, as quick as the processor can. */
static inline unsigned
eight_same(const uint32_t v[8], uint32_t x)
{
#ifdef __SSE2__
	const __m128i *four = (const void *)v, all = _mm_set1_epi32((int)x);
	__m128i low = _mm_cmpeq_epi32(_mm_loadu_si128(four), all);
	__m128i high = _mm_cmpeq_epi32(_mm_loadu_si128(four + 1), all);

	return (unsigned)_mm_movemask_ps(_mm_castsi128_ps(low)) |
	       (unsigned)_mm_movemask_ps(_mm_castsi128_ps(high)) << 4;
#else
	return eight_same_plain(v, x);
#endif
}

#endif
