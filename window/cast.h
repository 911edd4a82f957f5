/* cast - implicit casts of INSERT INTO: a result column's type to the type
 * that --into gives.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_CAST_H
#define WINDOW_CAST_H

#include <stdbool.h>

#include "lib/buf.h"
#include "lib/type.h"
#include "lib/zone.h"
#include "window/value.h"

/*
 * True where SQL casts from into to without being asked: integers to wider
 * ones, FLOAT, DOUBLE, DECIMAL; DECIMAL to DECIMAL, FLOAT, DOUBLE; FLOAT to
 * DOUBLE; FLOAT and DOUBLE to DECIMAL; texts among each other; TIMESTAMP and
 * TIMESTAMP_LTZ both ways; any type to itself.  An undeclared value is taken
 * by every type and cast by what it is.
 */
bool cast_allowed(struct type from, struct type to);

/*
 * Casts *v in place; what has no room becomes null, digits beyond a DECIMAL's
 * scale are rounded HALF_UP.  Texts that are made lie in scratch, which must
 * not move (reserve before).
 */
void cast_value(struct value *v, struct type from, struct type to,
    const struct zone *, struct buf *scratch);

/* Bytes of scratch that a cast of *v may take. */
size_t cast_room(const struct value *v, struct type to);

#endif
