/* state - what a run knows, in the form of a state file.
 *
 * Accumulators are written as they lie in memory, or by their own save().
 * What follows from the rest is not written: hash tables, the hierarchy over
 * slices, the time at which the next window is due.
 *
 * SPDX-License-Identifier: ISC */
#include "window/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/crc.h"
#include "window/key.h"

/* --- bytes out, one after the other --------------------------------------- */

/*
 * Numbers are written as they lie in memory: what reads them says first on
 * what kind of machine that was (struct head).  flush takes all of buf and
 * returns 0 or -1; it is called whenever more than 64 KiB wait.  A failure
 * sticks: ask end().
 */
struct sink {
	struct buf buf;
	int (*flush)(void *ctx, struct span);
	void *ctx;
	bool failed;
};

enum { FLUSH_BYTES = 64 * 1024 };

static void
flush(struct sink *o)
{
	if (o->buf.failed || o->failed)
		o->failed = true;
	else if (o->buf.n > 0 && o->flush(o->ctx, buf_span(&o->buf)) == -1)
		o->failed = true;
	buf_clear(&o->buf);
}

/* After an addition to buf itself: flushes where much waits. */
static void
relieve(struct sink *o)
{
	if (o->buf.n > FLUSH_BYTES || o->buf.failed)
		flush(o);
}

static void
put(struct sink *o, const void *p, size_t n)
{
	buf_add(&o->buf, p, n);
	relieve(o);
}

static void
put_u64(struct sink *o, uint64_t v)
{
	put(o, &v, sizeof v);
}

static void
put_i64(struct sink *o, int64_t v)
{
	put(o, &v, sizeof v);
}

static void
put_bool(struct sink *o, bool v)
{
	put(o, v ? "\1" : "\0", 1);
}

/* Length and bytes. */
static void
put_span(struct sink *o, struct span s)
{
	put_u64(o, s.n);
	put(o, s.p, s.n);
}

/* Flushes the rest and frees buf.  0, or -1 where something was lost. */
static int
end(struct sink *o)
{
	flush(o);
	buf_free(&o->buf);
	return o->failed ? -1 : 0;
}

/* --- and in --------------------------------------------------------------- */

/*
 * Bytes to be read, not trusted: what does not make sense sets bad, what finds
 * no memory no_memory; either ends the reading, and all that is read then is
 * zero.  Spans point into the bytes.
 */
struct source {
	const char *p, *end;
	bool bad, no_memory;
};

static inline bool
is_sound(const struct source *in)
{
	return !in->bad && !in->no_memory;
}

/* For what does not make sense; returns false. */
static bool
refuse_bytes(struct source *in)
{
	in->bad = true;
	return false;
}

static bool
lack_memory(struct source *in)
{
	in->no_memory = true;
	return false;
}

static void
get(struct source *in, void *p, size_t n)
{
	if (!is_sound(in) || n > (size_t)(in->end - in->p)) {
		in->bad |= is_sound(in);
		memset(p, 0, n);
		return;
	}
	memcpy(p, in->p, n);
	in->p += n;
}

static uint64_t
get_u64(struct source *in)
{
	uint64_t v;

	get(in, &v, sizeof v);
	return v;
}

static int64_t
get_i64(struct source *in)
{
	int64_t v;

	get(in, &v, sizeof v);
	return v;
}

/* Any byte but 0 and 1 is bad. */
static bool
get_bool(struct source *in)
{
	unsigned char v;

	get(in, &v, sizeof v);
	if (v > 1)
		refuse_bytes(in);
	return v == 1;
}

static struct span
get_span(struct source *in)
{
	uint64_t n = get_u64(in);
	struct span s = { in->p, (size_t)n };

	if (!is_sound(in))
		return (struct span){ 0 };
	if (n > (size_t)(in->end - in->p)) {
		refuse_bytes(in);
		return (struct span){ 0 };
	}
	in->p += n;
	return s;
}

/* No time that is read lies beyond a quarter of this, no window's bound
 * beyond a half. */
static const int64_t far_ms = (int64_t)1 << 62;

/* What loading needs besides the bytes. */
struct loader {
	struct source *in;
	const struct query *q;
	enum type_kind *types; /* of the key columns */
};

/* --- groups -------------------------------------------------------------- */

static void
save_accumulators(const struct query *q, const char *data, struct sink *out)
{
	for (size_t i = 0; i < q->ncalls; i++) {
		const struct agg_call *call = &q->calls[i];

		if (call->ops->save != NULL)
			call->ops->save(data + call->at, &out->buf);
		else
			buf_add(&out->buf, data + call->at, call->ops->bytes);
	}
	relieve(out);
}

static bool
kept_value_fits(const struct agg_call *call, const char *acc)
{
	struct value v;
	bool unfit;

	if (!call->agg->keeps_value)
		return true;
	call->ops->result(acc, call, &v, &unfit);
	return value_fits(&v, call->in.kind);
}

/* data is all zero; memory owns what accumulators keep outside. */
static bool
load_accumulators(struct loader *l, char *data, struct map *memory)
{
	struct agg_env env = { .map = memory };

	for (size_t i = 0; i < l->q->ncalls; i++) {
		const struct agg_call *call = &l->q->calls[i];

		if (call->ops->load == NULL) {
			get(l->in, data + call->at, call->ops->bytes);
			continue;
		}
		if (is_sound(l->in)) {
			const char *p = call->ops->load(
			    data + call->at, l->in->p, l->in->end, &env);

			if (env.failed)
				return lack_memory(l->in);
			if (p == NULL ||
			    !kept_value_fits(call, data + call->at))
				return refuse_bytes(l->in);
			l->in->p = p;
		}
	}
	return is_sound(l->in);
}

/* Reads a key that must be new in the map, and makes its entry. */
static struct entry *
load_key(struct loader *l, struct map *t)
{
	struct span key = get_span(l->in);
	struct entry *entry;
	bool made;

	if (!is_sound(l->in))
		return NULL;
	if (!key_is_valid(key, l->types, l->q->nkeys)) {
		refuse_bytes(l->in);
		return NULL;
	}
	entry = map_put(t, key, hash_bytes(key), &made);
	if (entry == NULL)
		lack_memory(l->in);
	else if (!made)
		refuse_bytes(l->in);
	return is_sound(l->in) ? entry : NULL;
}

/* --- slices -------------------------------------------------------------- */

static void
save_panes(const struct engine *e, struct sink *out)
{
	const struct deque *row = &e->panes.level[0];

	put_u64(out, row->n);
	for (size_t i = 0; i < row->n; i++) {
		const struct pane *pane = deque_at(row, i);

		put_i64(out, pane->index);
		put_u64(out, pane->map.n);
		for (size_t k = 0; k < pane->map.n; k++) {
			const struct entry *entry = map_at(&pane->map, k);

			put_span(out, entry_key(entry));
			save_accumulators(e->q, entry->data, out);
		}
	}
}

static bool
load_pane(struct loader *l, struct engine *e, int64_t index)
{
	const struct grid *g = &e->q->grid;
	uint64_t n = get_u64(l->in);
	int64_t far_index = far_ms / 2 / g->slice_ms;
	struct pane *pane;

	if (index > far_index || index < -far_index)
		return refuse_bytes(l->in);
	pane = panes_at(&e->panes, index * g->slice_ms + g->offset_ms);
	if (pane == NULL)
		return lack_memory(l->in);
	for (; n > 0 && is_sound(l->in); n--) {
		struct entry *entry = load_key(l, &pane->map);

		if (entry != NULL)
			load_accumulators(l, entry->data, &pane->map);
	}
	e->panes.entries += pane->map.n;
	return is_sound(l->in);
}

static bool
load_panes(struct loader *l, struct engine *e)
{
	uint64_t n = get_u64(l->in);
	int64_t last = INT64_MIN;

	if (e->q->grid.kind == KIND_SESSION && n > 0)
		return refuse_bytes(l->in);
	for (; n > 0 && is_sound(l->in); n--) {
		int64_t index = get_i64(l->in);

		if (index <= last)
			return refuse_bytes(l->in);
		last = index;
		load_pane(l, e, index);
	}
	return is_sound(l->in);
}

/* --- sessions ------------------------------------------------------------ */

/* As the heap has them, so that it is the same heap again. */
static void
save_sessions(const struct engine *e, struct sink *out)
{
	const struct sessions *s = &e->sessions;

	put_u64(out, s->ndue);
	for (size_t i = 0; i < s->ndue; i++) {
		const struct session *session = s->due[i].session;

		put_i64(out, s->due[i].end_ms);
		put_bool(out, session->merged);
		if (session->merged)
			continue;
		put_i64(out, session->start_ms);
		put_i64(out, session->end_ms);
		put_span(out, entry_key(session->key));
		save_accumulators(e->q, session->data, out);
	}
}

static bool
load_session_key(struct loader *l, struct sessions *s, struct session *session)
{
	struct span key = get_span(l->in);

	if (!is_sound(l->in))
		return false;
	if (!key_is_valid(key, l->types, l->q->nkeys))
		return refuse_bytes(l->in);
	session->key = map_put(&s->keys, key, hash_bytes(key), NULL);
	return session->key != NULL || lack_memory(l->in);
}

/* At the next place of the heap, which has room. */
static bool
load_session(struct loader *l, struct sessions *s)
{
	struct session *session = calloc(1, sizeof *session + s->data_bytes);
	int64_t due = get_i64(l->in);
	size_t i = s->ndue;

	if (session == NULL)
		return lack_memory(l->in);
	map_init(&session->memory, 0);
	s->due[s->ndue++] = (struct session_due){ due, session };
	session->merged = get_bool(l->in);
	if (i > 0 && s->due[(i - 1) / 2].end_ms > due)
		return refuse_bytes(l->in);
	if (session->merged)
		return is_sound(l->in);
	session->start_ms = get_i64(l->in);
	session->end_ms = get_i64(l->in);
	if (session->start_ms < -far_ms / 2 || session->end_ms > far_ms ||
	    session->end_ms < session->start_ms + s->gap_ms ||
	    due > session->end_ms)
		return refuse_bytes(l->in);
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
			refuse_bytes(l->in);
		memory = sessions_hang(list[i]);
	}
	free(list);
	if (!memory)
		return lack_memory(l->in);
	return is_sound(l->in);
}

static bool
load_sessions(struct loader *l, struct sessions *s)
{
	uint64_t n = get_u64(l->in);

	/* Each takes more than a byte; so no number makes us ask for much. */
	if (n > (uint64_t)(l->in->end - l->in->p))
		return refuse_bytes(l->in);
	if (n == 0)
		return is_sound(l->in);
	if (l->q->grid.kind != KIND_SESSION)
		return refuse_bytes(l->in);
	s->due = calloc(n, sizeof *s->due);
	if (s->due == NULL)
		return lack_memory(l->in);
	s->due_cap = n;
	while (n > 0 && load_session(l, s))
		n--;
	return is_sound(l->in) && chain_sessions(l, s);
}

/* --- windows written again ----------------------------------------------- */

static void
save_revised(const struct engine *e, struct sink *out)
{
	put_u64(out, e->revised.n);
	for (size_t i = 0; i < e->revised.n; i++) {
		const struct engine_revised *r = deque_at(&e->revised, i);

		put_i64(out, r->end_ms);
		put_u64(out, r->times.n);
		for (size_t k = 0; k < r->times.n; k++) {
			const struct entry *entry = map_at(&r->times, k);

			put_span(out, entry_key(entry));
			put(out, entry->data, sizeof(uint32_t));
		}
	}
}

static bool
load_revised(struct loader *l, struct engine *e)
{
	uint64_t n = get_u64(l->in);
	int64_t last = INT64_MIN;

	for (; n > 0 && is_sound(l->in); n--) {
		int64_t end = get_i64(l->in);
		uint64_t entries = get_u64(l->in);
		struct map *times;

		if (end <= last)
			return refuse_bytes(l->in);
		last = end;
		times = engine_revised_of(e, end);
		if (times == NULL)
			return lack_memory(l->in);
		for (; entries > 0 && is_sound(l->in); entries--) {
			struct entry *entry = load_key(l, times);

			if (entry != NULL)
				get(l->in, entry->data, sizeof(uint32_t));
		}
	}
	return is_sound(l->in);
}

/* --- the engine ----------------------------------------------------------- */

/*
 * Open windows with their groups in the order in which they came, what is
 * known of windows written again, time, the number of rows, the counts.
 */
static void
save_engine(const struct engine *e, struct sink *out)
{
	const uint64_t counts[] = { e->seq, e->aggregated, e->late, e->outside,
		e->early, (uint64_t)e->late_max_ms, (uint64_t)e->late_need_ms };

	put_i64(out, e->watermark_ms);
	put_i64(out, e->latest_ms);
	put_i64(out, e->settled_ms);
	put_i64(out, e->gone_ms);
	put(out, counts, sizeof counts);
	/* What an accumulator is may change from version to version. */
	for (size_t i = 0; i < e->q->ncalls; i++)
		put_u64(out, e->q->calls[i].ops->bytes);
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

	e->watermark_ms = e->kept_watermark_ms = get_i64(l->in);
	e->latest_ms = get_i64(l->in);
	e->settled_ms = get_i64(l->in);
	e->gone_ms = get_i64(l->in);
	get(l->in, counts, sizeof counts);
	e->seq = counts[0];
	e->aggregated = counts[1];
	e->late = counts[2];
	e->outside = counts[3];
	e->early = counts[4];
	e->late_max_ms = (int64_t)counts[5];
	e->late_need_ms = (int64_t)counts[6];
	if (!is_time(e->watermark_ms) || !is_time(e->latest_ms) ||
	    !is_time(e->settled_ms) || !is_time(e->gone_ms) ||
	    e->gone_ms > e->settled_ms)
		refuse_bytes(l->in);
	for (size_t i = 0; i < l->q->ncalls; i++)
		if (get_u64(l->in) != l->q->calls[i].ops->bytes)
			refuse_bytes(l->in);
	return is_sound(l->in);
}

/*
 * The same into an engine fresh from engine_init(), of the same query.  False:
 * see in; the engine is then good for engine_free() alone.  Bytes that
 * save_engine() did not write are refused, or make an engine that gives some
 * answer, but never one that crashes.
 */
static bool
load_engine(struct engine *e, struct source *in)
{
	const struct query *q = e->q;
	struct loader l = { .in = in, .q = q };

	l.types = calloc(q->nkeys + 1, sizeof *l.types);
	if (l.types == NULL)
		return lack_memory(in);
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
	return is_sound(in);
}

/* --- the file ------------------------------------------------------------- */

/* Sixteen bytes; the NUL is not written. */
static const char magic[] = "windowpipe state";
enum { MAGIC_BYTES = sizeof magic - 1, HEAD_BYTES = MAGIC_BYTES + 16 };

struct head {
	uint32_t format, order;
	uint64_t word;
};

struct tail {
	uint64_t length, checksum;
};

static const struct head our_head = { STATE_FORMAT, STATE_ORDER,
	sizeof(void *) << 8 | sizeof(long) };

/* --- out ----------------------------------------------------------------- */

/* Between the stream and who writes: counts and sums up. */
struct counted {
	int (*write)(void *ctx, struct span);
	void *ctx;
	struct tail tail;
};

static int
count_and_write(void *ctx, struct span s)
{
	struct counted *c = ctx;

	c->tail.length += s.n;
	c->tail.checksum = crc64_add(c->tail.checksum, s.p, s.n);
	return c->write(c->ctx, s);
}

static void
save_absent(const struct absent *a, struct sink *out)
{
	for (size_t i = 0; a != NULL && i < a->n; i++)
		put_bool(out, a->field[i].seen);
}

static void
load_absent(struct absent *a, struct source *in)
{
	for (size_t i = 0; a != NULL && i < a->n; i++)
		if (get_bool(in))
			absent_see(a, i);
}

int
state_write(
    const struct state *s, int (*write)(void *ctx, struct span), void *ctx)
{
	struct counted c = { .write = write, .ctx = ctx };
	struct sink out = { .flush = count_and_write, .ctx = &c };
	struct buf query = { 0 };

	errno = ENOMEM;
	query_describe(s->engine->q, &query);
	out.failed = query.failed;
	put(&out, magic, MAGIC_BYTES);
	put(&out, &our_head, sizeof our_head);
	put_span(&out, buf_span(&query));
	buf_free(&query);
	put_u64(&out, s->read);
	put_u64(&out, s->rejected);
	put_u64(&out, s->output);
	put_bool(&out, s->clock.started);
	put_i64(&out, s->clock.now_ms);
	put_i64(&out, s->clock.from_ms);
	put_u64(&out, s->clock.nused);
	put(&out, s->clock.used, s->clock.nused * sizeof *s->clock.used);
	put_u64(&out, s->unfit);
	save_absent(s->absent, &out);
	save_engine(s->engine, &out);
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		put_span(&out, buf_span(&s->held[i]));
	if (end(&out) == -1)
		return -1;
	c.tail.checksum =
	    crc64_add(c.tail.checksum, &c.tail.length, sizeof c.tail.length);
	return write(
	    ctx, (struct span){ (const char *)&c.tail, sizeof c.tail });
}

/* --- in ------------------------------------------------------------------ */

static enum state_verdict
refuse(struct buf *why, const char *what)
{
	buf_add_text(why, what);
	return STATE_REFUSED;
}

#define RESTORE                                                                \
	"put back a copy of it, or remove it to start over (what it held is "  \
	"then lost)"

/* Whether the bytes are a state, whole, and from a machine like this. */
static enum state_verdict
check(struct span file, struct buf *why)
{
	struct head head;
	struct tail tail;
	uint64_t sum;

	if (file.n == 0)
		return refuse(why, "it is empty; remove it to start over");
	if (memcmp(file.p, magic,
		file.n < MAGIC_BYTES ? file.n : MAGIC_BYTES) != 0)
		return refuse(
		    why, "it is not a state file of window; name another file");
	if (file.n < HEAD_BYTES + sizeof tail)
		return refuse(why, "it is cut off; " RESTORE);
	memcpy(&head, file.p + MAGIC_BYTES, sizeof head);
	memcpy(&tail, file.p + file.n - sizeof tail, sizeof tail);
	if (head.order == our_head.order && head.format != our_head.format) {
		buf_addf(why,
		    "its format is %u and this window reads %d: it is from "
		    "another version; use that one, or name another file",
		    head.format, STATE_FORMAT);
		return STATE_REFUSED;
	}
	if (head.order != our_head.order || head.word != our_head.word)
		return refuse(why, "it is from another kind of machine (byte "
				   "order, word size); continue there, or name "
				   "another file");
	sum = crc64_add(0, file.p, file.n - sizeof tail.checksum);
	if (sum == tail.checksum && tail.length == file.n - sizeof tail)
		return STATE_READ;
	if (tail.length != file.n - sizeof tail)
		return refuse(why, "it is cut off or damaged; " RESTORE);
	return refuse(why, "it is damaged: its checksum is not that of its "
			   "bytes; " RESTORE);
}

/* Whether the state is of this query. */
static enum state_verdict
check_query(struct span was, const struct query *q, struct buf *why)
{
	struct buf is = { 0 };
	enum state_verdict verdict = STATE_READ;

	query_describe(q, &is);
	if (is.failed) {
		verdict = STATE_NO_MEMORY;
	} else if (!span_equal(was, buf_span(&is))) {
		buf_add_text(why, "it belongs to another query: ");
		(void)query_differs(was, buf_span(&is), why);
		buf_add_text(
		    why, "; give the options of before, or name another file");
		verdict = STATE_REFUSED;
	}
	buf_free(&is);
	return verdict;
}

static void
get_clock(struct proctime *p, struct source *in)
{
	uint64_t n;

	p->started = p->goes_on = get_bool(in);
	p->now_ms = get_i64(in);
	p->from_ms = get_i64(in);
	n = get_u64(in);
	if (n > PROCTIME_USED) {
		refuse_bytes(in);
		n = 0;
	}
	p->nused = (size_t)n;
	get(in, p->used, p->nused * sizeof *p->used);
	/* So far from all bounds that no sum overflows. */
	for (size_t i = 0; i < p->nused; i++)
		if (p->used[i].from_ms > p->used[i].until_ms ||
		    p->used[i].from_ms < -PROCTIME_FAR_MS ||
		    p->used[i].until_ms > PROCTIME_FAR_MS)
			refuse_bytes(in);
	if (p->now_ms < p->from_ms || p->from_ms < -PROCTIME_FAR_MS ||
	    p->now_ms > PROCTIME_FAR_MS)
		refuse_bytes(in);
}

/* Whole lines, of which the first may have been begun elsewhere. */
static bool
get_held(struct state *s, struct source *in)
{
	for (size_t i = 0; i < STATE_OUTPUTS; i++) {
		struct span held = get_span(in);

		if (held.n > 0 && held.p[held.n - 1] != '\n')
			return false;
		buf_add_span(&s->held[i], held);
		in->no_memory |= s->held[i].failed;
	}
	return is_sound(in);
}

enum state_verdict
state_read(struct state *s, struct span file, struct buf *why)
{
	enum state_verdict verdict = check(file, why);
	struct source in;

	if (verdict != STATE_READ)
		return verdict;
	in = (struct source){ file.p + HEAD_BYTES,
		file.p + file.n - sizeof(struct tail), false, false };
	verdict = check_query(get_span(&in), s->engine->q, why);
	if (verdict != STATE_READ)
		return verdict;
	s->read = get_u64(&in);
	s->rejected = get_u64(&in);
	s->output = get_u64(&in);
	get_clock(&s->clock, &in);
	s->unfit = get_u64(&in);
	load_absent(s->absent, &in);
	if (load_engine(s->engine, &in) &&
	    (!get_held(s, &in) || in.p != in.end))
		refuse_bytes(&in);
	if (in.no_memory)
		return STATE_NO_MEMORY;
	if (in.bad)
		return refuse(why, "its checksum is right, but its content is "
				   "inconsistent; " RESTORE);
	return STATE_READ;
}
