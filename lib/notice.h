/* notice - when something that grows is worth saying: once it is, then at most
 * once a minute.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_NOTICE_H
#define LIB_NOTICE_H

#include <stdbool.h>
#include <stdint.h>

enum {
	NOTICE_FIRST_MS = 1000, /* so that a short input has its say once */
	NOTICE_EVERY_MS = 60000,
};

/* All zero: nothing has happened. */
struct notice {
	uint64_t told; /* the count when it was said last */
	int64_t due_ms;
};

/*
 * True when a count is to be said now: it has grown, and it is the time or the
 * end.  Else *next_ms is lowered to the time when that may be.
 */
static inline bool
notice_is_due(struct notice *n, uint64_t count, int64_t now_ms, bool at_end,
    int64_t *next_ms)
{
	if (count == n->told)
		return false;
	if (n->due_ms == 0)
		n->due_ms = now_ms + NOTICE_FIRST_MS;
	if (!at_end && now_ms < n->due_ms) {
		*next_ms = n->due_ms < *next_ms ? n->due_ms : *next_ms;
		return false;
	}
	n->told = count;
	n->due_ms = now_ms + NOTICE_EVERY_MS;
	return true;
}

#endif
