/* ascii - kinds of bytes, whatever the locale.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_ASCII_H
#define LIB_ASCII_H

#include <stdbool.h>

static inline bool
ascii_is_digit(char c)
{
	return (unsigned char)(c - '0') <= 9;
}

/* Space, tab, CR, LF: those between the tokens of JSON and of SQL. */
static inline bool
ascii_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

#endif
