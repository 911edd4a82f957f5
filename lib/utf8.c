/* utf8 - UTF-8 (RFC 3629): what is well-formed, and characters.
 * SPDX-License-Identifier: ISC */
#include "lib/utf8.h"

#include "lib/block.h"

/* RFC 3629, section 3: the shortest form is the only one. */
size_t
utf8_decode(const char *p, const char *end, uint32_t *c)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	unsigned char lead = p < end ? (unsigned char)*p : 0xff;
	size_t n = lead < 0x80    ? 1
	           : lead < 0xc0  ? 0
	           : lead < 0xe0  ? 2
	           : lead < 0xf0  ? 3
	           : lead <= 0xf4 ? 4
	                          : 0;

	if (n == 0 || (size_t)(end - p) < n)
		return 0;
	*c = n == 1 ? lead : lead & (0x7fU >> n);
	for (size_t i = 1; i < n; i++) {
		if (utf8_begins(p[i]))
			return 0;
		*c = *c << 6 | ((unsigned char)p[i] & 0x3f);
	}
	if (*c < least[n] || *c > 0x10ffff || (*c >= 0xd800 && *c < 0xe000))
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
mask_of(block16 set)
{
	return (unsigned)block_mask(set);
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
	block16 x = block_load(p);
	unsigned stop = mask_of(
	    (block16)(((x >= 0) & (x < ' ')) | (x == '"') | (x == '\\')));
	unsigned n = (unsigned)__builtin_ctz(stop | 1u << BLOCK_WIDTH);
	/* Signed: 0x80 is -128, 0xc0 is -64. */
	unsigned high = mask_of((block16)(x < 0));
	unsigned follow = mask_of((block16)(x < -64));
	unsigned lead = high & ~follow;
	unsigned lead3 = high & mask_of((block16)(x >= -32));
	unsigned lead4 = high & mask_of((block16)(x >= -16));
	unsigned must = lead << 1 | lead3 << 2 | lead4 << 3;
	/* 0xc0 and 0xc1 lead nothing, nor do 0xf5 and above. */
	unsigned wrong = (must ^ follow) |
	                 (lead & mask_of((block16)(x < -62))) |
	                 (high & mask_of((block16)(x > -12)));
	unsigned below_a0 = mask_of((block16)(x < -96));
	unsigned below_90 = mask_of((block16)(x < -112));

	wrong |= mask_of((block16)(x == -32)) << 1 & below_a0;
	wrong |= mask_of((block16)(x == -19)) << 1 & ~below_a0;
	wrong |= mask_of((block16)(x == -16)) << 1 & below_90;
	wrong |= mask_of((block16)(x == -12)) << 1 & ~below_90;
	/* What stops a text is no byte that follows. */
	if ((wrong & ((2u << n) - 1) & 0xffff) != 0)
		return 0;
	/* The last one may go on behind the block. */
	return n == BLOCK_WIDTH && must >> BLOCK_WIDTH != 0 ? last_bit(lead)
	                                                    : n;
}

const char *
utf8_skip(const char *p, const char *end)
{
	size_t n = 1;

	while (p < end && (signed char)*p < 0 && n > 0) {
		n = end - p >= BLOCK_WIDTH ? whole_characters(p) : 0;
		if (n == 0)
			n = utf8_length(p, end);
		p += n;
	}
	return p;
}

bool
utf8_is_valid(struct span s)
{
	const char *p = s.p, *end = s.n == 0 ? p : p + s.n;

	while (p < end) {
		const char *q = p;

		while (end - p >= BLOCK_WIDTH &&
		       block_mask((block16)(block_load(p) < 0)) == 0)
			p += BLOCK_WIDTH;
		while (p < end && (signed char)*p >= 0)
			p++;
		if (p < end)
			p = utf8_skip(p, end);
		if (p == q)
			return false;
	}
	return true;
}

size_t
utf8_count(struct span s)
{
	size_t n = 0;

	for (size_t i = 0; i < s.n; i++)
		n += utf8_begins(s.p[i]);
	return n;
}

void
utf8_add(struct buf *b, unsigned c)
{
	static const unsigned lead[] = { 0, 0, 0xc0, 0xe0, 0xf0 };
	size_t n = c < 0x80 ? 1 : c < 0x800 ? 2 : c < 0x10000 ? 3 : 4;
	char bytes[4];

	for (size_t i = n - 1; i > 0; i--, c >>= 6)
		bytes[i] = (char)(0x80 | (c & 0x3f));
	bytes[0] = (char)(lead[n] | c);
	buf_add(b, bytes, n);
}
