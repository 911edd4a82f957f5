/* value - the text of a value of some type, in units of its generator.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_VALUE_H
#define DATAGEN_VALUE_H

#include "datagen/generator.h"
#include "lib/span.h"

/*
 * Reads text as a value of g->type; g->scale must be set.  Returns NULL, or
 * what is wrong with it, as static text.
 */
const char *
value_units(const struct generator *g, struct span text, int128 *units);

/*
 * Sets g->scale, lo and hi of a FLOAT or DOUBLE by the ends of its range:
 * as fine as 6 or 15 digits go, ends that are finer yet are moved inward.
 */
const char *
value_floating_range(struct generator *g, struct span lo, struct span hi);

/* Sets lo and hi to the bounds of an integer type or DECIMAL. */
void value_type_range(struct generator *g);

/*
 * Sets mean, deviation and finer; where there is no range of its own, lo and
 * hi too, and of FLOAT and DOUBLE scale.
 */
const char *value_normal(struct generator *g, bool has_range, struct span mean,
    struct span deviation);

/* Adds one of the texts of one-of, as it stands in a row. */
const char *value_add_text(struct generator *g, struct span text);

#endif
