/* sessions - the open session windows.
 * SPDX-License-Identifier: ISC */
#include "window/sessions.h"

#include "lib/array.h"

#include <stdlib.h>
#include <string.h>

void
sessions_init(struct sessions *s, int64_t gap_ms, const struct agg_call *calls,
    size_t ncalls, size_t data_bytes)
{
	*s = (struct sessions){
		.gap_ms = gap_ms,
		.calls = calls,
		.ncalls = ncalls,
		.data_bytes = data_bytes,
	};
	map_init(&s->keys, sizeof(struct deque));
	s->keys.removes = true;
}

static void
session_del(struct sessions *s, struct session *session)
{
	agg_release(s->calls, s->ncalls, session->data);
	map_free(&session->memory);
	free(session);
}

void
sessions_free(struct sessions *s)
{
	for (size_t i = 0; i < s->ndue; i++) {
		struct session *session = s->due[i].session;

		/* Of a merged one the key may be gone. */
		if (!session->merged && session->key != NULL)
			deque_free(sessions_of(session->key));
		session_del(s, session);
	}
	free(s->due);
	map_free(&s->keys);
	*s = (struct sessions){ 0 };
}

/* --- the sessions of a key ----------------------------------------------- */

static struct session *
at(const struct deque *list, size_t i)
{
	return deque_at(list, i);
}

/* The first session that does not end before t. */
static size_t
find(const struct deque *list, int64_t t)
{
	size_t low = 0, high = list->n;

	/* Mostly the newest, or none. */
	if (high == 0 || at(list, high - 1)->end_ms < t)
		return high;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (at(list, mid)->end_ms < t)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

bool
sessions_hang(struct session *session)
{
	struct deque *list = sessions_of(session->key);

	return deque_put(list, find(list, session->start_ms), session);
}

/* --- what is due --------------------------------------------------------- */

static void
heap_down(struct sessions *s, size_t i)
{
	struct session_due moved = s->due[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= s->ndue)
			break;
		if (child + 1 < s->ndue &&
		    s->due[child + 1].end_ms < s->due[child].end_ms)
			child++;
		if (s->due[child].end_ms >= moved.end_ms)
			break;
		s->due[i] = s->due[child];
		i = child;
	}
	s->due[i] = moved;
}

static bool
heap_add(struct sessions *s, struct session *session)
{
	size_t i = s->ndue;

	if (array_room(s->due, s->due_cap, s->ndue + 1) == -1)
		return false;
	s->ndue++;
	while (i > 0 && s->due[(i - 1) / 2].end_ms > session->end_ms) {
		s->due[i] = s->due[(i - 1) / 2];
		i = (i - 1) / 2;
	}
	s->due[i] = (struct session_due){ session->end_ms, session };
	return true;
}

static struct session *
heap_pop(struct sessions *s)
{
	struct session *session = s->due[0].session;

	s->due[0] = s->due[--s->ndue];
	if (s->ndue > 0)
		heap_down(s, 0);
	return session;
}

/*
 * Brings the heap's top up to date: sessions that were merged away are freed,
 * those that have grown go down to where they belong.
 */
static void
heap_settle(struct sessions *s)
{
	while (s->ndue > 0) {
		struct session *top = s->due[0].session;

		if (top->merged) {
			session_del(s, heap_pop(s));
		} else if (top->end_ms != s->due[0].end_ms) {
			s->due[0].end_ms = top->end_ms;
			heap_down(s, 0);
		} else {
			break;
		}
	}
}

struct session *
sessions_make(const struct sessions *s)
{
	struct session *session = calloc(1, sizeof *session + s->data_bytes);

	if (session != NULL)
		map_init(&session->memory, 0);
	return session;
}

static struct session *
session_new(struct sessions *s, struct entry *key, int64_t t)
{
	struct session *session = sessions_make(s);

	if (session == NULL)
		return NULL;
	session->start_ms = t;
	session->end_ms = t + s->gap_ms;
	session->key = key;
	if (!sessions_hang(session) || !heap_add(s, session)) {
		free(session);
		return NULL;
	}
	s->open++;
	return session;
}

static void
forget_quick(struct sessions *s)
{
	memset(s->quick, 0, sizeof s->quick);
}

/*
 * Merges the sessions behind the i-th that it touches into it, by start.  It
 * has been widened to hold the row already.
 */
static bool
swallow(struct sessions *s, struct deque *list, size_t i)
{
	struct session *first = at(list, i);

	while (i + 1 < list->n && at(list, i + 1)->start_ms <= first->end_ms) {
		struct session *next = at(list, i + 1);

		if (!agg_merge(s->calls, s->ncalls, &first->memory, first->data,
			next->data))
			return false;
		if (next->end_ms > first->end_ms)
			first->end_ms = next->end_ms;
		deque_remove(list, i + 1);
		next->merged = true;
		s->open--;
		forget_quick(s);
	}
	return true;
}

static bool
touches(const struct sessions *s, const struct deque *list, size_t i, int64_t t)
{
	return i < list->n && at(list, i)->start_ms <= t + s->gap_ms;
}

bool
sessions_touch(
    const struct sessions *s, struct span key, uint64_t hash, int64_t t)
{
	struct entry *e = map_get(&s->keys, key, hash);

	return e != NULL &&
	       touches(s, sessions_of(e), find(sessions_of(e), t), t);
}

enum sessions_found
sessions_put(struct sessions *s, struct span key, uint64_t hash, int64_t t,
    int64_t settled, struct session **out)
{
	struct entry *e = map_get(&s->keys, key, hash);
	struct deque *list = e == NULL ? NULL : sessions_of(e);
	size_t i = e == NULL ? 0 : find(list, t);

	if (e != NULL && touches(s, list, i, t)) {
		struct session *first = at(list, i);

		if (t < first->start_ms)
			first->start_ms = t;
		if (t + s->gap_ms > first->end_ms)
			first->end_ms = t + s->gap_ms;
		*out = first;
		return swallow(s, list, i) ? SESSIONS_FOUND
		                           : SESSIONS_NO_MEMORY;
	}
	if (t + s->gap_ms - 1 <= settled)
		return SESSIONS_LATE;
	if (e == NULL)
		e = map_put(&s->keys, key, hash, NULL);
	*out = e == NULL ? NULL : session_new(s, e, t);
	return *out == NULL ? SESSIONS_NO_MEMORY : SESSIONS_FOUND;
}

struct session *
sessions_again(struct sessions *s, int64_t k, int64_t t)
{
	struct session_quick *quick = &s->quick[(uint64_t)k % SESSIONS_QUICK];
	struct session *session = quick->session;

	if (session == NULL || quick->key != k || t < session->start_ms ||
	    t > session->end_ms)
		return NULL;
	if (t + s->gap_ms > session->end_ms)
		session->end_ms = t + s->gap_ms;
	return session;
}

void
sessions_remember(struct sessions *s, int64_t k, struct session *session)
{
	const struct deque *list = sessions_of(session->key);

	if (at(list, list->n - 1) == session)
		s->quick[(uint64_t)k % SESSIONS_QUICK] =
		    (struct session_quick){ k, session };
}

int64_t
sessions_next_end_ms(const struct sessions *s)
{
	return s->ndue == 0 ? INT64_MAX : s->due[0].end_ms;
}

int64_t
sessions_oldest_end_ms(struct sessions *s)
{
	heap_settle(s);
	return sessions_next_end_ms(s);
}

bool
sessions_take(struct sessions *s, int64_t end, struct session ***due, size_t *n)
{
	size_t cap = 0;

	*due = NULL;
	*n = 0;
	for (heap_settle(s); s->ndue > 0 && s->due[0].end_ms <= end;
	     heap_settle(s)) {
		if (array_room(*due, cap, *n + 1) == -1)
			return false;
		(*due)[(*n)++] = heap_pop(s);
	}
	return true;
}

void
sessions_release(struct sessions *s, struct session *session)
{
	struct entry *key = session->key;
	struct deque *list = sessions_of(key);

	forget_quick(s);
	deque_remove(list, find(list, session->end_ms));
	if (list->n == 0) {
		deque_free(list);
		map_remove(&s->keys, key);
	}
	s->open--;
	session_del(s, session);
}
