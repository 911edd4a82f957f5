/* engine_fire - the firing of windows.
 * SPDX-License-Identifier: ISC */
#include "window/engine_fire.h"
#include "window/engine_rows.h"

#include <stdlib.h>
#include <string.h>

#include "window/sort.h"

/*
 * A key's first bytes as a number that sorts as they do, so that most
 * comparisons need not look at the entry: where all keys begin with one tag,
 * the eight bytes behind it, else the tag and less of them.
 */
static uint64_t
prefix_of(struct span key, bool one_tag)
{
	unsigned char bytes[9] = { 0 };
	uint64_t v = 0;

	memcpy(bytes, key.p, key.n < sizeof bytes ? key.n : sizeof bytes);
	for (int i = 1; i < 9; i++)
		v = v << 8 | bytes[i];
	return one_tag ? v : (uint64_t)bytes[0] << 60 | v >> 4;
}

static bool
have_one_tag(const struct table *t)
{
	int tag = 0;

	for (size_t i = 0; i < t->n; i++) {
		struct span key = entry_key(table_at(t, i));

		if (key.n == 0 || (tag != 0 && key.p[0] != tag))
			return false;
		tag = key.p[0];
	}
	return true;
}

static int
entry_order(const void *a, const void *b)
{
	return span_order(entry_key(a), entry_key(b));
}

static int
session_order(const void *x, const void *y)
{
	const struct session *a = x, *b = y;
	int keys = entry_order(a->key, b->key);

	if (keys != 0)
		return keys;
	return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

/*
 * Room for n items to sort and as many of scratch (*scratch: NULL where there
 * is not memory for that too); NULL: no memory.
 */
static struct sort_item *
sort_room(struct engine *e, size_t n, struct sort_item **scratch)
{
	struct sort_item *grown;

	if (2 * n > e->sort_cap) {
		size_t cap = n < 64 ? 128 : 2 * n;

		grown = realloc(e->sort, cap * sizeof *grown);
		if (grown == NULL && e->sort_cap < n)
			return NULL;
		if (grown != NULL) {
			e->sort = grown;
			e->sort_cap = cap;
		}
	}
	*scratch = e->sort_cap >= 2 * n ? e->sort + n : NULL;
	return e->sort;
}

/* A million groups are rare: their scratch is not kept. */
static void
sort_trim(struct engine *e)
{
	if (e->sort_cap > 1 << 17) {
		free(e->sort);
		e->sort = NULL;
		e->sort_cap = 0;
	}
}

static int
emit(struct engine *e, const struct engine_result *result)
{
	return e->emit(e->ctx, result) == -1 ? engine_stop(e, ENGINE_EMIT) : 0;
}

static int
emit_table(struct engine *e, const struct table *t, int64_t end)
{
	struct engine_result result = {
		.start_ms = grid_start_ms(&e->q->grid, end), .end_ms = end
	};
	struct sort_item *scratch, *item = sort_room(e, t->n, &scratch);
	bool one_tag = !e->q->unsorted && have_one_tag(t);
	int rc = 0;

	if (item == NULL)
		return engine_stop(e, ENGINE_NO_MEMORY);
	for (size_t i = 0; i < t->n; i++) {
		item[i].what = table_at(t, i);
		item[i].prefix =
		    e->q->unsorted
			? 0
			: prefix_of(entry_key(item[i].what), one_tag);
	}
	if (!e->q->unsorted)
		sort_items(item, t->n, scratch, entry_order);
	for (size_t i = 0; rc == 0 && i < t->n; i++) {
		const struct entry *entry = item[i].what;

		result.key = entry_key(entry);
		result.data = entry->data;
		rc = emit(e, &result);
	}
	sort_trim(e);
	return rc;
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
	engine_close_short(e);
	return 0;
}

static int
emit_sessions(struct engine *e, struct session **due, size_t n)
{
	struct sort_item *scratch, *item;
	int rc = 0;

	if (n == 0)
		return 0;
	item = sort_room(e, n, &scratch);
	if (item == NULL)
		return engine_stop(e, ENGINE_NO_MEMORY);
	for (size_t i = 0; i < n; i++) {
		item[i].what = due[i];
		/* Times before 1970 come first, as numbers without sign. */
		item[i].prefix = (uint64_t)due[i]->end_ms ^ (uint64_t)1 << 63;
	}
	sort_items(item, n, scratch, session_order);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct session *session = item[i].what;
		struct engine_result result = { session->start_ms,
			session->end_ms, 0, entry_key(session->key),
			session->data };

		rc = emit(e, &result);
	}
	sort_trim(e);
	return rc;
}

static int
fire_sessions(struct engine *e, int64_t settled)
{
	struct sessions *s = &e->sessions;
	struct session **due;
	size_t n;
	int rc;

	rc = sessions_take(s, settled + 1, &due, &n)
	         ? emit_sessions(e, due, n)
	         : engine_stop(e, ENGINE_NO_MEMORY);
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
