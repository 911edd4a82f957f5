/* snapshots - what there is in a source's folder of checkpoints.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_SNAPSHOTS_H
#define WINDOWPIPE_SNAPSHOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"

enum { SNAPSHOTS_MAX = 8 }; /* two are kept, and one is being taken */

/* One checkpoint, by its files (lib/checkpoint.h). */
struct snapshot {
	uint64_t number;
	bool is_whole;    /* else it is being taken, or was given up */
	bool is_finished; /* the last of all: the job is done */
	/* Milliseconds since 1970: of its first part, which is the source's,
	 * and of its last one; 0: there is none. */
	int64_t begun_ms, taken_ms;
	uint64_t bytes;
	size_t parts;
};

/*
 * The last ones, from old to new: how many; 0 where there is none, or after
 * saying what is wrong with the folder.
 */
size_t snapshots_read(const char *dir, struct snapshot list[SNAPSHOTS_MAX]);

/* The last one that is whole; NULL: none is. */
const struct snapshot *snapshots_whole(const struct snapshot *list, size_t n);

/* How long ago it was taken; 0 also where the clock has been set back. */
int64_t snapshots_age_s(const struct snapshot *, int64_t wall_ms);

/*
 * The first of the stages, names with commas between them, whose part is not
 * there; it is empty, at the end of all names, if all are.
 */
struct span
snapshots_lack(const char *dir, uint64_t number, const char *stages);

/*
 * Adds in a few words what the last checkpoint is, "checkpoint 12, 3 s ago,
 * 34 kB in 20 ms", and, where the next one takes more than a second, which of
 * the stages (names with commas between them) has not answered.
 */
void snapshots_write(
    struct buf *, const char *dir, const char *stages, int64_t wall_ms);

/*
 * The same as members of an object, after a comma: number, age_s, bytes,
 * took_ms and finished, null where none is whole; then next, null or what is
 * being taken: number, age_s and missing, the stages without a part.
 */
void snapshots_write_json(
    struct buf *, const char *dir, const char *stages, int64_t wall_ms);

#endif
