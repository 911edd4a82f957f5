/* engine_rows - most rows go where the row before went: into the current slice
 * and to a key that it has.  Such rows are taken many at once.
 * SPDX-License-Identifier: ISC */
#include "window/engine_rows.h"

#include "window/engine_fire.h"
#include "window/key.h"

void
engine_close_short(struct engine *e)
{
	e->short_from_ms = INT64_MAX;
	e->short_until_ms = INT64_MIN;
}

/*
 * The times whose slice is e->pane, as rows have them: instants of one offset
 * from the local clock, where there is one.
 */
void
engine_open_short(struct engine *e)
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

struct span
engine_key(struct engine *e, const struct value *v)
{
	buf_clear(&e->key);
	add_key(e, v);
	return buf_span(&e->key);
}

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

/* The rows whose entries are looked up in the table, and their keys' bytes. */
struct lookups {
	int n;
	int row[ENGINE_ROWS];
	size_t begin[ENGINE_ROWS + 1]; /* in e->key */
	uint64_t hash[ENGINE_ROWS];
};

/*
 * All keys first, so that the processor fetches the places of many while it
 * works: in a large table each lies in memory of its own.
 */
static bool
hash_keys(
    struct engine *e, const struct value *v, size_t stride, struct lookups *u)
{
	buf_clear(&e->key);
	(void)buf_room(&e->key, 1); /* a place for the key of no columns */
	for (int i = 0; i < u->n; i++) {
		u->begin[i] = e->key.n;
		add_key(e, v + (size_t)u->row[i] * stride);
	}
	u->begin[u->n] = e->key.n;
	for (int i = 0; i < u->n && !e->key.failed; i++) {
		u->hash[i] = hash_bytes((struct span){
		    e->key.p + u->begin[i], u->begin[i + 1] - u->begin[i] });
		table_fetch_slot(&e->pane->table, u->hash[i]);
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
	struct table *table = &e->pane->table;

	if (!hash_keys(e, v, stride, u))
		return u->row[0];
	for (int i = 0; i < u->n; i++)
		table_fetch_entry(table, u->hash[i]);
	for (int i = 0; i < u->n; i++) {
		struct span key = { e->key.p + u->begin[i],
			u->begin[i + 1] - u->begin[i] };
		bool made = false;
		struct entry *entry =
		    e->panes.entries < e->q->max_keys
			? table_put(table, key, u->hash[i], &made)
			: table_get(table, key, u->hash[i]);

		if (entry == NULL)
			return u->row[i];
		e->panes.entries += made;
		e->found[u->row[i]] = entry;
	}
	return n;
}

/*
 * Finds the rows' entries, or makes them; returns of how many: the next one's
 * is for engine_row().  Whole numbers are looked for in the pane's cache first.
 */
static int
find_entries(struct engine *e, const struct value *v, size_t stride, int n)
{
	struct pane_quick *cache = e->pane->quick;
	bool single = e->q->nkeys == 1;
	const struct value *key = single ? v + e->q->keys[0].field : v;
	struct lookups u;
	int64_t k;

	u.n = 0;
	for (int i = 0; i < n; i++, key += stride) {
		struct pane_quick *quick;

		if (single && engine_key_is_whole(key, &k)) {
			quick = &cache[(uint64_t)k % PANE_QUICK];
			e->found[i] = quick->entry;
			if (quick->key == k && quick->entry != NULL)
				continue;
		}
		u.row[u.n++] = i;
	}
	if (u.n == 0)
		return n;
	n = look_up(e, v, stride, n, &u);
	for (int i = 0; i < u.n && u.row[i] < n; i++)
		if (single &&
		    engine_key_is_whole(&v[(size_t)u.row[i] * stride +
					    (size_t)e->q->keys[0].field],
			&k))
			cache[(uint64_t)k % PANE_QUICK] =
			    (struct pane_quick){ k, e->found[u.row[i]] };
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
	if (call->field == -1) {
		for (int i = 0; i < n; i++) {
			env->seq++;
			add(e->found[i]->data + at, NULL, env);
		}
		return;
	}
	v += call->field;
	for (int i = 0; i < n; i++, v += stride) {
		env->seq++;
		if (v->kind != VALUE_NULL)
			add(e->found[i]->data + at, v, env);
	}
}

int
engine_rows(struct engine *e, const int64_t *t, const struct value *v,
    size_t stride, int n, int64_t limit)
{
	const struct query *q = e->q;
	struct agg_env env = { .scratch = &e->key };
	int64_t latest = 0;
	int in_time;

	if (e->short_from_ms >= e->short_until_ms ||
	    table_memory() > q->max_bytes)
		return 0;
	in_time = count_between(t, n < ENGINE_ROWS ? n : ENGINE_ROWS,
	    e->short_from_ms, short_end(e, limit), &latest);
	n = find_entries(e, v, stride, in_time);
	if (n == 0)
		return 0;
	if (n < in_time)
		count_between(
		    t, n, e->short_from_ms, e->short_until_ms, &latest);
	env.table = &e->pane->table;
	for (size_t i = 0; i < q->ncalls; i++)
		add_rows(e, &q->calls[i], v, stride, n, &env);
	e->seq += (uint64_t)n;
	e->aggregated += (uint64_t)n;
	if (env.failed)
		engine_stop(e, ENGINE_NO_MEMORY);
	/* Nothing is due yet, but rows are judged by it from now on. */
	else if (q->by_rows)
		engine_advance(e, latest - q->delay_ms);
	return n;
}
