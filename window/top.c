/* top - of many results of each group the first ones, in order.
 * SPDX-License-Identifier: ISC */
#include "window/top.h"

#include <stdlib.h>
#include <string.h>

#include "window/sort.h"

struct item {
	struct buf rank;
	struct engine_result result;
};

/* The data of an entry of groups. */
struct group {
	struct item *item;
	size_t n, cap;
};

static struct group *
group_of(const struct entry *entry)
{
	return (struct group *)(void *)entry->data;
}

void
top_init(struct top *top, size_t most)
{
	*top = (struct top){ .most = most };
	map_init(&top->groups, sizeof(struct group));
}

void
top_free(struct top *top)
{
	for (size_t i = 0; i < top->groups.n; i++) {
		struct group *g = group_of(map_at(&top->groups, i));

		for (size_t k = 0; k < g->cap; k++)
			buf_free(&g->item[k].rank);
		free(g->item);
	}
	map_free(&top->groups);
	top_init(top, top->most);
}

/* Below 0: a ranks before b. */
static int
rank_order(struct span a, struct span a_key, struct span b, struct span b_key)
{
	int order = span_order(a, b);

	return order != 0 ? order : span_order(a_key, b_key);
}

static int
item_order(const struct item *a, const struct item *b)
{
	return rank_order(buf_span(&a->rank), a->result.key, buf_span(&b->rank),
	    b->result.key);
}

/* Of a heap of n, but for the i-th. */
static void
sift(struct item *a, size_t i, size_t n)
{
	struct item moved = a[i];

	for (;;) {
		size_t child = 2 * i + 1;

		if (child >= n)
			break;
		if (child + 1 < n && item_order(&a[child], &a[child + 1]) < 0)
			child++;
		if (item_order(&moved, &a[child]) >= 0)
			break;
		a[i] = a[child];
		i = child;
	}
	a[i] = moved;
}

static void
make_heap(struct group *g)
{
	for (size_t i = g->n / 2; i-- > 0;)
		sift(g->item, i, g->n);
}

static struct entry *
find_group(struct top *top, struct span group)
{
	if (top->last == NULL || !span_equal(entry_key(top->last), group))
		top->last =
		    map_put(&top->groups, group, hash_bytes(group), NULL);
	return top->last;
}

/*
 * The place of one more: new, or that of the last, which gives way.  Groups
 * may be many and small, so they begin with room for one.
 */
static struct item *
make_place(struct top *top, struct group *g)
{
	size_t cap = g->cap == 0 ? 1 : 2 * g->cap;
	struct item *grown;

	if (g->n == top->most)
		return &g->item[0];
	if (g->n == g->cap) {
		cap = cap < top->most ? cap : top->most;
		grown = realloc(g->item, cap * sizeof *grown);
		if (grown == NULL)
			return NULL;
		memset(grown + g->cap, 0, (cap - g->cap) * sizeof *grown);
		g->item = grown;
		g->cap = cap;
	}
	return &g->item[g->n++];
}

int
top_offer(struct top *top, struct span group, struct span rank,
    const struct engine_result *r)
{
	struct entry *entry = find_group(top, group);
	struct group *g;
	struct item *item;

	if (entry == NULL)
		return -1;
	g = group_of(entry);
	if (g->n == top->most && rank_order(buf_span(&g->item[0].rank),
				     g->item[0].result.key, rank, r->key) < 0)
		return 0;
	item = make_place(top, g);
	if (item == NULL)
		return -1;
	item->result = *r;
	buf_clear(&item->rank);
	buf_add_span(&item->rank, rank);
	if (item->rank.failed)
		return -1;
	if (item == g->item && g->n == top->most)
		sift(g->item, 0, g->n);
	else if (g->n == top->most)
		make_heap(g);
	return 0;
}

static int
give_group(struct group *g, size_t most, top_give_fn *give, void *ctx)
{
	if (g->n < most)
		make_heap(g);
	for (size_t n = g->n; n > 1; n--) {
		struct item last = g->item[0];

		g->item[0] = g->item[n - 1];
		g->item[n - 1] = last;
		sift(g->item, 0, n - 1);
	}
	for (size_t i = 0; i < g->n; i++)
		if (give(ctx, &g->item[i].result, (int64_t)i + 1) == -1)
			return 1;
	return 0;
}

static int
group_order(const void *a, const void *b)
{
	return span_order(entry_key(a), entry_key(b));
}

int
top_give(struct top *top, top_give_fn *give, void *ctx)
{
	size_t n = top->groups.n;
	struct sort_item *sorted = calloc(2 * n + 1, sizeof *sorted);
	int rc = 0;

	if (sorted == NULL)
		return -1;
	for (size_t i = 0; i < n; i++) {
		struct entry *entry = map_at(&top->groups, i);
		struct span key = entry_key(entry);

		sorted[i].what = entry;
		for (size_t k = 0; k < 8; k++)
			sorted[i].prefix =
			    sorted[i].prefix << 8 |
			    (k < key.n ? (unsigned char)key.p[k] : 0);
	}
	sort_items(
	    sorted, n, (struct sort_scratch){ sorted + n, n }, group_order);
	for (size_t i = 0; rc == 0 && i < n; i++)
		rc = give_group(group_of(sorted[i].what), top->most, give, ctx);
	free(sorted);
	top_free(top);
	return rc;
}
