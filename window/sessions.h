/* sessions - the open session windows: spans of rows of one key, each within a
 * gap of the next.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_SESSIONS_H
#define WINDOW_SESSIONS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "window/agg.h"
#include "window/deque.h"
#include "window/map.h"

/*
 * One session, [start_ms, end_ms), end_ms the last row's time plus the gap.
 * It owns what its accumulators keep outside (memory).
 */
struct session {
	int64_t start_ms, end_ms;
	struct entry *key; /* of its key in the map */
	struct map memory; /* has no entries */
	bool merged;       /* into another: waits to be freed */
	_Alignas(8) char data[];
};

struct session_due {
	int64_t end_ms; /* may lag behind the session's, which only grows */
	struct session *session;
};

/* The newest session of a key that is a whole number: a cache. */
enum { SESSIONS_QUICK = 64 };
struct session_quick {
	int64_t key;
	struct session *session; /* NULL: nothing here */
};

struct sessions {
	int64_t gap_ms;
	const struct agg_call *calls;
	size_t ncalls;
	size_t data_bytes;
	struct map keys;         /* entry's data: see sessions_of() */
	struct session_due *due; /* a heap by end_ms */
	size_t ndue, due_cap;
	uint64_t open; /* sessions */
	struct session_quick quick[SESSIONS_QUICK];
};

void sessions_init(struct sessions *, int64_t gap_ms, const struct agg_call *,
    size_t ncalls, size_t data_bytes);
void sessions_free(struct sessions *);

enum sessions_found { SESSIONS_FOUND, SESSIONS_LATE, SESSIONS_NO_MEMORY };

/*
 * The session that a row at t_ms of this key belongs to, merged from all that
 * it touches (two rows exactly a gap apart touch), or a new one; late if that
 * would end at or before settled_ms + 1, and then nothing has changed.
 * Source: Apache Flink 1.20, SessionWindowAssigner, MergingWindowSet.
 */
enum sessions_found sessions_put(struct sessions *, struct span key,
    uint64_t hash, int64_t t_ms, int64_t settled_ms, struct session **out);

/* True if a row at t_ms of this key would join a session that is open. */
bool sessions_touch(
    const struct sessions *, struct span key, uint64_t hash, int64_t t_ms);

/*
 * As sessions_put() for a key that is the whole number k, where that is
 * cheaply said: the row lies in the newest session of the key, or touches its
 * end.  NULL: ask sessions_put(), and then say sessions_remember().
 */
struct session *sessions_again(struct sessions *, int64_t k, int64_t t_ms);
void sessions_remember(struct sessions *, int64_t k, struct session *);

/*
 * For what loads them: an empty session, in nobody's list; its place among
 * those of its key.  NULL, false: no memory.
 */
struct session *sessions_make(const struct sessions *);
bool sessions_hang(struct session *);

/* A key's open sessions, by start. */
static inline struct deque *
sessions_of(struct entry *key)
{
	return (struct deque *)(void *)key->data;
}

/* The least end of an open session, or less; INT64_MAX: none is open. */
int64_t sessions_next_end_ms(const struct sessions *);

/* That end exactly. */
int64_t sessions_oldest_end_ms(struct sessions *);

/*
 * Takes out all sessions that end at or before end_ms: they are the caller's,
 * in *due (of *n; to be freed by sessions_release() each, and free(due)).
 * They are still chained to their keys until released.  False: no memory.
 */
bool sessions_take(
    struct sessions *, int64_t end_ms, struct session ***due, size_t *n);
void sessions_release(struct sessions *, struct session *);

#endif
