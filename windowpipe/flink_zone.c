/* flink_zone - what of a time zone matters to Flink's windows.
 * SPDX-License-Identifier: ISC */
#include "windowpipe/flink_zone.h"

#include <stdlib.h>
#include <string.h>

/* 2026-01-01 and 2037-01-01; the rules of today hold until then. */
#define NOW_MS  (INT64_C(1767225600) * 1000)
#define LAST_MS (INT64_C(2114380800) * 1000)

enum { DAY_MS = 86400000 };

struct changes {
	bool any, odd, midnight;
};

static struct changes
changes_since(const struct query *q, int64_t ms)
{
	struct changes c = { false, false, false };
	int64_t at, from, until, before_ms, offset_ms;

	before_ms = zone_offset_ms(q->zone, ms, &from, &until);
	while (until < LAST_MS) {
		at = until;
		offset_ms = zone_offset_ms(q->zone, at, &from, &until);
		c.any |= offset_ms != before_ms;
		c.odd |= offset_ms != before_ms &&
		         llabs(offset_ms - before_ms) != 3600000;
		/* What is between the new local time and the old comes twice.
		 */
		c.midnight |=
		    offset_ms < before_ms && (at + before_ms - 1) / DAY_MS !=
						 (at + offset_ms - 1) / DAY_MS;
		before_ms = offset_ms;
	}
	return c;
}

bool
flink_zone_is_fixed(const struct query *q)
{
	return q->zone != NULL && !changes_since(q, NOW_MS).any;
}

bool
flink_zone_changes(const struct query *q)
{
	return changes_since(q, 0).any;
}

bool
flink_zone_changes_oddly(const struct query *q)
{
	return changes_since(q, 0).odd;
}

/* Days begin once but where the clocks go back to midnight, or over it. */
bool
flink_zone_repeats(const struct query *q)
{
	const struct grid *g = &q->grid;
	struct changes c = changes_since(q, 0);

	if (g->kind != KIND_SESSION && g->size_ms % DAY_MS == 0 &&
	    g->slide_ms % DAY_MS == 0 && g->offset_ms % DAY_MS == 0)
		return c.midnight;
	return c.any;
}

void
flink_zone_add(struct buf *out, const struct query *q)
{
	const char *name = q->zone_name;
	int minutes;

	buf_add_text(out, "SET 'table.local-time-zone' = '");
	if (q->zone == NULL || strcmp(name, "Z") == 0) {
		buf_add_text(out, "UTC");
	} else if (name[0] == '+' || name[0] == '-') {
		minutes = (int)(zone_local_ms(q->zone, 0) / 60000);
		buf_addf(out, "GMT%c%02d:%02d", name[0], abs(minutes) / 60,
		    abs(minutes) % 60);
	} else {
		buf_add_text(out, name);
	}
	buf_add_text(out, "';\n");
}
