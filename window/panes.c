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
#include <string.h>

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
	for (size_t i = 0; i < ncalls; i++)
		p->exact &= calls[i].ops->exact;
}

void
panes_release_table(const struct panes *p, struct table *t)
{
	for (size_t i = 0; i < p->ncalls; i++) {
		const struct agg_call *call = &p->calls[i];

		for (size_t k = 0; call->ops->release != NULL && k < t->n; k++)
			call->ops->release(table_at(t, k)->data + call->at);
	}
	table_free(t);
}

static void
pane_del(struct panes *p, struct pane *pane)
{
	panes_release_table(p, &pane->table);
	if (p->spare == NULL)
		p->spare = pane;
	else
		free(pane);
}

void
panes_free(struct panes *p)
{
	for (int i = 0; i < PANES_LEVELS; i++) {
		struct pane_row *row = &p->level[i];

		for (size_t k = 0; k < row->n; k++)
			pane_del(p, row->pane[row->first + k]);
		free(row->pane);
		*row = (struct pane_row){ 0 };
	}
	free(p->spare);
	p->spare = NULL;
}

/* Position of the first pane whose index is not below index. */
static size_t
row_find(const struct pane_row *row, int64_t index)
{
	size_t low = 0, high = row->n;

	/* Mostly the newest, or just behind it. */
	if (high > 0 && row->pane[row->first + high - 1]->index < index)
		return high;
	while (low < high) {
		size_t mid = (low + high) / 2;

		if (row->pane[row->first + mid]->index < index)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static struct pane *
row_get(const struct pane_row *row, int64_t index)
{
	size_t at = row_find(row, index);

	if (at < row->n && row->pane[row->first + at]->index == index)
		return row->pane[row->first + at];
	return NULL;
}

static bool
row_room(struct pane_row *row)
{
	size_t cap = row->cap == 0 ? 16 : 2 * row->cap;
	struct pane **grown;

	if (row->first + row->n < row->cap)
		return true;
	if (row->first > row->cap / 2) {
		memmove(row->pane, row->pane + row->first,
		    row->n * sizeof(struct pane *));
		row->first = 0;
		return true;
	}
	grown = realloc(row->pane, cap * sizeof(struct pane *));
	if (grown == NULL)
		return false;
	row->pane = grown;
	row->cap = cap;
	return true;
}

static struct pane *
row_add(struct panes *p, struct pane_row *row, int64_t index)
{
	struct pane *pane = p->spare;
	size_t at;

	if (!row_room(row))
		return NULL;
	p->spare = NULL;
	if (pane == NULL)
		pane = malloc(sizeof *pane);
	if (pane == NULL)
		return NULL;
	memset(pane, 0, sizeof *pane);
	pane->index = index;
	table_init(&pane->table, p->data_bytes);
	at = row->first + row_find(row, index);
	memmove(row->pane + at + 1, row->pane + at,
	    (row->first + row->n - at) * sizeof(struct pane *));
	row->pane[at] = pane;
	row->n++;
	return pane;
}

static void
row_remove(struct panes *p, struct pane_row *row, size_t position)
{
	size_t at = row->first + position;

	pane_del(p, row->pane[at]);
	if (position == 0) {
		row->first++;
	} else {
		memmove(row->pane + at, row->pane + at + 1,
		    (row->n - position - 1) * sizeof(struct pane *));
	}
	row->n--;
}

static int64_t
slice_index(const struct panes *p, int64_t t)
{
	const struct grid *g = &p->grid;

	return (grid_slice_ms(g, t) - g->offset_ms) / g->slice_ms;
}

static int64_t
slice_start(const struct panes *p, int64_t index)
{
	return index * p->grid.slice_ms + p->grid.offset_ms;
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
	for (int i = 1; i < PANES_LEVELS; i++) {
		struct pane_row *row = &p->level[i];
		size_t at;

		index = parent_index(index);
		at = row_find(row, index);
		if (at < row->n && row->pane[row->first + at]->index == index)
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
	const struct pane_row *row = &p->level[0];

	/* Older slices' windows end no later: the first that has one left. */
	for (size_t i = 0; i < row->n; i++) {
		int64_t end = grid_next_end_ms(&p->grid,
		    slice_start(p, row->pane[row->first + i]->index), after);

		if (end != INT64_MAX)
			return end;
	}
	return INT64_MAX;
}

static bool
merge_entry(const struct panes *p, struct table *into, const struct entry *e,
    uint64_t hash)
{
	struct agg_env env = { .table = into };
	struct entry *to = table_put(into, entry_key(e), hash, NULL);

	if (to == NULL)
		return false;
	for (size_t k = 0; k < p->ncalls; k++) {
		const struct agg_call *call = &p->calls[k];

		call->ops->merge(to->data + call->at, e->data + call->at, &env);
	}
	return !env.failed;
}

static bool
merge_table(const struct panes *p, struct table *into, const struct table *from)
{
	for (size_t i = 0; i < from->n; i++) {
		const struct entry *e = table_at(from, i);

		if (!merge_entry(p, into, e, table_hash(entry_key(e))))
			return false;
	}
	return true;
}

/* The slices of [from, until) that are there, as positions in level 0. */
static void
slices_between(const struct panes *p, int64_t from, int64_t until,
    size_t *first, size_t *end)
{
	*first = row_find(&p->level[0], from);
	*end = row_find(&p->level[0], until);
}

/*
 * The merging of the 2^level slices of a node, built where it is not kept.
 * *empty: there are none.  NULL without that: out of memory.
 */
static struct pane *
node(struct panes *p, int level, int64_t index, bool *empty)
{
	struct pane_row *row = &p->level[level];
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
		return p->level[0].pane[p->level[0].first + first];
	pane = row_get(row, index);
	if (pane != NULL)
		return pane;
	pane = row_add(p, row, index);
	for (int i = 0; pane != NULL && i < 2; i++) {
		part = node(p, level - 1, 2 * index + i, empty);
		if (*empty)
			continue;
		if (part == NULL || !merge_table(p, &pane->table, &part->table))
			pane = NULL;
	}
	*empty = false;
	for (; pane != NULL && first < end; first++)
		p->level[0].pane[p->level[0].first + first]->covered = true;
	return pane;
}

/* Merges the slices [from, until) by the largest nodes that fit. */
static bool
merge_range(struct panes *p, int64_t from, int64_t until, struct table *merged)
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
		    (part == NULL || !merge_table(p, merged, &part->table)))
			return false;
		from += (int64_t)1 << level;
	}
	return true;
}

const struct table *
panes_window(struct panes *p, int64_t end, struct table *merged)
{
	int64_t from = slice_index(p, grid_start_ms(&p->grid, end));
	int64_t until = slice_index(p, end - 1) + 1;
	struct pane_row *row = &p->level[0];
	size_t first, last;

	slices_between(p, from, until, &first, &last);
	table_init(merged, p->data_bytes);
	if (last - first == 1)
		return &row->pane[row->first + first]->table;
	if (p->exact && last - first > FEW_SLICES)
		return merge_range(p, from, until, merged) ? merged : NULL;
	for (; first < last; first++)
		if (!merge_table(
			p, merged, &row->pane[row->first + first]->table))
			return NULL;
	return merged;
}

bool
panes_group(struct panes *p, int64_t end, struct span key, uint64_t hash,
    struct table *group, size_t *parts)
{
	int64_t from = slice_index(p, grid_start_ms(&p->grid, end));
	int64_t until = slice_index(p, end - 1) + 1;
	size_t first, last;

	slices_between(p, from, until, &first, &last);
	table_init(group, p->data_bytes);
	for (*parts = 0; first < last; first++) {
		const struct pane *pane =
		    p->level[0].pane[p->level[0].first + first];
		const struct entry *e = table_get(&pane->table, key, hash);

		if (e == NULL)
			continue;
		++*parts;
		if (!merge_entry(p, group, e, hash))
			return false;
	}
	return true;
}

bool
panes_oldest_end_ms(const struct panes *p, int64_t *end)
{
	const struct pane_row *row = &p->level[0];

	if (row->n == 0)
		return false;
	*end = grid_last_end_ms(
	    &p->grid, slice_start(p, row->pane[row->first]->index));
	return true;
}

void
panes_evict(struct panes *p, int64_t end)
{
	struct pane_row *row = &p->level[0];

	while (row->n > 0) {
		struct pane *pane = row->pane[row->first];

		if (grid_last_end_ms(&p->grid, slice_start(p, pane->index)) >
		    end)
			break;
		if (p->recent[(uint64_t)pane->index % 8] == pane)
			p->recent[(uint64_t)pane->index % 8] = NULL;
		p->entries -= pane->table.n;
		panes_touch(p, pane);
		row_remove(p, row, 0);
	}
}

uint64_t
panes_open_windows(const struct panes *p, int64_t after)
{
	const struct pane_row *row = &p->level[0];
	uint64_t n = 0;

	for (size_t i = 0; i < row->n; i++) {
		int64_t slice =
		    slice_start(p, row->pane[row->first + i]->index);
		int64_t end = grid_next_end_ms(&p->grid, slice, after);

		if (end == INT64_MAX)
			continue;
		after = grid_last_end_ms(&p->grid, slice);
		n += (uint64_t)((after - end) / p->grid.slide_ms) + 1;
	}
	return n;
}
