/* zone - time zones from the system's tzdata (TZif files, RFC 8536).
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
 * hold letters, digits, '/', '_', '+', '-'; no part may be "..".
 * UTC and its aliases give *out == NULL and 0.  -1: *what is static text
 * ("no such zone", "no zone data on this system: install tzdata").
 */
int zone_load(const char *name, struct zone **out, const char **what);
void zone_free(struct zone *);

/*
 * The same from the bytes of a TZif file (version 1 to 4).  A zone that counts
 * leap seconds ("right/...") is refused.  Before the first change the file's
 * first type holds; after the last one its footer, a POSIX TZ text with the
 * extensions of RFC 8536, for ever.
 */
int zone_parse(struct span file, struct zone **out, const char **what);

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
 * The span of instants around instant_ms, [*from, *until), in which the
 * offset stays as it is; returns the offset in ms (local minus instant).
 * For callers that remember it instead of looking it up for each row.
 */
int64_t zone_offset_ms(
    const struct zone *, int64_t instant_ms, int64_t *from, int64_t *until);

#endif
