/* panes - the open slices of tumbling, hopping and cumulating windows: one
 * map of (slice, key) and the merging of slices into windows.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_PANES_H
#define WINDOW_PANES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "window/agg.h"
#include "window/deque.h"
#include "window/grid.h"
#include "window/map.h"

/* Entries found by a whole number without hashing: a cache before the map. */
enum { PANE_QUICK = 64 };
struct pane_quick {
	int64_t key;
	struct entry *entry;
};

/*
 * A slice, at level 0; above, the merging of 2^level slices that begin at a
 * multiple of that many, kept so that a window of n slices is merged from
 * about 2 log2 n parts.
 */
struct pane {
	int64_t index; /* of slices since 1970, divided by 2^level */
	bool covered;  /* some higher level has merged it */
	struct map map;
	uint64_t quick_set; /* bit i: quick[i] is */
	struct pane_quick quick[PANE_QUICK];
};

enum { PANES_LEVELS = 40 };
struct panes {
	struct grid grid;
	const struct agg_call *calls;
	size_t ncalls;
	size_t data_bytes;
	bool exact;    /* all aggregates are: parts may be merged ahead */
	bool releases; /* some aggregate does */
	struct deque level[PANES_LEVELS]; /* of panes, by index */
	struct pane *recent[8];           /* by index, of level 0 */
	uint64_t entries;                 /* of level 0 */
	int levels;         /* those that have had panes are below it */
	struct pane *spare; /* an empty one, kept for the next slice */
};

void panes_init(struct panes *, const struct grid *, const struct agg_call *,
    size_t ncalls, size_t data_bytes);
void panes_free(struct panes *);

/* The slice of a time, made if it is not there; NULL: out of memory. */
struct pane *panes_at(struct panes *, int64_t t_ms);

/*
 * To be called before a row is added to pane: what higher levels have merged
 * of it is forgotten.
 */
void panes_touch(struct panes *, struct pane *);

/* The least end above after_ms of a window with rows; INT64_MAX: none. */
int64_t panes_next_end_ms(const struct panes *, int64_t after_ms);

/*
 * The groups of the window that ends there, unordered: where a single slice
 * holds them all that slice's own map, else *merged (an initialised map of
 * data_bytes that the caller frees by panes_release_map()).
 * NULL: out of memory.
 */
const struct map *
panes_window(struct panes *, int64_t end_ms, struct map *merged);
void panes_release_map(const struct panes *, struct map *);

/* What a slice has of a group. */
struct pane_part {
	int64_t start_ms; /* of the slice */
	const struct entry *entry;
};

/*
 * The parts of a group in the slices of [from_ms, until_ms), oldest first: *n
 * of them, to be freed.  NULL: out of memory.
 */
struct pane_part *panes_parts(const struct panes *, int64_t from_ms,
    int64_t until_ms, struct span key, uint64_t hash, size_t *n);

/*
 * Adds the accumulators at from to those of entry to, which is of a map of
 * data_bytes.  False: out of memory.
 */
bool panes_merge(
    const struct panes *, struct map *, struct entry *to, const char *from);

/* The last end of the oldest slice's windows; false: there is no slice. */
bool panes_oldest_end_ms(const struct panes *, int64_t *end_ms);

/* Frees the slices whose every window ends at or before end_ms. */
void panes_evict(struct panes *, int64_t end_ms);

/* How many windows with rows end after after_ms. */
uint64_t panes_open_windows(const struct panes *, int64_t after_ms);

#endif
