/* cast - implicit casts of INSERT INTO: a result column's type to the type
 * that --into gives.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_CAST_H
#define WINDOW_CAST_H

#include "lib/buf.h"
#include "lib/type.h"
#include "lib/zone.h"
#include "window/value.h"

/*
 * Casts *v in place; what has no room becomes null, digits beyond a DECIMAL's
 * scale are rounded HALF_UP.  Texts that are made lie in scratch, which must
 * not move (reserve before).
 */
void cast_value(struct value *v, struct type from, struct type to,
    const struct zone *, struct buf *scratch);

/* False: it leaves every value of that type as it is. */
bool cast_changes(struct type from, struct type to);

/* Bytes of scratch that a cast of *v may take. */
size_t cast_room(const struct value *v, struct type to);

#endif
