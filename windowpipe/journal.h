/* journal - standard input on disk, until a checkpoint covers it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_JOURNAL_H
#define WINDOWPIPE_JOURNAL_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/spool.h"

enum {
	JOURNAL_MAX_BYTES = 1024 * 1024 * 1024,
	/* Below that a segment and a line might fill it for ever. */
	JOURNAL_MIN_BYTES = 8 * 1024 * 1024,
};

/*
 * A spool (lib/spool.h) whose records are blocks of lines.  What was read is
 * given out when it is on disk, and goes when the checkpoint *before* the last
 * whole one has it: two are kept, and one may go back to either.
 */
struct journal_place {
	uint64_t next;  /* number of the record; 0: a first run */
	uint64_t lines; /* ahead of it, of all runs */
};
struct journal {
	struct spool spool;
	struct journal_place at; /* what is not given out */
	uint64_t begun;          /* at.next at the mark that is pending, */
	uint64_t whole;          /* and at that of the last checkpoint */
	uint64_t released;       /* all below have gone; 0: not known yet */
	uint64_t lines;          /* of all runs that are on disk, or were */
	struct wal_record held;
	bool holds;   /* held comes next */
	bool damaged; /* some of it is lost, which has been said */
};

/*
 * Opens it to go on there.  STATUS_OK, or after saying why: STATUS_USAGE where
 * it is not the journal of that checkpoint, STATUS_SYSTEM.
 */
enum status journal_open(struct journal *, const char *folder,
    uint64_t max_bytes, struct journal_place);
void journal_close(struct journal *);

static inline bool
journal_is_open(const struct journal *j)
{
	return j->spool.name != NULL;
}

/* Whether more may be read; says it where not, once. */
bool journal_accepts(struct journal *);

/*
 * What has been read, to be put on disk: 0, or -1 with errno.  journal_cut():
 * the end of a line of which nobody has the rest; none that counts, for its
 * writer has it whole.
 */
int journal_add(struct journal *, struct span, int64_t now_ms);
int journal_cut(struct journal *, int64_t now_ms);

/* Puts it there.  0: all is; 1: the disk is full, to be tried again; -1: it
 * has failed, which has been said. */
int journal_commit(struct journal *, int64_t now_ms);

/* When to try again, monotonic ms. */
static inline int64_t
journal_due_ms(const struct journal *j)
{
	return spool_due_ms(&j->spool);
}

/* What comes next of that which is on disk; it holds until the next call. */
bool journal_next(struct journal *, struct span *);

/* A mark behind all that was given out; then: its checkpoint is whole. */
static inline void
journal_mark(struct journal *j)
{
	j->begun = j->at.next;
}
void journal_release(struct journal *);

/* Whether a checkpoint would make room where there is none. */
static inline bool
journal_wants_mark(const struct journal *j)
{
	return j->spool.full && j->released < j->at.next;
}

#endif
