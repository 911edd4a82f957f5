/* engine_fire - the firing of windows.
 * SPDX-License-Identifier: ISC */
#include "window/engine_fire.h"

#include <stdlib.h>
#include <string.h>

/*
 * What is sorted: the key's first bytes in front, so that most comparisons
 * need not look at the entry.
 */
struct engine_sort {
	uint64_t prefix;
	struct span key;
	const char *data;
	int64_t start_ms, end_ms;
};

/* The tag in four bits, then 60 bits of what follows it. */
static uint64_t
prefix_of(struct span key)
{
	unsigned char bytes[9] = { 0 };
	uint64_t v = 0;

	memcpy(bytes, key.p, key.n < sizeof bytes ? key.n : sizeof bytes);
	for (int i = 1; i < 9; i++)
		v = v << 8 | bytes[i];
	return (uint64_t)bytes[0] << 60 | v >> 4;
}

static int
order(const void *x, const void *y)
{
	const struct engine_sort *a = x, *b = y;
	int keys;

	if (a->end_ms != b->end_ms)
		return a->end_ms < b->end_ms ? -1 : 1;
	if (a->prefix != b->prefix)
		return a->prefix < b->prefix ? -1 : 1;
	keys = span_order(a->key, b->key);
	if (keys != 0)
		return keys;
	return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

static bool
sort_room(struct engine *e, size_t n)
{
	struct engine_sort *grown;

	if (n <= e->sort_cap)
		return true;
	n = n < 64 ? 64 : n;
	grown = realloc(e->sort, n * sizeof *grown);
	if (grown == NULL)
		return false;
	e->sort = grown;
	e->sort_cap = n;
	return true;
}

/* A million groups are rare: their scratch is not kept. */
static void
sort_trim(struct engine *e)
{
	if (e->sort_cap > 1 << 16) {
		free(e->sort);
		e->sort = NULL;
		e->sort_cap = 0;
	}
}

static int
emit_sorted(struct engine *e, size_t n)
{
	if (!e->q->unsorted && n > 1)
		qsort(e->sort, n, sizeof *e->sort, order);
	for (size_t i = 0; i < n; i++) {
		struct engine_result result = { e->sort[i].start_ms,
			e->sort[i].end_ms, 0, e->sort[i].key, e->sort[i].data };

		if (e->emit(e->ctx, &result) == -1)
			return engine_stop(e, ENGINE_EMIT);
	}
	sort_trim(e);
	return 0;
}

static int
emit_table(struct engine *e, const struct table *t, int64_t end)
{
	int64_t start = grid_start_ms(&e->q->grid, end);

	if (!sort_room(e, t->n))
		return engine_stop(e, ENGINE_NO_MEMORY);
	for (size_t i = 0; i < t->n; i++) {
		struct entry *entry = table_at(t, i);
		struct span key = entry_key(entry);

		e->sort[i] =
		    (struct engine_sort){ e->q->unsorted ? 0 : prefix_of(key),
			    key, entry->data, start, end };
	}
	return emit_sorted(e, t->n);
}

static int
fire_window(struct engine *e, int64_t end)
{
	struct table merged;
	const struct table *t = panes_window(&e->panes, end, &merged);
	int rc = t == NULL ? engine_stop(e, ENGINE_NO_MEMORY)
	                   : emit_table(e, t, end);

	panes_release_table(&e->panes, &merged);
	return rc;
}

static int
fire_grid(struct engine *e, int64_t settled, int64_t gone)
{
	/* Windows up to here had fired, or had no rows when they should. */
	int64_t done =
	    e->next_end_ms == INT64_MAX ? settled : e->next_end_ms - 1;

	for (;;) {
		int64_t end = panes_next_end_ms(&e->panes, done);

		if (end - 1 > settled || end == INT64_MAX) {
			e->next_end_ms = end;
			break;
		}
		if (fire_window(e, end) == -1)
			return -1;
		done = end;
		if (gone == settled)
			panes_evict(&e->panes, done);
	}
	panes_evict(&e->panes, gone + 1);
	engine_forget_revised(e, gone + 1);
	/* The current slice may be gone. */
	e->pane_from_ms = INT64_MAX;
	e->pane_until_ms = INT64_MIN;
	e->short_from_ms = INT64_MAX;
	return 0;
}

static int
fire_sessions(struct engine *e, int64_t settled)
{
	struct sessions *s = &e->sessions;
	struct session **due;
	size_t n;
	int rc = 0;

	if (!sessions_take(s, settled + 1, &due, &n) || !sort_room(e, n))
		rc = engine_stop(e, ENGINE_NO_MEMORY);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		struct span key = entry_key(due[i]->key);

		e->sort[i] = (struct engine_sort){ prefix_of(key), key,
			due[i]->data, due[i]->start_ms, due[i]->end_ms };
	}
	if (rc == 0)
		rc = emit_sorted(e, n);
	for (size_t i = 0; i < n; i++)
		sessions_release(s, due[i]);
	free(due);
	e->next_end_ms = sessions_next_end_ms(s);
	return rc;
}

int
engine_fire(struct engine *e, int64_t settled, int64_t gone)
{
	if (e->q->grid.kind == KIND_SESSION)
		return fire_sessions(e, settled);
	return fire_grid(e, settled, gone);
}
