/* floors - behind which record of each shard anything in doubt must be.
 * SPDX-License-Identifier: ISC */
#ifndef KINESIS_PUT_FLOORS_H
#define KINESIS_PUT_FLOORS_H

#include <stdbool.h>
#include <stdint.h>

#include "kinesis-put/shards.h"
#include "lib/buf.h"
#include "lib/span.h"

/*
 * At a mark all that was sent is settled.  So what is put in doubt later lies,
 * in each shard, behind the last record that was known then: its floor.  What
 * equals it and lies before is another row.
 *
 * Pure.  All zero is empty; floors_init() comes first.
 */
enum { FLOOR_DIGITS = 129 }; /* of a sequence number, says the model */
struct floor {
	char last[FLOOR_DIGITS + 1]; /* the last that is known */
	char floor[FLOOR_DIGITS + 1];
	bool is_new; /* last has changed since floors_take_new() */
};
struct floors {
	struct shards names; /* [i] is that of floor[i] */
	struct floor *floor; /* owned */
	size_t cap;
};

int floors_init(struct floors *); /* 0, or -1 without memory */
void floors_free(struct floors *);

/* A record is stored.  A shard beyond memory has no floor. */
void floors_see(struct floors *, struct span shard, struct span sequence);

/* A mark: what is known is the floor. */
void floors_raise(struct floors *);

/* Is the record at the floor, or before it? */
bool floors_cover(struct floors *, struct span shard, struct span sequence);

/* Adds "NAME SEQUENCE\n" for each shard that has a floor; for each whose last
 * is new. */
void floors_write(const struct floors *, struct buf *);
void floors_take_new(struct floors *, struct buf *);

/* Reads lines of that kind, as floors and last ones; as last ones alone.
 * False: they are none. */
bool floors_read(struct floors *, struct span, bool as_floors);

#endif
