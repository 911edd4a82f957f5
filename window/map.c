/* map - keys and what is kept for each.
 * SPDX-License-Identifier: ISC */
#include "window/map.h"

#include "lib/array.h"
#include "lib/pages.h"
#include "window/eight.h"

#include <stdlib.h>
#include <string.h>

enum {
	BUCKET_SLOTS = 8,
	LINE_BYTES = 64, /* that the processor fetches at once */
	/* Buckets of a new map's only segment, and of the largest: 32 KiB. */
	SEGMENT_MIN = 2,
	SEGMENT_MAX = 512,
	MAP_DIR_BITS = 20, /* with the buckets' 9 nearly all that are kept */
	HEADS = 64,        /* made at once */
	/* Entries of the first chunk: small tables are many. */
	MAP_CHUNK_BITS = 4,
	MAP_CHUNK_FIRST = 1 << MAP_CHUNK_BITS,
	ARENA_BLOCK_FIRST = 1024,
	ARENA_BLOCK_MAX = PAGES_HUGE,
};

/*
 * Eight slots that are looked at together, as large as a line: of a key that is
 * not there no more need be fetched.  They are filled from the first on; entry
 * is 1 + the entry's number, 0 where a slot is empty.  Where the bucket of a
 * key is full, the key is in the next one that was not.
 */
struct bucket {
	uint32_t hash[BUCKET_SLOTS];
	uint32_t entry[BUCKET_SLOTS];
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
segment_bytes(uint32_t buckets)
{
	return buckets * sizeof(struct bucket);
}

/* Of the largest there may be thousands: they lie in the arena, in lines. */
static struct bucket *
buckets_new(struct map *t, uint32_t buckets)
{
	size_t bytes = segment_bytes(buckets);
	void *p;

	if (buckets == SEGMENT_MAX) {
		p = map_alloc(t, bytes + LINE_BYTES - 8);
		return p == NULL
		           ? NULL
		           : (void *)((char *)p + -(uintptr_t)p % LINE_BYTES);
	}
	p = calloc(1, bytes);
	if (p != NULL)
		count(t, bytes);
	return p;
}

static void
buckets_free(struct map *t, const struct segment *s)
{
	if (s->bucket == NULL || s->mask + 1 == SEGMENT_MAX)
		return;
	count(t, -segment_bytes(s->mask + 1));
	free(s->bucket);
}

/* Side by side, for each row asks for one. */
static struct segment *
head_new(struct map *t)
{
	if (t->heads == 0) {
		t->head = map_alloc(t, HEADS * sizeof *t->head);
		t->heads = t->head == NULL ? 0 : HEADS;
	}
	if (t->heads == 0)
		return NULL;
	t->heads--;
	return t->head++;
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
	buckets_free(t, &t->first);
	for (size_t i = 0; t->dir != NULL && i < size;) {
		struct segment *s = t->dir[i];

		i += (size_t)1 << (t->dir_bits - s->bits);
		buckets_free(t, s);
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
	struct segment *s = &t->first;

	if (t->dir_bits > 0 || t->chunks > 1 || t->arena != NULL ||
	    t->removes) {
		map_free(t);
		return;
	}
	if (t->used == 0)
		return;
	memset(s->bucket, 0, segment_bytes(s->mask + 1));
	s->n = 0;
	memset(t->chunk[0], 0, t->used * entry_bytes(t));
	t->next = t->chunk[0];
	t->left = MAP_CHUNK_FIRST;
	t->n = t->used = 0;
}

/* A chunk's first entry is the next one. */
static bool
chunk_new(struct map *t)
{
	size_t bytes = chunk_bytes(t, t->chunks);
	char *chunk;

	if (array_room(t->chunk, t->chunk_cap, t->chunks + 1) == -1)
		return false;
	chunk = pages_new(bytes);
	if (chunk == NULL)
		return false;
	t->chunk[t->chunks++] = chunk;
	t->next = chunk;
	t->left = bytes / entry_bytes(t);
	/* Of large ones only what is used is memory. */
	if (bytes < PAGES_HUGE)
		count(t, bytes);
	return true;
}

static struct entry *
entry_new(struct map *t)
{
	struct entry *e;

	if (t->left == 0 && !chunk_new(t))
		return NULL;
	e = (struct entry *)(void *)t->next;
	t->next += entry_bytes(t);
	t->left--;
	t->used++;
	if (t->chunks > (size_t)t->doublings)
		count(t, entry_bytes(t));
	return e;
}

/*
 * The directory goes by the leading bits of the 32 that are kept of a hash,
 * buckets go by the last ones: what is in a slot is enough to place it anew.
 */
static inline size_t
dir_at(const struct map *t, uint32_t hash)
{
	return t->dir_bits == 0 ? 0 : (size_t)(hash >> (32 - t->dir_bits));
}

static inline const struct segment *
segment_of(const struct map *t, uint32_t hash)
{
	return t->dir_bits == 0 ? &t->first : t->dir[dir_at(t, hash)];
}

/* A bit for each slot of that hash; an empty one has 0. */
static inline unsigned
bucket_match(const struct bucket *b, uint32_t hash)
{
	return eight_same(b->hash, hash);
}

static inline bool
bucket_is_full(const struct bucket *b)
{
	return b->entry[BUCKET_SLOTS - 1] != 0;
}

static inline int
bucket_used(const struct bucket *b)
{
	return __builtin_ctz(eight_same(b->entry, 0) | 1U << BUCKET_SLOTS);
}

static inline void
bucket_add(struct bucket *b, uint32_t hash, uint32_t entry)
{
	int at = bucket_used(b);

	b->hash[at] = hash;
	b->entry[at] = entry;
}

static void
segment_add(struct segment *s, uint32_t hash, uint32_t entry)
{
	uint32_t i = hash & s->mask;

	while (bucket_is_full(&s->bucket[i]))
		i = (i + 1) & s->mask;
	bucket_add(&s->bucket[i], hash, entry);
	s->n++;
}

/*
 * Moves all that is in n buckets to one segment, or to two, told apart by the
 * hash's bit of that number; they are empty, whatever n they have.
 */
static void
move_all(const struct bucket *from, uint32_t n, struct segment *to[2], int bit)
{
	to[0]->n = to[1]->n = 0;
	for (; n > 0; n--, from++)
		for (int i = 0; i < BUCKET_SLOTS && from->entry[i] != 0; i++)
			segment_add(to[from->hash[i] >> bit & 1], from->hash[i],
			    from->entry[i]);
}

/*
 * The same of a largest segment into two, where hardly a bucket is full
 * afterwards: how many slots are taken is counted, not looked for.
 */
static void
halve(const struct bucket *from, struct segment *to[2], int bit)
{
	unsigned char used[2][SEGMENT_MAX] = { 0 };
	uint32_t n[2] = { 0 };

	for (const struct bucket *end = from + SEGMENT_MAX; from < end; from++)
		for (int i = 0; i < BUCKET_SLOTS && from->entry[i] != 0; i++) {
			uint32_t hash = from->hash[i];
			unsigned h = hash >> bit & 1;
			uint32_t k = hash % SEGMENT_MAX;
			struct bucket *b;

			while (used[h][k] == BUCKET_SLOTS)
				k = (k + 1) % SEGMENT_MAX;
			b = &to[h]->bucket[k];
			b->hash[used[h][k]] = hash;
			b->entry[used[h][k]] = from->entry[i];
			used[h][k]++;
			n[h]++;
		}
	to[0]->n = n[0];
	to[1]->n = n[1];
}

/* Twice the buckets; s has room on success. */
static bool
segment_grow(struct map *t, struct segment *s)
{
	struct segment old = *s, *to[2] = { s, s };
	uint32_t buckets = 2 * (s->mask + 1);
	struct bucket *grown = buckets_new(t, buckets);

	if (grown == NULL)
		return false;
	s->bucket = grown;
	s->mask = buckets - 1;
	move_all(old.bucket, old.mask + 1, to, 0);
	buckets_free(t, &old);
	return true;
}

/* The only segment gets a directory, of two places. */
static bool
dir_begin(struct map *t)
{
	struct segment *s = head_new(t);

	t->dir = s == NULL ? NULL : malloc(2 * sizeof(struct segment *));
	if (t->dir == NULL)
		return false;
	*s = t->first;
	t->first = (struct segment){ 0 };
	t->dir[0] = t->dir[1] = s;
	t->dir_bits = 1;
	count(t, 2 * sizeof(struct segment *));
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

/* Two segments of the largest, told apart by one bit more, in the place of s,
 * which is one of them. */
static bool
segment_split(struct map *t, uint32_t hash, struct segment *s)
{
	struct bucket old[SEGMENT_MAX];
	struct segment *half[2];
	size_t at, run;

	if (s->bits == t->dir_bits && !dir_double(t))
		return false;
	half[0] = s;
	half[1] = head_new(t);
	if (half[1] == NULL)
		return false;
	*half[1] = *s;
	half[1]->bucket = buckets_new(t, SEGMENT_MAX);
	if (half[1]->bucket == NULL)
		return false;
	memcpy(old, s->bucket, sizeof old);
	memset(s->bucket, 0, sizeof old);
	halve(old, half, 31 - s->bits);
	run = (size_t)1 << (t->dir_bits - s->bits);
	at = dir_at(t, hash) & ~(run - 1);
	for (size_t i = run / 2; i < run; i++)
		t->dir[at + i] = half[1];
	half[0]->bits++;
	half[1]->bits++;
	return true;
}

/* A key that is looked for: the short one if it is, else the span. */
struct wanted {
	const struct short_key *inline_key;
	struct span key;
	uint32_t hash;
};

static inline bool
is_wanted(const struct entry *e, const struct wanted *w)
{
	if (w->inline_key != NULL)
		return memcmp(e, w->inline_key, sizeof *w->inline_key) == 0;
	return span_equal(entry_key(e), w->key);
}

/* *b: where it is, or would be if s had room for it. */
static inline struct entry *
find(const struct map *t, const struct segment *s, const struct wanted *w,
    struct bucket **b)
{
	uint32_t i = w->hash & s->mask;

	for (;;) {
		*b = &s->bucket[i];
		for (unsigned m = bucket_match(*b, w->hash); m != 0;
		     m &= m - 1) {
			uint32_t place = (*b)->entry[__builtin_ctz(m)];
			struct entry *e;

			if (place == 0)
				break;
			e = map_at(t, place - 1);
			if (is_wanted(e, w))
				return e;
		}
		if (!bucket_is_full(*b))
			return NULL;
		i = (i + 1) & s->mask;
	}
}

/* Makes *w of a key; room for a short one. */
static void
want(struct wanted *w, struct short_key *room, struct span key, uint64_t hash)
{
	*w = (struct wanted){ NULL, key, (uint32_t)hash };
	if (key.n > KEY_INLINE_MAX)
		return;
	*room = (struct short_key){ .n = (unsigned char)key.n };
	if (key.n > 0)
		memcpy(room->bytes, key.p, key.n);
	w->inline_key = room;
}

struct entry *
map_get(const struct map *t, struct span key, uint64_t hash)
{
	const struct segment *s = segment_of(t, (uint32_t)hash);
	struct short_key room;
	struct wanted w;
	struct bucket *b;

	if (s->bucket == NULL)
		return NULL;
	want(&w, &room, key, hash);
	return find(t, s, &w, &b);
}

/* A map of one segment stays in the cache without being fetched. */
static bool
is_far(const struct map *t)
{
	return t->dir_bits > 0;
}

static const struct bucket *
home_of(const struct map *t, uint32_t hash)
{
	const struct segment *s = segment_of(t, hash);

	return &s->bucket[hash & s->mask];
}

void
map_fetch_slot(const struct map *t, uint64_t hash)
{
	if (is_far(t))
		__builtin_prefetch(home_of(t, (uint32_t)hash));
}

void
map_fetch_entry(const struct map *t, uint64_t hash)
{
	const struct bucket *b;
	unsigned m;

	if (!is_far(t))
		return;
	b = home_of(t, (uint32_t)hash);
	m = bucket_match(b, (uint32_t)hash);
	if (m != 0 && b->entry[__builtin_ctz(m)] != 0)
		__builtin_prefetch(map_at(t, b->entry[__builtin_ctz(m)] - 1));
}

static bool
map_begin(struct map *t)
{
	t->first.bucket = buckets_new(t, SEGMENT_MIN);
	t->first.mask = SEGMENT_MIN - 1;
	return t->first.bucket != NULL;
}

/* At most three quarters are taken: searches stay short. */
static inline bool
has_room(const struct segment *s)
{
	return s->n < (s->mask + 1) * (BUCKET_SLOTS / 4 * 3);
}

static struct segment *
segment_with_room(struct map *t, uint32_t hash)
{
	for (;;) {
		struct segment *s =
		    t->dir_bits == 0 ? &t->first : t->dir[dir_at(t, hash)];

		if (has_room(s))
			return s;
		/* Where the hash's bits run out a segment grows on. */
		if (s->mask + 1 < SEGMENT_MAX || s->bits >= MAP_DIR_BITS) {
			if (!segment_grow(t, s))
				return NULL;
		} else if (t->dir_bits == 0) {
			if (!dir_begin(t))
				return NULL;
		} else if (!segment_split(t, hash, s)) {
			return NULL;
		}
	}
}

static bool
entry_set_key(struct map *t, struct entry *e, const struct wanted *w)
{
	char *to;

	if (w->inline_key != NULL) {
		memcpy(e, w->inline_key, sizeof *w->inline_key);
		return true;
	}
	to = t->removes ? malloc(w->key.n) : map_alloc(t, w->key.n);
	if (to == NULL)
		return false;
	if (t->removes)
		count(t, w->key.n);
	e->outside = KEY_OUTSIDE;
	e->outside_n = (uint32_t)w->key.n;
	e->outside_key = to;
	memcpy(to, w->key.p, w->key.n);
	return true;
}

/* A new entry and 1 + its number; NULL: out of memory. */
static struct entry *
place_new(struct map *t, uint32_t *place)
{
	struct entry *e;

	if (t->nremoved > 0) {
		*place = t->removed[--t->nremoved];
		return map_at(t, *place - 1);
	}
	if (t->used >= UINT32_MAX - 1)
		return NULL;
	e = entry_new(t);
	*place = (uint32_t)t->used;
	return e;
}

static inline struct entry *
put(struct map *t, const struct wanted *w, bool *made)
{
	struct segment *s =
	    t->dir_bits == 0 ? &t->first : t->dir[dir_at(t, w->hash)];
	struct bucket *b;
	struct entry *e;
	uint32_t place;

	if (made != NULL)
		*made = false;
	if (s->bucket == NULL && !map_begin(t))
		return NULL;
	e = find(t, s, w, &b);
	if (e != NULL)
		return e;
	if (!has_room(s)) {
		s = segment_with_room(t, w->hash);
		if (s == NULL)
			return NULL;
		b = NULL;
	}
	e = place_new(t, &place);
	if (e == NULL || !entry_set_key(t, e, w))
		return NULL;
	t->n++;
	if (b != NULL) {
		bucket_add(b, w->hash, place);
		s->n++;
	} else {
		segment_add(s, w->hash, place);
	}
	if (made != NULL)
		*made = true;
	return e;
}

struct entry *
map_put(struct map *t, struct span key, uint64_t hash, bool *made)
{
	struct short_key room;
	struct wanted w;

	want(&w, &room, key, hash);
	return put(t, &w, made);
}

struct entry *
map_put_short(
    struct map *t, const struct short_key *key, uint64_t hash, bool *made)
{
	const struct wanted w = { key, { NULL, 0 }, (uint32_t)hash };

	return put(t, &w, made);
}

/* A slot behind bucket i whose key would lie in i, if that had room. */
static bool
find_displaced(const struct segment *s, uint32_t i, uint32_t *bucket, int *slot)
{
	uint32_t k = i;
	const struct bucket *b;

	do {
		k = (k + 1) & s->mask;
		b = &s->bucket[k];
		for (int at = 0; at < BUCKET_SLOTS && b->entry[at] != 0; at++)
			if (((k - b->hash[at]) & s->mask) >=
			    ((k - i) & s->mask)) {
				*bucket = k;
				*slot = at;
				return true;
			}
	} while (bucket_is_full(b));
	return false;
}

/*
 * Empties a slot so that no search stops short: a bucket that was full is
 * filled up from those behind it.
 */
static void
segment_remove(struct segment *s, uint32_t i, int at)
{
	for (;;) {
		struct bucket *b = &s->bucket[i];
		bool was_full = bucket_is_full(b);
		int last = bucket_used(b) - 1, slot;
		uint32_t from;

		b->hash[at] = b->hash[last];
		b->entry[at] = b->entry[last];
		b->hash[last] = b->entry[last] = 0;
		if (!was_full || !find_displaced(s, i, &from, &slot))
			break;
		b->hash[last] = s->bucket[from].hash[slot];
		b->entry[last] = s->bucket[from].entry[slot];
		i = from;
		at = slot;
	}
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
	uint32_t hash = (uint32_t)hash_bytes(entry_key(e));
	struct segment *s =
	    t->dir_bits == 0 ? &t->first : t->dir[dir_at(t, hash)];
	uint32_t i = hash & s->mask;
	int at = 0;

	/* It is there: no slot before it is empty. */
	while (map_at(t, s->bucket[i].entry[at] - 1) != e)
		if (++at == BUCKET_SLOTS) {
			i = (i + 1) & s->mask;
			at = 0;
		}
	/* Without memory the place is lost; the map stays right. */
	remember_place(t, s->bucket[i].entry[at]);
	segment_remove(s, i, at);
	if (e->key_n == KEY_OUTSIDE) {
		count(t, -(size_t)e->outside_n);
		free(e->outside_key);
	}
	memset(e, 0, entry_bytes(t));
	t->n--;
}
