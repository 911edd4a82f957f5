/* engine_revise - windows that are written again for a late row
 * (--allowed-lateness).
 * SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "window/engine_fire.h"

static struct engine_revised *
revised_at(const struct engine *e, size_t i)
{
	return deque_at(&e->revised, i);
}

void
engine_forget_revised(struct engine *e, int64_t end)
{
	while (e->revised.n > 0 && revised_at(e, 0)->end_ms <= end) {
		table_free(&revised_at(e, 0)->times);
		free(revised_at(e, 0));
		deque_remove(&e->revised, 0);
	}
}

struct table *
engine_revised_of(struct engine *e, int64_t end)
{
	size_t low = 0, high = e->revised.n;
	struct engine_revised *made;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (revised_at(e, mid)->end_ms < end)
			low = mid + 1;
		else
			high = mid;
	}
	if (low < e->revised.n && revised_at(e, low)->end_ms == end)
		return &revised_at(e, low)->times;
	made = malloc(sizeof *made);
	if (made == NULL || !deque_put(&e->revised, low, made)) {
		free(made);
		return NULL;
	}
	made->end_ms = end;
	table_init(&made->times, sizeof(uint32_t));
	return &made->times;
}

/*
 * The revision of a group that is written now: one more than before; 0 where
 * the window had fired without it.
 */
static bool
next_revision(struct engine *e, int64_t end, struct span key, uint64_t hash,
    bool was_there, uint32_t *revision)
{
	struct table *times = engine_revised_of(e, end);
	struct entry *entry;
	bool made;

	if (times == NULL)
		return false;
	entry = table_put(times, key, hash, &made);
	if (entry == NULL)
		return false;
	memcpy(revision, entry->data, sizeof *revision);
	if (!made || was_there)
		++*revision;
	memcpy(entry->data, revision, sizeof *revision);
	return true;
}

/*
 * The group of a late row: what the slices of its windows have of it, of which
 * each window is a run that holds the row's own part.  So where aggregates may
 * be grouped at will, the parts before and behind the own one are summed up
 * once, and a window is the sum of two, however many slices it has.
 */
struct group {
	struct span key;
	uint64_t hash;
	bool made; /* by the row */
	struct pane_part *part;
	size_t n, own;
	size_t first, end; /* of the window's parts */
	bool summed;
	struct table before; /* its i-th entry: the i + 1 parts up to own */
	struct table behind; /* one entry: the parts behind own, up to ... */
	size_t behind_end;
};

/* Sums of sets and sketches would be kept as often as there are parts. */
static bool
can_be_summed(const struct query *q)
{
	for (size_t i = 0; i < q->ncalls; i++)
		if (!q->calls[i].ops->exact || q->calls[i].ops->release != NULL)
			return false;
	return true;
}

static bool
sum_before(struct engine *e, struct group *g)
{
	const char *last = NULL;

	for (size_t i = g->own + 1; i-- > g->first;) {
		struct span key = { (const char *)&i, sizeof i };
		struct entry *sum =
		    table_put(&g->before, key, hash_bytes(key), NULL);

		if (sum == NULL ||
		    !panes_merge(
			&e->panes, &g->before, sum, g->part[i].entry->data) ||
		    (last != NULL &&
			!panes_merge(&e->panes, &g->before, sum, last)))
			return false;
		last = sum->data;
	}
	return true;
}

/* The window's parts from the one behind own on, added to behind. */
static bool
sum_behind(struct engine *e, struct group *g)
{
	for (; g->behind_end < g->end; g->behind_end++) {
		struct entry *sum =
		    table_put(&g->behind, g->key, g->hash, NULL);

		if (sum == NULL || !panes_merge(&e->panes, &g->behind, sum,
				       g->part[g->behind_end].entry->data))
			return false;
	}
	return true;
}

/* The window's accumulators, as the one entry of sum; NULL: no memory. */
static const char *
sum_up(struct engine *e, struct group *g, struct table *sum)
{
	struct entry *to = table_put(sum, g->key, g->hash, NULL);
	bool ok = to != NULL;

	if (ok && g->summed) {
		ok = panes_merge(&e->panes, sum, to,
			 table_at(&g->before, g->own - g->first)->data) &&
		     sum_behind(e, g);
		if (ok && g->behind.n > 0)
			ok = panes_merge(
			    &e->panes, sum, to, table_at(&g->behind, 0)->data);
	}
	for (size_t i = g->first; ok && !g->summed && i < g->end; i++)
		ok = panes_merge(&e->panes, sum, to, g->part[i].entry->data);
	return ok ? to->data : NULL;
}

static int
revise_window(struct engine *e, int64_t end, struct group *g)
{
	struct engine_result result = { grid_start_ms(&e->q->grid, end), end, 0,
		g->key, NULL };
	struct table sum;
	int rc = -1;

	while (g->part[g->first].start_ms < result.start_ms)
		g->first++;
	while (g->end < g->n && g->part[g->end].start_ms < end)
		g->end++;
	table_init(&sum, e->q->data_bytes);
	if (next_revision(e, end, g->key, g->hash,
		!g->made || g->end - g->first > 1, &result.revision))
		result.data = sum_up(e, g, &sum);
	if (result.data == NULL) {
		engine_stop(e, ENGINE_NO_MEMORY);
	} else {
		rc = e->emit(e->ctx, &result);
		if (rc == -1)
			engine_stop(e, ENGINE_EMIT);
	}
	panes_release_table(&e->panes, &sum);
	return rc;
}

/* Finds the parts of the windows from the one that ends at first_end on. */
static bool
find_parts(
    struct engine *e, struct group *g, const struct entry *own, int64_t first)
{
	int64_t until = e->pane_last_end_ms;

	if (until - 1 > e->settled_ms)
		until = e->settled_ms + 1;
	g->part = panes_parts(&e->panes, grid_start_ms(&e->q->grid, first),
	    until, g->key, g->hash, &g->n);
	if (g->part == NULL)
		return false;
	while (g->part[g->own].entry != own)
		g->own++;
	g->end = g->behind_end = g->own + 1;
	table_init(&g->before, e->q->data_bytes);
	table_init(&g->behind, e->q->data_bytes);
	g->summed = g->n > 2 && can_be_summed(e->q);
	return !g->summed || sum_before(e, g);
}

int
engine_revise(struct engine *e, const struct entry *entry, bool made)
{
	const struct grid *grid = &e->q->grid;
	int64_t end = grid_next_end_ms(grid, e->pane_from_ms, e->gone_ms + 1);
	struct group g = { .key = entry_key(entry), .made = made };
	int rc = 0;

	if (end == INT64_MAX || end - 1 > e->settled_ms)
		return 0;
	g.hash = hash_bytes(g.key);
	if (!find_parts(e, &g, entry, end))
		rc = engine_stop(e, ENGINE_NO_MEMORY);
	while (rc == 0 && end != INT64_MAX && end - 1 <= e->settled_ms) {
		rc = revise_window(e, end, &g);
		end = grid_next_end_ms(grid, e->pane_from_ms, end);
	}
	table_free(&g.before);
	table_free(&g.behind);
	free(g.part);
	return rc;
}
