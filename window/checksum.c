/* checksum - CRC-64/XZ, eight bytes at a time.
 *
 * Kounavis, Berry: A Systematic Approach to Building High Performance
 * Software-based CRC Generators (ISCC 2005), "slicing by 8".
 *
 * SPDX-License-Identifier: ISC */
#include "window/checksum.h"

#include <stdbool.h>
#include <string.h>

static const uint64_t reflected = UINT64_C(0xc96c5795d7870f42);

static uint64_t table[8][256]; /* filled once: the same whoever does it */
static bool is_filled;

static void
fill(void)
{
	for (unsigned i = 0; i < 256; i++) {
		uint64_t sum = i;

		for (int bit = 0; bit < 8; bit++)
			sum = (sum & 1) != 0 ? sum >> 1 ^ reflected : sum >> 1;
		table[0][i] = sum;
	}
	for (unsigned i = 0; i < 256; i++)
		for (int k = 1; k < 8; k++)
			table[k][i] = table[0][table[k - 1][i] & 0xff] ^
			              table[k - 1][i] >> 8;
	is_filled = true;
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

uint64_t
checksum_add(uint64_t sum, const void *bytes, size_t n)
{
	const unsigned char *p = bytes;

	if (!is_filled)
		fill();
	sum = ~sum;
	for (; n >= 8; n -= 8, p += 8) {
		uint64_t v = sum ^ load64(p);

		sum = 0;
		for (int k = 0; k < 8; k++)
			sum ^= table[7 - k][v >> (8 * k) & 0xff];
	}
	for (; n > 0; n--)
		sum = table[0][(sum ^ *p++) & 0xff] ^ sum >> 8;
	return ~sum;
}
