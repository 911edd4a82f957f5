/* merge - which of several shards has the record that arrived first.
 * SPDX-License-Identifier: ISC */
#include "kinesis-get/merge.h"

#include <stdlib.h>

#include "lib/array.h"

static bool
is_before(const struct merge_head *a, const struct merge_head *b)
{
	if (a->arrival_ms != b->arrival_ms)
		return a->arrival_ms < b->arrival_ms;
	return a->order < b->order;
}

static void
swap(struct merge_head *a, struct merge_head *b)
{
	struct merge_head saved = *a;

	*a = *b;
	*b = saved;
}

int
merge_add(struct merge *m, int64_t arrival_ms, void *shard)
{
	size_t i = m->n;

	if (array_room(m->heads, m->cap, m->n + 1) == -1)
		return -1;
	m->heads[m->n++] = (struct merge_head){ arrival_ms, m->added++, shard };
	for (; i > 0 && is_before(&m->heads[i], &m->heads[(i - 1) / 2]);
	     i = (i - 1) / 2)
		swap(&m->heads[i], &m->heads[(i - 1) / 2]);
	return 0;
}

void
merge_free(struct merge *m)
{
	free(m->heads);
	*m = (struct merge){ 0 };
}

static void
sink(struct merge *m)
{
	for (size_t i = 0, child = 1; child < m->n; child = 2 * i + 1) {
		if (child + 1 < m->n &&
		    is_before(&m->heads[child + 1], &m->heads[child]))
			child++;
		if (!is_before(&m->heads[child], &m->heads[i]))
			return;
		swap(&m->heads[child], &m->heads[i]);
		i = child;
	}
}

void
merge_next(struct merge *m, int64_t arrival_ms)
{
	m->heads[0].arrival_ms = arrival_ms;
	sink(m);
}

void
merge_remove(struct merge *m)
{
	m->heads[0] = m->heads[--m->n];
	sink(m);
}

int64_t
merge_limit_ms(const struct merge *m)
{
	int64_t limit_ms = INT64_MAX;

	for (size_t i = 1; i < 3 && i < m->n; i++)
		if (m->heads[i].arrival_ms < limit_ms)
			limit_ms = m->heads[i].arrival_ms;
	return limit_ms;
}
