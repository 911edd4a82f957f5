/* arena - memory that is given back all at once.
 * SPDX-License-Identifier: ISC */
#include "lib/arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "lib/buf.h"

enum { ALIGN = 16, CHUNK_BYTES = 16 * 1024 };

struct arena_chunk {
	struct arena_chunk *next;
	size_t size; /* of data */
	_Alignas(ALIGN) char data[];
};

static void
free_all(struct arena_chunk *c)
{
	while (c != NULL) {
		struct arena_chunk *next = c->next;

		free(c);
		c = next;
	}
}

void
arena_free(struct arena *a)
{
	free_all(a->chunks);
	free_all(a->spare);
	*a = (struct arena){ .max = a->max };
}

void
arena_reset(struct arena *a)
{
	/* Mostly one chunk was enough, and stays in use. */
	while (a->chunks != NULL && a->chunks->next != NULL) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		c->next = a->spare;
		a->spare = c;
	}
	a->used = 0;
	a->bytes = 0;
	a->failed = false;
}

/* A chunk with room for n bytes becomes the one in use. */
static bool
add_chunk(struct arena *a, size_t n)
{
	struct arena_chunk *c = a->spare;
	size_t size = n > CHUNK_BYTES ? n : CHUNK_BYTES;

	if (c != NULL && c->size >= n) {
		a->spare = c->next;
	} else {
		c = malloc(sizeof *c + size);
		if (c == NULL)
			return false;
		c->size = size;
	}
	c->next = a->chunks;
	a->chunks = c;
	a->used = 0;
	return true;
}

void *
arena_alloc(struct arena *a, size_t n)
{
	char *p;

	if (n > SIZE_MAX / 2 - a->bytes || a->failed ||
	    (a->max != 0 && a->bytes + n > a->max)) {
		a->failed = true;
		return NULL;
	}
	n = (n + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if ((a->chunks == NULL || a->chunks->size - a->used < n) &&
	    !add_chunk(a, n)) {
		a->failed = true;
		return NULL;
	}
	p = a->chunks->data + a->used;
	a->used += n;
	a->bytes += n;
	return p;
}

void *
arena_zero(struct arena *a, size_t n)
{
	void *p = arena_alloc(a, n);

	return p == NULL ? NULL : memset(p, 0, n);
}

struct span
arena_copy(struct arena *a, struct span s)
{
	char *p = arena_alloc(a, s.n + 1);

	if (p == NULL)
		return (struct span){ NULL, 0 };
	if (s.n > 0)
		memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return (struct span){ p, s.n };
}

const char *
arena_textv(struct arena *a, const char *fmt, va_list args)
{
	struct buf b = { 0 };
	const char *text = NULL;

	buf_addv(&b, fmt, args);
	if (b.failed)
		a->failed = true;
	else
		text = arena_copy(a, buf_span(&b)).p;
	buf_free(&b);
	return text;
}

const char *
arena_text(struct arena *a, const char *fmt, ...)
{
	va_list args;
	const char *text;

	va_start(args, fmt);
	text = arena_textv(a, fmt, args);
	va_end(args);
	return text;
}
