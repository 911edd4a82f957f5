/* faults - rows that come late, twice or spoilt, on order.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_FAULTS_H
#define DATAGEN_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "datagen/rng.h"
#include "datagen/row.h"
#include "datagen/rowtime.h"

/* A share of the rows, as a threshold for rng_chance(). */
struct share {
	uint64_t below;
	bool always;
};

static inline bool
share_is_set(struct share s)
{
	return s.below > 0;
}

struct faults_spec {
	struct share late, duplicate, bad;
	int64_t late_ms; /* a late row's time goes back by 1 to this many */
};

enum fault_kind {
	FAULT_LATE,
	FAULT_DUPLICATE,
	/* The kinds of --bad, each no record whatever the row held. */
	FAULT_CUT,            /* the row breaks off */
	FAULT_CONTROL,        /* a control character among its bytes */
	FAULT_ENCODING,       /* a byte that is not UTF-8 */
	FAULT_TRAILING_COMMA, /* before the closing brace */
	FAULT_TWO_ROWS,       /* in one line */
	FAULT_ARRAY,          /* the row as an array's element */
	FAULT_PROSE,          /* no JSON: a message */
	FAULT_KINDS,
};

/* Names of the kinds, as in the log of --bad-log. */
extern const char *const fault_name[FAULT_KINDS];

/* What was done to which line; lines count from 1. */
struct fault_event {
	uint64_t line;
	enum fault_kind kind;
};

struct faults {
	struct faults_spec spec;
	struct rng late, duplicate, bad; /* a sequence each */
	/* What was done since the caller set n to 0; owned. */
	struct fault_event *event;
	size_t n, cap;
	bool failed; /* no memory for them */
};

/* Seeds by what the columns do not use. */
void faults_init(struct faults *, const struct faults_spec *, uint64_t seed);
void faults_free(struct faults *);

static inline bool
faults_are_set(const struct faults *f)
{
	return share_is_set(f->spec.late) || share_is_set(f->spec.duplicate) ||
	       share_is_set(f->spec.bad);
}

/*
 * As row_fill(); room for three rows more is needed behind limit.  *line is
 * the number of the last line before, and becomes that of the last one written.
 */
char *faults_fill(struct faults *, struct row *, struct rowtime *, char *to,
    const char *limit, uint64_t *rows, uint64_t *line);

/* Where its random numbers stand, between events: as row_save(). */
void faults_save(const struct faults *, struct buf *);
int faults_load(struct faults *, struct span *);

#endif
