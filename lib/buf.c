/* buf - bytes that we own.
 * SPDX-License-Identifier: ISC */
#include "lib/buf.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/digits.h"

void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){ .max = b->max };
}

char *
buf_grow(struct buf *b, size_t n)
{
	size_t max = b->max == 0 ? SIZE_MAX / 2 : b->max;
	size_t cap = b->cap;
	char *p;

	if (b->failed)
		return NULL;
	if (n <= cap - b->n && b->p != NULL)
		return b->p + b->n;
	if (n > max - b->n) {
		b->failed = true;
		return NULL;
	}
	while (cap - b->n < n)
		cap = cap == 0 ? 64 : cap * 2;
	/* One byte beyond the ceiling, for buf_text(). */
	if (cap > max)
		cap = max;
	p = realloc(b->p, cap + 1);
	if (p == NULL) {
		b->failed = true;
		return NULL;
	}
	b->p = p;
	b->cap = cap;
	return p + b->n;
}

void
buf_add_text(struct buf *b, const char *text)
{
	buf_add(b, text, strlen(text));
}

void
buf_add_u64(struct buf *b, uint64_t v)
{
	char digits[20], *end = digits + sizeof digits;
	char *first = digits_before(end, v);

	buf_add(b, first, (size_t)(end - first));
}

void
buf_add_i64(struct buf *b, int64_t v)
{
	if (v < 0)
		buf_add_char(b, '-');
	buf_add_u64(b, v < 0 ? -(uint64_t)v : (uint64_t)v);
}

void
buf_addv(struct buf *b, const char *fmt, va_list args)
{
	va_list again;
	char *to;
	int n;

	va_copy(again, args);
	n = vsnprintf(NULL, 0, fmt, again);
	va_end(again);
	if (n < 0) {
		b->failed = true;
		return;
	}
	/* vsnprintf() ends with a NUL: the spare byte of buf_room() holds it.
	 */
	to = buf_room(b, (size_t)n);
	if (to == NULL)
		return;
	vsnprintf(to, (size_t)n + 1, fmt, args);
	b->n += (size_t)n;
}

void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	buf_addv(b, fmt, args);
	va_end(args);
}

const char *
buf_text(struct buf *b)
{
	if (buf_room(b, 0) == NULL)
		return NULL;
	b->p[b->n] = '\0';
	return b->p;
}
