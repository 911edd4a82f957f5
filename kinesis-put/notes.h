/* notes - which rows are stored since a checkpoint, on disk.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_NOTES_H
#define KINESIS_PUT_NOTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/checkpoint.h"
#include "lib/span.h"

/*
 * The folder NAME.notes of a checkpoint folder holds files that are named after
 * the mark at which they began: a head, and notes as things happen.  A row's
 * number counts all rows since the pipeline's very first one, so that a note
 * means the same whichever checkpoint a run goes on from.  After a kill, rows
 * are made again; one that is noted as stored, with the same hash, is not sent
 * again; one that is noted as sent, and no more, is in doubt (doubts.h).
 *
 * A note is with the system as soon as its answer was read, so that a kill
 * costs nothing; for a power cut notes_sync() puts it on disk.
 */
struct note { /* stored: as that record of the stream (doubts_record()) */
	uint64_t number;
	uint64_t hash;
	uint64_t record;
};

struct note_sent {
	uint64_t number;
	uint64_t hash;
	uint64_t place; /* doubts_place() */
	bool anywhere;  /* there is none */
	int64_t since_ms;
};

struct notes_file {
	uint64_t mark; /* its name */
	uint64_t last; /* the greatest number in it */
};

struct notes {
	const struct checkpoint *checkpoint; /* borrowed; NULL: no notes */
	struct buf folder;                   /* owned, as all that follows */
	struct notes_file *file;
	size_t nfile, file_cap;
	struct note *known; /* of earlier runs, by number */
	size_t nknown, known_cap;
	size_t at; /* what is before it is of rows that have come again */
	struct note_sent *sent; /* the same: in doubt, by number */
	size_t nsent, sent_cap;
	struct buf last_records; /* what notes_add_last() was given */

	uint64_t mark;      /* the last one: the name of a new file */
	int fd;             /* of the last file, being written; or -1 */
	uint64_t bytes;     /* in it */
	struct buf pending; /* notes that are not in it */
	uint64_t noted;     /* the greatest number that this run has added */
	bool unsynced;      /* what is in it may not be on disk */
	int64_t sync_ms;    /* then it is to be there */
	int64_t linger_ms;
	bool failing; /* said; pending is kept, and tried again */
	bool foreign; /* what is there is not to be read */
};

/* Of the key as it was given, empty where it is drawn, and of the data. */
uint64_t note_hash(struct span key, struct span data);

/*
 * Makes the folder where there is none, and reads what an earlier run has noted
 * of rows behind the first `rows`.  STATUS_OK, or after saying why.
 */
enum status notes_open(struct notes *, const struct checkpoint *, uint64_t rows,
    int64_t linger_ms);
void notes_close(struct notes *);

/*
 * Whether the row was noted.  Numbers never go back from call to call.  *other:
 * one of that number was, with another hash.
 */
bool notes_have(struct notes *, uint64_t number, uint64_t hash, bool *other);

/* The same for a row that was in doubt when an earlier run ended; or NULL. */
const struct note_sent *
notes_sent(const struct notes *, uint64_t number, uint64_t hash);

/* Gives each record that is noted as stored. */
typedef void notes_known_fn(void *ctx, uint64_t hash, uint64_t record);
int notes_each_known(struct notes *, notes_known_fn *, void *ctx);

/* A row is stored.  notes_write() hands over what was added since. */
void notes_add(struct notes *, uint64_t number, uint64_t hash, uint64_t record);

/* Rows are about to be sent, each of which this run has not sent before;
 * since_ms: the service's clock, as known: what it stored before are others. */
void notes_add_since(struct notes *, int64_t since_ms);
void notes_add_sent(struct notes *, uint64_t number, uint64_t hash,
    bool anywhere, uint64_t place);

/* Lines of floors_take_new(). */
void notes_add_last(struct notes *, struct span);
void notes_write(struct notes *, int64_t now_ms);

/* Where that is failing: clears failing where it would go well by now. */
void notes_try(struct notes *, int64_t now_ms);

/* What was written is on disk then; when that is due, INT64_MAX: nothing is. */
void notes_sync(struct notes *);
int64_t notes_due_ms(const struct notes *);

/* Have all rows that earlier runs noted come, by the first `rows`? */
bool notes_came(const struct notes *, uint64_t rows);

/* Then nothing of them is needed any more. */
void notes_forget(struct notes *);

/*
 * A mark: what follows goes to a new file.  Files that hold nothing behind the
 * first `rows` are removed: no run will go on from before them.  0: none are.
 */
void notes_mark(struct notes *, uint64_t mark, uint64_t rows);

#endif
