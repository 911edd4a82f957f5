/* pool - every record that is held.
 * SPDX-License-Identifier: ISC */
#include "kinesis-put/pool.h"

#include <stdlib.h>

#include "lib/array.h"

void
pool_free(struct pool *s)
{
	for (uint32_t i = 0; i < s->nblock; i++)
		free(s->block[i].p);
	free(s->block);
	free(s->rec);
	*s = (struct pool){ 0 };
}

/* A place in the table of blocks; places of freed blocks are used again. */
static struct pool_block *
block_place(struct pool *s)
{
	for (uint32_t i = 0; i < s->nblock; i++) {
		if (s->block[i].p == NULL)
			return &s->block[i];
	}
	return array_room(s->block, s->block_cap, s->nblock + 1) == -1
	           ? NULL
	           : &s->block[s->nblock++];
}

static void
block_free(struct pool *s, struct pool_block *b)
{
	s->block_bytes -= b->cap;
	free(b->p);
	*b = (struct pool_block){ 0 };
}

/* Makes a new block with room for n bytes the current one. */
static int
block_start(struct pool *s, size_t n)
{
	struct pool_block *b = block_place(s);
	size_t cap = n > POOL_BLOCK ? n : POOL_BLOCK;

	if (b == NULL)
		return -1;
	*b = (struct pool_block){ .p = malloc(cap), .cap = (uint32_t)cap };
	if (b->p == NULL) {
		b->cap = 0;
		return -1;
	}
	if (s->current != 0 && s->block[s->current - 1].live == 0)
		block_free(s, &s->block[s->current - 1]);
	s->current = (uint32_t)(b - s->block) + 1;
	s->block_bytes += cap;
	return 0;
}

/* Room for n bytes in the current block: where, or NULL. */
static char *
block_room(struct pool *s, size_t n)
{
	struct pool_block *b;
	char *p;

	if (s->current == 0 ||
	    s->block[s->current - 1].cap - s->block[s->current - 1].used < n) {
		if (block_start(s, n) == -1)
			return NULL;
	}
	b = &s->block[s->current - 1];
	p = b->p + b->used;
	b->used += (uint32_t)n;
	b->live += (uint32_t)n;
	return p;
}

static size_t
own_bytes(const struct record *r)
{
	return (size_t)r->key_n + r->hash_n + r->data_n;
}

static void
block_leave(struct pool *s, const struct record *r)
{
	struct pool_block *b = &s->block[r->block];

	b->live -= (uint32_t)own_bytes(r);
	if (b->live > 0)
		return;
	if (r->block + 1 == s->current)
		b->used = 0;
	else
		block_free(s, b);
}

/*
 * A few records that wait long would keep their blocks alive: where blocks
 * are mostly dead, the live records move out of them, so that the heap stays
 * below twice what is held.
 */
static int
compact(struct pool *s)
{
	for (uint32_t i = 0; i < s->nrec; i++) {
		struct record *r = &s->rec[i];
		struct record old = *r;
		char *to;

		if (!(r->flags & RECORD_LIVE) || own_bytes(r) == 0 ||
		    r->block + 1 == s->current ||
		    s->block[r->block].live > s->block[r->block].cap / 2)
			continue;
		to = block_room(s, own_bytes(r));
		if (to == NULL)
			return -1;
		memcpy(to, s->block[old.block].p + old.at, own_bytes(r));
		r->block = s->current - 1;
		r->at = (uint32_t)(to - s->block[r->block].p);
		block_leave(s, &old);
	}
	return 0;
}

static struct record *
record_place(struct pool *s)
{
	if (s->free != 0) {
		struct record *r = &s->rec[s->free - 1];

		s->free = r->next;
		return r;
	}
	return array_room(s->rec, s->cap, s->nrec + 1) == -1
	           ? NULL
	           : &s->rec[s->nrec++];
}

static char *
put(char *to, struct span s)
{
	if (s.n > 0)
		memcpy(to, s.p, s.n);
	return to + s.n;
}

uint32_t
pool_add(struct pool *s, struct span key, struct span hash, struct span data,
    bool newline)
{
	size_t n = key.n + hash.n + data.n + newline;
	struct record *r;
	char *p;

	if (s->block_bytes > 2 * s->live_bytes + (size_t)16 * POOL_BLOCK &&
	    compact(s) == -1)
		return RECORD_NONE;
	p = block_room(s, n);
	if (p == NULL)
		return RECORD_NONE;
	r = record_place(s);
	if (r == NULL) {
		s->block[s->current - 1].live -= (uint32_t)n;
		return RECORD_NONE;
	}
	*r = (struct record){
		.tried_ms = -1,
		.block = s->current - 1,
		.at = (uint32_t)(p - s->block[s->current - 1].p),
		.data_n = (uint32_t)(data.n + newline),
		.next = RECORD_NONE,
		.member = RECORD_NONE,
		.lines = 1,
		.key_n = (uint16_t)key.n,
		.hash_n = (uint8_t)hash.n,
		.flags =
		    (uint8_t)(RECORD_LIVE | (newline ? RECORD_NEWLINE : 0)),
	};
	p = put(put(put(p, key), hash), data);
	if (newline)
		*p = '\n';
	s->live++;
	s->live_bytes += n;
	return (uint32_t)(r - s->rec);
}

void
pool_drop(struct pool *s, uint32_t index)
{
	struct record *r = &s->rec[index];

	s->live--;
	s->live_bytes -= own_bytes(r);
	block_leave(s, r);
	r->flags = 0;
	r->next = s->free;
	s->free = index + 1;
}
