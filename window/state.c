/* state - what a run knows, in the form of a state file.
 *
 * Accumulators are written as they lie in memory, or by their transfer().
 * What follows from the rest is not written: hash tables, the hierarchy over
 * slices, the time at which the next window is due.
 *
 * SPDX-License-Identifier: ISC */
#include "window/state.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/array.h"
#include "lib/crc.h"
#include "window/archive.h"
#include "window/describe.h"
#include "window/key.h"

/* No time that is read lies beyond a quarter of this, no window's bound
 * beyond a half. */
static const int64_t far_ms = (int64_t)1 << 62;

/* What the content needs besides the bytes. */
struct content {
	struct archive a;
	const struct query *q;
	enum type_kind *types; /* of the key columns */
};

/* --- groups -------------------------------------------------------------- */

/* A key that goes out, or comes in and is one; false: it is none. */
static bool
transfer_key(struct content *c, struct span *key)
{
	*key = archive_span(&c->a, *key);
	if (c->a.loads && archive_is_sound(&c->a) &&
	    !key_is_valid(*key, c->types, c->q->nkeys))
		archive_refuse(&c->a);
	return archive_is_sound(&c->a);
}

/* The i-th entry of a map; the one that comes in must be new in it. */
static struct entry *
transfer_entry(struct content *c, struct map *t, size_t i)
{
	struct entry *entry = c->a.loads ? NULL : map_at(t, i);
	struct span key = { 0 };
	bool made;

	if (entry != NULL)
		key = entry_key(entry);
	if (!transfer_key(c, &key) || entry != NULL)
		return entry;
	entry = map_put(t, key, hash_bytes(key), &made);
	if (entry == NULL)
		archive_fail(&c->a);
	else if (!made)
		archive_refuse(&c->a);
	return archive_is_sound(&c->a) ? entry : NULL;
}

/* --- slices -------------------------------------------------------------- */

static struct pane *
load_pane(struct content *c, struct engine *e, int64_t index)
{
	const struct grid *g = &c->q->grid;
	int64_t far_index = far_ms / 2 / g->slice_ms;
	struct pane *pane;

	if (index > far_index || index < -far_index) {
		archive_refuse(&c->a);
		return NULL;
	}
	pane = panes_at(&e->panes, index * g->slice_ms + g->offset_ms);
	if (pane == NULL)
		archive_fail(&c->a);
	return pane;
}

static void
transfer_panes(struct content *c, struct engine *e)
{
	const struct query *q = c->q;
	const struct deque *row = &e->panes.level[0];
	uint64_t n = archive_u64(&c->a, row->n);
	int64_t last = INT64_MIN;

	if (q->grid.kind == KIND_SESSION && n > 0)
		archive_refuse(&c->a);
	for (size_t i = 0; i < n && archive_is_sound(&c->a); i++) {
		struct pane *pane = c->a.loads ? NULL : deque_at(row, i);
		int64_t index =
		    archive_i64(&c->a, pane == NULL ? 0 : pane->index);
		uint64_t entries =
		    archive_u64(&c->a, pane == NULL ? 0 : pane->map.n);

		if (index <= last)
			archive_refuse(&c->a);
		else if (pane == NULL)
			pane = load_pane(c, e, index);
		last = index;
		for (size_t k = 0; k < entries && archive_is_sound(&c->a);
		     k++) {
			struct entry *entry = transfer_entry(c, &pane->map, k);

			if (entry != NULL)
				agg_transfer(q->calls, q->ncalls, &pane->map,
				    entry->data, &c->a);
		}
		if (c->a.loads && pane != NULL)
			e->panes.entries += pane->map.n;
	}
}

/* --- sessions ------------------------------------------------------------ */

static void
transfer_session(struct content *c, struct sessions *s, struct session *session)
{
	struct span key = { 0 };

	archive(&c->a, session->start_ms);
	archive(&c->a, session->end_ms);
	if (session->start_ms < -far_ms / 2 || session->end_ms > far_ms ||
	    session->end_ms < session->start_ms + s->gap_ms)
		archive_refuse(&c->a);
	if (session->key != NULL)
		key = entry_key(session->key);
	if (!transfer_key(c, &key))
		return;
	if (session->key == NULL)
		session->key = map_put(&s->keys, key, hash_bytes(key), NULL);
	if (session->key == NULL)
		archive_fail(&c->a);
	s->open += c->a.loads;
	agg_transfer(
	    c->q->calls, c->q->ncalls, &session->memory, session->data, &c->a);
}

static int
earlier_start_first(const void *x, const void *y)
{
	const struct session *a = *(struct session *const *)x;
	const struct session *b = *(struct session *const *)y;

	return (a->start_ms > b->start_ms) - (a->start_ms < b->start_ms);
}

/* Hangs each session behind the earlier ones of its key. */
static void
chain_sessions(struct content *c, struct sessions *s)
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
			archive_refuse(&c->a);
		memory = sessions_hang(list[i]);
	}
	free(list);
	if (!memory)
		archive_fail(&c->a);
}

/* As the heap has them, so that it is the same heap again. */
static void
transfer_sessions(struct content *c, struct sessions *s)
{
	uint64_t n = archive_u64(&c->a, s->ndue);

	if (n == 0)
		return;
	/* Each takes more than a byte; so no number makes us ask for much. */
	if (c->q->grid.kind != KIND_SESSION ||
	    (c->a.loads && n > (uint64_t)(c->a.end - c->a.p)))
		archive_refuse(&c->a);
	else if (c->a.loads && array_room(s->due, s->due_cap, n) == -1)
		archive_fail(&c->a);
	for (size_t i = 0; i < n && archive_is_sound(&c->a); i++) {
		struct session_due *due = &s->due[i];

		if (c->a.loads) {
			due->session = sessions_make(s);
			if (due->session == NULL) {
				archive_fail(&c->a);
				break;
			}
			s->ndue++;
		}
		archive(&c->a, due->end_ms);
		due->session->merged =
		    archive_bool(&c->a, due->session->merged);
		if (i > 0 && s->due[(i - 1) / 2].end_ms > due->end_ms)
			archive_refuse(&c->a);
		if (due->session->merged)
			continue;
		transfer_session(c, s, due->session);
		if (due->end_ms > due->session->end_ms)
			archive_refuse(&c->a);
	}
	if (c->a.loads && archive_is_sound(&c->a))
		chain_sessions(c, s);
}

/* --- windows written again ----------------------------------------------- */

static void
transfer_revised(struct content *c, struct engine *e)
{
	uint64_t n = archive_u64(&c->a, e->revised.n);
	int64_t last = INT64_MIN;

	for (size_t i = 0; i < n && archive_is_sound(&c->a); i++) {
		struct engine_revised *r =
		    c->a.loads ? NULL : deque_at(&e->revised, i);
		int64_t end = archive_i64(&c->a, r == NULL ? 0 : r->end_ms);
		uint64_t entries =
		    archive_u64(&c->a, r == NULL ? 0 : r->times.n);
		struct map *times = NULL;

		if (end <= last)
			archive_refuse(&c->a);
		else if ((times = engine_revised_of(e, end)) == NULL)
			archive_fail(&c->a);
		last = end;
		for (size_t k = 0; k < entries && archive_is_sound(&c->a);
		     k++) {
			struct entry *entry = transfer_entry(c, times, k);

			if (entry != NULL)
				archive_bytes(
				    &c->a, entry->data, sizeof(uint32_t));
		}
	}
}

/* --- the engine ----------------------------------------------------------- */

static bool
is_time(int64_t ms)
{
	return ms == INT64_MIN || (ms > -far_ms && ms < far_ms);
}

/*
 * Open windows with their groups in the order in which they came, what is
 * known of windows written again, time, the number of rows, the counts.
 *
 * Bytes that were not written so are refused, or make an engine that gives some
 * answer, but never one that crashes.
 */
static void
transfer_engine(struct content *c, struct engine *e)
{
	struct archive *a = &c->a;

	archive(a, e->watermark_ms);
	archive(a, e->latest_ms);
	archive(a, e->told_ms);
	archive(a, e->settled_ms);
	archive(a, e->gone_ms);
	archive(a, e->seq);
	archive(a, e->aggregated);
	archive(a, e->late);
	archive(a, e->outside);
	archive(a, e->early);
	archive(a, e->late_max_ms);
	archive(a, e->late_need_ms);
	archive(a, e->filtered);
	if (!is_time(e->watermark_ms) || !is_time(e->latest_ms) ||
	    !is_time(e->told_ms) || !is_time(e->settled_ms) ||
	    !is_time(e->gone_ms) || e->gone_ms > e->settled_ms)
		archive_refuse(a);
	/* What an accumulator is may change from version to version. */
	for (size_t i = 0; i < c->q->ncalls; i++)
		if (archive_u64(a, c->q->calls[i].ops->bytes) !=
		    c->q->calls[i].ops->bytes)
			archive_refuse(a);
	transfer_panes(c, e);
	transfer_sessions(c, &e->sessions);
	transfer_revised(c, e);
	if (!a->loads || !archive_is_sound(a))
		return;
	e->next_end_ms = c->q->grid.kind == KIND_SESSION
	                     ? sessions_next_end_ms(&e->sessions)
	                     : panes_next_end_ms(&e->panes, e->settled_ms + 1);
}

/* --- the rest ------------------------------------------------------------- */

static void
transfer_clock(struct archive *a, struct proctime *p)
{
	p->started = archive_bool(a, p->started);
	archive(a, p->now_ms);
	archive(a, p->from_ms);
	p->nused = (size_t)archive_u64(a, p->nused);
	if (p->nused > PROCTIME_USED) {
		archive_refuse(a);
		p->nused = 0;
	}
	archive_bytes(a, p->used, p->nused * sizeof *p->used);
	p->goes_on |= a->loads && p->started;
	/* So far from all bounds that no sum overflows. */
	for (size_t i = 0; i < p->nused; i++)
		if (p->used[i].from_ms > p->used[i].until_ms ||
		    p->used[i].from_ms < -PROCTIME_FAR_MS ||
		    p->used[i].until_ms > PROCTIME_FAR_MS)
			archive_refuse(a);
	if (p->now_ms < p->from_ms || p->from_ms < -PROCTIME_FAR_MS ||
	    p->now_ms > PROCTIME_FAR_MS)
		archive_refuse(a);
}

/* Whole lines, of which the first may have been begun elsewhere. */
static void
transfer_held(struct archive *a, struct buf *held)
{
	struct span lines = archive_span(a, buf_span(held));

	if (!a->loads)
		return;
	if (lines.n > 0 && lines.p[lines.n - 1] != '\n')
		archive_refuse(a);
	buf_add_span(held, lines);
	a->failed |= held->failed;
}

/* All that stands between the query and the tail. */
static void
transfer(struct content *c, struct state *s)
{
	struct archive *a = &c->a;
	struct absent *absent = s->absent;

	archive(a, s->read);
	archive(a, s->rejected);
	archive(a, s->output);
	transfer_clock(a, &s->clock);
	archive(a, s->unfit);
	for (size_t i = 0; absent != NULL && i < absent->n; i++)
		if (archive_bool(a, absent->field[i].seen))
			absent_see(absent, i);
	transfer_engine(c, s->engine);
	for (size_t i = 0; i < STATE_OUTPUTS; i++)
		transfer_held(a, &s->held[i]);
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

/* Between the archive and who writes: counts and sums up. */
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

int
state_write(struct state *s, int (*write)(void *ctx, struct span), void *ctx)
{
	struct counted out = { .write = write, .ctx = ctx };
	struct content c = { .q = s->engine->q,
		.a = { .write = count_and_write, .ctx = &out } };
	struct buf query = { 0 };

	errno = ENOMEM;
	describe_query(c.q, &query);
	c.a.failed = query.failed;
	archive_raw(&c.a, magic, MAGIC_BYTES);
	archive_raw(&c.a, &our_head, sizeof our_head);
	archive_span(&c.a, buf_span(&query));
	buf_free(&query);
	transfer(&c, s);
	if (archive_end(&c.a) == -1)
		return -1;
	out.tail.checksum = crc64_add(
	    out.tail.checksum, &out.tail.length, sizeof out.tail.length);
	return write(
	    ctx, (struct span){ (const char *)&out.tail, sizeof out.tail });
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
check(struct span file, const char *elsewhere, struct buf *why)
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
		    "another version; use that one, or %s",
		    head.format, STATE_FORMAT, elsewhere);
		return STATE_REFUSED;
	}
	if (head.order != our_head.order || head.word != our_head.word) {
		buf_addf(why,
		    "it is from another kind of machine (byte order, word "
		    "size); continue there, or %s",
		    elsewhere);
		return STATE_REFUSED;
	}
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

	describe_query(q, &is);
	if (is.failed) {
		verdict = STATE_NO_MEMORY;
	} else if (!span_equal(was, buf_span(&is))) {
		buf_add_text(why, "it belongs to another query: ");
		(void)describe_difference(was, buf_span(&is), why);
		buf_add_text(
		    why, "; give the options of before, or name another file");
		verdict = STATE_REFUSED;
	}
	buf_free(&is);
	return verdict;
}

enum state_verdict
state_read(struct state *s, struct span file, struct buf *why)
{
	const struct query *q = s->engine->q;
	enum state_verdict verdict = check(file, s->elsewhere, why);
	struct content c = { .q = q, .a = { .loads = true } };

	if (verdict != STATE_READ)
		return verdict;
	c.a.p = file.p + HEAD_BYTES;
	c.a.end = file.p + file.n - sizeof(struct tail);
	verdict = check_query(archive_span(&c.a, (struct span){ 0 }), q, why);
	if (verdict != STATE_READ)
		return verdict;
	c.types = calloc(q->nkeys + 1, sizeof *c.types);
	for (size_t i = 0; c.types != NULL && i < q->nkeys; i++)
		c.types[i] = q->fields[q->keys[i].field].type.kind;
	if (c.types == NULL)
		archive_fail(&c.a);
	transfer(&c, s);
	free(c.types);
	if (c.a.p != c.a.end)
		archive_refuse(&c.a);
	if (c.a.failed)
		return STATE_NO_MEMORY;
	if (c.a.bad)
		return refuse(why, "its checksum is right, but its content is "
				   "inconsistent; " RESTORE);
	return STATE_READ;
}
