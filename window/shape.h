/* shape - rows whose values are as wide as a row's before: checked as a
 * whole, read at fixed places.
 *
 * Machine-written JSON repeats itself: what stands between the values stays the
 * same from line to line.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_SHAPE_H
#define WINDOW_SHAPE_H

#include "window/step.h"
#include "window/value.h"

struct shape;

/*
 * The shapes that are known, the commonest first.  credit: rows of a known
 * shape less those of another; where it runs out, shapes are not asked for
 * pause rows.
 */
enum { SHAPES_MAX = 8 };
struct shapes {
	struct shape *shape[SHAPES_MAX];
	int credit, pause;
};

void shapes_init(struct shapes *);
void shapes_free(struct shapes *);

static inline bool
shapes_are_asked(const struct shapes *s)
{
	return s->pause == 0;
}

/*
 * Learns from a row that has been read, the line from p up to end, newline and
 * all; reader->value says where its values are.  True where shapes are asked
 * for the next row.
 */
bool shapes_learn(
    struct shapes *, struct step_reader *, const char *p, const char *end);

/* Adds rows from the line behind rows on, while there is room and they are of
 * one of the shapes. */
void shapes_rows(
    struct shapes *, struct step_reader *, struct rows *, const char *end);

#endif
