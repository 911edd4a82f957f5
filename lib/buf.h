/* buf - bytes that we own: they grow up to a ceiling, and a failure sticks.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

/*
 * All zero is empty and valid.  p is owned; it moves when the buf grows, so
 * keep offsets, not pointers, while adding.  max is the ceiling in bytes, 0
 * for none.  After an add that could not be done (ceiling, memory) failed is
 * set, n stays, and every further add does nothing: ask once, at the end.
 */
struct buf {
	char *p;
	size_t n;
	size_t cap;
	size_t max;
	bool failed;
};

/* Frees the bytes; the buf is empty and may be used again (max is kept). */
void buf_free(struct buf *);

/* Empties without freeing; clears failed. */
void buf_clear(struct buf *);

/* Room for n more bytes: where to write them, or NULL.  Add to b->n after. */
char *buf_room(struct buf *, size_t n);

void buf_add(struct buf *, const void *p, size_t n);
void buf_add_char(struct buf *, char);
void buf_add_text(struct buf *, const char *text);
void buf_add_span(struct buf *, struct span);
void buf_add_u64(struct buf *, uint64_t);
void buf_add_i64(struct buf *, int64_t);
void buf_addf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *, const char *fmt, va_list);

/* The content ended by a NUL that is not counted in n; NULL if failed. */
const char *buf_text(struct buf *);

static inline struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

#endif
