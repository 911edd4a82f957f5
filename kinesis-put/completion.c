/* completion - records leave: stored, rejected, or given up.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/completion.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

/* --- the times of requests ------------------------------------------------ */

/* Values below 16 have a bucket of their own. */
static unsigned
bucket_of(uint64_t ms)
{
	unsigned shift;

	if (ms > UINT32_MAX)
		ms = UINT32_MAX;
	if (ms < 16)
		return (unsigned)ms;
	shift = 60 - (unsigned)__builtin_clzll(ms);
	return 8 * shift + (unsigned)(ms >> shift);
}

/* The greatest value of a bucket. */
static int64_t
bucket_end(unsigned i)
{
	unsigned shift;

	if (i < 16)
		return i;
	shift = i / 8 - 1;
	return (int64_t)((((uint64_t)i % 8 + 9) << shift) - 1);
}

void
account_took(struct account *a, int64_t ms)
{
	a->took[bucket_of(ms < 0 ? 0 : (uint64_t)ms)]++;
	a->took_n++;
}

int64_t
account_quantile_ms(const struct account *a, double share)
{
	uint64_t want = (uint64_t)(share * (double)a->took_n + 0.5), seen = 0;

	if (a->took_n == 0)
		return 0;
	if (want == 0)
		want = 1;
	for (unsigned i = 0; i < ACCOUNT_BUCKETS; i++) {
		seen += a->took[i];
		if (seen >= want)
			return bucket_end(i);
	}
	return bucket_end(ACCOUNT_BUCKETS - 1);
}

/* --- dead letters: lines in the files that the user named ----------------- */

static int
open_letters(struct out *o, const char *option, const char *name)
{
	return name == NULL ? 0 : out_open_option(o, option, name);
}

static enum status
close_letters(struct out *o)
{
	return o->name == NULL || out_close(o) == 0 ? STATUS_OK
	                                            : out_complain(o);
}

/* A line as it came; a failure sticks, and is asked for when all is flushed. */
static void
keep_line(struct out *o, struct span line, bool cr)
{
	if (o->name == NULL)
		return;
	buf_add_span(&o->line, line);
	if (cr)
		buf_add_char(&o->line, '\r');
	(void)out_end_line(o);
}

/* Lines are handed to the system; what leaves one disk is on the other. */
static void
flush_letters(struct out *o, bool sync)
{
	if (o->name == NULL)
		return;
	if (o->whole > 0)
		(void)out_flush(o);
	/* A pipe has no disk. */
	if (sync && o->error == 0 && fdatasync(o->fd) == -1 &&
	    errno != EINVAL && errno != EROFS)
		o->error = errno;
}

int
completion_open(struct completion *c, const struct options *opt)
{
	if (open_letters(&c->rejects, "rejects", opt->rejects) == -1)
		return -1;
	return open_letters(&c->undelivered, "undelivered", opt->undelivered);
}

enum status
completion_close(struct completion *c)
{
	enum status status =
	    status_worse(c->status, close_letters(&c->rejects));

	return status_worse(status, close_letters(&c->undelivered));
}

/* --- records -------------------------------------------------------------- */

/* A record is done with, whatever became of it. */
static void
drop(struct completion *c, uint32_t i)
{
	if (c->spool != NULL)
		spool_ack(c->spool, c->outbox->pool.rec[i].seq);
	pool_drop(&c->outbox->pool, i);
}

void
completion_deliver_row(struct completion *c, uint32_t i, uint64_t as)
{
	const struct pool *pool = &c->outbox->pool;
	const struct record *r = &pool->rec[i];

	c->account.delivered++;
	c->account.bytes += r->data_n;
	if (c->recent != NULL)
		recent_add(c->recent, pool_line(pool, r));
	if (c->notes != NULL)
		notes_add(c->notes, r->seq,
		    note_hash(pool_key(pool, r), pool_line(pool, r)), as);
	drop(c, i);
}

/* The rows of a pack are told apart by their places in it. */
void
completion_deliver(struct completion *c, uint32_t i, uint64_t as)
{
	uint32_t next;

	key_queues_release(&c->outbox->key_queues, i);
	for (; i != RECORD_NONE; i = next) {
		next = c->outbox->pool.rec[i].member;
		completion_deliver_row(c, i, as++);
	}
}

/* The line goes to a file of the user's; reading stops where there is none. */
static void
bury(struct completion *c, struct out *to, uint32_t i)
{
	const struct record *r = &c->outbox->pool.rec[i];

	keep_line(to, pool_line(&c->outbox->pool, r), r->flags & RECORD_CR);
	c->kept_spooled |= c->spool != NULL;
	c->status = status_worse(c->status, STATUS_DATA);
	if (to->name == NULL)
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

	if (c->rejects.name != NULL)
		diag_warn(&at, "the service refuses this record: %s; rejected",
		    service_describe(text, code, message));
	else
		diag_error(&at,
		    "the service refuses this record: %s; --rejects FILE keeps "
		    "such lines and continues",
		    service_describe(text, code, message));
	key_queues_release(&c->outbox->key_queues, i);
	c->account.rejected++;
	bury(c, &c->rejects, i);
}

/* line 0: not known. */
static void
count_undelivered(struct account *a, uint64_t line)
{
	a->undelivered++;
	if (line != 0 &&
	    (a->first_undelivered == 0 || line < a->first_undelivered))
		a->first_undelivered = line;
}

/* One line goes undelivered. */
static void
give_up_line(struct completion *c, uint32_t i)
{
	const struct record *r = &c->outbox->pool.rec[i];

	count_undelivered(&c->account, r->flags & RECORD_RESUMED ? 0 : r->line);
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
	c->account.rejected += first;
	if (c->rejects.name == NULL)
		return;
	buf_add_span(&c->rejects.line, piece);
	(void)(last ? out_end_line(&c->rejects) : out_spill(&c->rejects));
}

void
completion_lose_line(struct completion *c, const struct wal_record *w)
{
	keep_line(&c->undelivered, w->data, w->flags & RECORD_CR);
	count_undelivered(&c->account, w->line);
	c->status = status_worse(c->status, STATUS_DATA);
}

int
completion_flush(struct completion *c)
{
	flush_letters(&c->rejects, c->kept_spooled);
	flush_letters(&c->undelivered, c->kept_spooled);
	c->kept_spooled = false;
	if (c->rejects.error != 0 || c->undelivered.error != 0)
		return -1; /* completion_close() says it */
	if (c->spool == NULL)
		return 0;
	spool_note(c->spool); /* what is kept is done with */
	return c->spool->error != 0 ? -1 : 0;
}

void
completion_say_undelivered(struct completion *c)
{
	const char *where =
	    c->notes != NULL ? "the next run with the same --checkpoint is "
			       "given those behind the last one again"
	    : c->undelivered.error != 0   ? "not all could be kept"
	    : c->undelivered.name != NULL ? "kept in the file of --undelivered"
					  : "--undelivered FILE would have "
					    "kept them";
	const struct account *a = &c->account;
	const char *lines = a->undelivered == 1 ? "line is" : "lines are";

	if (a->undelivered > 0 && a->first_undelivered == 0)
		diag_error(NULL, "%llu %s not delivered; %s",
		    (unsigned long long)a->undelivered, lines, where);
	else if (a->undelivered > 0)
		diag_error(NULL,
		    "%llu %s not delivered, the first is line %llu; %s",
		    (unsigned long long)a->undelivered, lines,
		    (unsigned long long)a->first_undelivered, where);
}
