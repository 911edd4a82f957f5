/* gather - when to read again from a source that writes little by little.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_GATHER_H
#define LIB_GATHER_H

#include <stddef.h>
#include <stdint.h>

enum { GATHER_MS = 5 }; /* what --gather is where it is not given */

/*
 * Waking up costs more than a row.  So where a source writes often but little,
 * what it writes is left in its pipe for gather_ms and read at once:
 *
 *	writes    | | | | | | | | |        one each ms
 *	reads     |         |         |    one each 5 ms
 *
 * A source that writes less often than that, or much, is read as it comes; and
 * "much" is a quarter of what its pipe holds at the most, so that no writer is
 * ever held back.  The first bytes after a silence are read at once, too.
 *
 * All times are of one clock, in ms.
 */
struct gather {
	int64_t gather_ms; /* 0: everything is read as it comes */
	size_t much_bytes; /* of gather_ms: these are not waited for */
	int64_t since_ms;  /* when the bytes began to be counted */
	size_t bytes;      /* read since then */
	int64_t read_ms;   /* when they were last read */
	int64_t due_ms;    /* when to read again; in the past: at once */
};

/* fd: the source, whose size is asked where it is a pipe. */
void gather_init(struct gather *, int64_t gather_ms, int fd, int64_t now_ms);

/* So many bytes were read now. */
void gather_note(struct gather *, size_t bytes, int64_t now_ms);

/* What is there is not enough: it is looked at again after gather_ms. */
static inline void
gather_wait(struct gather *g, int64_t now_ms)
{
	g->due_ms = now_ms + g->gather_ms;
}

/* How long to leave the source alone from now on; 0: not at all. */
static inline int64_t
gather_rest_ms(const struct gather *g, int64_t now_ms)
{
	return g->due_ms > now_ms ? g->due_ms - now_ms : 0;
}

#endif
