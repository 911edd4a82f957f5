/* table - keys and what is kept for each: one slice of time, or the sum of
 * several.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_TABLE_H
#define WINDOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/hash.h"
#include "lib/span.h"

enum { KEY_INLINE_MAX = 16 };

/*
 * A key and behind it, at data, its accumulators: zero when new.  Never moves
 * while the table lives.
 */
struct entry {
	uint32_t hash;
	uint32_t key_n;
	union {
		char inline_key[KEY_INLINE_MAX]; /* zero behind key_n */
		char *key;                       /* owned by the table */
	};
	char data[];
};

/*
 * What one takes, with an inline key and without data, about: its slot is
 * reckoned at the load that tables have on the average.
 */
enum { TABLE_ENTRY_BYTES = sizeof(struct entry) + 14 };

static inline struct span
entry_key(const struct entry *e)
{
	return (struct span){
		e->key_n <= KEY_INLINE_MAX ? e->inline_key : e->key, e->key_n
	};
}

/*
 * Extendible hashing (Fagin, Nievergelt, Pippenger, Strong: ACM TODS 4(3),
 * 1979): a directory of small segments, each an open-addressing table of at
 * most TABLE_SEGMENT_MAX slots; a full one is split in two.  So growing never
 * touches more than a segment, and no row waits for a table of millions to be
 * moved.  The hash is keyed by a seed from the system: who writes the keys
 * cannot choose where they fall.
 */
struct segment;
struct arena_block;
struct table {
	size_t data_bytes; /* of each entry */
	size_t n;          /* entries */
	size_t used;       /* places of entries, those taken out too */
	bool removes;      /* set after table_init() for table_remove() */
	int dir_bits;
	struct segment **dir; /* 2^dir_bits pointers */
	char **chunk;         /* entries in the order of their coming */
	size_t chunks, chunk_cap;
	struct arena_block *arena;
	uint32_t *removed; /* places of entries that were taken out */
	size_t nremoved, removed_cap;
	size_t bytes; /* of memory, roughly */
};

/*
 * Bytes of all tables of this process, and of what their entries keep outside,
 * which is told by table_memory_add() (-n: it is kept no longer).
 */
size_t table_memory(void);
void table_memory_add(size_t n);

/* All zero but data_bytes is an empty table. */
void table_init(struct table *, size_t data_bytes);
void table_free(struct table *);

/*
 * The entry of key, made if it is not there (*made says so; NULL allowed).
 * hash is hash_bytes(key).  NULL: out of memory.
 */
struct entry *
table_put(struct table *, struct span key, uint64_t hash, bool *made);
struct entry *table_get(const struct table *, struct span key, uint64_t hash);

/*
 * For many look-ups ahead: the processor is told to fetch the slot of that
 * hash; later, when it may have come, the entry that it names.
 */
void table_fetch_slot(const struct table *, uint64_t hash);
void table_fetch_entry(const struct table *, uint64_t hash);

/*
 * Takes an entry out of a table that removes; its place is used anew, with
 * zeroed data, so nobody asks table_at() of such a table.
 */
void table_remove(struct table *, struct entry *);

/* The i-th entry in the order of their coming, i < n. */
struct entry *table_at(const struct table *, size_t i);

/* Memory that lives as long as the table; 8-aligned; NULL: out of memory. */
void *table_alloc(struct table *, size_t n);

#endif
