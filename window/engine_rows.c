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

struct span
engine_key(struct engine *e, const struct value *v)
{
	const struct query *q = e->q;

	buf_clear(&e->key);
	for (size_t i = 0; i < q->nkeys; i++)
		key_encode(&e->key, &v[q->keys[i].field], i + 1 == q->nkeys);
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
	if (e->q->processing_time)
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

static struct entry *
find_in_table(struct engine *e, const struct value *v)
{
	struct span key = engine_key(e, v);

	return e->key.failed ? NULL
	                     : table_get(&e->pane->table, key, table_hash(key));
}

/*
 * Each of these finds the rows' entries and returns of how many: the next one
 * has none yet.
 */
static int
find_whole(struct engine *e, const struct value *v, size_t stride, int n)
{
	struct pane_quick *cache = e->pane->quick;
	const struct value *key = v + e->q->keys[0].field;

	for (int i = 0; i < n; i++, key += stride) {
		struct pane_quick *quick;
		int64_t k;

		if (!engine_key_is_whole(key, &k))
			return i;
		quick = &cache[(uint64_t)k % PANE_QUICK];
		if (quick->key != k || quick->entry == NULL) {
			struct entry *entry =
			    find_in_table(e, v + (size_t)i * stride);

			if (entry == NULL)
				return i;
			*quick = (struct pane_quick){ k, entry };
		}
		e->found[i] = quick->entry;
	}
	return n;
}

static int
find_any(struct engine *e, const struct value *v, size_t stride, int n)
{
	for (int i = 0; i < n; i++, v += stride) {
		e->found[i] = find_in_table(e, v);
		if (e->found[i] == NULL)
			return i;
	}
	return n;
}

/* By the first row's key the way is chosen. */
static int
find_entries(struct engine *e, const struct value *v, size_t stride, int n)
{
	int64_t k;

	if (n > 0 && e->q->nkeys == 1 &&
	    engine_key_is_whole(&v[e->q->keys[0].field], &k))
		return find_whole(e, v, stride, n);
	return find_any(e, v, stride, n);
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

	if (e->short_from_ms >= e->short_until_ms)
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
	else if (!q->processing_time)
		engine_advance(e, latest - q->delay_ms);
	return n;
}
