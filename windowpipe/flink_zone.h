/* flink_zone - what of a time zone matters to Flink's windows.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FLINK_ZONE_H
#define WINDOWPIPE_FLINK_ZONE_H

#include "window/query.h"

/* The clock is not put forward and back, as years are now: no UTC. */
bool flink_zone_is_fixed(const struct query *);

/* It has been changed since 1970; by other than an hour. */
bool flink_zone_changes(const struct query *);
bool flink_zone_changes_oddly(const struct query *);

/* Some time at which windows may begin or end is twice on the clock. */
bool flink_zone_repeats(const struct query *);

/* SET 'table.local-time-zone': Flink has fixed offsets as GMT+05:30 only. */
void flink_zone_add(struct buf *, const struct query *);

#endif
