/* wal - the bytes of a record in a log on disk, with a checksum.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_WAL_H
#define LIB_WAL_H

#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

/*
 * A segment is a head of WAL_HEAD_BYTES and records one after the other.  All
 * numbers are little endian.  A record: CRC-32C of what follows it, length of
 * the data (4 bytes each), of the key (2), of the hash key (1), flags (1),
 * sequence number, line (8 each), key, hash key, data.
 */
enum {
	WAL_HEAD_BYTES = 16,
	WAL_RECORD_BYTES = 28, /* without key, hash key and data */
	WAL_KEY_MAX = 1024,    /* bytes; more is damage, and so below */
	WAL_HASH_MAX = 39,
	WAL_FLAGS = 3,
};

struct wal_record {
	uint64_t seq;  /* in the log, from 1 */
	uint64_t line; /* of the input that it came from */
	struct span key;
	struct span hash;
	struct span data;
	uint8_t flags; /* the owner's, of WAL_FLAGS */
};

void wal_write_head(struct buf *, uint64_t first_seq);
/* 0, or -1: no head of a segment of ours. */
int wal_read_head(struct span, uint64_t *first_seq);

void wal_write(struct buf *, const struct wal_record *);

enum wal_result {
	WAL_RECORD, /* *used bytes; the spans lie in the text */
	WAL_MORE,   /* it may go on behind the text's end */
	WAL_BAD,    /* no record begins here */
};

/*
 * The record at the start of the text.  Its number must be above last_seq: a
 * record does not follow itself.
 */
enum wal_result
wal_read(struct span, uint64_t last_seq, struct wal_record *, size_t *used);

/*
 * Notes: which records are done with.  A run of n of them from first on,
 * counted from the segment's first record, in WAL_NOTE_BYTES with a checksum.
 */
enum { WAL_NOTE_BYTES = 12 };
void wal_write_note(struct buf *, uint32_t first, uint32_t n);
/* 0, or -1: no note. */
int wal_read_note(const char *, uint32_t *first, uint32_t *n);

#endif
