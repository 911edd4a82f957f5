/* crc - checksums by which torn or changed bytes are known.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_CRC_H
#define LIB_CRC_H

#include <stddef.h>
#include <stdint.h>

/*
 * CRC-64/XZ of all bytes so far and n more; begin with 0.  It is that of xz
 * and of Go's crc64.ECMA: polynomial 0x42f0e1eba9ea3693 (ECMA-182), reflected,
 * ones before and after.  It finds every change within 64 bits in a row, and
 * of the others all but one in 2^64.
 */
uint64_t crc64_add(uint64_t sum, const void *bytes, size_t n);

/* CRC-32C, that of iSCSI: polynomial 0x1edc6f41, likewise. */
uint32_t crc32c(const void *bytes, size_t n);

#endif
