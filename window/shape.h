/* shape - rows whose values are as wide as a row's before: checked as a
 * whole, read at fixed places.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_SHAPE_H
#define WINDOW_SHAPE_H

#include "window/step.h"
#include "window/value.h"

struct shape;

/*
 * The shapes of rows that one layout has taken, the commonest first.  credit:
 * rows of a known shape less those of another; where it runs out, shapes are
 * not asked for pause rows.
 */
enum { SHAPES_MAX = 8 };
struct shapes {
	struct shape *shape[SHAPES_MAX];
	int credit, pause;
};

void shapes_init(struct shapes *);
void shapes_free(struct shapes *);

/*
 * Learns from a row at p that was read by steps: first bytes, then value after
 * value, each with its literal.
 */
void shapes_learn(struct shapes *, struct step_reader *, const struct step *,
    size_t steps, size_t first, const char *p, const char *end);

/* Adds rows from the line behind rows on, while there is room and they are of
 * one of the shapes. */
void shapes_rows(
    struct shapes *, struct step_reader *, struct rows *, const char *end);

#endif
