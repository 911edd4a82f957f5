/* archive - the bytes of a state, out and in by one description of them.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_ARCHIVE_H
#define WINDOW_ARCHIVE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * Who saves or loads something names its parts in order, and each goes out of
 * its place or comes into it: n = archive_u64(a, n).  Numbers are written as
 * they lie in memory; what reads them says first on what kind of machine that
 * was.
 *
 * Bytes that come in are not trusted: what does not make sense sets bad, what
 * finds no memory, or cannot be written, failed; either ends it, and all that
 * is read then is zero.
 */
struct archive {
	bool loads;
	const char *p, *end; /* to come in */
	struct buf buf;      /* to go out */
	/* Takes all of buf whenever much waits; NULL: buf keeps it. */
	int (*write)(void *ctx, struct span);
	void *ctx;
	bool bad, failed;
};

static inline bool
archive_is_sound(const struct archive *a)
{
	return !a->bad && !a->failed;
}

void archive_bytes(struct archive *, void *, size_t n);

/* A variable or member that is a number, an array or a struct of numbers. */
#define archive(a, x) archive_bytes(a, &(x), sizeof(x))

uint64_t archive_u64(struct archive *, uint64_t);
int64_t archive_i64(struct archive *, int64_t);
bool archive_bool(struct archive *, bool);

/* Length and bytes; what comes in points into them. */
struct span archive_span(struct archive *, struct span);

/* So many bytes as they stand, or NULL where there are less. */
const char *archive_raw(struct archive *, const void *, size_t n);

/* Both return false. */
bool archive_refuse(struct archive *);
bool archive_fail(struct archive *);

/* All has gone out: writes the rest, frees buf.  0, or -1: see failed. */
int archive_end(struct archive *);

#endif
