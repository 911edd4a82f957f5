/* map - keys and what is kept for each: one slice of time, or the sum of
 * several.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_MAP_H
#define WINDOW_MAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hash.h"
#include "lib/span.h"

enum { KEY_INLINE_MAX = 15, KEY_OUTSIDE = 0xff };

/*
 * A key and behind it, at data, its accumulators: zero when new.  Never moves
 * while the map lives.  The key takes 16 bytes: its length and up to 15 of it,
 * zero behind them; or KEY_OUTSIDE, its length, and where the map has it.
 */
struct entry {
	union {
		struct {
			unsigned char key_n;
			char inline_key[KEY_INLINE_MAX];
		};
		struct {
			unsigned char outside;
			uint32_t outside_n;
			char *outside_key;
		};
	};
	char data[];
};

/* A key that an entry has inline, as it has it there: zeros behind it. */
struct short_key {
	unsigned char n;
	char bytes[KEY_INLINE_MAX];
};

/*
 * What one takes, with an inline key and without data, about: its slot is
 * reckoned at the load that tables have on the average.
 */
enum { MAP_ENTRY_BYTES = sizeof(struct entry) + 14 };

static inline struct span
entry_key(const struct entry *e)
{
	return e->key_n == KEY_OUTSIDE
	           ? (struct span){ e->outside_key, e->outside_n }
	           : (struct span){ e->inline_key, e->key_n };
}

/*
 * Extendible hashing (Fagin, Nievergelt, Pippenger, Strong: ACM TODS 4(3),
 * 1979): a directory of small segments, each an open-addressing table of at
 * most 4096 slots; a full one is split in two.  So growing never touches more
 * than a segment, and no row waits for a map of millions to be moved.  The
 * hash is keyed by a seed from the system: who writes the keys cannot choose
 * where they fall.
 */
struct segment {
	struct bucket *bucket; /* of 8 slots */
	uint32_t n;            /* slots taken */
	uint32_t mask;         /* buckets - 1 */
	int bits; /* leading bits of the hash that all keys here share */
};

struct arena_block;
struct map {
	size_t data_bytes; /* of each entry */
	size_t n;          /* entries */
	size_t used;       /* places of entries, those taken out too */
	bool removes;      /* set after map_init() for map_remove() */
	int dir_bits;
	struct segment first; /* all there is, where dir_bits is 0 */
	struct segment **dir; /* else 2^dir_bits pointers */
	struct segment *head; /* heads of them are not yet in use */
	uint32_t heads;
	char **chunk; /* entries in the order of their coming */
	char *next;   /* the next entry's place, if any is left in the last */
	size_t left;
	size_t chunks, chunk_cap;
	int doublings; /* chunks before those that all are as large */
	struct arena_block *arena;
	uint32_t *removed; /* places of entries that were taken out */
	size_t nremoved, removed_cap;
	size_t bytes; /* of memory, roughly */
};

/*
 * Bytes of all tables of this process, and of what their entries keep outside,
 * which is told by map_memory_add() (-n: it is kept no longer).
 */
size_t map_memory(void);
void map_memory_add(size_t n);

void map_init(struct map *, size_t data_bytes);
void map_free(struct map *);

/* Empties it; a map of few entries keeps their places for the next ones. */
void map_clear(struct map *);

/*
 * The entry of key, made if it is not there (*made says so; NULL allowed).
 * hash is hash_bytes(key).  NULL: out of memory.
 */
struct entry *map_put(struct map *, struct span key, uint64_t hash, bool *made);
struct entry *map_get(const struct map *, struct span key, uint64_t hash);

/* map_put(), quicker. */
struct entry *map_put_short(
    struct map *, const struct short_key *, uint64_t hash, bool *made);

/*
 * For many look-ups ahead: the processor is told to fetch the slot of that
 * hash; later, when it may have come, the entry that it names.
 */
void map_fetch_slot(const struct map *, uint64_t hash);
void map_fetch_entry(const struct map *, uint64_t hash);

/*
 * Takes an entry out of a map that removes; its place is used anew, with
 * zeroed data, so nobody asks map_at() of such a map.
 */
void map_remove(struct map *, struct entry *);

/* The i-th entry in the order of their coming, i < n. */
struct entry *map_at(const struct map *, size_t i);

/* Memory as long as the map lives: zero, 8-aligned; NULL: there is none. */
void *map_alloc(struct map *, size_t n);

#endif
