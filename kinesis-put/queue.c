/* queue - which record is sent next: what has come, what is to be sent again,
 * what waits for its time.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/queue.h"

#include "lib/array.h"

#include <stdlib.h>

static struct record *
at(const struct queue *q, uint32_t i)
{
	return &q->pool->rec[i];
}

void
queue_init(struct queue *q, struct pool *pool)
{
	*q = (struct queue){ .pool = pool,
		.again = queue_list_none(),
		.fresh = queue_list_none() };
}

void
queue_free(struct queue *q)
{
	free(q->heap);
	queue_init(q, NULL);
}

void
queue_list_add(struct pool *pool, struct queue_list *l, uint32_t i)
{
	pool->rec[i].next = RECORD_NONE;
	if (l->first == RECORD_NONE)
		l->first = i;
	else
		pool->rec[l->last].next = i;
	l->last = i;
}

/* Before all others. */
void
queue_list_push(struct pool *pool, struct queue_list *l, uint32_t i)
{
	pool->rec[i].next = l->first;
	if (l->first == RECORD_NONE)
		l->last = i;
	l->first = i;
}

uint32_t
queue_list_take(struct pool *pool, struct queue_list *l)
{
	uint32_t i = l->first;

	if (i == RECORD_NONE)
		return i;
	l->first = pool->rec[i].next;
	pool->rec[i].next = RECORD_NONE;
	return i;
}

static void
append(struct queue *q, struct queue_list *l, uint32_t i)
{
	queue_list_add(q->pool, l, i);
	q->n++;
	q->bytes += record_bytes(at(q, i));
}

void
queue_add(struct queue *q, uint32_t i)
{
	append(q, &q->fresh, i);
}

void
queue_add_again(struct queue *q, uint32_t i)
{
	append(q, &q->again, i);
}

static bool
is_before(const struct queue *q, uint32_t a, uint32_t b)
{
	const struct record *x = at(q, a), *y = at(q, b);

	if (x->due_ms != y->due_ms)
		return x->due_ms < y->due_ms;
	return x->line < y->line;
}

int
queue_wait(struct queue *q, uint32_t record, int64_t due_ms)
{
	size_t i = q->nheap;

	if (array_room(q->heap, q->cap, q->nheap + 1) == -1)
		return -1;
	at(q, record)->due_ms = due_ms;
	for (q->nheap++; i > 0; i = (i - 1) / 2) {
		if (!is_before(q, record, q->heap[(i - 1) / 2]))
			break;
		q->heap[i] = q->heap[(i - 1) / 2];
	}
	q->heap[i] = record;
	return 0;
}

static uint32_t
heap_pop(struct queue *q)
{
	uint32_t first = q->heap[0], last = q->heap[--q->nheap];
	size_t i = 0;

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= q->nheap)
			break;
		if (child + 1 < q->nheap &&
		    is_before(q, q->heap[child + 1], q->heap[child]))
			child++;
		if (!is_before(q, q->heap[child], last))
			break;
		q->heap[i] = q->heap[child];
		i = child;
	}
	q->heap[i] = last;
	return first;
}

void
queue_wake(struct queue *q, int64_t now_ms)
{
	while (q->nheap > 0 && at(q, q->heap[0])->due_ms <= now_ms)
		append(q, &q->again, heap_pop(q));
}

int64_t
queue_due_ms(const struct queue *q)
{
	return q->nheap == 0 ? INT64_MAX : at(q, q->heap[0])->due_ms;
}

int64_t
queue_since_ms(const struct queue *q)
{
	int64_t again = INT64_MAX, fresh = INT64_MAX;

	if (q->again.first != RECORD_NONE)
		again = at(q, q->again.first)->read_ms;
	if (q->fresh.first != RECORD_NONE)
		fresh = at(q, q->fresh.first)->read_ms;
	return again < fresh ? again : fresh;
}

uint32_t
queue_peek(const struct queue *q)
{
	return q->again.first != RECORD_NONE ? q->again.first : q->fresh.first;
}

uint32_t
queue_take(struct queue *q)
{
	struct queue_list *l =
	    q->again.first != RECORD_NONE ? &q->again : &q->fresh;
	uint32_t i = queue_list_take(q->pool, l);

	if (i == RECORD_NONE)
		return i;
	q->n--;
	q->bytes -= record_bytes(at(q, i));
	return i;
}
