/* sessions - the open session windows.
 * SPDX-License-Identifier: ISC */
#include "window/sessions.h"

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
	table_init(&s->keys, sizeof(struct session *));
	s->keys.removes = true;
}

static struct session **
first_of(struct entry *key)
{
	return (struct session **)(void *)key->data;
}

static void
session_del(struct sessions *s, struct session *session)
{
	for (size_t i = 0; i < s->ncalls; i++)
		if (s->calls[i].ops->release != NULL)
			s->calls[i].ops->release(
			    session->data + s->calls[i].at);
	table_free(&session->memory);
	free(session);
}

void
sessions_free(struct sessions *s)
{
	for (size_t i = 0; i < s->ndue; i++)
		session_del(s, s->due[i].session);
	free(s->due);
	table_free(&s->keys);
	*s = (struct sessions){ 0 };
}

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

	if (s->ndue == s->due_cap) {
		size_t cap = s->due_cap == 0 ? 64 : 2 * s->due_cap;
		struct session_due *grown =
		    realloc(s->due, cap * sizeof *grown);

		if (grown == NULL)
			return false;
		s->due = grown;
		s->due_cap = cap;
	}
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

static bool
merge(struct sessions *s, struct session *into, const struct session *from)
{
	struct agg_env env = { .table = &into->memory };

	for (size_t i = 0; i < s->ncalls; i++) {
		const struct agg_call *call = &s->calls[i];

		call->ops->merge(
		    into->data + call->at, from->data + call->at, &env);
	}
	return !env.failed;
}

static struct session *
session_new(
    struct sessions *s, struct entry *key, int64_t t, struct session **link)
{
	struct session *session = calloc(1, sizeof *session + s->data_bytes);

	if (session == NULL)
		return NULL;
	session->start_ms = t;
	session->end_ms = t + s->gap_ms;
	session->key = key;
	table_init(&session->memory, 0);
	if (!heap_add(s, session)) {
		free(session);
		return NULL;
	}
	session->next = *link;
	*link = session;
	s->open++;
	return session;
}

/*
 * Merges the sessions behind first that the row touches into it, by start.
 * first has been widened to hold the row already.
 */
static bool
swallow(struct sessions *s, struct session *first)
{
	while (first->next != NULL && first->next->start_ms <= first->end_ms) {
		struct session *next = first->next;

		if (!merge(s, first, next))
			return false;
		if (next->end_ms > first->end_ms)
			first->end_ms = next->end_ms;
		first->next = next->next;
		next->merged = true;
		s->open--;
	}
	return true;
}

/* Where the first session of the key that does not end before t hangs. */
static struct session **
find_link(struct entry *key, int64_t t)
{
	struct session **link = first_of(key);

	while (*link != NULL && (*link)->end_ms < t)
		link = &(*link)->next;
	return link;
}

static bool
touches(const struct sessions *s, const struct session *session, int64_t t)
{
	return session != NULL && session->start_ms <= t + s->gap_ms;
}

bool
sessions_touch(
    const struct sessions *s, struct span key, uint64_t hash, int64_t t)
{
	struct entry *e = table_get(&s->keys, key, hash);

	return e != NULL && touches(s, *find_link(e, t), t);
}

enum sessions_found
sessions_put(struct sessions *s, struct span key, uint64_t hash, int64_t t,
    int64_t settled, struct session **out)
{
	struct entry *e = table_get(&s->keys, key, hash);
	struct session **link = e == NULL ? NULL : find_link(e, t);

	if (link != NULL && touches(s, *link, t)) {
		struct session *first = *link;

		if (t < first->start_ms)
			first->start_ms = t;
		if (t + s->gap_ms > first->end_ms)
			first->end_ms = t + s->gap_ms;
		*out = first;
		return swallow(s, first) ? SESSIONS_FOUND : SESSIONS_NO_MEMORY;
	}
	if (t + s->gap_ms - 1 <= settled)
		return SESSIONS_LATE;
	if (e == NULL) {
		e = table_put(&s->keys, key, hash, NULL);
		if (e == NULL)
			return SESSIONS_NO_MEMORY;
		link = first_of(e);
	}
	*out = session_new(s, e, t, link);
	return *out == NULL ? SESSIONS_NO_MEMORY : SESSIONS_FOUND;
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
		if (*n == cap) {
			size_t more = cap == 0 ? 64 : 2 * cap;
			struct session **grown =
			    realloc(*due, more * sizeof(struct session *));

			if (grown == NULL)
				return false;
			*due = grown;
			cap = more;
		}
		(*due)[(*n)++] = heap_pop(s);
	}
	return true;
}

void
sessions_release(struct sessions *s, struct session *session)
{
	struct entry *key = session->key;
	struct session **link = first_of(key);

	while (*link != session)
		link = &(*link)->next;
	*link = session->next;
	if (*first_of(key) == NULL)
		table_remove(&s->keys, key);
	s->open--;
	session_del(s, session);
}
