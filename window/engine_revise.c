/* engine_revise - windows that are written again for a late row
 * (--allowed-lateness).
 * SPDX-License-Identifier: ISC */
#include <stdlib.h>
#include <string.h>

#include "window/engine_fire.h"

void
engine_forget_revised(struct engine *e, int64_t end)
{
	size_t n = 0;

	while (n < e->nrevised && e->revised[n].end_ms <= end)
		table_free(&e->revised[n++].times);
	if (n == 0)
		return;
	e->nrevised -= n;
	memmove(e->revised, e->revised + n, e->nrevised * sizeof *e->revised);
}

struct table *
engine_revised_of(struct engine *e, int64_t end)
{
	size_t i = e->nrevised;

	while (i > 0 && e->revised[i - 1].end_ms >= end)
		i--;
	if (i < e->nrevised && e->revised[i].end_ms == end)
		return &e->revised[i].times;
	if (e->nrevised == e->revised_cap) {
		size_t cap = e->revised_cap == 0 ? 8 : 2 * e->revised_cap;
		struct engine_revised *grown =
		    realloc(e->revised, cap * sizeof *grown);

		if (grown == NULL)
			return NULL;
		e->revised = grown;
		e->revised_cap = cap;
	}
	memmove(e->revised + i + 1, e->revised + i,
	    (e->nrevised - i) * sizeof *e->revised);
	e->nrevised++;
	e->revised[i].end_ms = end;
	table_init(&e->revised[i].times, sizeof(uint32_t));
	return &e->revised[i].times;
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

static int
revise_window(
    struct engine *e, int64_t end, struct span key, uint64_t hash, bool made)
{
	struct engine_result result = { grid_start_ms(&e->q->grid, end), end, 0,
		key, NULL };
	struct table group;
	size_t parts;
	int rc = -1;

	if (!panes_group(&e->panes, end, key, hash, &group, &parts) ||
	    !next_revision(
		e, end, key, hash, !made || parts > 1, &result.revision)) {
		engine_stop(e, ENGINE_NO_MEMORY);
	} else {
		result.data = table_at(&group, 0)->data;
		rc = e->emit(e->ctx, &result);
		if (rc == -1)
			engine_stop(e, ENGINE_EMIT);
	}
	panes_release_table(&e->panes, &group);
	return rc;
}

int
engine_revise(struct engine *e, const struct entry *entry, bool made)
{
	struct span key = entry_key(entry);
	uint64_t hash = table_hash(key);
	int64_t end = e->gone_ms + 1;

	for (;;) {
		end = grid_next_end_ms(&e->q->grid, e->pane_from_ms, end);
		if (end == INT64_MAX || end - 1 > e->settled_ms)
			return 0;
		if (revise_window(e, end, key, hash, made) == -1)
			return -1;
	}
}
