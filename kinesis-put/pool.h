/* pool - every record that is held: its bytes, where it came from, how often
 * it was tried.  Owns all of it; others hold indices.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_POOL_H
#define KINESIS_PUT_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

enum {
	POOL_BLOCK = 256 * 1024, /* bytes of a block, more for one large
	                             record */
	RANDOM_KEY_BYTES = 11,   /* of a key that is drawn when it is sent */
};
#define RECORD_NONE UINT32_MAX

enum record_flag {
	RECORD_RANDOM_KEY = 1, /* no key given: drawn for each request */
	RECORD_CR = 2,         /* the line ended in "\r\n" */
	RECORD_NEWLINE = 4,    /* the data's last byte is a '\n' of ours */
	RECORD_LIVE = 8,
	RECORD_GROWS = 16, /* an aggregated record that takes further members */
	RECORD_ALONE = 32, /* never packed with others (again) */
	RECORD_ADMITTED = 64, /* its shard's rate has let it go */
	RECORD_RESUMED = 128, /* of an earlier run's spool */
};

/*
 * key, hash key and data lie side by side in a block.  Times are monotonic
 * milliseconds.  next is the place in whatever list the record is in.
 *
 * An aggregated record is several records of one key that are sent as one: its
 * first record stands for it everywhere; the others hang on it by member. lines
 * is how many they are, 1 for a record by itself; aggregate_bytes what the
 * service counts.
 */
struct record {
	uint64_t line;     /* of the input, from 1 */
	uint64_t seq;      /* in the spool, or of the pipeline's rows, from 1;
	                    * 0 without spool and checkpoints */
	uint64_t key_hash; /* of both keys; 0 where both are drawn */
	int64_t read_ms;
	union {
		int64_t due_ms;  /* of one that waits */
		uint32_t before; /* in the list of aggregates that grow */
	};
	int64_t tried_ms; /* first failure, or -1 */
	uint32_t block;
	uint32_t at;
	uint32_t data_n;
	uint32_t next;
	uint32_t member; /* the next of an aggregated record, or RECORD_NONE */
	uint32_t last_member; /* of an aggregated record's first record */
	uint32_t lines;
	uint32_t aggregate_bytes;
	uint32_t tries; /* requests it was part of */
	uint16_t key_n;
	uint8_t hash_n;
	uint8_t flags;
};

struct pool_block {
	char *p; /* NULL: an unused place in the table */
	uint32_t cap;
	uint32_t used;
	uint32_t live; /* bytes of live records */
};

/* All zero is empty. */
struct pool {
	struct record *rec;
	uint32_t nrec;
	size_t cap;
	uint32_t free; /* index + 1 of a free record; 0: none */
	struct pool_block *block;
	uint32_t nblock;
	size_t block_cap;
	uint32_t current;   /* index + 1 of the block being filled */
	uint64_t live;      /* records held */
	size_t live_bytes;  /* theirs, records' own struct apart */
	size_t block_bytes; /* allocated for blocks */
};

void pool_free(struct pool *);

/*
 * Takes a copy of a record's bytes; newline adds one to the data.  All other
 * members of the record are zero but tried_ms, -1, lines, 1, and next and
 * member, RECORD_NONE.
 * Returns its index, or RECORD_NONE where memory is out.
 */
uint32_t pool_add(struct pool *, struct span key, struct span hash,
    struct span data, bool newline);

/* Forgets a record; its index may come again. */
void pool_drop(struct pool *, uint32_t index);

/* Bytes held, the records' own struct included: what --buffer bounds. */
static inline size_t
pool_bytes(const struct pool *s)
{
	return s->live_bytes + s->live * sizeof *s->rec;
}

/* Spans hold until the next pool_add(). */
static inline struct span
pool_key(const struct pool *s, const struct record *r)
{
	return (struct span){ s->block[r->block].p + r->at, r->key_n };
}

static inline struct span
pool_hash(const struct pool *s, const struct record *r)
{
	return (
	    struct span){ s->block[r->block].p + r->at + r->key_n, r->hash_n };
}

static inline struct span
pool_data(const struct pool *s, const struct record *r)
{
	return (struct span){
		s->block[r->block].p + r->at + r->key_n + r->hash_n, r->data_n
	};
}

/* The data without a newline of ours: the line as it came, less a '\r'. */
static inline struct span
pool_line(const struct pool *s, const struct record *r)
{
	struct span d = pool_data(s, r);

	d.n -= (r->flags & RECORD_NEWLINE) != 0;
	return d;
}

/* Bytes as the service counts them; the hash key is counted to be safe. */
static inline size_t
record_bytes(const struct record *r)
{
	size_t key = r->flags & RECORD_RANDOM_KEY ? RANDOM_KEY_BYTES : r->key_n;

	return r->lines > 1 ? r->aggregate_bytes : key + r->hash_n + r->data_n;
}

#endif
