/* fuzz_zone - whatever a zone's file holds, time stays in order.
 * SPDX-License-Identifier: ISC */
#include "lib/zone.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define DAY_MS INT64_C(86400000)

static void
must(bool truth)
{
	if (!truth)
		abort();
}

static void
check_at(const struct zone *z, int64_t ms)
{
	int64_t from, until;
	int64_t offset_ms = zone_offset_ms(z, ms, &from, &until);
	int64_t due_ms = zone_timer_ms(z, ms);
	int64_t written_ms = zone_instant_ms(z, ms);

	must(from <= ms && ms < until);
	must(offset_ms < 26 * 3600000 && offset_ms > -26 * 3600000);
	must(zone_local_ms(z, ms) == ms + offset_ms);
	must(zone_local_ms(z, due_ms) >= ms);
	must(due_ms <= zone_timer_ms(z, ms + 1));
	must(due_ms <= zone_timer_ms(z, ms + DAY_MS));
	/* What is written lies where the clock reads it, or behind a gap. */
	if (zone_local_ms(z, written_ms) == ms)
		must(written_ms <= due_ms);
	else
		must(zone_local_ms(z, due_ms - 1) < ms);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct zone *z;
	const char *what = NULL;
	int64_t ms = -4000000000000;

	if (zone_parse((struct span){ (const char *)data, size }, &z, &what) ==
	    -1) {
		must(z == NULL && what != NULL);
		return 0;
	}
	/* Some years of each century, before, in and after the changes. */
	for (int n = 0; n < 200; n++) {
		int64_t from, until;

		check_at(z, ms);
		zone_offset_ms(z, ms, &from, &until);
		if (until < INT64_MAX - 2 * DAY_MS) {
			check_at(z, until);
			check_at(z,
			    until + zone_offset_ms(z, until - 1, &from, &from));
		}
		ms += 91 * DAY_MS + n * 7919 * INT64_C(100003);
	}
	zone_free(z);
	return 0;
}
