/* spool - records on disk before they are used, until they are done with.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_SPOOL_H
#define LIB_SPOOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/wal.h"
#include "lib/buf.h"
#include "lib/diag.h"

/*
 * A directory with "lock", "stream" (whom it is for), and for each segment
 * NUMBER.seg (records) and NUMBER.done (which of them are done with); NUMBER
 * is that of the segment's first record.  A segment whose records are all done
 * with is removed.  Segments of an earlier run are read first and never
 * written to again.
 */

enum {
	SPOOL_SEGMENT_BYTES = 16 * 1024 * 1024,
	SPOOL_GROUP_BYTES = 1024 * 1024, /* committed together, at the most */
	/* More than fit: a group and a line may pass a segment's limit. */
	SPOOL_SEGMENT_RECORDS = 1 << 24,
};

/* Numbers of records end here; none is reached by counting. */
#define SPOOL_SEQ_MAX ((uint64_t)INT64_MAX)

struct segment {
	uint64_t first; /* number of its first record */
	uint64_t end;   /* the number after its last one */
	uint64_t n;     /* records in it */
	uint64_t acked; /* done with */
	uint64_t bytes;
	uint8_t *done; /* owned: those of an earlier run, or NULL */
	uint64_t bits; /* in done */
};

/* Reads a segment's records in order. */
struct spool_reader {
	int fd; /* -1: none is open */
	uint64_t first;
	uint64_t last_seq;
	uint64_t good;     /* offset behind the last record */
	uint64_t bad;      /* bytes skipped that were no record */
	uint64_t skipping; /* of them, since the last record */
	struct buf block;
	size_t at;
	uint64_t offset; /* in the file, of the block's end */
};

/* How its owner speaks of it. */
struct spool_words {
	const char *name;  /* "spool" */
	const char *owner; /* who must have one of its own: "kinesis-put" */
	const char *limit; /* the option that limits it: "--spool-max" */
	const char *until; /* what makes room: "lines are delivered" */
};

/* All zero is closed.  Sequence numbers grow by one. */
struct spool {
	const char *name;                /* of the directory; borrowed */
	const struct spool_words *words; /* borrowed */
	int dir, lock;
	uint64_t max_bytes;
	int64_t linger_ms;
	struct segment *seg; /* owned, oldest first */
	size_t nseg, cap;
	uint64_t bytes; /* of all segments */

	int fd;             /* of the last segment, being written; or -1 */
	struct buf pending; /* records that are not on disk */
	uint64_t pending_n;
	int64_t pending_since_ms;
	uint64_t next_seq;
	int64_t again_ms; /* a full disk is tried again then */
	bool full;        /* nothing more is taken; said */
	int error;        /* what makes it useless, said; or 0 */

	struct spool_reader reader;
	size_t reading;    /* which segment */
	uint64_t unread;   /* records on disk, to be given out */
	int64_t oldest_ms; /* when the first of the last group came */

	struct spool_run {
		uint64_t first, n;
	} * run; /* owned: done with, not noted yet */
	size_t nrun, run_cap;

	uint64_t durable;   /* lines of this run that are on disk */
	uint64_t resumed;   /* records that were there at the start */
	uint64_t spooled;   /* records not done with, pending ones too */
	uint64_t damaged;   /* bytes that could not be read */
	uint64_t last_line; /* of the last record that was there at the start */
	bool is_new;        /* there was no spool before */
};

/*
 * Opens, makes what is missing, takes the lock, looks at what is there.
 * identity is the text that "stream" must hold.  STATUS_USAGE (also where the
 * segments of two spools lie in it) or STATUS_SYSTEM after saying why not;
 * STATUS_DATA where a part was damaged, which was said.
 */
enum status
spool_open(struct spool *, const char *name, const struct spool_words *,
    struct span identity, uint64_t max_bytes, int64_t linger_ms);
void spool_close(struct spool *);

/* Is there room for further lines?  Says it where there is none any more. */
bool spool_accepts(struct spool *);

/* A line; the record's seq is set.  It is on disk after a commit only. */
int spool_add(struct spool *, struct wal_record *, int64_t now_ms);

/*
 * Puts on disk what is due: a group that is full or whose first line came
 * linger_ms ago; whatever there is with all set.
 */
void spool_commit(struct spool *, int64_t now_ms, bool all);
int64_t spool_due_ms(const struct spool *);

/*
 * The next record that is on disk and was not given out; its spans hold until
 * the next call.  *resumed: it is of an earlier run.
 */
bool spool_next(struct spool *, struct wal_record *, bool *resumed);

/* A record is done with; noted by spool_note(). */
void spool_ack(struct spool *, uint64_t seq);
void spool_note(struct spool *);

/*
 * A record that could not be put on disk is not the spool's any more; for the
 * end.  *at begins at 0.
 */
bool spool_give_back(struct spool *, size_t *at, struct wal_record *);

#endif
