/* row - writes rows: the program that a table's columns are compiled to.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_ROW_H
#define DATAGEN_ROW_H

#include <stddef.h>
#include <stdint.h>

#include "datagen/generator.h"
#include "datagen/literals.h"
#include "datagen/rowtime.h"

struct row;

enum { ROW_PAD = 64 };

/*
 * generators: one for each column, borrowed; seed: of the random numbers,
 * each column has a sequence of its own.  NULL: out of memory.
 */
struct row *row_new(
    const struct generator *generators, const struct literals *, uint64_t seed);
void row_del(struct row *);

/* Bytes that a row may need, with ROW_PAD that may be scribbled on. */
size_t row_room(const struct row *);

/* True if a column follows the row's time. */
bool row_has_time(const struct row *);

/* How many rows there are until a sequence ends; UINT64_MAX: no end. */
uint64_t row_count(const struct row *);

/* Writes one row of the time ms; returns just behind its newline. */
char *row_write(struct row *, char *to, int64_t ms);

/*
 * Writes at most *rows rows, until to is at limit or behind it; room for
 * one more row is needed there.  *rows becomes the number written.
 */
char *row_fill(struct row *, struct rowtime *, char *to, const char *limit,
    uint64_t *rows);

#endif
