/* zone - time zones, as the C library knows them.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_ZONE_H
#define LIB_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"

/* Opaque; NULL stands for UTC in all functions here but zone_load(). */
struct zone;

/*
 * Loads a zone by name: "Europe/Berlin", "UTC", or a fixed offset "+05:30".
 * Files are looked for below $TZDIR, else /usr/share/zoneinfo.  A name may
 * hold letters, digits, '/', '_', '+', '-'; no part may be "..".  Sets TZ, and
 * so the C library's local time, to the zone in use.
 * UTC and its aliases give *out == NULL and 0.  -1: *what is static text
 * ("no such zone", "no zone data on this system: install tzdata").
 */
int zone_load(const char *name, struct zone **out, const char **what);
void zone_free(struct zone *);

/* What the local clock reads at an instant (ms, as if it were UTC). */
int64_t zone_local_ms(const struct zone *, int64_t instant_ms);

/*
 * The instant of a local time as it is written (java.time's atZone): of a
 * repeated time the earlier instant; a skipped time is read as if the clock
 * had not been put forward.
 */
int64_t zone_instant_ms(const struct zone *, int64_t local_ms);

/*
 * The instant at which the local clock has reached local_ms for good: of a
 * repeated time the later instant; of a skipped one the moment of the change.
 * Never goes back as local_ms grows.  The timer of a window [start, end) is due
 * at zone_timer_ms(z, end - 1): its last millisecond, as Flink has it.  Not of
 * end itself, which may be the first moment of an hour that comes again.
 */
int64_t zone_timer_ms(const struct zone *, int64_t local_ms);

/*
 * A span of instants around instant_ms, [*from, *until), in which the offset
 * stays as it is, though it may do so beyond; returns the offset in ms (local
 * minus instant). For callers that remember it instead of looking it up for
 * each row.
 */
int64_t zone_offset_ms(
    const struct zone *, int64_t instant_ms, int64_t *from, int64_t *until);

#endif
