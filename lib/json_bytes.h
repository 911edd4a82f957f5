/* json_bytes - runs of bytes of one kind, sixteen at a time: what the scanner
 * of JSON spends its time on.
 *
 * Compilers make one instruction of each operation on a block where the
 * processor has it (SSE2, NEON), and several where not.
 *
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_BYTES_H
#define LIB_JSON_BYTES_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

enum { JSON_BLOCK = 16 };

/* Signed: bytes above 0x7f are below all others. */
typedef signed char json_block __attribute__((vector_size(JSON_BLOCK)));

static inline json_block
json_block_load(const char *p)
{
	json_block x;

	memcpy(&x, p, sizeof x);
	return x;
}

/* Of each of the bytes, which are 0 or -1, one bit, that of the first lowest.
 */
static inline uint64_t
json_block_mask(json_block set)
{
#ifdef __SSE2__
	return (unsigned)_mm_movemask_epi8((__m128i)set);
#else
	const json_block bits = { 1, 2, 4, 8, 16, 32, 64, -128, 1, 2, 4, 8, 16,
		32, 64, -128 };
	uint64_t half[2];

	set &= bits;
	memcpy(half, &set, sizeof half);
	/* The sum of all eight bytes comes to stand in the highest. */
	return half[0] * 0x0101010101010101u >> 56 |
	       half[1] * 0x0101010101010101u >> 56 << 8;
#endif
}

/* The first of the bytes that is set; JSON_BLOCK: none. */
static inline unsigned
json_block_first(json_block set)
{
	return (unsigned)__builtin_ctzll(
	    json_block_mask(set) | 1u << JSON_BLOCK);
}

static inline bool
json_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline bool
json_is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/* ASCII that stands for itself inside a text. */
static inline bool
json_is_plain(char c)
{
	return (signed char)c >= ' ' && c != '"' && c != '\\';
}

/* Each returns the first byte at or after p that is not of its kind, or end. */

static inline const char *
json_skip_plain(const char *p, const char *end)
{
	while (end - p >= JSON_BLOCK) {
		json_block x = json_block_load(p);
		unsigned n = json_block_first(
		    (json_block)((x < ' ') | (x == '"') | (x == '\\')));

		p += n;
		if (n < JSON_BLOCK)
			return p;
	}
	while (p < end && json_is_plain(*p))
		p++;
	return p;
}

static inline const char *
json_skip_digits(const char *p, const char *end)
{
	while (end - p >= JSON_BLOCK) {
		json_block x = json_block_load(p);
		unsigned n =
		    json_block_first((json_block)((x < '0') | (x > '9')));

		p += n;
		if (n < JSON_BLOCK)
			return p;
	}
	while (p < end && json_is_digit(*p))
		p++;
	return p;
}

static inline const char *
json_skip_blanks(const char *p, const char *end)
{
	/* Mostly there is none, or one. */
	if (p < end && (unsigned char)*p > ' ')
		return p;
	if (end - p > 1 && *p == ' ' && (unsigned char)p[1] > ' ')
		return p + 1;
	while (end - p >= JSON_BLOCK) {
		json_block x = json_block_load(p);
		unsigned n = json_block_first((json_block) ~(
		    (x == ' ') | (x == '\t') | (x == '\n') | (x == '\r')));

		p += n;
		if (n < JSON_BLOCK)
			return p;
	}
	while (p < end && json_is_blank(*p))
		p++;
	return p;
}

#endif
