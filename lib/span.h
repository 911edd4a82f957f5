/* span - bytes that somebody else owns: a pointer and a length.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_SPAN_H
#define LIB_SPAN_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

/* Borrowed bytes, not ended by NUL.  n == 0 allows p == NULL. */
struct span {
	const char *p;
	size_t n;
};

static inline struct span
span_of(const char *text)
{
	return (struct span){ text, strlen(text) };
}

/* Empty for NULL. */
static inline struct span
span_maybe(const char *text)
{
	return text == NULL ? (struct span){ NULL, 0 } : span_of(text);
}

static inline bool
span_equal(struct span a, struct span b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Without its first n bytes. */
static inline struct span
span_from(struct span s, size_t n)
{
	return n == 0 ? s : (struct span){ s.p + n, s.n - n };
}

static inline bool
span_is(struct span s, const char *text)
{
	return span_equal(s, span_of(text));
}

/* Order by unsigned bytes, a prefix first: below, at or above zero. */
static inline int
span_order(struct span a, struct span b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int order = n == 0 ? 0 : memcmp(a.p, b.p, n);

	return order != 0 ? order : (a.n > b.n) - (a.n < b.n);
}

#endif
