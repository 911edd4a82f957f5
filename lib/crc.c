/* crc - CRC-64/XZ and CRC-32C, sixteen bytes at a time.
 *
 * Kounavis, Berry: A Systematic Approach to Building High Performance
 * Software-based CRC Generators (ISCC 2005), "slicing by 8", here by 16.  A CRC
 * of 32 bits is the same with a register of 64 of which the upper half is zero.
 *
 * SPDX-License-Identifier: ISC */
#include "lib/crc.h"

#include <stdbool.h>

enum { SLICES = 16 };

/* Filled once: the same whoever does it. */
struct crc {
	uint64_t reflected;
	bool is_filled;
	uint64_t table[SLICES][256];
};

static struct crc crc64 = { .reflected = UINT64_C(0xc96c5795d7870f42) };
static struct crc crc32 = { .reflected = 0x82f63b78u };

static void
fill(struct crc *c)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t sum = i;

		for (int bit = 0; bit < 8; bit++)
			sum = sum >> 1 ^ ((sum & 1) != 0 ? c->reflected : 0);
		c->table[0][i] = sum;
	}
	for (unsigned i = 0; i < 256; i++)
		for (int k = 1; k < SLICES; k++)
			c->table[k][i] =
			    c->table[0][c->table[k - 1][i] & 0xff] ^
			    c->table[k - 1][i] >> 8;
	c->is_filled = true;
}

/* Least significant byte first, on any machine; a loop takes twice as long. */
static inline uint64_t
load64(const unsigned char *p)
{
	return (uint64_t)p[0] | (uint64_t)p[1] << 8 | (uint64_t)p[2] << 16 |
	       (uint64_t)p[3] << 24 | (uint64_t)p[4] << 32 |
	       (uint64_t)p[5] << 40 | (uint64_t)p[6] << 48 |
	       (uint64_t)p[7] << 56;
}

/* Eight bytes that so many others follow: 0 or 8. */
static inline uint64_t
slice(const struct crc *c, size_t behind, uint64_t v)
{
	return c->table[behind + 7][v & 0xff] ^
	       c->table[behind + 6][v >> 8 & 0xff] ^
	       c->table[behind + 5][v >> 16 & 0xff] ^
	       c->table[behind + 4][v >> 24 & 0xff] ^
	       c->table[behind + 3][v >> 32 & 0xff] ^
	       c->table[behind + 2][v >> 40 & 0xff] ^
	       c->table[behind + 1][v >> 48 & 0xff] ^ c->table[behind][v >> 56];
}

/* The register after n more bytes. */
static uint64_t
add(struct crc *c, uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	if (!c->is_filled)
		fill(c);
	for (; n >= 16; n -= 16, p += 16)
		sum = slice(c, 8, sum ^ load64(p)) ^ slice(c, 0, load64(p + 8));
	if (n >= 8) {
		sum = slice(c, 0, sum ^ load64(p));
		n -= 8;
		p += 8;
	}
	for (; n > 0; n--)
		sum = c->table[0][(sum ^ *p++) & 0xff] ^ sum >> 8;
	return sum;
}

uint64_t
crc64_add(uint64_t sum, const void *bytes, size_t n)
{
	return ~add(&crc64, ~sum, bytes, n);
}

uint32_t
crc32c(const void *bytes, size_t n)
{
	return ~(uint32_t)add(&crc32, UINT32_MAX, bytes, n);
}
