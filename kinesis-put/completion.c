/* completion - records that leave a sender, and those that must stay longer.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/sender.h"

#include <stdlib.h>

void
sender_fail(struct sender *s, enum status status)
{
	s->fatal = true;
	s->status = status_worse(s->status, status);
}

/* A record is done with, whatever became of it. */
static void
forget(struct sender *s, uint32_t i)
{
	if (s->spool != NULL)
		spool_ack(s->spool, s->pool.rec[i].seq);
	pool_drop(&s->pool, i);
}

void
sender_deliver(struct sender *s, uint32_t i)
{
	uint32_t next;

	key_queues_release(&s->key_queues, i);
	for (; i != RECORD_NONE; i = next) {
		const struct record *r = &s->pool.rec[i];

		next = r->member;
		s->account.delivered++;
		s->account.bytes += r->data_n;
		forget(s, i);
	}
}

void
sender_reject(struct sender *s, uint32_t i)
{
	const struct record *r = &s->pool.rec[i];

	key_queues_release(&s->key_queues, i);
	dead_letter_add(
	    &s->rejects, pool_line(&s->pool, r), r->flags & RECORD_CR);
	s->kept_spooled |= s->spool != NULL;
	s->account.rejected++;
	s->status = status_worse(s->status, STATUS_DATA);
	if (!s->rejects.open)
		s->stop_reading = true;
	forget(s, i);
}

/* One line goes undelivered. */
static void
give_up_line(struct sender *s, uint32_t i)
{
	const struct record *r = &s->pool.rec[i];

	dead_letter_add(
	    &s->undelivered, pool_line(&s->pool, r), r->flags & RECORD_CR);
	s->kept_spooled |= s->spool != NULL;
	account_undelivered(
	    &s->account, r->flags & RECORD_RESUMED ? 0 : r->line);
	s->status = status_worse(s->status, STATUS_DATA);
	if (!s->undelivered.open)
		s->stop_reading = true;
	forget(s, i);
}

void
sender_give_up(struct sender *s, uint32_t i)
{
	uint32_t next;

	key_queues_release(&s->key_queues, i);
	for (; i != RECORD_NONE; i = next) {
		next = s->pool.rec[i].member;
		give_up_line(s, i);
	}
}

/* by_line() has no other way to see the records. */
static const struct record *sorted;

static int
by_line(const void *a, const void *b)
{
	const struct record *x = &sorted[*(const uint32_t *)a];
	const struct record *y = &sorted[*(const uint32_t *)b];

	/* Lines of an earlier run are before those of this one. */
	if (x->seq != y->seq)
		return (x->seq > y->seq) - (x->seq < y->seq);
	return (x->line > y->line) - (x->line < y->line);
}

static void
sort_lines(const struct sender *s, uint32_t *rec, size_t n)
{
	sorted = s->pool.rec;
	if (n > 0)
		qsort(rec, n, sizeof *rec, by_line);
}

void
sender_abandon(struct sender *s)
{
	uint32_t *all = calloc(s->pool.live + 1, sizeof *all);
	size_t n = 0;

	for (uint32_t i = 0; i < s->pool.nrec; i++) {
		if (!(s->pool.rec[i].flags & RECORD_LIVE))
			continue;
		if (all == NULL) /* then in whatever order */
			give_up_line(s, i);
		else
			all[n++] = i;
	}
	sort_lines(s, all, n);
	for (size_t i = 0; i < n; i++)
		give_up_line(s, all[i]);
	free(all);
	key_queues_free(&s->key_queues);
	queue_free(&s->queue);
	queue_init(&s->queue, &s->pool);
	s->nhalves = 0;
}

/* Into the queue of those that wait, or, without memory, given up. */
static void
hold(struct sender *s, uint32_t i, int64_t due_ms)
{
	if (queue_wait(&s->queue, i, due_ms) == 0)
		return;
	sender_give_up(s, i);
	sender_no_memory(s);
}

void
sender_again(struct sender *s, uint32_t i, int64_t due_ms, int64_t now_ms)
{
	struct record *r = &s->pool.rec[i];
	int64_t keep_ms = s->opt->retry_for_ms;

	if (r->tried_ms == -1)
		r->tried_ms = now_ms;
	if (keep_ms != INT64_MAX) {
		if (now_ms - r->tried_ms >= keep_ms) {
			sender_give_up(s, i);
			return;
		}
		/* The last try is when its time is over. */
		if (due_ms > r->tried_ms + keep_ms)
			due_ms = r->tried_ms + keep_ms;
	}
	hold(s, i, due_ms);
}

void
sender_postpone(struct sender *s, struct batch *p, struct retry_steps steps,
    int64_t hint_ms, int64_t now_ms)
{
	struct outage *o = &s->outage;

	/* Requests that were under way together count as one failure. */
	if (p->failures == o->failures) {
		if (o->failures++ == 0)
			o->since_ms = now_ms;
		o->gate_ms = now_ms + retry_wait_ms(steps, o->failures,
					  random_next(&s->random), hint_ms);
		if (s->opt->retry_for_ms != INT64_MAX &&
		    o->gate_ms > o->since_ms + s->opt->retry_for_ms &&
		    now_ms < o->since_ms + s->opt->retry_for_ms)
			o->gate_ms = o->since_ms + s->opt->retry_for_ms;
	}
	for (size_t i = 0; i < p->n; i++) {
		struct record *r = &s->pool.rec[p->rec[i]];

		/* sweep() gives up what is too old, in the order of lines. */
		if (r->tried_ms == -1)
			r->tried_ms = now_ms;
		hold(s, p->rec[i], o->gate_ms);
	}
	p->n = 0;
}

/* Is the record that would be sent next too old for that? */
static bool
is_too_old(const struct sender *s, int64_t now_ms)
{
	uint32_t i = queue_peek(&s->queue);
	const struct record *r;

	if (i == RECORD_NONE)
		return false;
	r = &s->pool.rec[i];
	return now_ms - (r->tried_ms != -1 ? r->tried_ms : r->read_ms) >=
	       s->opt->retry_for_ms;
}

void
sender_sweep(struct sender *s, int64_t now_ms)
{
	uint32_t *old;
	size_t n = 0;

	if (s->outage.failures == 0 ||
	    now_ms - s->outage.since_ms < s->opt->retry_for_ms ||
	    !is_too_old(s, now_ms))
		return;
	old = calloc(s->queue.n, sizeof *old);
	while (is_too_old(s, now_ms)) {
		if (old == NULL) /* then in whatever order */
			sender_give_up(s, queue_take(&s->queue));
		else
			old[n++] = queue_take(&s->queue);
	}
	sort_lines(s, old, n);
	for (size_t i = 0; i < n; i++)
		sender_give_up(s, old[i]);
	free(old);
}
