/* map - keys and what is kept for each.
 * SPDX-License-Identifier: ISC */
#include "window/map.h"

#include "lib/array.h"
#include "lib/pages.h"

#include <stdlib.h>
#include <string.h>

enum {
	MAP_SEGMENT_MIN = 16,   /* slots of a new map's only segment */
	MAP_SEGMENT_MAX = 4096, /* 32 KiB */
	MAP_DIR_BITS = 20,      /* with the slots' 12 all that are kept */
	/* Entries of the first chunk: small tables are many. */
	MAP_CHUNK_BITS = 4,
	MAP_CHUNK_FIRST = 1 << MAP_CHUNK_BITS,
	ARENA_BLOCK_FIRST = 1024,
	ARENA_BLOCK_MAX = PAGES_HUGE,
};

/* entry is 1 + the entry's number, 0 where the slot is empty. */
struct slot {
	uint32_t hash;
	uint32_t entry;
};

struct segment {
	uint32_t n;    /* slots taken */
	uint32_t mask; /* slots - 1 */
	int bits;      /* leading bits of the hash that all keys here share */
	_Alignas(8) struct slot slot[];
};

struct arena_block {
	struct arena_block *next;
	size_t n, size; /* with this */
};

/* A process has one memory, so there is one of these. */
static size_t memory;

size_t
map_memory(void)
{
	return memory;
}

void
map_memory_add(size_t n)
{
	memory += n;
}

static void
count(struct map *t, size_t n)
{
	t->bytes += n;
	memory += n;
}

static size_t
entry_bytes(const struct map *t)
{
	return sizeof(struct entry) + t->data_bytes;
}

static size_t
chunk_bytes(const struct map *t, size_t chunk)
{
	size_t k = (size_t)t->doublings < chunk ? (size_t)t->doublings : chunk;

	return (entry_bytes(t) * MAP_CHUNK_FIRST) << k;
}

void
map_init(struct map *t, size_t data_bytes)
{
	size_t halves;

	*t = (struct map){ .data_bytes = (data_bytes + 7) & ~(size_t)7 };
	/* The first chunk of at least a huge page is the last that doubles. */
	halves = (PAGES_HUGE - 1) / (MAP_CHUNK_FIRST * entry_bytes(t));
	while (halves >> t->doublings != 0)
		t->doublings++;
}

/*
 * Chunks hold 16, 32, 64 … entries up to 16 << doublings, and stay at that:
 * where entry i lies follows from i alone.
 */
static inline void
chunk_of(const struct map *t, size_t i, size_t *chunk, size_t *at)
{
	int k;

	/* Most maps have no other. */
	if (i < MAP_CHUNK_FIRST) {
		*chunk = 0;
		*at = i;
		return;
	}
	/* Chunks that double: number k begins at entry 16 * (2^k - 1). */
	k = 63 - __builtin_clzll(i / MAP_CHUNK_FIRST + 1);

	if (k > t->doublings)
		k = t->doublings;
	i -= MAP_CHUNK_FIRST * (((size_t)1 << k) - 1);
	*chunk = (size_t)k + (i >> (MAP_CHUNK_BITS + k));
	*at = i & (((size_t)MAP_CHUNK_FIRST << k) - 1);
}

struct entry *
map_at(const struct map *t, size_t i)
{
	size_t chunk, at;

	chunk_of(t, i, &chunk, &at);
	return (struct entry *)(void *)(t->chunk[chunk] + at * entry_bytes(t));
}

void *
map_alloc(struct map *t, size_t n)
{
	struct arena_block *block = t->arena;
	void *p;

	n = (n + 7) & ~(size_t)7;
	if (block == NULL || n > block->size - block->n) {
		size_t size =
		    block == NULL ? ARENA_BLOCK_FIRST : 2 * block->size;

		if (size > ARENA_BLOCK_MAX)
			size = ARENA_BLOCK_MAX;
		if (size < sizeof *block + n)
			size = sizeof *block + n;
		block = pages_new(size);
		if (block == NULL)
			return NULL;
		block->next = t->arena;
		block->n = sizeof *block;
		block->size = size;
		t->arena = block;
		count(t, size);
	}
	p = (char *)block + block->n;
	block->n += n;
	return p;
}

static size_t
segment_bytes(uint32_t slots)
{
	return sizeof(struct segment) + slots * sizeof(struct slot);
}

/* Those of MAP_SEGMENT_MAX slots, of which there may be thousands, lie side by
 * side in the arena. */
static struct segment *
segment_new(struct map *t, uint32_t slots, int bits)
{
	size_t bytes = segment_bytes(slots);
	struct segment *s = t->spare;

	if (slots != MAP_SEGMENT_MAX)
		s = calloc(1, bytes);
	else if (s != NULL)
		t->spare = NULL;
	else
		s = map_alloc(t, bytes);
	if (s == NULL)
		return NULL;
	s->mask = slots - 1;
	s->bits = bits;
	if (slots != MAP_SEGMENT_MAX)
		count(t, bytes);
	return s;
}

static void
segment_free(struct map *t, struct segment *s)
{
	size_t bytes = segment_bytes(s->mask + 1);

	if (s->mask + 1 == MAP_SEGMENT_MAX) {
		memset(s, 0, bytes);
		t->spare = s;
		return;
	}
	count(t, -bytes);
	free(s);
}

static void
free_keys(struct map *t)
{
	for (size_t i = 0; t->removes && i < t->used; i++) {
		struct entry *e = map_at(t, i);

		if (e->key_n == KEY_OUTSIDE)
			free(e->outside_key);
	}
}

void
map_free(struct map *t)
{
	size_t size = (size_t)1 << t->dir_bits;
	bool removes = t->removes;

	if (t->bytes == 0)
		return;
	for (size_t i = 0; t->dir != NULL && i < size;) {
		struct segment *s = t->dir[i];

		i += (size_t)1 << (t->dir_bits - s->bits);
		segment_free(t, s);
	}
	free_keys(t);
	free(t->dir);
	free(t->removed);
	for (size_t i = 0; i < t->chunks; i++)
		pages_free(t->chunk[i], chunk_bytes(t, i));
	free(t->chunk);
	while (t->arena != NULL) {
		struct arena_block *next = t->arena->next;

		pages_free(t->arena, t->arena->size);
		t->arena = next;
	}
	memory -= t->bytes;
	map_init(t, t->data_bytes);
	t->removes = removes;
}

void
map_clear(struct map *t)
{
	struct segment *s;

	if (t->dir_bits > 0 || t->chunks > 1 || t->arena != NULL ||
	    t->removes) {
		map_free(t);
		return;
	}
	if (t->used == 0)
		return;
	s = t->dir[0];
	memset(s->slot, 0, (s->mask + 1) * sizeof s->slot[0]);
	s->n = 0;
	memset(t->chunk[0], 0, t->used * entry_bytes(t));
	t->n = t->used = 0;
}

static struct entry *
entry_new(struct map *t)
{
	size_t chunk, at, bytes;

	chunk_of(t, t->used, &chunk, &at);
	bytes = chunk_bytes(t, chunk);
	if (chunk == t->chunks) {
		if (array_room(t->chunk, t->chunk_cap, t->chunks + 1) == -1)
			return NULL;
		t->chunk[chunk] = pages_new(bytes);
		if (t->chunk[chunk] == NULL)
			return NULL;
		t->chunks++;
		if (bytes < PAGES_HUGE)
			count(t, bytes);
	}
	/* Of large ones only what is used is memory. */
	if (bytes >= PAGES_HUGE)
		count(t, entry_bytes(t));
	return map_at(t, t->used++);
}

/*
 * The directory goes by the leading bits of the 32 that are kept of a hash,
 * slots go by the last ones: what is in a slot is enough to place it anew.
 */
static inline size_t
dir_at(const struct map *t, uint32_t hash)
{
	return t->dir_bits == 0 ? 0 : (size_t)(hash >> (32 - t->dir_bits));
}

static void
segment_add(struct segment *s, struct slot slot)
{
	uint32_t i = slot.hash & s->mask;

	while (s->slot[i].entry != 0)
		i = (i + 1) & s->mask;
	s->slot[i] = slot;
	s->n++;
}

/* A larger segment in the place of s; s has room on success. */
static bool
segment_grow(struct map *t, size_t at, struct segment *s)
{
	struct segment *grown = segment_new(t, 2 * (s->mask + 1), s->bits);
	size_t run = (size_t)1 << (t->dir_bits - s->bits);

	if (grown == NULL)
		return false;
	for (uint32_t i = 0; i <= s->mask; i++)
		if (s->slot[i].entry != 0)
			segment_add(grown, s->slot[i]);
	at &= ~(run - 1);
	for (size_t i = 0; i < run; i++)
		t->dir[at + i] = grown;
	segment_free(t, s);
	return true;
}

static bool
dir_double(struct map *t)
{
	size_t size = (size_t)1 << t->dir_bits;
	struct segment **dir = malloc(2 * size * sizeof(struct segment *));

	if (dir == NULL)
		return false;
	for (size_t i = 0; i < size; i++)
		dir[2 * i] = dir[2 * i + 1] = t->dir[i];
	free(t->dir);
	t->dir = dir;
	t->dir_bits++;
	count(t, size * sizeof(struct segment *));
	return true;
}

/* Two segments, told apart by one bit more, in the place of s. */
static bool
segment_split(struct map *t, uint32_t hash, struct segment *s)
{
	struct segment *half[2];
	size_t at, run;

	if (s->bits == t->dir_bits && !dir_double(t))
		return false;
	half[0] = segment_new(t, s->mask + 1, s->bits + 1);
	half[1] = segment_new(t, s->mask + 1, s->bits + 1);
	if (half[0] == NULL || half[1] == NULL) {
		for (int i = 0; i < 2; i++)
			if (half[i] != NULL)
				segment_free(t, half[i]);
		return false;
	}
	for (uint32_t i = 0; i <= s->mask; i++)
		if (s->slot[i].entry != 0)
			segment_add(half[s->slot[i].hash >> (31 - s->bits) & 1],
			    s->slot[i]);
	run = (size_t)1 << (t->dir_bits - s->bits);
	at = dir_at(t, hash) & ~(run - 1);
	for (size_t i = 0; i < run; i++)
		t->dir[at + i] = half[i >= run / 2];
	segment_free(t, s);
	return true;
}

static struct entry *
find(const struct map *t, const struct segment *s, struct span key,
    uint32_t hash)
{
	for (uint32_t i = hash & s->mask; s->slot[i].entry != 0;
	     i = (i + 1) & s->mask) {
		struct entry *e;

		if (s->slot[i].hash != hash)
			continue;
		e = map_at(t, s->slot[i].entry - 1);
		if (span_equal(entry_key(e), key))
			return e;
	}
	return NULL;
}

struct entry *
map_get(const struct map *t, struct span key, uint64_t hash)
{
	return t->dir == NULL ? NULL
	                      : find(t, t->dir[dir_at(t, (uint32_t)hash)], key,
				    (uint32_t)hash);
}

/* A map of one segment stays in the cache without being fetched. */
static bool
is_far(const struct map *t)
{
	return t->dir_bits > 0;
}

void
map_fetch_slot(const struct map *t, uint64_t hash)
{
	const struct segment *s;

	if (!is_far(t))
		return;
	/* Its mask is not asked: that would wait for what is to be fetched. */
	s = t->dir[dir_at(t, (uint32_t)hash)];
	__builtin_prefetch(s);
	__builtin_prefetch(&s->slot[(uint32_t)hash & (MAP_SEGMENT_MAX - 1)]);
}

void
map_fetch_entry(const struct map *t, uint64_t hash)
{
	const struct segment *s;
	const struct slot *slot;

	if (!is_far(t))
		return;
	s = t->dir[dir_at(t, (uint32_t)hash)];
	slot = &s->slot[(uint32_t)hash & s->mask];
	if (slot->entry != 0 && slot->hash == (uint32_t)hash)
		__builtin_prefetch(map_at(t, slot->entry - 1));
}

static bool
map_begin(struct map *t)
{
	struct segment *s = segment_new(t, MAP_SEGMENT_MIN, 0);

	t->dir = malloc(sizeof(struct segment *));
	if (t->dir == NULL || s == NULL) {
		free(t->dir);
		free(s);
		t->dir = NULL;
		return false;
	}
	t->dir[0] = s;
	t->dir_bits = 0;
	return true;
}

/* A segment of at most three quarters full for this hash. */
static struct segment *
segment_with_room(struct map *t, uint32_t hash)
{
	for (;;) {
		size_t at = dir_at(t, hash);
		struct segment *s = t->dir[at];

		if (s->n < (s->mask + 1) / 4 * 3)
			return s;
		/* Where the hash's bits run out a segment grows on. */
		if (s->mask + 1 < MAP_SEGMENT_MAX || s->bits >= MAP_DIR_BITS
			? !segment_grow(t, at, s)
			: !segment_split(t, hash, s))
			return NULL;
	}
}

static bool
entry_set_key(struct map *t, struct entry *e, struct span key)
{
	char *to = e->inline_key;

	if (key.n > KEY_INLINE_MAX) {
		to = t->removes ? malloc(key.n) : map_alloc(t, key.n);
		if (to == NULL)
			return false;
		if (t->removes)
			count(t, key.n);
		e->outside = KEY_OUTSIDE;
		e->outside_n = (uint32_t)key.n;
		e->outside_key = to;
	} else {
		e->key_n = (unsigned char)key.n;
	}
	if (key.n > 0)
		memcpy(to, key.p, key.n);
	return true;
}

/* A place for a new entry: 1 + its number, 0: out of memory. */
static uint32_t
place_new(struct map *t)
{
	if (t->nremoved > 0)
		return t->removed[--t->nremoved];
	if (t->used >= UINT32_MAX - 1 || entry_new(t) == NULL)
		return 0;
	return (uint32_t)t->used;
}

struct entry *
map_put(struct map *t, struct span key, uint64_t hash, bool *made)
{
	struct segment *s;
	struct entry *e;
	uint32_t place;

	if (made != NULL)
		*made = false;
	if (t->dir == NULL && !map_begin(t))
		return NULL;
	e = find(t, t->dir[dir_at(t, (uint32_t)hash)], key, (uint32_t)hash);
	if (e != NULL)
		return e;
	s = segment_with_room(t, (uint32_t)hash);
	place = s == NULL ? 0 : place_new(t);
	if (place == 0)
		return NULL;
	e = map_at(t, place - 1);
	if (!entry_set_key(t, e, key))
		return NULL;
	t->n++;
	segment_add(s, (struct slot){ (uint32_t)hash, place });
	if (made != NULL)
		*made = true;
	return e;
}

/* Closes the gap at i, so that no search stops short (Knuth, 6.4, R). */
static void
segment_remove(struct segment *s, uint32_t i)
{
	uint32_t k = i;

	for (;;) {
		uint32_t home;

		k = (k + 1) & s->mask;
		if (s->slot[k].entry == 0)
			break;
		home = s->slot[k].hash & s->mask;
		if (((k - home) & s->mask) < ((k - i) & s->mask))
			continue;
		s->slot[i] = s->slot[k];
		i = k;
	}
	s->slot[i] = (struct slot){ 0 };
	s->n--;
}

static bool
remember_place(struct map *t, uint32_t place)
{
	if (array_room(t->removed, t->removed_cap, t->nremoved + 1) == -1)
		return false;
	t->removed[t->nremoved++] = place;
	return true;
}

void
map_remove(struct map *t, struct entry *e)
{
	uint64_t hash = hash_bytes(entry_key(e));
	struct segment *s = t->dir[dir_at(t, (uint32_t)hash)];
	uint32_t i = (uint32_t)hash & s->mask;

	while (map_at(t, s->slot[i].entry - 1) != e)
		i = (i + 1) & s->mask;
	/* Without memory the place is lost; the map stays right. */
	remember_place(t, s->slot[i].entry);
	segment_remove(s, i);
	if (e->key_n == KEY_OUTSIDE) {
		count(t, -(size_t)e->outside_n);
		free(e->outside_key);
	}
	memset(e, 0, entry_bytes(t));
	t->n--;
}
