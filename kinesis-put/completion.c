/* completion - records leave: stored, rejected, or given up.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/completion.h"

#include <stdlib.h>

int
completion_open(struct completion *c, const struct options *opt)
{
	if (dead_letter_open(&c->rejects, "rejects", opt->rejects) == -1)
		return -1;
	return dead_letter_open(
	    &c->undelivered, "undelivered", opt->undelivered);
}

enum status
completion_close(struct completion *c)
{
	enum status status = c->status;

	status = status_worse(status, dead_letter_close(&c->rejects));
	return status_worse(status, dead_letter_close(&c->undelivered));
}

/* A record is done with, whatever became of it. */
static void
drop(struct completion *c, uint32_t i)
{
	if (c->spool != NULL)
		spool_ack(c->spool, c->outbox->pool.rec[i].seq);
	pool_drop(&c->outbox->pool, i);
}

void
completion_deliver(struct completion *c, uint32_t i)
{
	uint32_t next;

	key_queues_release(&c->outbox->key_queues, i);
	for (; i != RECORD_NONE; i = next) {
		const struct record *r = &c->outbox->pool.rec[i];

		next = r->member;
		c->account->delivered++;
		c->account->bytes += r->data_n;
		drop(c, i);
	}
}

/* The line goes to a file of the user's; reading stops where there is none. */
static void
bury(struct completion *c, struct dead_letter *to, uint32_t i)
{
	const struct record *r = &c->outbox->pool.rec[i];

	dead_letter_add(
	    to, pool_line(&c->outbox->pool, r), r->flags & RECORD_CR);
	c->kept_spooled |= c->spool != NULL;
	c->status = status_worse(c->status, STATUS_DATA);
	if (!to->open)
		c->stop_reading = true;
	drop(c, i);
}

void
completion_reject(
    struct completion *c, uint32_t i, struct span code, struct span message)
{
	const struct record *r = &c->outbox->pool.rec[i];
	const struct diag_at at = {
		r->flags & RECORD_RESUMED ? "stdin of an earlier run" : "stdin",
		r->line, 0
	};
	char text[SERVICE_WORDS_MAX];

	if (c->rejects.open)
		diag_warn(&at, "the service refuses this record: %s; rejected",
		    service_describe(text, code, message));
	else
		diag_error(&at,
		    "the service refuses this record: %s; --rejects FILE keeps "
		    "such lines and continues",
		    service_describe(text, code, message));
	key_queues_release(&c->outbox->key_queues, i);
	c->account->rejected++;
	bury(c, &c->rejects, i);
}

/* One line goes undelivered. */
static void
give_up_line(struct completion *c, uint32_t i)
{
	const struct record *r = &c->outbox->pool.rec[i];

	account_undelivered(
	    c->account, r->flags & RECORD_RESUMED ? 0 : r->line);
	bury(c, &c->undelivered, i);
}

void
completion_give_up(struct completion *c, uint32_t i)
{
	uint32_t next;

	key_queues_release(&c->outbox->key_queues, i);
	for (; i != RECORD_NONE; i = next) {
		next = c->outbox->pool.rec[i].member;
		give_up_line(c, i);
	}
}

static int
by_line(const void *a, const void *b, void *records)
{
	const struct record *rec = records;
	const struct record *x = &rec[*(const uint32_t *)a];
	const struct record *y = &rec[*(const uint32_t *)b];

	/* Lines of an earlier run are before those of this one. */
	if (x->seq != y->seq)
		return (x->seq > y->seq) - (x->seq < y->seq);
	return (x->line > y->line) - (x->line < y->line);
}

static void
sort_lines(struct completion *c, uint32_t *rec, size_t n)
{
	if (n > 0)
		qsort_r(rec, n, sizeof *rec, by_line, c->outbox->pool.rec);
}

void
completion_give_up_all(struct completion *c, uint32_t *rec, size_t n)
{
	sort_lines(c, rec, n);
	for (size_t i = 0; i < n; i++)
		completion_give_up(c, rec[i]);
}

void
completion_abandon(struct completion *c)
{
	const struct pool *pool = &c->outbox->pool;
	uint32_t *all = calloc(pool->live + 1, sizeof *all);
	size_t n = 0;

	for (uint32_t i = 0; i < pool->nrec; i++) {
		if (!(pool->rec[i].flags & RECORD_LIVE))
			continue;
		if (all == NULL) /* then in whatever order */
			give_up_line(c, i);
		else
			all[n++] = i;
	}
	sort_lines(c, all, n);
	for (size_t i = 0; i < n; i++)
		give_up_line(c, all[i]);
	free(all);
}

void
completion_reject_line(
    struct completion *c, struct span piece, bool first, bool last)
{
	c->account->rejected += first;
	dead_letter_add_piece(&c->rejects, piece, last);
}

void
completion_lose_line(struct completion *c, const struct wal_record *w)
{
	dead_letter_add(&c->undelivered, w->data, w->flags & RECORD_CR);
	account_undelivered(c->account, w->line);
	c->status = status_worse(c->status, STATUS_DATA);
}

int
completion_flush(struct completion *c)
{
	dead_letter_flush(&c->rejects);
	dead_letter_flush(&c->undelivered);
	if (c->kept_spooled) { /* what leaves one disk is on the other */
		dead_letter_sync(&c->rejects);
		dead_letter_sync(&c->undelivered);
		c->kept_spooled = false;
	}
	if (dead_letter_failed(&c->rejects) ||
	    dead_letter_failed(&c->undelivered))
		return -1; /* completion_close() says it */
	if (c->spool != NULL)
		spool_note(c->spool); /* what is kept is done with */
	return c->spool != NULL && c->spool->error != 0 ? -1 : 0;
}
