/* crc - CRC-64/XZ and CRC-32C, eight bytes at a time.
 *
 * Kounavis, Berry: A Systematic Approach to Building High Performance
 * Software-based CRC Generators (ISCC 2005), "slicing by 8".  A CRC of 32 bits
 * is the same with a register of 64 of which the upper half is zero.
 *
 * SPDX-License-Identifier: ISC */
#include "lib/crc.h"

#include <stdbool.h>

/* Filled once: the same whoever does it. */
struct crc {
	uint64_t reflected;
	bool is_filled;
	uint64_t table[8][256];
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
		for (int k = 1; k < 8; k++)
			c->table[k][i] =
			    c->table[0][c->table[k - 1][i] & 0xff] ^
			    c->table[k - 1][i] >> 8;
	c->is_filled = true;
}

/* Least significant byte first, on any machine. */
static uint64_t
load64(const unsigned char *p)
{
	uint64_t v = 0;

	for (int i = 7; i >= 0; i--)
		v = v << 8 | p[i];
	return v;
}

/* The register after n more bytes. */
static uint64_t
add(struct crc *c, uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	if (!c->is_filled)
		fill(c);
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t v = sum ^ load64(p);

		sum = 0;
		for (int k = 0; k < 8; k++)
			sum ^= c->table[7 - k][v >> (8 * k) & 0xff];
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
