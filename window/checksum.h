/* checksum - CRC-64/XZ, by which a torn or changed state is known.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_CHECKSUM_H
#define WINDOW_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/*
 * The checksum of all bytes so far and n more; begin with 0.  It is that of
 * xz and of Go's crc64.ECMA: polynomial 0x42f0e1eba9ea3693 (ECMA-182),
 * reflected, ones before and after.  It finds every change within 64 bits in a
 * row, and of the others all but one in 2^64.
 */
uint64_t checksum_add(uint64_t sum, const void *p, size_t n);

#endif
