/* shards - the stream's shards: which are read, from where, and after which.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/shards.h"

#include <stdlib.h>

#include "aws/text.h"
#include "lib/array.h"

/* Records asked for at first, before their size is known. */
enum { LIMIT_AT_FIRST = 1000 };

static void
shard_del(struct shard *s)
{
	if (s == NULL)
		return;
	free(s->id);
	free(s->parents[0]);
	free(s->parents[1]);
	free(s->first);
	buf_free(&s->sequence);
	buf_free(&s->ask.body);
	buf_free(&s->iterator);
	answer_free(&s->answer);
	answer_free(&s->ahead);
	answer_free(&s->coming);
	free(s);
}

void
shards_free(struct shards *all)
{
	for (size_t i = 0; i < all->n; i++)
		shard_del(all->list[i]);
	free(all->list);
	*all = (struct shards){ 0 };
}

/* Where the id is in the list, or would be put. */
static size_t
place_of(const struct shards *all, struct span id)
{
	size_t low = 0, high = all->n;

	while (low < high) {
		size_t mid = (low + high) / 2;

		if (span_order(span_of(all->list[mid]->id), id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

struct shard *
shards_find(const struct shards *all, struct span id)
{
	size_t i = place_of(all, id);

	return i < all->n && span_is(id, all->list[i]->id) ? all->list[i]
	                                                   : NULL;
}

/* --- listings ------------------------------------------------------------- */

static struct shard *
shard_new(const struct listed *l)
{
	struct shard *s = calloc(1, sizeof *s);
	bool good = s != NULL && text_set(&s->id, l->id) == 0 &&
	            text_set(&s->first, l->first) == 0;

	for (int i = 0; good && i < 2; i++)
		good = l->parents[i].n == 0 ||
		       text_set(&s->parents[i], l->parents[i]) == 0;
	if (!good) {
		shard_del(s);
		return NULL;
	}
	s->fresh = true;
	s->behind = true;
	s->limit = LIMIT_AT_FIRST;
	s->silent_ms = s->owing_ms = -1;
	s->ask.shard = s;
	s->ask.due_ms = INT64_MAX;
	return s;
}

static struct shard *
add(struct shards *all, const struct listed *l)
{
	size_t i = place_of(all, l->id);
	struct shard *s;

	if (i < all->n && span_is(l->id, all->list[i]->id))
		return all->list[i];
	if (array_room(all->list, all->cap, all->n + 1) == -1)
		return NULL;
	s = shard_new(l);
	if (s == NULL)
		return NULL;
	memmove(
	    all->list + i + 1, all->list + i, (all->n - i) * sizeof *all->list);
	all->list[i] = s;
	all->n++;
	return s;
}

void
shards_list_begin(struct shards *all)
{
	all->listings++;
}

int
shards_list_add(struct shards *all, const struct page *p)
{
	for (size_t i = 0; i < p->n; i++) {
		struct shard *s = add(all, &p->shards[i]);

		if (s == NULL)
			return -1;
		if (!span_is(p->shards[i].first, s->first))
			all->is_other = true;
		s->closed = p->shards[i].closed;
		s->seen = all->listings;
	}
	return 0;
}

/* Is id one of "ID,ID"? */
static bool
is_among(const char *ids, const char *id)
{
	size_t n = strlen(id);

	while (ids != NULL) {
		const char *comma = strchr(ids, ',');

		if (strncmp(ids, id, n) == 0 &&
		    (ids[n] == '\0' || ids[n] == ','))
			return true;
		ids = comma == NULL ? NULL : comma + 1;
	}
	return false;
}

static struct shard *
parent(const struct shards *all, const struct shard *s, int i)
{
	return s->parents[i] == NULL ? NULL
	                             : shards_find(all, span_of(s->parents[i]));
}

/* Is one of its parents read, or was? */
static bool
descends(const struct shards *all, const struct shard *s)
{
	const struct shard *a = parent(all, s, 0), *b = parent(all, s, 1);

	return (a != NULL && !a->skipped) || (b != NULL && !b->skipped);
}

/* A shard that is not in the file has been opened since. */
static void
resume(struct shard *s, const struct position_shard *p)
{
	if (p == NULL)
		return;
	if (p->from_ms >= 0) {
		s->place = PLACE_TIME;
		s->place_ms = p->from_ms;
	}
	buf_add_span(&s->sequence, p->sequence);
	s->done = (uint64_t)p->sub;
	s->arrival_ms = p->arrival_ms;
	s->resumed = p->sequence.n > 0;
	if (p->done)
		s->state = SHARD_DONE;
}

/* Where a shard of the first listing begins; false: it is not read. */
static bool
place_first(const struct shards *all, struct shard *s, const struct options *o,
    const struct position *p)
{
	switch (o->from) {
	case FROM_LATEST:
		s->place = PLACE_LATEST;
		return !s->closed;
	case FROM_TIME:
		s->place = PLACE_TIME;
		s->place_ms = o->from_ms;
		return true;
	case FROM_SEQUENCE:
		if (!span_is(o->from_shard, s->id))
			return descends(all, s);
		buf_add_span(&s->sequence, o->from_sequence);
		return true;
	case FROM_FILE:
		resume(s, position_of(p, span_of(s->id)));
		return true;
	case FROM_HORIZON:
		break;
	}
	return true;
}

/* Shards stand by id, and a child's number is above its parents'. */
void
shards_list_end(
    struct shards *all, const struct options *o, const struct position *p)
{
	for (size_t i = 0; i < all->n; i++) {
		struct shard *s = all->list[i];
		bool is_read;

		if (!s->fresh)
			continue;
		for (int j = 0; j < 2; j++) {
			struct shard *of = parent(all, s, j);

			if (of != NULL)
				of->has_heir = true;
		}
		s->fresh = false;
		s->place = PLACE_HORIZON;
		if (o->shards != NULL && !is_among(o->shards, s->id))
			is_read = false;
		else if (all->listings == 1)
			is_read = place_first(all, s, o, p);
		else
			is_read = o->shards == NULL && descends(all, s);
		s->skipped = !is_read;
		if (!is_read)
			s->state = SHARD_DONE;
	}
}

/* --- the order of reading ------------------------------------------------- */

size_t
shards_open(struct shards *all)
{
	size_t n = 0;

	for (size_t i = 0; i < all->n; i++) {
		struct shard *s = all->list[i];
		const struct shard *a = parent(all, s, 0);
		const struct shard *b = parent(all, s, 1);

		if (s->state != SHARD_WAITING)
			continue;
		if ((a != NULL && a->state != SHARD_DONE) ||
		    (b != NULL && b->state != SHARD_DONE))
			continue;
		s->cut = (a != NULL && a->cut) || (b != NULL && b->cut);
		s->state = s->cut ? SHARD_DONE : SHARD_OPEN;
		n++;
	}
	return n;
}

struct position_shard
shard_position(const struct shard *s, int64_t start_ms)
{
	struct position_shard p = { .id = span_of(s->id),
		.sequence = buf_span(&s->sequence),
		.sub = (int64_t)s->done,
		.arrival_ms = s->arrival_ms,
		.from_ms = -1,
		.done = s->state == SHARD_DONE && !s->cut };

	if (s->place == PLACE_TIME)
		p.from_ms = s->place_ms;
	else if (s->place == PLACE_LATEST)
		p.from_ms = start_ms;
	return p;
}

bool
shards_are_done(const struct shards *all)
{
	for (size_t i = 0; i < all->n; i++)
		if (all->list[i]->state != SHARD_DONE)
			return false;
	return true;
}

int
shard_note(struct shard *s, const struct answer_record *r, uint64_t done)
{
	buf_clear(&s->sequence);
	buf_add_span(&s->sequence, r->sequence);
	s->done = done;
	s->arrival_ms = r->arrival_ms;
	s->resumed = false;
	return s->sequence.failed ? -1 : 0;
}

bool
shard_has(const struct shard *s, const struct answer_record *r)
{
	int order;

	if (s->sequence.n == 0)
		return false;
	order = sequence_order(r->sequence, buf_span(&s->sequence));
	return order < 0 || (order == 0 && s->done == 0);
}

/* --- what is here of it --------------------------------------------------- */

bool
shard_is_holding(const struct shard *s)
{
	return s->answer.n > 0;
}

bool
shard_has_room(const struct shard *s)
{
	return s->state == SHARD_OPEN && !s->at_end && s->ahead.n == 0;
}

struct span
shard_last(const struct shard *s)
{
	const struct answer *a = s->ahead.n > 0 ? &s->ahead : &s->answer;

	return a->n > 0 ? a->last_sequence : buf_span(&s->sequence);
}

/* Up to the first record that has not been written. */
static bool
begin_answer(struct shard *s)
{
	while (s->answer.n > 0) {
		struct answer_record r = answer_first(&s->answer);

		if (!shard_has(s, &r))
			return true;
		answer_drop(&s->answer);
	}
	answer_free(&s->answer);
	return false;
}

bool
shard_take(struct shard *s)
{
	bool was_holding = shard_is_holding(s);
	struct answer *to = was_holding ? &s->ahead : &s->answer;

	answer_free(to);
	*to = s->coming;
	s->coming = (struct answer){ 0 };
	return was_holding ? false : begin_answer(s);
}

bool
shard_advance(struct shard *s)
{
	answer_free(&s->answer);
	s->answer = s->ahead;
	s->ahead = (struct answer){ 0 };
	return begin_answer(s);
}

int64_t
shard_wait_ms(const struct shard *s, int64_t listened_ms, int64_t merge_ms)
{
	int64_t since_ms = s->behind ? s->silent_ms : s->owing_ms;
	int64_t waited_ms = listened_ms - since_ms;

	if (s->state != SHARD_OPEN || shard_is_holding(s) || merge_ms == 0)
		return 0;
	if (since_ms == -1)
		return s->behind ? INT64_MAX : 0;
	if (!s->behind && listened_ms - s->known_ms < SHARD_PROMPT_MS)
		return 0;
	return waited_ms < merge_ms ? merge_ms - waited_ms : 0;
}

struct shard *
shards_gone(const struct shards *all)
{
	for (size_t i = 0; i < all->n; i++) {
		struct shard *s = all->list[i];

		if (s->state == SHARD_OPEN && s->missed && !s->at_end &&
		    s->seen != all->listings)
			return s;
	}
	return NULL;
}

bool
shards_lack_heirs(const struct shards *all)
{
	for (size_t i = 0; i < all->n; i++) {
		const struct shard *s = all->list[i];

		if (s->state == SHARD_DONE && !s->skipped && !s->cut &&
		    !s->has_heir)
			return true;
	}
	return false;
}
