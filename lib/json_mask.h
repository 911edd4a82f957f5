/* json_mask - 64 bytes of JSON looked at at once: of what kind each is, a bit
 * each.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_MASK_H
#define LIB_JSON_MASK_H

#include <stddef.h>
#include <stdint.h>

enum { JSON_MASK_BYTES = 64, JSON_MASK_FIRSTS = 4 };

/* The first byte's bit is the lowest. */
struct json_mask {
	uint64_t quote, backslash;
	uint64_t control; /* below ' ' */
	uint64_t high;    /* above 0x7f */
	uint64_t newline, space, comma, colon;
	uint64_t open, close; /* brackets and braces */
	uint64_t digit;
	uint64_t zero; /* among the digits */
	uint64_t dot, minus;
	uint64_t first; /* one of the bytes asked for */
};

/* Looks at n blocks from p on. */
typedef void json_mask_reader(const char *p, size_t n,
    const char first[JSON_MASK_FIRSTS], struct json_mask *);

/*
 * The reader of that name: none (plain C), sse2, avx2, avx512 or neon; NULL
 * where this processor has no such instructions.
 */
json_mask_reader *json_mask_reader_of(const char *name);

/*
 * The fastest one that this processor has, or that WINDOWPIPE_SIMD names, if
 * it has that.
 */
json_mask_reader *json_mask_reader_best(void);

#endif
