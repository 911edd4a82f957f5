/* arena - memory that is given back all at once.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_ARENA_H
#define LIB_ARENA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

/*
 * All zero is empty and valid.  What it gives never moves, is aligned to 16
 * bytes and lives until arena_reset() or arena_free().  max is the ceiling in
 * bytes of what it holds at a time, 0 for none.  After an allocation that could
 * not be done failed is set, up to the next reset.
 */
struct arena {
	struct arena_chunk *chunks; /* all, the one in use first */
	struct arena_chunk *spare;  /* of an arena that was reset */
	size_t used;                /* of the one in use */
	size_t bytes;               /* given, since the last reset */
	size_t max;
	bool failed;
};

void arena_free(struct arena *);

/* Takes all back; keeps the memory for what comes. */
void arena_reset(struct arena *);

/* n bytes, not cleared; NULL: no memory, or the ceiling. */
void *arena_alloc(struct arena *, size_t n);

/* The same, all zero. */
void *arena_zero(struct arena *, size_t n);

/* A copy, ended by a NUL that is not counted; {NULL, 0} where it failed. */
struct span arena_copy(struct arena *, struct span);

/* A text, as printf(3) has it; NULL where it failed. */
const char *arena_text(struct arena *, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));
const char *arena_textv(struct arena *, const char *fmt, va_list);

#endif
