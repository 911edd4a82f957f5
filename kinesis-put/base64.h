/* base64 - bytes as base64 text (RFC 4648, section 4, with padding).
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_BASE64_H
#define KINESIS_PUT_BASE64_H

#include <stddef.h>

/* Characters for n bytes. */
static inline size_t
base64_size(size_t n)
{
	return (n + 2) / 3 * 4;
}

/* Writes base64_size(n) characters to out; out and in do not overlap. */
void base64_encode(char *out, const char *in, size_t n);

#endif
