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

#include "lib/big.h"
#include "window/key.h"
#include "window/sort.h"

/* Groups that the processor fetches while others are written. */
enum { FETCH_AHEAD = 8 };

/*
 * A pane's cache of keys is not asked for so many batches of rows after one of
 * which it has known less than one row in QUICK_WORTH, though the pane was not
 * new: it had more than QUICK_KEYS.
 */
enum { QUICK_REST = 64, QUICK_WORTH = 8, QUICK_KEYS = 4 * PANE_QUICK };

static int
engine_stop(struct engine *e, enum engine_stop why)
{
	e->stop = why;
	return -1;
}

static int
emit_group(struct engine *e, const struct engine_result *result)
{
	return e->emit(e->ctx, result) == -1 ? engine_stop(e, ENGINE_EMIT) : 0;
}

/* Results have been given; rc: how that went. */
static int
end_firing(struct engine *e, int rc)
{
	if (rc == 0 && e->fired != NULL && e->fired(e->ctx) == -1)
		return engine_stop(e, ENGINE_EMIT);
	return rc;
}

/* --- windows written again for a late row (--allowed-lateness) ------------ */

static struct engine_revised *
revised_at(const struct engine *e, size_t i)
{
	return deque_at(&e->revised, i);
}

static void
forget_revised(struct engine *e, int64_t end)
{
	while (e->revised.n > 0 && revised_at(e, 0)->end_ms <= end) {
		map_free(&revised_at(e, 0)->times);
		free(revised_at(e, 0));
		deque_remove(&e->revised, 0);
	}
}

struct map *
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
	map_init(&made->times, sizeof(uint32_t));
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
	struct map *times = engine_revised_of(e, end);
	struct entry *entry;
	bool made;

	if (times == NULL)
		return false;
	entry = map_put(times, key, hash, &made);
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
	struct map before; /* its i-th entry: the i + 1 parts up to own */
	struct map behind; /* one entry: the parts behind own, up to ... */
	size_t behind_end;
};

static bool
sum_before(struct engine *e, struct group *g)
{
	const char *last = NULL;

	for (size_t i = g->own + 1; i-- > g->first;) {
		struct span key = { (const char *)&i, sizeof i };
		struct entry *sum =
		    map_put(&g->before, key, hash_bytes(key), NULL);

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
		struct entry *sum = map_put(&g->behind, g->key, g->hash, NULL);

		if (sum == NULL || !panes_merge(&e->panes, &g->behind, sum,
				       g->part[g->behind_end].entry->data))
			return false;
	}
	return true;
}

/* The window's accumulators, as the one entry of sum; NULL: no memory. */
static const char *
sum_up(struct engine *e, struct group *g, struct map *sum)
{
	struct entry *to = map_put(sum, g->key, g->hash, NULL);
	bool ok = to != NULL;

	if (ok && g->summed) {
		ok = panes_merge(&e->panes, sum, to,
			 map_at(&g->before, g->own - g->first)->data) &&
		     sum_behind(e, g);
		if (ok && g->behind.n > 0)
			ok = panes_merge(
			    &e->panes, sum, to, map_at(&g->behind, 0)->data);
	}
	for (size_t i = g->first; ok && !g->summed && i < g->end; i++)
		ok = panes_merge(&e->panes, sum, to, g->part[i].entry->data);
	return ok ? to->data : NULL;
}

static int
revise_window(struct engine *e, int64_t end, struct group *g)
{
	struct engine_result result = { .start_ms =
					    grid_start_ms(&e->q->grid, end),
		.end_ms = end,
		.key = g->key };
	struct map sum;
	int rc;

	while (g->part[g->first].start_ms < result.start_ms)
		g->first++;
	while (g->end < g->n && g->part[g->end].start_ms < end)
		g->end++;
	map_init(&sum, e->q->data_bytes);
	if (next_revision(e, end, g->key, g->hash,
		!g->made || g->end - g->first > 1, &result.revision))
		result.data = sum_up(e, g, &sum);
	rc = result.data == NULL ? engine_stop(e, ENGINE_NO_MEMORY)
	                         : emit_group(e, &result);
	panes_release_map(&e->panes, &sum);
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
	map_init(&g->before, e->q->data_bytes);
	map_init(&g->behind, e->q->data_bytes);
	/* Sums of sets would be kept as often as there are parts. */
	g->summed = g->n > 2 && e->panes.exact && !e->panes.releases;
	return !g->summed || sum_before(e, g);
}

static int
revise(struct engine *e, const struct entry *entry, bool made)
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
	rc = end_firing(e, rc);
	map_free(&g.before);
	map_free(&g.behind);
	free(g.part);
	return rc;
}

/* --- the current slice, the keys of its rows ------------------------------ */

static void
close_short(struct engine *e)
{
	e->short_from_ms = INT64_MAX;
	e->short_until_ms = INT64_MIN;
}

/*
 * The times whose slice is e->pane, as rows have them: instants of one offset
 * from the local clock, where there is one.
 */
static void
open_short(struct engine *e)
{
	const struct engine_shift *s = &e->row_shift;
	int64_t from = e->pane_from_ms, until = e->pane_until_ms;

	if (e->shifts) {
		from -= s->offset_ms;
		until -= s->offset_ms;
		from = from > s->from_ms ? from : s->from_ms;
		until = until < s->until_ms ? until : s->until_ms;
	}
	e->short_from_ms = from;
	e->short_until_ms = until;
}

/* Adds a row's keys to e->key. */
static void
add_key(struct engine *e, const struct value *v)
{
	const struct query *q = e->q;

	for (size_t i = 0; i < q->nkeys; i++)
		key_encode(&e->key, &v[q->keys[i].field], i + 1 == q->nkeys);
}

static struct span
key_of(struct engine *e, const struct value *v)
{
	buf_clear(&e->key);
	add_key(e, v);
	return buf_span(&e->key);
}

/*
 * True for a key that is a whole number of 64 bits, declared or not: *k, which
 * no other key of its column is.
 */
static inline bool
key_is_whole(const struct value *v, int64_t *k)
{
	if (v->kind == VALUE_INT) {
		*k = v->i;
		return true;
	}
	if (v->kind != VALUE_DECIMAL || v->scale != 0)
		return false;
	*k = (int64_t)v->units;
	return *k == v->units;
}

/* --- firing --------------------------------------------------------------- */

/*
 * A key's first bytes as a number that sorts as they do, so that most
 * comparisons need not look at the entry: where all keys begin with one tag,
 * the eight bytes behind it, else the tag and less of them.
 */
static uint64_t
prefix_of(struct span key, bool one_tag)
{
	char bytes[9] = { 0 };
	uint64_t v;

	memcpy(bytes, key.p, key.n < sizeof bytes ? key.n : sizeof bytes);
	v = big_get64(bytes + 1);
	return one_tag ? v : (uint64_t)(unsigned char)bytes[0] << 60 | v >> 4;
}

/* The groups of t, with their prefixes if they are to be sorted. */
static void
list_groups(const struct map *t, struct sort_item *item, bool sorted)
{
	struct span first = t->n > 0 ? entry_key(map_at(t, 0)) : span_of("");
	bool one_tag = true;

	for (size_t i = 0; i < t->n; i++) {
		struct entry *entry = map_at(t, i);
		struct span key = entry_key(entry);

		one_tag &= key.n > 0 && key.p[0] == first.p[0];
		item[i].what = entry;
		item[i].prefix = sorted ? prefix_of(key, one_tag) : 0;
	}
	/* Those before the first of another tag were taken for alike. */
	for (size_t i = 0; sorted && !one_tag && i < t->n; i++)
		item[i].prefix = prefix_of(entry_key(item[i].what), false);
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

/* Room for n items to sort, and for scratch; NULL: no memory. */
static struct sort_item *
sort_room(struct engine *e, size_t n, struct sort_scratch *scratch)
{
	size_t more = n < SORT_SCRATCH_MAX ? n : SORT_SCRATCH_MAX;
	size_t cap = n < 64 ? 128 : n + more;
	struct sort_item *grown;

	if (n + more > e->sort_cap) {
		grown = realloc(e->sort, cap * sizeof *grown);
		if (grown == NULL && e->sort_cap < n)
			return NULL;
		if (grown != NULL) {
			e->sort = grown;
			e->sort_cap = cap;
		}
	}
	*scratch = (struct sort_scratch){ e->sort + n, e->sort_cap - n };
	return e->sort;
}

/* A million groups are rare: their room is not kept. */
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
emit_map(struct engine *e, const struct map *t, int64_t end)
{
	struct engine_result result = {
		.start_ms = grid_start_ms(&e->q->grid, end), .end_ms = end
	};
	struct sort_scratch scratch;
	struct sort_item *item;
	bool sorted = !e->q->unsorted && e->q->ranking.most == 0;
	int rc = 0;

	if (t->n == 1) {
		result.key = entry_key(map_at(t, 0));
		result.data = map_at(t, 0)->data;
		return end_firing(e, emit_group(e, &result));
	}
	item = sort_room(e, t->n, &scratch);
	if (item == NULL)
		return engine_stop(e, ENGINE_NO_MEMORY);
	list_groups(t, item, sorted);
	if (sorted)
		sort_items(item, t->n, scratch, entry_order);
	for (size_t i = 0; rc == 0 && i < t->n; i++) {
		const struct entry *entry = item[i].what;

		/* Sorted, each lies elsewhere. */
		if (i + FETCH_AHEAD < t->n)
			__builtin_prefetch(item[i + FETCH_AHEAD].what);
		result.key = entry_key(entry);
		result.data = entry->data;
		rc = emit_group(e, &result);
	}
	sort_trim(e);
	return end_firing(e, rc);
}

static int
fire_window(struct engine *e, int64_t end)
{
	struct map merged;
	const struct map *t = panes_window(&e->panes, end, &merged);
	int rc =
	    t == NULL ? engine_stop(e, ENGINE_NO_MEMORY) : emit_map(e, t, end);

	panes_release_map(&e->panes, &merged);
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
	forget_revised(e, gone + 1);
	/* The current slice may be gone. */
	e->pane_from_ms = INT64_MAX;
	e->pane_until_ms = INT64_MIN;
	close_short(e);
	return 0;
}

static int
emit_sessions(struct engine *e, struct session **due, size_t n)
{
	struct sort_scratch scratch;
	struct sort_item *item;
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
	if (e->q->ranking.most == 0)
		sort_items(item, n, scratch, session_order);
	for (size_t i = 0; rc == 0 && i < n; i++) {
		const struct session *session = item[i].what;
		struct engine_result result = { .start_ms = session->start_ms,
			.end_ms = session->end_ms,
			.key = entry_key(session->key),
			.data = session->data };

		rc = emit_group(e, &result);
	}
	sort_trim(e);
	return end_firing(e, rc);
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

static int
fire(struct engine *e, int64_t settled, int64_t gone)
{
	if (e->q->grid.kind == KIND_SESSION)
		return fire_sessions(e, settled);
	return fire_grid(e, settled, gone);
}

/* --- the clock ------------------------------------------------------------ */

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

static int
advance(struct engine *e, int64_t watermark)
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
	return fire(e, e->settled_ms, e->gone_ms);
}

/* The latest time of rows and of the silence behind them. */
static int64_t
known_ms(const struct engine *e)
{
	return e->latest_ms > e->told_ms ? e->latest_ms : e->told_ms;
}

int
engine_advance(struct engine *e, int64_t watermark)
{
	/* Without --delay, which the watermark may have of another run. */
	if (e->q->by_rows && e->watermark_ms != INT64_MIN &&
	    watermark > e->watermark_ms)
		e->told_ms = known_ms(e) + (watermark - e->watermark_ms);
	return advance(e, watermark);
}

int
engine_finish(struct engine *e)
{
	return fire(e, INT64_MAX - 1, INT64_MAX - 1);
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

/* --- a row ---------------------------------------------------------------- */

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
	forget_revised(e, end);
	/* The current slice may be gone. */
	e->pane_from_ms = INT64_MAX;
	e->pane_until_ms = INT64_MIN;
	close_short(e);
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
	return advance(e, engine_due_ms(e));
}

static inline void
add_row(const struct query *q, char *data, const struct value *v,
    struct agg_env *env)
{
	const struct agg_call *call = q->calls;

	for (size_t n = q->ncalls; n > 0; n--, call++) {
		if (call->value == -1)
			call->ops->add(data + call->at, NULL, env);
		else if (v[call->value].kind != VALUE_NULL)
			call->ops->add(data + call->at, &v[call->value], env);
	}
}

/* The entry of the row's key; NULL: no memory, or *full: no place. */
static struct entry *
entry_of(struct engine *e, struct pane *pane, const struct value *v, bool *made,
    bool *full)
{
	const struct query *q = e->q;
	struct pane_quick *quick = NULL;
	uint64_t at = 0;
	int64_t whole = 0;
	struct entry *entry;
	struct span key;
	uint64_t hash;

	*made = false;
	if (q->nkeys == 1 && key_is_whole(&v[q->keys[0].field], &whole)) {
		at = (uint64_t)whole % PANE_QUICK;
		quick = &pane->quick[at];
		if ((pane->quick_set >> at & 1) != 0 && quick->key == whole)
			return quick->entry;
	}
	key = key_of(e, v);
	if (e->key.failed)
		return NULL;
	hash = hash_bytes(key);
	if (e->panes.entries >= q->max_keys &&
	    map_get(&pane->map, key, hash) == NULL) {
		*full = true;
		return NULL;
	}
	entry = map_put(&pane->map, key, hash, made);
	if (entry == NULL)
		return NULL;
	e->panes.entries += *made;
	if (quick != NULL) {
		*quick = (struct pane_quick){ whole, entry };
		pane->quick_set |= (uint64_t)1 << at;
	}
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
	close_short(e);
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
	env.map = &e->pane->map;
	add_row(e->q, entry->data, v, &env);
	if (env.failed)
		return stop(e, ENGINE_NO_MEMORY);
	/* What the watermark has passed meanwhile does not fire any more. */
	if (e->pane_next_end_ms <= e->settled_ms + 1)
		e->pane_next_end_ms = grid_next_end_ms(
		    &e->q->grid, e->pane_from_ms, e->settled_ms + 1);
	if (e->pane_next_end_ms < e->next_end_ms)
		e->next_end_ms = e->pane_next_end_ms;
	if (e->q->lateness_ms > 0 && e->pane_until_ms - 1 <= e->settled_ms)
		return revise(e, entry, made) == -1 ? ENGINE_STOP
		                                    : ENGINE_AGGREGATED;
	open_short(e);
	return ENGINE_AGGREGATED;
}

/* The row's session, by its key; else why there is none. */
static enum engine_verdict
session_of(struct engine *e, int64_t t, const struct value *v,
    struct session **session)
{
	int64_t k = 0;
	bool whole =
	    e->q->nkeys == 1 && key_is_whole(&v[e->q->keys[0].field], &k);
	struct span key;
	uint64_t hash;

	if (whole) {
		*session = sessions_again(&e->sessions, k, t);
		if (*session != NULL)
			return ENGINE_AGGREGATED;
	}
	key = key_of(e, v);
	if (e->key.failed)
		return stop(e, ENGINE_NO_MEMORY);
	hash = hash_bytes(key);
	while (e->sessions.open >= e->q->max_keys &&
	       !sessions_touch(&e->sessions, key, hash, t))
		if (make_room(e, ENGINE_MAX_KEYS) == -1)
			return ENGINE_STOP;
	switch (
	    sessions_put(&e->sessions, key, hash, t, e->settled_ms, session)) {
	case SESSIONS_LATE:
		return ENGINE_LATE;
	case SESSIONS_NO_MEMORY:
		return stop(e, ENGINE_NO_MEMORY);
	case SESSIONS_FOUND:
		break;
	}
	if (whole)
		sessions_remember(&e->sessions, k, *session);
	return ENGINE_AGGREGATED;
}

static enum engine_verdict
session_row(struct engine *e, int64_t t, const struct value *v)
{
	struct agg_env env = { .scratch = &e->key, .seq = e->seq };
	struct session *session;
	enum engine_verdict verdict = session_of(e, t, v, &session);

	if (verdict != ENGINE_AGGREGATED)
		return verdict;
	env.map = &session->memory;
	add_row(e->q, session->data, v, &env);
	if (env.failed)
		return stop(e, ENGINE_NO_MEMORY);
	if (session->end_ms < e->next_end_ms)
		e->next_end_ms = session->end_ms;
	return ENGINE_AGGREGATED;
}

/*
 * A row is behind the latest row, the silence after it, or what --overflow made
 * of event time.  None of that depends on where runs end, nor on the --delay of
 * the runs before: after rows of 5 s and 65 s one of 6 s is 59 s behind, and
 * --delay 59s would have kept it.
 *
 * A row of the watermark's own time may be late: where it is the last
 * millisecond of its last window.
 */
static void
note_late(struct engine *e, int64_t t, int64_t local)
{
	int64_t known = known_ms(e);
	int64_t behind =
	    (known > e->watermark_ms ? known : e->watermark_ms) - t;
	int64_t end =
	    is_session(e) ? local + e->q->grid.size_ms : e->pane_last_end_ms;
	int64_t need = behind + (end == local + 1);

	e->late++;
	if (behind > e->late_max_ms)
		e->late_max_ms = behind;
	if (need > e->late_need_ms)
		e->late_need_ms = need;
}

/* The watermark follows a row's time.  0, or -1: see stop. */
static int
follow_row(struct engine *e, int64_t t)
{
	const struct query *q = e->q;

	if (t > e->latest_ms)
		e->latest_ms = t;
	return q->by_rows && t - q->delay_ms > e->watermark_ms
	           ? advance(e, t - q->delay_ms)
	           : 0;
}

static enum engine_verdict
take_row(struct engine *e, int64_t t, const struct value *v)
{
	const struct query *q = e->q;
	int64_t local = local_ms(e, t);
	enum engine_verdict verdict;

	/* A row finds room, however large it is, once no window is open. */
	while (map_memory() > q->max_bytes &&
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
	return follow_row(e, t) == -1 ? ENGINE_STOP : verdict;
}

/* One that --where leaves out: the filter stands above the watermark. */
static enum engine_verdict
pass_row(struct engine *e, int64_t t)
{
	e->filtered++;
	return follow_row(e, t) == -1 ? ENGINE_STOP : ENGINE_AGGREGATED;
}

/* --- many rows: most go where the row before went ------------------------- */

/*
 * The first time that no row of the short way may have: it is of another
 * slice, or beyond limit_ms, or the watermark behind it makes something fire.
 */
static int64_t
short_end(const struct engine *e, int64_t limit)
{
	int64_t until = e->short_until_ms, delay = e->q->delay_ms, due;

	if (limit < until - 1)
		until = limit + 1;
	if (!e->q->by_rows)
		return until;
	due = engine_due_ms(e);
	return due < until - delay ? due + delay : until;
}

/*
 * How many of n times, from the first on, lie in [from, until); *latest of
 * them.
 */
static int
count_between(
    const int64_t *t, int n, int64_t from, int64_t until, int64_t *latest)
{
	uint64_t width = (uint64_t)until - (uint64_t)from, last = 0;
	int i = 0;

	if (from >= until)
		return 0;
	for (; i < n; i++) {
		uint64_t after = (uint64_t)t[i] - (uint64_t)from;

		if (after >= width)
			break;
		last = after > last ? after : last;
	}
	*latest = from + (int64_t)last;
	return i;
}

/* The rows whose entries are looked up in the map, and their keys' bytes. */
struct lookups {
	int n;
	int row[ROWS_MAX];
	size_t begin[ROWS_MAX]; /* in e->key, of what lookup_key() knows */
	size_t key_n[ROWS_MAX];
	uint64_t hash[ROWS_MAX];
};

/* Short keys as maps have them: a byte for the length, the key, zeros. */
static inline struct span
lookup_key(const struct engine *e, const struct lookups *u, int i)
{
	return (struct span){ e->key.p + u->begin[i] + 1, u->key_n[i] };
}

/*
 * All keys first, so that the processor fetches the places of many while it
 * works: in a large map each lies in memory of its own.
 */
static bool
hash_keys(
    struct engine *e, const struct value *v, size_t stride, struct lookups *u)
{
	buf_clear(&e->key);
	for (int i = 0; i < u->n; i++) {
		size_t begin = e->key.n;
		char *behind;

		buf_add_char(&e->key, 0);
		add_key(e, v + (size_t)u->row[i] * stride);
		/* What wrote the key may have left bytes behind it. */
		behind = buf_room(&e->key, sizeof(struct short_key));
		if (behind == NULL)
			return false;
		memset(behind, 0, sizeof(struct short_key));
		u->begin[i] = begin;
		u->key_n[i] = e->key.n - begin - 1;
		if (u->key_n[i] <= KEY_INLINE_MAX) {
			e->key.p[begin] = (char)u->key_n[i];
			e->key.n = begin + sizeof(struct short_key);
		}
	}
	for (int i = 0; i < u->n && !e->key.failed; i++) {
		struct span key = lookup_key(e, u, i);

		u->hash[i] = key.n <= KEY_INLINE_MAX ? hash_padded(key.p, key.n)
		                                     : hash_bytes(key);
		map_fetch_slot(&e->pane->map, u->hash[i]);
	}
	return !e->key.failed;
}

/*
 * The row of the first lookup that finds no entry, and may make none: no
 * memory, or --max-keys; else n.
 */
static int
look_up(struct engine *e, const struct value *v, size_t stride, int n,
    struct lookups *u)
{
	struct map *map = &e->pane->map;

	if (!hash_keys(e, v, stride, u))
		return u->row[0];
	for (int i = 0; i < u->n; i++)
		map_fetch_entry(map, u->hash[i]);
	for (int i = 0; i < u->n; i++) {
		struct span key = lookup_key(e, u, i);
		bool made = false;
		struct entry *entry;

		if (e->panes.entries >= e->q->max_keys)
			entry = map_get(map, key, u->hash[i]);
		else if (key.n <= KEY_INLINE_MAX)
			entry = map_put_short(map,
			    (const void *)(e->key.p + u->begin[i]), u->hash[i],
			    &made);
		else
			entry = map_put(map, key, u->hash[i], &made);
		if (entry == NULL)
			return u->row[i];
		e->panes.entries += made;
		e->found[u->row[i]] = entry;
	}
	return n;
}

/*
 * Finds the rows' entries, or makes them; returns of how many: the next one's
 * is for take_row().  Whole numbers are looked for in the pane's cache first.
 */
static int
find_entries(struct engine *e, const struct value *v, size_t stride, int n)
{
	struct pane *pane = e->pane;
	bool single = e->q->nkeys == 1 && e->quick_rest <= 1;
	const struct value *key = single ? v + e->q->keys[0].field : v;
	struct lookups u;
	int64_t k;

	u.n = 0;
	for (int i = 0; i < n; i++, key += stride) {
		if (single && key_is_whole(key, &k)) {
			size_t at = (uint64_t)k % PANE_QUICK;
			const struct pane_quick *quick = &pane->quick[at];

			e->found[i] = quick->entry;
			if (quick->key == k && (pane->quick_set >> at & 1) != 0)
				continue;
		}
		u.row[u.n++] = i;
	}
	/* The cache is filled anew by the last batch of a rest. */
	if (e->quick_rest > 0)
		e->quick_rest--;
	else if (pane->map.n > QUICK_KEYS && u.n > n - n / QUICK_WORTH)
		e->quick_rest = QUICK_REST;
	if (u.n == 0)
		return n;
	n = look_up(e, v, stride, n, &u);
	for (int i = 0; single && i < u.n && u.row[i] < n; i++)
		if (key_is_whole(&v[(size_t)u.row[i] * stride +
				     (size_t)e->q->keys[0].field],
			&k)) {
			size_t at = (uint64_t)k % PANE_QUICK;

			pane->quick[at] =
			    (struct pane_quick){ k, e->found[u.row[i]] };
			pane->quick_set |= (uint64_t)1 << at;
		}
	return n;
}

static void
add_rows(struct engine *e, const struct agg_call *call, const struct value *v,
    size_t stride, int n, struct agg_env *env)
{
	void (*add)(void *, const struct value *, struct agg_env *) =
	    call->ops->add;
	size_t at = call->at;

	env->seq = e->seq;
	if (call->value == -1) {
		for (int i = 0; i < n; i++) {
			env->seq++;
			add(e->found[i]->data + at, NULL, env);
		}
		return;
	}
	v += call->value;
	for (int i = 0; i < n; i++, v += stride) {
		env->seq++;
		if (v->kind != VALUE_NULL)
			add(e->found[i]->data + at, v, env);
	}
}

/* Those of n rows from the first on that are not filtered, side by side. */
static int
keep(const struct rows *rows, int first, int n, int at[ROWS_MAX])
{
	const struct value *v = rows->values + (size_t)first * rows->stride;
	uint64_t filtered = rows->filtered >> first;
	struct value *to = rows->kept;
	size_t nfields = rows->stride - 1;
	int kept = 0;

	/* No branch knows which: each is copied, most over the one before. */
	for (int i = 0; i < n; i++, v += rows->stride) {
		size_t passes = ~filtered >> i & 1;

		for (size_t k = 0; k < nfields; k++)
			to[k] = v[k];
		at[kept] = i;
		to += passes * rows->stride;
		kept += (int)passes;
	}
	return kept;
}

/*
 * The short way for most rows from the first-th on: those whose slice is the
 * row's before, whose key has been seen in it, whose time is no later than
 * limit, and by which no window fires.  Returns how many were taken (see
 * e->stop, too); the next one, if any, is for take_row().
 */
static int
short_rows(struct engine *e, const struct rows *rows, int first, int64_t limit)
{
	const struct query *q = e->q;
	const int64_t *t = rows->t_ms + first;
	const struct value *v = rows->values + (size_t)first * rows->stride;
	size_t stride = rows->stride;
	struct agg_env env = { .scratch = &e->key };
	int64_t latest = 0;
	int in_time, kept, n, at[ROWS_MAX];

	if (e->short_from_ms >= e->short_until_ms ||
	    map_memory() > q->max_bytes)
		return 0;
	in_time = count_between(
	    t, rows->n - first, e->short_from_ms, short_end(e, limit), &latest);
	kept = in_time;
	if (rows->filtered != 0) {
		kept = keep(rows, first, in_time, at);
		v = rows->kept;
	}
	n = find_entries(e, v, stride, kept);
	env.map = &e->pane->map;
	for (size_t i = 0; i < q->ncalls; i++)
		add_rows(e, &q->calls[i], v, stride, n, &env);
	e->seq += (uint64_t)n;
	e->aggregated += (uint64_t)n;
	/* The first that was not found, and what was left out before it. */
	if (rows->filtered == 0)
		in_time = n;
	else if (n < kept)
		in_time = at[n];
	e->filtered += (uint64_t)(in_time - n);
	if (in_time == 0)
		return 0;
	if (n < kept)
		count_between(
		    t, in_time, e->short_from_ms, e->short_until_ms, &latest);
	if (latest > e->latest_ms)
		e->latest_ms = latest;
	if (env.failed)
		engine_stop(e, ENGINE_NO_MEMORY);
	/* Nothing is due yet, but rows are judged by it from now on. */
	else if (q->by_rows)
		advance(e, latest - q->delay_ms);
	return in_time;
}

int
engine_take(struct engine *e, const struct rows *rows, int first, int64_t limit,
    enum engine_verdict *verdict)
{
	uint64_t early = e->early;
	int i = first;

	*verdict = ENGINE_AGGREGATED;
	while (
	    i < rows->n && *verdict == ENGINE_AGGREGATED && e->early == early) {
		int64_t t = rows->t_ms[i];
		int n = rows->n == 1 ? 0 : short_rows(e, rows, i, limit);

		if (n > 0 && e->stop != ENGINE_GOES_ON)
			*verdict = ENGINE_STOP;
		if (n == 0 && t > limit)
			break;
		if (n == 0)
			*verdict =
			    rows->filtered >> i & 1
				? pass_row(e, t)
				: take_row(e, t,
				      rows->values + (size_t)i * rows->stride);
		i += n + (n == 0);
	}
	return i - first;
}

/* --- beginning and end ---------------------------------------------------- */

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
		.latest_ms = INT64_MIN,
		.told_ms = INT64_MIN,
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
	forget_revised(e, INT64_MAX);
	deque_free(&e->revised);
	buf_free(&e->key);
	free(e->sort);
	e->sort = NULL;
}

void
engine_discard(struct engine *e)
{
	panes_free(&e->panes);
	panes_init(&e->panes, &e->q->grid, e->q->calls, e->q->ncalls,
	    e->q->data_bytes);
	sessions_free(&e->sessions);
	sessions_init(&e->sessions, e->q->grid.size_ms, e->q->calls,
	    e->q->ncalls, e->q->data_bytes);
	forget_revised(e, INT64_MAX);
	e->next_end_ms = INT64_MAX;
	e->pane_from_ms = INT64_MAX;
	e->pane_until_ms = INT64_MIN;
	close_short(e);
}
