/* zone_data - what a loaded zone is, for lib/zone*.c alone.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_ZONE_DATA_H
#define LIB_ZONE_DATA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/span.h"

/* From at_ms on the local clock reads the instant plus offset_ms. */
struct zone_change {
	int64_t at_ms;
	int64_t offset_ms;
};

/*
 * change[0].at_ms is INT64_MIN, at_ms ascends, neighbours differ in their
 * offsets.  A zone with a rule for the future holds the changes of 400 years
 * of it: what is in [repeat_from_ms, repeat_until_ms) then comes again and
 * again, because 400 Gregorian years are whole weeks.
 */
struct zone {
	struct zone_change *change;
	size_t n;
	bool repeats;        /* from repeat_until_ms on */
	bool repeats_before; /* and before repeat_from_ms; repeats is set */
	int64_t repeat_from_ms;
	int64_t repeat_until_ms;
	int64_t most_ms; /* the largest and the least offset */
	int64_t least_ms;
};

/* 400 Gregorian years */
#define ZONE_CYCLE_MS (INT64_C(146097) * 86400 * 1000)

/* A POSIX TZ text.  Seconds east of UTC; times of day in seconds. */
struct zone_rule_day {
	char kind; /* 'M' month.week.day, 'J' without 29 February, '0' with */
	int month;
	int week;
	int day;
	int time_s;
};

struct zone_rule {
	int standard_s;
	int summer_s;
	bool has_summer;
	struct zone_rule_day begin; /* of summer time, on the standard clock */
	struct zone_rule_day end;   /* on the summer clock */
};

/* False: no valid text. */
bool zone_rule_parse(struct span, struct zone_rule *);

/* zone_rule_extend() adds at most so many changes. */
enum { ZONE_RULE_CHANGES = 2 * 408 };

/*
 * Lets the rule hold from the instant from_s on, at which the zone's last
 * change lies.  z->change has room for ZONE_RULE_CHANGES more.
 */
void zone_rule_extend(struct zone *z, const struct zone_rule *, int64_t from_s);

#endif
