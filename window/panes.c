/* panes - the open slices and the merging of slices into windows.
 *
 * A row costs one look-up whatever size / slide is.  A window of few slices is
 * merged from them, oldest to newest (which is also the order in which Flink
 * adds sums of DOUBLE).  A window of many is merged from a binary hierarchy
 * over the slices, built as windows fire (FlatFAT: Tangwongsan, Hirzel,
 * Schneider, Wu, PVLDB 8(7), 2015) where all aggregates are exact.
 *
 * SPDX-License-Identifier: ISC */
#include "window/panes.h"

#include <stdlib.h>

/* Windows of fewer slices than this are merged directly. */
enum { FEW_SLICES = 8 };

void
panes_init(struct panes *p, const struct grid *grid,
    const struct agg_call *calls, size_t ncalls, size_t data_bytes)
{
	*p = (struct panes){
		.grid = *grid,
		.calls = calls,
		.ncalls = ncalls,
		.data_bytes = data_bytes,
		.exact = true,
	};
	for (size_t i = 0; i < ncalls; i++) {
		p->exact &= calls[i].ops->exact;
		p->releases |= calls[i].ops->release != NULL;
	}
}

static void
release(const struct panes *p, struct map *t)
{
	for (size_t i = 0; p->releases && i < t->n; i++)
		agg_release(p->calls, p->ncalls, map_at(t, i)->data);
}

void
panes_release_map(const struct panes *p, struct map *t)
{
	release(p, t);
	map_free(t);
}

/* Makes pane the spare one; nobody counts what its map keeps. */
static void
keep_spare(struct panes *p, struct pane *pane)
{
	map_clear(&pane->map);
	map_memory_add(-pane->map.bytes);
	p->spare = pane;
}

static struct pane *
take_spare(struct panes *p)
{
	struct pane *pane = p->spare;

	p->spare = NULL;
	if (pane != NULL)
		map_memory_add(pane->map.bytes);
	return pane;
}

static void
pane_del(struct panes *p, struct pane *pane)
{
	release(p, &pane->map);
	if (p->spare == NULL) {
		keep_spare(p, pane);
		return;
	}
	map_free(&pane->map);
	free(pane);
}

void
panes_free(struct panes *p)
{
	struct pane *spare;

	for (int i = 0; i < PANES_LEVELS; i++) {
		struct deque *row = &p->level[i];

		for (size_t k = 0; k < row->n; k++)
			pane_del(p, deque_at(row, k));
		deque_free(row);
	}
	spare = take_spare(p);
	if (spare != NULL)
		map_free(&spare->map);
	free(spare);
}

static struct pane *
pane_at(const struct deque *row, size_t i)
{
	return deque_at(row, i);
}

/* Position of the first pane whose index is not below index. */
static size_t
row_find(const struct deque *row, int64_t index)
{
	size_t low = 0, high = row->n;

	/* Mostly the newest, or just behind it; of what fires the oldest. */
	if (high > 0 && pane_at(row, high - 1)->index < index)
		return high;
	if (high > 0 && pane_at(row, 0)->index >= index)
		return 0;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (pane_at(row, mid)->index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct pane *
row_get(const struct deque *row, int64_t index)
{
	size_t at = row_find(row, index);

	if (at < row->n && pane_at(row, at)->index == index)
		return pane_at(row, at);
	return NULL;
}

static struct pane *
row_add(struct panes *p, struct deque *row, int64_t index)
{
	struct pane *pane = take_spare(p);

	if (pane == NULL) {
		pane = malloc(sizeof *pane);
		if (pane == NULL)
			return NULL;
		map_init(&pane->map, p->data_bytes);
	}
	if (!deque_put(row, row_find(row, index), pane)) {
		keep_spare(p, pane);
		return NULL;
	}
	pane->index = index;
	pane->covered = false;
	pane->quick_set = 0;
	return pane;
}

static void
row_remove(struct panes *p, struct deque *row, size_t at)
{
	pane_del(p, pane_at(row, at));
	deque_remove(row, at);
}

static int64_t
slice_index(const struct panes *p, int64_t t)
{
	int64_t after = t - p->grid.offset_ms, size = p->grid.slice_ms;

	return after / size - (after % size < 0);
}

static int64_t
slice_start(const struct panes *p, int64_t index)
{
	return index * p->grid.slice_ms + p->grid.offset_ms;
}

/* Of the windows that hold the slice. */
static int64_t
last_end(const struct panes *p, const struct pane *slice)
{
	return grid_last_end_ms(&p->grid, slice_start(p, slice->index));
}

/* Rounds toward minus infinity, as slices before 1970 have it. */
static int64_t
parent_index(int64_t index)
{
	return index >= 0 ? index / 2 : -((1 - index) / 2);
}

/* What higher levels have merged of that slice is no longer true. */
static void
forget_merged(struct panes *p, int64_t index)
{
	for (int i = 1; i < p->levels; i++) {
		struct deque *row = &p->level[i];
		size_t at;

		index = parent_index(index);
		at = row_find(row, index);
		if (at < row->n && pane_at(row, at)->index == index)
			row_remove(p, row, at);
	}
}

struct pane *
panes_at(struct panes *p, int64_t t)
{
	int64_t index = slice_index(p, t);
	struct pane **recent = &p->recent[(uint64_t)index % 8];
	struct pane *pane = *recent;

	if (pane != NULL && pane->index == index)
		return pane;
	pane = row_get(&p->level[0], index);
	if (pane == NULL) {
		pane = row_add(p, &p->level[0], index);
		/* A late one may lie among slices that have been merged. */
		forget_merged(p, index);
	}
	*recent = pane;
	return pane;
}

void
panes_touch(struct panes *p, struct pane *pane)
{
	if (!pane->covered)
		return;
	pane->covered = false;
	forget_merged(p, pane->index);
}

int64_t
panes_next_end_ms(const struct panes *p, int64_t after)
{
	const struct deque *row = &p->level[0];
	size_t low = 0, high = row->n;

	if (high == 0)
		return INT64_MAX;
	/*
	 * Older slices' windows end no later: the first that has one left.  It
	 * is the oldest, unless slices are kept for late rows.
	 */
	if (last_end(p, pane_at(row, 0)) > after)
		high = 0;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (last_end(p, pane_at(row, mid)) <= after)
			low = mid + 1;
		else
			high = mid;
	}
	if (low == row->n)
		return INT64_MAX;
	return grid_next_end_ms(
	    &p->grid, slice_start(p, pane_at(row, low)->index), after);
}

bool
panes_merge(
    const struct panes *p, struct map *map, struct entry *to, const char *from)
{
	return agg_merge(p->calls, p->ncalls, map, to->data, from);
}

static bool
merge_map(const struct panes *p, struct map *into, const struct map *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct entry *e = map_at(from, i);
		struct span key = entry_key(e);
		struct entry *to = map_put(into, key, hash_bytes(key), NULL);

		if (to == NULL || !panes_merge(p, into, to, e->data))
			return false;
	}
	return true;
}

/* The slices of [from, until) that are there, as positions in level 0. */
static void
slices_between(const struct panes *p, int64_t from, int64_t until,
    size_t *first, size_t *end)
{
	const struct deque *row = &p->level[0];
	size_t at = row_find(row, from);

	*first = at;
	if (until - from > FEW_SLICES) {
		*end = row_find(row, until);
		return;
	}
	while (at < row->n && pane_at(row, at)->index < until)
		at++;
	*end = at;
}

/*
 * The merging of the 2^level slices of a node, built where it is not kept.
 * *empty: there are none.  NULL without that: out of memory.
 */
static struct pane *
node(struct panes *p, int level, int64_t index, bool *empty)
{
	struct deque *row = &p->level[level];
	struct pane *pane, *part;
	size_t first, end;

	*empty = false;
	slices_between(p, index * ((int64_t)1 << level),
	    (index + 1) * ((int64_t)1 << level), &first, &end);
	if (first == end) {
		*empty = true;
		return NULL;
	}
	/* A lone slice stands for its node. */
	if (end - first == 1)
		return pane_at(&p->level[0], first);
	pane = row_get(row, index);
	if (pane != NULL)
		return pane;
	pane = row_add(p, row, index);
	if (level >= p->levels)
		p->levels = level + 1;
	for (int i = 0; pane != NULL && i < 2; i++) {
		part = node(p, level - 1, 2 * index + i, empty);
		if (*empty)
			continue;
		if (part == NULL || !merge_map(p, &pane->map, &part->map))
			pane = NULL;
	}
	*empty = false;
	for (; pane != NULL && first < end; first++)
		pane_at(&p->level[0], first)->covered = true;
	return pane;
}

/* Merges the slices [from, until) by the largest nodes that fit. */
static bool
merge_range(struct panes *p, int64_t from, int64_t until, struct map *merged)
{
	while (from < until) {
		int level = 0;
		struct pane *part;
		bool empty;

		while (level + 1 < PANES_LEVELS &&
		       from % ((int64_t)2 << level) == 0 &&
		       from + ((int64_t)2 << level) <= until)
			level++;
		part = node(p, level, from / ((int64_t)1 << level), &empty);
		if (!empty &&
		    (part == NULL || !merge_map(p, merged, &part->map)))
			return false;
		from += (int64_t)1 << level;
	}
	return true;
}

const struct map *
panes_window(struct panes *p, int64_t end, struct map *merged)
{
	int64_t from = slice_index(p, grid_start_ms(&p->grid, end));
	int64_t until = slice_index(p, end - 1) + 1;
	struct deque *row = &p->level[0];
	size_t first, last;

	slices_between(p, from, until, &first, &last);
	*merged = (struct map){ 0 };
	if (last - first == 1)
		return &pane_at(row, first)->map;
	map_init(merged, p->data_bytes);
	if (p->exact && last - first > FEW_SLICES)
		return merge_range(p, from, until, merged) ? merged : NULL;
	for (; first < last; first++)
		if (!merge_map(p, merged, &pane_at(row, first)->map))
			return NULL;
	return merged;
}

struct pane_part *
panes_parts(const struct panes *p, int64_t from_ms, int64_t until_ms,
    struct span key, uint64_t hash, size_t *n)
{
	struct pane_part *part;
	size_t first, end;

	slices_between(p, slice_index(p, from_ms),
	    slice_index(p, until_ms - 1) + 1, &first, &end);
	part = malloc((end - first + 1) * sizeof *part);
	for (*n = 0; part != NULL && first < end; first++) {
		const struct pane *pane = pane_at(&p->level[0], first);
		const struct entry *e = map_get(&pane->map, key, hash);

		if (e != NULL)
			part[(*n)++] =
			    (struct pane_part){ slice_start(p, pane->index),
				    e };
	}
	return part;
}

bool
panes_oldest_end_ms(const struct panes *p, int64_t *end)
{
	const struct deque *row = &p->level[0];

	if (row->n == 0)
		return false;
	*end = last_end(p, pane_at(row, 0));
	return true;
}

void
panes_evict(struct panes *p, int64_t end)
{
	struct deque *row = &p->level[0];

	while (row->n > 0) {
		struct pane *pane = pane_at(row, 0);

		if (last_end(p, pane) > end)
			break;
		if (p->recent[(uint64_t)pane->index % 8] == pane)
			p->recent[(uint64_t)pane->index % 8] = NULL;
		p->entries -= pane->map.n;
		panes_touch(p, pane);
		row_remove(p, row, 0);
	}
}

uint64_t
panes_open_windows(const struct panes *p, int64_t after)
{
	const struct deque *row = &p->level[0];
	uint64_t n = 0;

	for (size_t i = 0; i < row->n; i++) {
		int64_t slice = slice_start(p, pane_at(row, i)->index);
		int64_t end = grid_next_end_ms(&p->grid, slice, after);

		if (end == INT64_MAX)
			continue;
		after = grid_last_end_ms(&p->grid, slice);
		n += (uint64_t)((after - end) / p->grid.slide_ms) + 1;
	}
	return n;
}
