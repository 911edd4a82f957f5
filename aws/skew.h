/* skew - how far the service's clock is from ours.
 * SPDX-License-Identifier: ISC */
#ifndef AWS_SKEW_H
#define AWS_SKEW_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/span.h"

/*
 * Pure.  Add offset_ms to the local wall clock to get the service's.  number
 * grows with every change, so that a request signed under an older offset is
 * known as such.  All zero: no difference known.
 */
struct skew {
	int64_t offset_ms;
	unsigned number;
};

static inline int64_t
skew_now_ms(const struct skew *s, int64_t local_ms)
{
	return local_ms + s->offset_ms;
}

enum skew_learned {
	SKEW_CHANGED, /* the offset is new: signing again makes sense */
	SKEW_SAME,    /* the service's clock is where we thought */
	SKEW_UNKNOWN, /* nothing told the service's time */
};

/* Differences below this are of the network and of whole seconds. */
enum { SKEW_NOTICE_MS = 60 * 1000 };

/*
 * After a refusal of class ERROR_CLOCK: takes the service's time from the
 * response's Date header, else from the message ("... is now earlier than
 * 20260101T000500Z (20260101T001000Z - 5 min.)").  local_ms: the local wall
 * clock when the response came.  The offset is changed where it is off by
 * SKEW_NOTICE_MS or more.
 */
enum skew_learned skew_learn(
    struct skew *, struct span date, struct span message, int64_t local_ms);

/* RFC 9110 dates ("Sun, 06 Nov 1994 08:49:37 GMT"; the two old forms too). */
bool skew_parse_date(struct span, int64_t *ms);

#endif
