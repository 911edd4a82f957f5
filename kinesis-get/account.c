/* account - what was read, and how far each shard has come.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/account.h"

#include <stdlib.h>

size_t
account_open_shards(const struct account *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->shards->n; i++)
		n += a->shards->list[i]->state == SHARD_OPEN;
	return n;
}

static int64_t
most_lag_ms(const struct shards *all)
{
	int64_t most_ms = 0;

	for (size_t i = 0; i < all->n; i++)
		if (all->list[i]->lag_ms > most_ms)
			most_ms = all->list[i]->lag_ms;
	return most_ms;
}

/*
 * Shard by shard: those that are being read, and of the others those that
 * something was read of.  What ended long ago is of no interest.
 */
static void
fill_shards(const struct shards *all, struct report *report)
{
	struct report_part *lag = calloc(all->n + 1, sizeof *lag);
	struct report_text *at = calloc(all->n + 1, sizeof *at);
	size_t n_lag = 0, n_at = 0;

	for (size_t i = 0; lag != NULL && at != NULL && i < all->n; i++) {
		const struct shard *s = all->list[i];

		if (s->state == SHARD_OPEN)
			lag[n_lag++] =
			    (struct report_part){ s->id, (uint64_t)s->lag_ms };
		if (s->state == SHARD_OPEN || s->records > 0)
			at[n_at++] = (struct report_text){ s->id,
				buf_span(&s->sequence) };
	}
	report_gauge_parts(report, "shard_lag_ms", "shard", lag, n_lag);
	report_text_parts(report, "shard_sequence", at, n_at);
	free(lag);
	free(at);
}

uint64_t
account_read(const struct account *a)
{
	uint64_t read = a->read_before;

	for (size_t i = 0; i < a->shards->n; i++)
		read += a->shards->list[i]->records;
	return read;
}

uint64_t
account_read_written(const struct account *a)
{
	uint64_t read = account_read(a);

	for (size_t i = 0; i < a->shards->n; i++) {
		const struct shard *s = a->shards->list[i];

		if (shard_is_holding(s))
			read -= s->answer.n;
		read -= s->ahead.n;
	}
	return read;
}

void
account_fill(void *ctx, struct report *report)
{
	const struct account *a = ctx;

	report_count(report, "read", account_read(a));
	report_count(report, "records", a->writer->records);
	report_count(report, "rejected", a->writer->rejected);
	report_count(
	    report, "output", a->writer->out.lines - out_lost(&a->writer->out));
	report_count(report, "bytes", a->writer->bytes);
	report_count(report, "calls", a->calls);
	report_count(report, "retried", a->retried);
	report_count(report, "throttled", a->throttled);
	report_gauge(report, "lag_ms", most_lag_ms(a->shards));
	report_gauge(report, "shards", (int64_t)account_open_shards(a));
	if (a->coordinator != NULL)
		report_gauge(
		    report, "checkpoint", (int64_t)a->coordinator->before);
	fill_shards(a->shards, report);
}
