/* verify - what was under way is looked up before it is sent again.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/verify.h"

#include <errno.h>
#include <string.h>

#include "aws/skew.h"
#include "lib/clock.h"

/* The service takes signatures that are so much older, or newer, than it. */
enum { SIGNATURE_MS = 5 * 60 * 1000 };

void
verify_open(struct verify *v)
{
	v->held = queue_list_none();
	v->since_ms = INT64_MAX;
	v->earlier_is_open = v->is_on && v->notes->nsent > 0;
}

void
verify_close(struct verify *v)
{
	lookup_free(&v->lookup);
	doubts_free(&v->earlier);
}

bool
verify_lets_read(const struct verify *v)
{
	return !v->earlier_is_open;
}

bool
verify_lets_send(const struct verify *v)
{
	return !v->earlier_is_open && v->nheld == 0;
}

uint64_t
verify_doubts(const struct verify *v)
{
	return v->nheld + (v->earlier_is_open ? v->notes->nsent : 0);
}

/* --- rows ----------------------------------------------------------------- */

static uint64_t
row_hash(const struct pool *pool, const struct record *r)
{
	return note_hash(pool_key(pool, r), pool_line(pool, r));
}

static const struct pool *
pool_of(const struct verify *v)
{
	return &v->completion->outbox->pool;
}

void
verify_sent(struct verify *v, struct batch *b)
{
	const struct pool *pool = pool_of(v);
	uint64_t place = 0;

	if (!v->is_on || v->lookup.refused)
		return;
	b->since_ms = v->known_ms;
	if (b->since_ms == 0)
		b->since_ms =
		    skew_now_ms(&v->lookup.service->skew, clock_wall_ms()) -
		    SIGNATURE_MS;
	notes_add_since(v->notes, b->since_ms);
	for (size_t i = 0; i < b->n; i++) {
		const struct record *r = &pool->rec[b->rec[i]];
		bool anywhere;

		if (r->tries > 0)
			continue;
		anywhere = !doubts_place(
		    pool_key(pool, r), pool_hash(pool, r), &place);
		for (;; r = &pool->rec[r->member]) {
			notes_add_sent(v->notes, r->seq, row_hash(pool, r),
			    anywhere, place);
			if (r->member == RECORD_NONE)
				break;
		}
	}
}

void
verify_answered(struct verify *v, struct span date)
{
	int64_t ms;

	if (skew_parse_date(date, &ms) && ms > v->known_ms)
		v->known_ms = ms;
}

void
verify_hold(struct verify *v, struct batch *b)
{
	struct pool *pool = &v->completion->outbox->pool;

	for (size_t i = 0; i < b->n; i++) {
		v->nheld += pool->rec[b->rec[i]].lines;
		queue_list_add(pool, &v->held, b->rec[i]);
	}
	if (b->since_ms < v->since_ms)
		v->since_ms = b->since_ms;
	b->n = 0;
}

bool
verify_has(struct verify *v, uint64_t number, uint64_t hash, uint64_t *record)
{
	if (v->earlier.seen.n == 0 ||
	    notes_sent(v->notes, number, hash) == NULL ||
	    !doubts_take(&v->earlier, hash, record))
		return false;
	v->found++;
	return true;
}

void
verify_forget(struct verify *v)
{
	doubts_free(&v->earlier);
}

/* --- looking -------------------------------------------------------------- */

static void
know(void *doubts, uint64_t hash, uint64_t record)
{
	doubts_know(doubts, hash, record);
}

static void
add_earlier(struct verify *v, struct doubts *to)
{
	for (size_t i = 0; i < v->notes->nsent; i++) {
		const struct note_sent *s = &v->notes->sent[i];

		doubts_add(to, s->hash);
		if (s->anywhere)
			to->anywhere = true;
		else
			doubts_add_place(to, s->place);
		if (s->since_ms < v->since_ms)
			v->since_ms = s->since_ms;
	}
}

static void
add_record(struct verify *v, struct doubts *to, const struct record *r)
{
	const struct pool *pool = pool_of(v);
	uint64_t place;

	if (doubts_place(pool_key(pool, r), pool_hash(pool, r), &place))
		doubts_add_place(to, place);
	else
		to->anywhere = true;
	for (;; r = &pool->rec[r->member]) {
		doubts_add(to, row_hash(pool, r));
		if (r->member == RECORD_NONE)
			break;
	}
}

static void
begin(struct verify *v, int64_t now_ms)
{
	const struct pool *pool = pool_of(v);
	struct doubts *to = &v->lookup.doubts;

	doubts_free(to);
	if (v->earlier_is_open)
		add_earlier(v, to);
	for (uint32_t i = v->held.first; i != RECORD_NONE;
	     i = pool->rec[i].next)
		add_record(v, to, &pool->rec[i]);
	/* What was found for rows that have not come yet is taken. */
	for (size_t i = 0; i < v->earlier.seen.n; i++)
		doubts_know(to, v->earlier.seen.at[i].hash,
		    v->earlier.seen.at[i].record);
	if (!v->lookup.refused && notes_each_known(v->notes, know, to) == -1) {
		diag_warn(NULL,
		    "--verify: cannot read the notes of what has been stored: "
		    "%s; what was under way is sent again, and may be stored "
		    "twice",
		    strerror(errno));
		v->lookup.refused = true;
	}
	v->is_looking = true;
	lookup_begin(&v->lookup, v->since_ms, now_ms);
}

/* A row alone is in the stream. */
static void
deliver_row(struct verify *v, uint32_t i, uint64_t record)
{
	v->found++;
	completion_deliver_row(v->completion, i, record);
}

/*
 * Of a pack either all is found, or nothing; but where rows are equal, one of
 * them may have been taken for that of another record.
 */
static int
settle(struct verify *v, uint32_t first, int64_t now_ms,
    void (*again)(void *ctx, uint32_t record, int64_t now_ms), void *ctx)
{
	struct key_queues *queues = &v->completion->outbox->key_queues;
	struct pool *pool = &v->completion->outbox->pool;
	struct record head = pool->rec[first];
	uint32_t kept = RECORD_NONE, last = RECORD_NONE, next;
	uint32_t nkept = 0;
	uint64_t record;

	v->nheld -= head.lines;
	if (head.lines == 1 &&
	    doubts_take(&v->lookup.doubts, row_hash(pool, &pool->rec[first]),
		&record)) {
		v->found++;
		completion_deliver(v->completion, first, record);
		return 0;
	}
	if (head.lines == 1) {
		again(ctx, first, now_ms);
		return 0;
	}
	for (uint32_t i = first; i != RECORD_NONE; i = next) {
		struct record *r = &pool->rec[i];

		next = r->member;
		if (doubts_take(
			&v->lookup.doubts, row_hash(pool, r), &record)) {
			if (next == RECORD_NONE && nkept == 0)
				key_queues_release(queues, i);
			deliver_row(v, i, record);
			continue;
		}
		r->member = RECORD_NONE;
		if (last != RECORD_NONE)
			pool->rec[last].member = i;
		else
			kept = i;
		last = i;
		nkept++;
	}
	if (nkept == 0)
		return 0;
	pool->rec[kept].lines = nkept;
	pool->rec[kept].last_member = last;
	pool->rec[kept].tries = head.tries;
	pool->rec[kept].tried_ms = head.tried_ms;
	pool->rec[kept].aggregate_bytes = head.aggregate_bytes;
	if (nkept == head.lines) {
		again(ctx, first, now_ms);
		return 0;
	}
	return key_queues_take_apart(queues, kept);
}

int
verify_step(struct verify *v, int64_t now_ms,
    void (*again)(void *ctx, uint32_t record, int64_t now_ms), void *ctx)
{
	struct outbox *o = v->completion->outbox;
	struct queue_list held = v->held;
	int rc = 0;

	if (verify_lets_send(v))
		return 0;
	if (!v->is_looking && o->in_flight == 0)
		begin(v, now_ms);
	lookup_step(&v->lookup, now_ms);
	if (!v->is_looking || v->lookup.is_on)
		return 0;
	if (v->lookup.doubts.failed)
		return -1;
	v->is_looking = false;
	v->since_ms = INT64_MAX;
	if (v->earlier_is_open) {
		v->earlier = v->lookup.doubts;
		v->lookup.doubts = (struct doubts){ 0 };
		v->earlier_is_open = false;
		return 0;
	}
	v->held = queue_list_none();
	while (rc == 0 && held.first != RECORD_NONE)
		rc = settle(
		    v, queue_list_take(&o->pool, &held), now_ms, again, ctx);
	return rc;
}
