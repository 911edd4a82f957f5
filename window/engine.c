/* engine - rows in, windows out.
 *
 * Windows are assigned on one clock, the local clock of --timezone (for a
 * column declared TIMESTAMP its own calendar).  The watermark is an instant;
 * what it means on that clock is settled_ms: the time that the clock has
 * reached for good, where daylight saving lets it repeat an hour.
 *
 * SPDX-License-Identifier: ISC */
#include "window/engine.h"

#include <stdlib.h>
#include <string.h>

#include "window/engine_fire.h"
#include "window/engine_rows.h"

void
engine_init(
    struct engine *e, const struct query *q, engine_emit_fn *emit, void *ctx)
{
	bool local =
	    q->time_field != -1 && field_is_local(&q->fields[q->time_field]);

	*e = (struct engine){
		.q = q,
		.emit = emit,
		.ctx = ctx,
		.shifts = q->zone != NULL && !local,
		.row_shift = { INT64_MAX, INT64_MIN, 0, 0 },
		.watermark_shift = { INT64_MAX, INT64_MIN, 0, 0 },
		.watermark_ms = INT64_MIN,
		.settled_ms = INT64_MIN,
		.gone_ms = INT64_MIN,
		.next_end_ms = INT64_MAX,
		.pane_from_ms = INT64_MAX,
		.pane_until_ms = INT64_MIN,
		.short_from_ms = INT64_MAX,
		.short_until_ms = INT64_MIN,
	};
	panes_init(&e->panes, &q->grid, q->calls, q->ncalls, q->data_bytes);
	sessions_init(
	    &e->sessions, q->grid.size_ms, q->calls, q->ncalls, q->data_bytes);
}

void
engine_free(struct engine *e)
{
	panes_free(&e->panes);
	sessions_free(&e->sessions);
	engine_forget_revised(e, INT64_MAX);
	deque_free(&e->revised);
	buf_free(&e->key);
	free(e->sort);
	e->sort = NULL;
}

int
engine_stop(struct engine *e, enum engine_stop why)
{
	e->stop = why;
	return -1;
}

static bool
is_session(const struct engine *e)
{
	return e->q->grid.kind == KIND_SESSION;
}

static void
shift_load(const struct engine *e, struct engine_shift *s, int64_t t)
{
	int64_t from, until;

	s->offset_ms = zone_offset_ms(e->q->zone, t, &s->from_ms, &s->until_ms);
	s->next_ms = INT64_MAX;
	if (s->until_ms != INT64_MAX)
		s->next_ms = s->until_ms + zone_offset_ms(e->q->zone,
					       s->until_ms, &from, &until);
}

/* An instant on the window's clock. */
static inline int64_t
local_ms(struct engine *e, int64_t t)
{
	struct engine_shift *s = &e->row_shift;

	if (!e->shifts)
		return t;
	if (t < s->from_ms || t >= s->until_ms)
		shift_load(e, s, t);
	return t + s->offset_ms;
}

/*
 * What the clock has reached for good at an instant: where it is about to be
 * put back, less than what it will read then, for that comes again.
 */
static int64_t
settled_at(struct engine *e, int64_t t)
{
	struct engine_shift *s = &e->watermark_shift;
	int64_t local;

	if (!e->shifts || t <= -FIELD_TIME_MAX_MS)
		return t;
	if (t < s->from_ms || t >= s->until_ms)
		shift_load(e, s, t);
	local = t + s->offset_ms;
	return local < s->next_ms ? local : s->next_ms - 1;
}

int
engine_advance(struct engine *e, int64_t watermark)
{
	int64_t gone;

	if (watermark <= e->watermark_ms)
		return 0;
	e->watermark_ms = watermark;
	e->settled_ms = settled_at(e, watermark);
	gone = e->q->lateness_ms <= 0
	           ? e->settled_ms
	           : settled_at(e, watermark - e->q->lateness_ms);
	/* make_room() may have given up more than that. */
	if (gone > e->gone_ms)
		e->gone_ms = gone;
	if (e->next_end_ms - 1 > e->settled_ms)
		return 0;
	return engine_fire(e, e->settled_ms, e->gone_ms);
}

int
engine_finish(struct engine *e)
{
	return engine_fire(e, INT64_MAX - 1, INT64_MAX - 1);
}

int
engine_go_back(struct engine *e, int64_t watermark)
{
	if (engine_finish(e) == -1)
		return -1;
	e->watermark_ms = watermark;
	e->settled_ms = e->gone_ms = settled_at(e, watermark);
	return 0;
}

int64_t
engine_due_ms(const struct engine *e)
{
	if (e->next_end_ms == INT64_MAX)
		return INT64_MAX;
	return e->shifts ? zone_timer_ms(e->q->zone, e->next_end_ms - 1)
	                 : e->next_end_ms - 1;
}

bool
engine_next_window(const struct engine *e, int64_t *end)
{
	*end = e->next_end_ms;
	return e->next_end_ms != INT64_MAX;
}

uint64_t
engine_open_windows(const struct engine *e)
{
	return is_session(e) ? e->sessions.open
	                     : panes_open_windows(&e->panes, e->settled_ms + 1);
}

/*
 * The oldest slice, if all its windows have fired and it is kept for late rows
 * alone (--allowed-lateness), is kept no longer.  False: there is none.
 */
static bool
forget_fired(struct engine *e)
{
	int64_t end;

	if (is_session(e) || !panes_oldest_end_ms(&e->panes, &end) ||
	    end - 1 > e->settled_ms)
		return false;
	e->early++;
	e->early_end_ms = end;
	e->gone_ms = end - 1 > e->gone_ms ? end - 1 : e->gone_ms;
	panes_evict(&e->panes, end);
	engine_forget_revised(e, end);
	/* The current slice may be gone. */
	e->pane_from_ms = INT64_MAX;
	e->pane_until_ms = INT64_MIN;
	engine_close_short(e);
	return true;
}

/*
 * A bound is reached and a row wants more: with --overflow oldest event time
 * jumps to the end of the oldest window, which so fires early.
 */
static int
make_room(struct engine *e, enum engine_stop why)
{
	/* What is known of sessions may be less than their true ends. */
	if (is_session(e))
		e->next_end_ms = sessions_oldest_end_ms(&e->sessions);
	if (e->q->overflow == OVERFLOW_OLDEST && forget_fired(e))
		return 0;
	if (e->q->overflow == OVERFLOW_FAIL || e->next_end_ms == INT64_MAX)
		return engine_stop(e, why);
	e->early++;
	e->early_end_ms = e->next_end_ms;
	return engine_advance(e, engine_due_ms(e));
}

static inline void
add(const struct query *q, char *data, const struct value *v,
    struct agg_env *env)
{
	const struct agg_call *call = q->calls;

	for (size_t n = q->ncalls; n > 0; n--, call++) {
		if (call->field == -1)
			call->ops->add(data + call->at, NULL, env);
		else if (v[call->field].kind != VALUE_NULL)
			call->ops->add(data + call->at, &v[call->field], env);
	}
}

/* The entry of the row's key; NULL: no memory, or *full: no place. */
static struct entry *
entry_of(struct engine *e, struct pane *pane, const struct value *v, bool *made,
    bool *full)
{
	const struct query *q = e->q;
	struct pane_quick *quick = NULL;
	int64_t whole = 0;
	struct entry *entry;
	struct span key;
	uint64_t hash;

	*made = false;
	if (q->nkeys == 1 &&
	    engine_key_is_whole(&v[q->keys[0].field], &whole)) {
		quick = &pane->quick[(uint64_t)whole % PANE_QUICK];
		if (quick->entry != NULL && quick->key == whole)
			return quick->entry;
	}
	key = engine_key(e, v);
	if (e->key.failed)
		return NULL;
	hash = hash_bytes(key);
	if (e->panes.entries >= q->max_keys &&
	    table_get(&pane->table, key, hash) == NULL) {
		*full = true;
		return NULL;
	}
	entry = table_put(&pane->table, key, hash, made);
	if (entry == NULL)
		return NULL;
	e->panes.entries += *made;
	if (quick != NULL)
		*quick = (struct pane_quick){ whole, entry };
	return entry;
}

/* Makes the slice of t the current one; its pane may be made later. */
static void
enter_slice(struct engine *e, int64_t t)
{
	const struct grid *g = &e->q->grid;

	e->pane_from_ms = grid_slice_ms(g, t);
	e->pane_until_ms = e->pane_from_ms + g->slice_ms;
	e->pane_last_end_ms = grid_last_end_ms(g, e->pane_from_ms);
	e->pane_next_end_ms = INT64_MIN;
	e->pane = NULL;
	engine_close_short(e);
}

static enum engine_verdict
stop(struct engine *e, enum engine_stop why)
{
	engine_stop(e, why);
	return ENGINE_STOP;
}

static enum engine_verdict
grid_row(struct engine *e, int64_t t, const struct value *v)
{
	struct agg_env env = { .scratch = &e->key, .seq = e->seq };
	struct entry *entry;
	bool made, full;

	do {
		if (t < e->pane_from_ms || t >= e->pane_until_ms) {
			if (!grid_holds(&e->q->grid, t))
				return ENGINE_OUTSIDE;
			enter_slice(e, t);
		}
		if (e->pane_last_end_ms - 1 <= e->gone_ms)
			return ENGINE_LATE;
		if (e->pane == NULL) {
			e->pane = panes_at(&e->panes, t);
			if (e->pane == NULL)
				return stop(e, ENGINE_NO_MEMORY);
		}
		full = false;
		entry = entry_of(e, e->pane, v, &made, &full);
		if (full && make_room(e, ENGINE_MAX_KEYS) == -1)
			return ENGINE_STOP;
	} while (full);
	if (entry == NULL)
		return stop(e, ENGINE_NO_MEMORY);
	if (e->pane->covered)
		panes_touch(&e->panes, e->pane);
	env.table = &e->pane->table;
	add(e->q, entry->data, v, &env);
	if (env.failed)
		return stop(e, ENGINE_NO_MEMORY);
	/* What the watermark has passed meanwhile does not fire any more. */
	if (e->pane_next_end_ms <= e->settled_ms + 1)
		e->pane_next_end_ms = grid_next_end_ms(
		    &e->q->grid, e->pane_from_ms, e->settled_ms + 1);
	if (e->pane_next_end_ms < e->next_end_ms)
		e->next_end_ms = e->pane_next_end_ms;
	if (e->q->lateness_ms > 0 && e->pane_until_ms - 1 <= e->settled_ms)
		return engine_revise(e, entry, made) == -1 ? ENGINE_STOP
		                                           : ENGINE_AGGREGATED;
	engine_open_short(e);
	return ENGINE_AGGREGATED;
}

/* The row's session, by its key; see sessions_put(). */
static enum sessions_found
session_of(struct engine *e, int64_t t, const struct value *v,
    struct session **session)
{
	int64_t k = 0;
	bool whole = e->q->nkeys == 1 &&
	             engine_key_is_whole(&v[e->q->keys[0].field], &k);
	enum sessions_found found;
	struct span key;
	uint64_t hash;

	if (whole) {
		*session = sessions_again(&e->sessions, k, t);
		if (*session != NULL)
			return SESSIONS_FOUND;
	}
	key = engine_key(e, v);
	if (e->key.failed)
		return SESSIONS_NO_MEMORY;
	hash = hash_bytes(key);
	while (e->sessions.open >= e->q->max_keys &&
	       !sessions_touch(&e->sessions, key, hash, t))
		if (make_room(e, ENGINE_MAX_KEYS) == -1)
			return SESSIONS_NO_MEMORY;
	found =
	    sessions_put(&e->sessions, key, hash, t, e->settled_ms, session);
	if (found == SESSIONS_FOUND && whole)
		sessions_remember(&e->sessions, k, *session);
	return found;
}

static enum engine_verdict
session_row(struct engine *e, int64_t t, const struct value *v)
{
	struct agg_env env = { .scratch = &e->key, .seq = e->seq };
	struct session *session;

	switch (session_of(e, t, v, &session)) {
	case SESSIONS_LATE:
		return ENGINE_LATE;
	case SESSIONS_NO_MEMORY:
		/* Or something else that has been said already. */
		return e->stop != ENGINE_GOES_ON ? ENGINE_STOP
		                                 : stop(e, ENGINE_NO_MEMORY);
	case SESSIONS_FOUND:
		break;
	}
	env.table = &session->memory;
	add(e->q, session->data, v, &env);
	if (env.failed)
		return stop(e, ENGINE_NO_MEMORY);
	if (session->end_ms < e->next_end_ms)
		e->next_end_ms = session->end_ms;
	return ENGINE_AGGREGATED;
}

/*
 * A row of the watermark's own time may be late: where it is the last
 * millisecond of its last window.
 */
static void
note_late(struct engine *e, int64_t t, int64_t local)
{
	int64_t behind = e->watermark_ms + e->q->delay_ms - t;
	int64_t end =
	    is_session(e) ? local + e->q->grid.size_ms : e->pane_last_end_ms;
	int64_t need = behind + (end == local + 1);

	e->late++;
	if (behind > e->late_max_ms)
		e->late_max_ms = behind;
	if (need > e->late_need_ms)
		e->late_need_ms = need;
}

enum engine_verdict
engine_row(struct engine *e, int64_t t, const struct value *v)
{
	const struct query *q = e->q;
	int64_t local = local_ms(e, t);
	enum engine_verdict verdict;

	/* A row finds room, however large it is, once no window is open. */
	while (table_memory() > q->max_bytes &&
	       (e->next_end_ms != INT64_MAX || q->overflow == OVERFLOW_FAIL))
		if (make_room(e, ENGINE_MAX_BYTES) == -1)
			return ENGINE_STOP;
	e->seq++;
	verdict =
	    is_session(e) ? session_row(e, local, v) : grid_row(e, local, v);
	switch (verdict) {
	case ENGINE_AGGREGATED:
		e->aggregated++;
		break;
	case ENGINE_LATE:
		note_late(e, t, local);
		break;
	case ENGINE_OUTSIDE:
		e->outside++;
		break;
	case ENGINE_STOP:
		return verdict;
	}
	if (q->by_rows && t - q->delay_ms > e->watermark_ms &&
	    engine_advance(e, t - q->delay_ms) == -1)
		return ENGINE_STOP;
	return verdict;
}
