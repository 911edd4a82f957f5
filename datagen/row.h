/* row - writes rows: the program that a table's columns are compiled to.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_ROW_H
#define DATAGEN_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "datagen/generator.h"
#include "datagen/literals.h"
#include "datagen/rowtime.h"
#include "lib/buf.h"
#include "lib/span.h"

enum { ROW_PAD = 64 }; /* bytes that may be scribbled on behind a row */

/* A row's columns as they are written; ops and tail are owned. */
struct row {
	struct op *op;
	size_t n;
	char *tail; /* what ends the row, with ROW_PAD bytes behind it */
	size_t tail_n;
	size_t room;    /* bytes that a row may need, ROW_PAD among them */
	uint64_t count; /* rows until a sequence ends; UINT64_MAX: no end */
	bool has_time;  /* a column follows the row's time */
};

/*
 * generators: one for each column, borrowed; seed: of the random numbers,
 * each column has a sequence of its own.  NULL: out of memory.
 */
struct row *row_new(
    const struct generator *generators, const struct literals *, uint64_t seed);
void row_del(struct row *);

/* Writes one row of the time ms; returns just behind its newline. */
char *row_write(struct row *, char *to, int64_t ms);

/*
 * Writes at most *rows rows, until to is at limit or behind it; room for
 * one more row is needed there.  *rows becomes the number written.
 */
char *row_fill(struct row *, struct rowtime *, char *to, const char *limit,
    uint64_t *rows);

/* Where its random numbers and sequences stand (datagen/position.h). */
void row_save(const struct row *, struct buf *);
/* 0, or -1 where it is no position of such columns. */
int row_load(struct row *, struct span *);

#endif
