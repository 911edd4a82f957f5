/* buf - bytes that we own: they grow up to a ceiling, and a failure sticks.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_BUF_H
#define LIB_BUF_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

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

/* Frees the bytes; the buf is empty and may be used again (max is kept, and so
 * is errno, as POSIX.1-2024 has it of free()). */
void buf_free(struct buf *);

/* Empties without freeing; clears failed. */
static inline void
buf_clear(struct buf *b)
{
	b->n = 0;
	b->failed = false;
}

/* buf_room() where there is none yet. */
char *buf_grow(struct buf *, size_t n);

/* Room for n more bytes: where to write them, or NULL.  Add to b->n after. */
static inline char *
buf_room(struct buf *b, size_t n)
{
	return n < b->cap - b->n && !b->failed ? b->p + b->n : buf_grow(b, n);
}

static inline void
buf_add(struct buf *b, const void *p, size_t n)
{
	char *to = buf_room(b, n);

	if (to == NULL)
		return;
	if (n > 0)
		memcpy(to, p, n);
	b->n += n;
}

static inline void
buf_add_char(struct buf *b, char c)
{
	buf_add(b, &c, 1);
}

static inline void
buf_add_span(struct buf *b, struct span s)
{
	buf_add(b, s.p, s.n);
}

void buf_add_text(struct buf *, const char *text);
void buf_add_u64(struct buf *, uint64_t);
void buf_add_i64(struct buf *, int64_t);
void buf_addf(struct buf *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
void buf_addv(struct buf *, const char *fmt, va_list);

/* The content ended by a NUL that is not counted in n; NULL if failed. */
const char *buf_text(struct buf *);

/* The same for a message. */
static inline const char *
buf_said(struct buf *b)
{
	const char *text = buf_text(b);

	return text != NULL ? text : "out of memory";
}

static inline struct span
buf_span(const struct buf *b)
{
	return (struct span){ b->p, b->n };
}

#endif
