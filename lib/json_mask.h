/* json_mask - 64 bytes of JSON looked at at once: of what kind each is, a bit
 * each.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_JSON_MASK_H
#define LIB_JSON_MASK_H

#include <stddef.h>
#include <stdint.h>

enum {
	JSON_MASK_BYTES = 64,
	JSON_MASK_BLOCKS = 16, /* looked at in one go, at the most */
	JSON_MASK_FIRSTS = 8,
};

/* A block's masks; the next block's lie behind them.  The first byte's bit is
 * the lowest. */
typedef uint64_t json_mask[JSON_MASK_BLOCKS];

struct json_masks {
	json_mask quote, backslash;
	json_mask control; /* below ' ' */
	json_mask high;    /* above 0x7f */
	json_mask newline, space, comma, colon;
	json_mask open, close; /* brackets and braces */
	json_mask digit;
	json_mask zero; /* among the digits */
	json_mask dot, minus;
	/* What may be escaped by a backslash, u apart; only of blocks that have
	 * one. */
	json_mask escape;
	/* One of the bytes asked for; and room for what is behind all. */
	uint64_t first[JSON_MASK_BLOCKS + 1];
};

/*
 * Bytes that are asked for.  Which of them one is, a bit each, is what its
 * halves have in common in two tables.
 */
struct json_firsts {
	char byte[JSON_MASK_FIRSTS];
	unsigned char low[16], high[16];
};

/* The i-th is to be c, where all is 0; some may be the same, all must be set.
 */
void json_firsts_set(struct json_firsts *, int i, char c);

/* Looks at n blocks from p on. */
typedef void json_mask_reader(
    const char *p, size_t n, const struct json_firsts *, struct json_masks *);

/*
 * The reader of that name: none (plain C), sse2, avx2, avx512 or neon; NULL
 * where this processor has no such instructions.
 */
json_mask_reader *json_mask_reader_of(const char *name);

/*
 * The name of the fastest one that this processor has, or WINDOWPIPE_SIMD, if
 * it has that.
 */
const char *json_mask_best(void);

#endif
