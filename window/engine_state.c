/* engine_state - all that an engine knows, as bytes, and back.
 *
 * Accumulators are written as they lie in memory, or by their own save().
 * What follows from the rest is not written: hash tables, the hierarchy over
 * slices, the time at which the next window is due.
 *
 * SPDX-License-Identifier: ISC */
#include "window/engine_state.h"

#include <stdlib.h>
#include <string.h>

#include "window/key.h"

/* No time that is read lies beyond a quarter of this, no window's bound
 * beyond a half. */
static const int64_t far_ms = (int64_t)1 << 62;

/* What loading needs besides the bytes. */
struct loader {
	struct stream_in *in;
	const struct query *q;
	enum type_kind *types; /* of the key columns */
};

/* --- groups -------------------------------------------------------------- */

static void
save_accumulators(
    const struct query *q, const char *data, struct stream_out *out)
{
	for (size_t i = 0; i < q->ncalls; i++) {
		const struct agg_call *call = &q->calls[i];

		if (call->ops->save != NULL)
			call->ops->save(data + call->at, &out->buf);
		else
			buf_add(&out->buf, data + call->at, call->ops->bytes);
	}
	stream_relieve(out);
}

/* MIN, MAX, FIRST and LAST hand out a value that was read. */
static bool
kept_value_fits(const struct agg_call *call, const char *acc)
{
	bool (*bind)(struct agg_call *) = call->agg->bind;
	struct value v;
	bool unfit;

	if (bind != agg_bind_min && bind != agg_bind_max &&
	    bind != agg_bind_first && bind != agg_bind_last)
		return true;
	call->ops->result(acc, call, &v, &unfit);
	return value_fits(&v, call->in.kind);
}

/* data is all zero; memory owns what accumulators keep outside. */
static bool
load_accumulators(struct loader *l, char *data, struct table *memory)
{
	struct agg_env env = { .table = memory };

	for (size_t i = 0; i < l->q->ncalls; i++) {
		const struct agg_call *call = &l->q->calls[i];

		if (call->ops->load == NULL) {
			stream_get(l->in, data + call->at, call->ops->bytes);
			continue;
		}
		if (stream_is_sound(l->in)) {
			const char *p = call->ops->load(
			    data + call->at, l->in->p, l->in->end, &env);

			if (env.failed)
				return stream_no_memory(l->in);
			if (p == NULL ||
			    !kept_value_fits(call, data + call->at))
				return stream_bad(l->in);
			l->in->p = p;
		}
	}
	return stream_is_sound(l->in);
}

/* Reads a key that must be new in the table, and makes its entry. */
static struct entry *
load_key(struct loader *l, struct table *t)
{
	struct span key = stream_get_span(l->in);
	struct entry *entry;
	bool made;

	if (!stream_is_sound(l->in))
		return NULL;
	if (!key_is_valid(key, l->types, l->q->nkeys)) {
		stream_bad(l->in);
		return NULL;
	}
	entry = table_put(t, key, hash_bytes(key), &made);
	if (entry == NULL)
		stream_no_memory(l->in);
	else if (!made)
		stream_bad(l->in);
	return stream_is_sound(l->in) ? entry : NULL;
}

/* --- slices -------------------------------------------------------------- */

static void
save_panes(const struct engine *e, struct stream_out *out)
{
	const struct deque *row = &e->panes.level[0];

	stream_put_u64(out, row->n);
	for (size_t i = 0; i < row->n; i++) {
		const struct pane *pane = deque_at(row, i);

		stream_put_i64(out, pane->index);
		stream_put_u64(out, pane->table.n);
		for (size_t k = 0; k < pane->table.n; k++) {
			const struct entry *entry = table_at(&pane->table, k);

			stream_put_span(out, entry_key(entry));
			save_accumulators(e->q, entry->data, out);
		}
	}
}

static bool
load_pane(struct loader *l, struct engine *e, int64_t index)
{
	const struct grid *g = &e->q->grid;
	uint64_t n = stream_get_u64(l->in);
	int64_t far_index = far_ms / 2 / g->slice_ms;
	struct pane *pane;

	if (index > far_index || index < -far_index)
		return stream_bad(l->in);
	pane = panes_at(&e->panes, index * g->slice_ms + g->offset_ms);
	if (pane == NULL)
		return stream_no_memory(l->in);
	for (; n > 0 && stream_is_sound(l->in); n--) {
		struct entry *entry = load_key(l, &pane->table);

		if (entry != NULL)
			load_accumulators(l, entry->data, &pane->table);
	}
	e->panes.entries += pane->table.n;
	return stream_is_sound(l->in);
}

static bool
load_panes(struct loader *l, struct engine *e)
{
	uint64_t n = stream_get_u64(l->in);
	int64_t last = INT64_MIN;

	if (e->q->grid.kind == KIND_SESSION && n > 0)
		return stream_bad(l->in);
	for (; n > 0 && stream_is_sound(l->in); n--) {
		int64_t index = stream_get_i64(l->in);

		if (index <= last)
			return stream_bad(l->in);
		last = index;
		load_pane(l, e, index);
	}
	return stream_is_sound(l->in);
}

/* --- sessions ------------------------------------------------------------ */

/* As the heap has them, so that it is the same heap again. */
static void
save_sessions(const struct engine *e, struct stream_out *out)
{
	const struct sessions *s = &e->sessions;

	stream_put_u64(out, s->ndue);
	for (size_t i = 0; i < s->ndue; i++) {
		const struct session *session = s->due[i].session;

		stream_put_i64(out, s->due[i].end_ms);
		stream_put_bool(out, session->merged);
		if (session->merged)
			continue;
		stream_put_i64(out, session->start_ms);
		stream_put_i64(out, session->end_ms);
		stream_put_span(out, entry_key(session->key));
		save_accumulators(e->q, session->data, out);
	}
}

static bool
load_session_key(struct loader *l, struct sessions *s, struct session *session)
{
	struct span key = stream_get_span(l->in);

	if (!stream_is_sound(l->in))
		return false;
	if (!key_is_valid(key, l->types, l->q->nkeys))
		return stream_bad(l->in);
	session->key = table_put(&s->keys, key, hash_bytes(key), NULL);
	return session->key != NULL || stream_no_memory(l->in);
}

/* At the next place of the heap, which has room. */
static bool
load_session(struct loader *l, struct sessions *s)
{
	struct session *session = calloc(1, sizeof *session + s->data_bytes);
	int64_t due = stream_get_i64(l->in);
	size_t i = s->ndue;

	if (session == NULL)
		return stream_no_memory(l->in);
	table_init(&session->memory, 0);
	s->due[s->ndue++] = (struct session_due){ due, session };
	session->merged = stream_get_bool(l->in);
	if (i > 0 && s->due[(i - 1) / 2].end_ms > due)
		return stream_bad(l->in);
	if (session->merged)
		return stream_is_sound(l->in);
	session->start_ms = stream_get_i64(l->in);
	session->end_ms = stream_get_i64(l->in);
	if (session->start_ms < -far_ms / 2 || session->end_ms > far_ms ||
	    session->end_ms < session->start_ms + s->gap_ms ||
	    due > session->end_ms)
		return stream_bad(l->in);
	s->open++;
	return load_session_key(l, s, session) &&
	       load_accumulators(l, session->data, &session->memory);
}

static int
earlier_start_first(const void *x, const void *y)
{
	const struct session *a = *(struct session *const *)x;
	const struct session *b = *(struct session *const *)y;

	return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

/* Hangs each session behind the earlier ones of its key. */
static bool
chain_sessions(struct loader *l, struct sessions *s)
{
	struct session **list = malloc((s->ndue + 1) * sizeof *list);
	bool memory = list != NULL;
	size_t n = 0;

	for (size_t i = 0; memory && i < s->ndue; i++)
		if (!s->due[i].session->merged)
			list[n++] = s->due[i].session;
	if (memory)
		qsort(list, n, sizeof *list, earlier_start_first);
	for (size_t i = 0; memory && i < n; i++) {
		const struct deque *of = sessions_of(list[i]->key);
		const struct session *last =
		    of->n == 0 ? NULL : deque_at(of, of->n - 1);

		/* Those of one key stand apart. */
		if (last != NULL && last->end_ms >= list[i]->start_ms)
			stream_bad(l->in);
		memory = sessions_hang(list[i]);
	}
	free(list);
	if (!memory)
		return stream_no_memory(l->in);
	return stream_is_sound(l->in);
}

static bool
load_sessions(struct loader *l, struct sessions *s)
{
	uint64_t n = stream_get_u64(l->in);

	/* Each takes more than a byte; so no number makes us ask for much. */
	if (n > (uint64_t)(l->in->end - l->in->p))
		return stream_bad(l->in);
	if (n == 0)
		return stream_is_sound(l->in);
	if (l->q->grid.kind != KIND_SESSION)
		return stream_bad(l->in);
	s->due = calloc(n, sizeof *s->due);
	if (s->due == NULL)
		return stream_no_memory(l->in);
	s->due_cap = n;
	while (n > 0 && load_session(l, s))
		n--;
	return stream_is_sound(l->in) && chain_sessions(l, s);
}

/* --- windows written again ----------------------------------------------- */

static void
save_revised(const struct engine *e, struct stream_out *out)
{
	stream_put_u64(out, e->revised.n);
	for (size_t i = 0; i < e->revised.n; i++) {
		const struct engine_revised *r = deque_at(&e->revised, i);

		stream_put_i64(out, r->end_ms);
		stream_put_u64(out, r->times.n);
		for (size_t k = 0; k < r->times.n; k++) {
			const struct entry *entry = table_at(&r->times, k);

			stream_put_span(out, entry_key(entry));
			stream_put(out, entry->data, sizeof(uint32_t));
		}
	}
}

static bool
load_revised(struct loader *l, struct engine *e)
{
	uint64_t n = stream_get_u64(l->in);
	int64_t last = INT64_MIN;

	for (; n > 0 && stream_is_sound(l->in); n--) {
		int64_t end = stream_get_i64(l->in);
		uint64_t entries = stream_get_u64(l->in);
		struct table *times;

		if (end <= last)
			return stream_bad(l->in);
		last = end;
		times = engine_revised_of(e, end);
		if (times == NULL)
			return stream_no_memory(l->in);
		for (; entries > 0 && stream_is_sound(l->in); entries--) {
			struct entry *entry = load_key(l, times);

			if (entry != NULL)
				stream_get(
				    l->in, entry->data, sizeof(uint32_t));
		}
	}
	return stream_is_sound(l->in);
}

/* --- the whole ----------------------------------------------------------- */

void
engine_save(const struct engine *e, struct stream_out *out)
{
	const uint64_t counts[] = { e->seq, e->aggregated, e->late, e->outside,
		e->early, (uint64_t)e->late_max_ms, (uint64_t)e->late_need_ms };

	stream_put_i64(out, e->watermark_ms);
	stream_put_i64(out, e->settled_ms);
	stream_put_i64(out, e->gone_ms);
	stream_put(out, counts, sizeof counts);
	/* What an accumulator is may change from version to version. */
	for (size_t i = 0; i < e->q->ncalls; i++)
		stream_put_u64(out, e->q->calls[i].ops->bytes);
	save_panes(e, out);
	save_sessions(e, out);
	save_revised(e, out);
}

static bool
is_time(int64_t ms)
{
	return ms == INT64_MIN || (ms > -far_ms && ms < far_ms);
}

static bool
load_numbers(struct loader *l, struct engine *e)
{
	uint64_t counts[7];

	e->watermark_ms = stream_get_i64(l->in);
	e->settled_ms = stream_get_i64(l->in);
	e->gone_ms = stream_get_i64(l->in);
	stream_get(l->in, counts, sizeof counts);
	e->seq = counts[0];
	e->aggregated = counts[1];
	e->late = counts[2];
	e->outside = counts[3];
	e->early = counts[4];
	e->late_max_ms = (int64_t)counts[5];
	e->late_need_ms = (int64_t)counts[6];
	if (!is_time(e->watermark_ms) || !is_time(e->settled_ms) ||
	    !is_time(e->gone_ms) || e->gone_ms > e->settled_ms)
		stream_bad(l->in);
	for (size_t i = 0; i < l->q->ncalls; i++)
		if (stream_get_u64(l->in) != l->q->calls[i].ops->bytes)
			stream_bad(l->in);
	return stream_is_sound(l->in);
}

bool
engine_load(struct engine *e, struct stream_in *in)
{
	const struct query *q = e->q;
	struct loader l = { .in = in, .q = q };

	l.types = calloc(q->nkeys + 1, sizeof *l.types);
	if (l.types == NULL)
		return stream_no_memory(in);
	for (size_t i = 0; i < q->nkeys; i++)
		l.types[i] = q->fields[q->keys[i].field].type.kind;
	if (load_numbers(&l, e) && load_panes(&l, e) &&
	    load_sessions(&l, &e->sessions) && load_revised(&l, e)) {
		e->next_end_ms =
		    q->grid.kind == KIND_SESSION
			? sessions_next_end_ms(&e->sessions)
			: panes_next_end_ms(&e->panes, e->settled_ms + 1);
	}
	free(l.types);
	return stream_is_sound(in);
}
