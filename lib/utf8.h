/* utf8 - UTF-8 (RFC 3629): what is well-formed, and characters.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_UTF8_H
#define LIB_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * The character at p: its length, 1 to 4 bytes, and in *c its number; 0 where
 * it is ill-formed: overlong, a surrogate, above U+10FFFF, cut off.
 */
size_t utf8_decode(const char *p, const char *end, uint32_t *c);

/* Its length alone. */
static inline size_t
utf8_length(const char *p, const char *end)
{
	uint32_t c;

	return utf8_decode(p, end, &c);
}

/*
 * From a byte above 0x7f on: after the well-formed characters there, or some of
 * them; p itself where the first is ill-formed.
 */
const char *utf8_skip(const char *p, const char *end);

/* True where all of it is well-formed. */
bool utf8_is_valid(struct span);

/* A byte that is no continuation of a character. */
static inline bool
utf8_begins(char c)
{
	return ((unsigned char)c & 0xc0) != 0x80;
}

/* How many characters begin in it. */
size_t utf8_count(struct span);

/* Adds the character of that number, at most U+10FFFF. */
void utf8_add(struct buf *, unsigned c);

#endif
