/* json_utf8 - UTF-8 (RFC 3629) in the texts of JSON.
 * SPDX-License-Identifier: ISC */
#include "lib/json_bytes.h"
#include "lib/json_scan.h"

/* RFC 3629, section 4: the second byte's range depends on the first. */
size_t
json_scan_utf8(const char *p, const char *end)
{
	const unsigned char *u = (const unsigned char *)p;
	size_t left = (size_t)(end - p);
	unsigned char low = 0x80, high = 0xbf;
	size_t n;

	if (left == 0)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] >= 0xc2 && u[0] <= 0xdf)
		n = 2;
	else if (u[0] >= 0xe0 && u[0] <= 0xef)
		n = 3;
	else if (u[0] >= 0xf0 && u[0] <= 0xf4)
		n = 4;
	else
		return 0;
	if (left < n)
		return 0;
	if (u[0] == 0xe0)
		low = 0xa0;
	else if (u[0] == 0xed)
		high = 0x9f;
	else if (u[0] == 0xf0)
		low = 0x90;
	else if (u[0] == 0xf4)
		high = 0x8f;
	if (u[1] < low || u[1] > high)
		return 0;
	for (size_t i = 2; i < n; i++)
		if (u[i] < 0x80 || u[i] > 0xbf)
			return 0;
	return n;
}

/* The highest bit that is set. */
static inline unsigned
last_bit(unsigned mask)
{
	return 31 - (unsigned)__builtin_clz(mask);
}

static inline unsigned
mask_of(json_block set)
{
	return (unsigned)json_block_mask(set);
}

/*
 * How many of the block's bytes, from the first on, are whole characters that
 * may stand in a text, up to one that ends it; 0 where a byte of them is wrong:
 * that is looked for byte by byte.  A bit each: where bytes above 0x7f must
 * follow is the bits of the bytes that lead, moved, and all that must hold.
 */
static inline unsigned
whole_characters(const char *p)
{
	json_block x = json_block_load(p);
	unsigned stop = mask_of(
	    (json_block)(((x >= 0) & (x < ' ')) | (x == '"') | (x == '\\')));
	unsigned n = (unsigned)__builtin_ctz(stop | 1u << JSON_BLOCK);
	/* Signed: 0x80 is -128, 0xc0 is -64. */
	unsigned high = mask_of((json_block)(x < 0));
	unsigned follow = mask_of((json_block)(x < -64));
	unsigned lead = high & ~follow;
	unsigned lead3 = high & mask_of((json_block)(x >= -32));
	unsigned lead4 = high & mask_of((json_block)(x >= -16));
	unsigned must = lead << 1 | lead3 << 2 | lead4 << 3;
	/* 0xc0 and 0xc1 lead nothing, nor do 0xf5 and above. */
	unsigned wrong = (must ^ follow) |
	                 (lead & mask_of((json_block)(x < -62))) |
	                 (high & mask_of((json_block)(x > -12)));
	unsigned below_a0 = mask_of((json_block)(x < -96));
	unsigned below_90 = mask_of((json_block)(x < -112));

	wrong |= mask_of((json_block)(x == -32)) << 1 & below_a0;
	wrong |= mask_of((json_block)(x == -19)) << 1 & ~below_a0;
	wrong |= mask_of((json_block)(x == -16)) << 1 & below_90;
	wrong |= mask_of((json_block)(x == -12)) << 1 & ~below_90;
	/* What stops a text is no byte that follows. */
	if ((wrong & ((2u << n) - 1) & 0xffff) != 0)
		return 0;
	/* The last one may go on behind the block. */
	return n == JSON_BLOCK && must >> JSON_BLOCK != 0 ? last_bit(lead) : n;
}

const char *
json_skip_utf8(const char *p, const char *end)
{
	size_t n = 1;

	while (p < end && (signed char)*p < 0 && n > 0) {
		n = end - p >= JSON_BLOCK ? whole_characters(p) : 0;
		if (n == 0)
			n = json_scan_utf8(p, end);
		p += n;
	}
	return p;
}
