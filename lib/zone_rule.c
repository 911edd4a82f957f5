/* zone_rule - the POSIX TZ text that tells a zone's future.
 * Source: POSIX.1-2024, 8.3, TZ; RFC 8536, 3.3.1 (hours from -167 to 167).
 * SPDX-License-Identifier: ISC */
#include "lib/zone_data.h"

#include "lib/timestamp.h"

enum {
	HOUR_S = 3600,
	DAY_S = 86400,
	OFFSET_HOURS = 24,
	TIME_HOURS = 167,
	TIME_PRESET_S = 2 * HOUR_S,
};

struct cursor {
	const char *p;
	const char *end;
};

static bool
take(struct cursor *c, char wanted)
{
	if (c->p == c->end || *c->p != wanted)
		return false;
	c->p++;
	return true;
}

static bool
is_digit(const struct cursor *c)
{
	return c->p < c->end && *c->p >= '0' && *c->p <= '9';
}

static bool
is_letter(const struct cursor *c)
{
	return c->p < c->end && ((*c->p >= 'a' && *c->p <= 'z') ||
				    (*c->p >= 'A' && *c->p <= 'Z'));
}

/* Digits of a number from least to most. */
static bool
take_number(struct cursor *c, int least, int most, int *out)
{
	if (!is_digit(c))
		return false;
	for (*out = 0; is_digit(c); c->p++) {
		*out = *out * 10 + (*c->p - '0');
		if (*out > most)
			return false;
	}
	return *out >= least;
}

/* EST, <+0330>: only its end matters. */
static bool
skip_name(struct cursor *c)
{
	const char *begin;

	if (!take(c, '<')) {
		for (begin = c->p; is_letter(c);)
			c->p++;
		return c->p - begin >= 3;
	}
	begin = c->p;
	while (is_letter(c) || is_digit(c) ||
	       (c->p < c->end && (*c->p == '+' || *c->p == '-')))
		c->p++;
	return c->p - begin >= 3 && take(c, '>');
}

/* [+-]H[:MM[:SS]] in seconds. */
static bool
take_hours(struct cursor *c, int most, int *out)
{
	bool minus = take(c, '-');
	int hours, minutes = 0, seconds = 0;

	if (!minus)
		take(c, '+');
	if (!take_number(c, 0, most, &hours))
		return false;
	if (take(c, ':')) {
		if (!take_number(c, 0, 59, &minutes))
			return false;
		if (take(c, ':') && !take_number(c, 0, 59, &seconds))
			return false;
	}
	*out = hours * HOUR_S + minutes * 60 + seconds;
	if (minus)
		*out = -*out;
	return true;
}

/* ,M3.2.0/2  ,J60  ,59/-1 */
static bool
take_day(struct cursor *c, struct zone_rule_day *d)
{
	*d = (struct zone_rule_day){ .time_s = TIME_PRESET_S };
	if (!take(c, ','))
		return false;
	if (take(c, 'M')) {
		d->kind = 'M';
		if (!take_number(c, 1, 12, &d->month) || !take(c, '.') ||
		    !take_number(c, 1, 5, &d->week) || !take(c, '.') ||
		    !take_number(c, 0, 6, &d->day))
			return false;
	} else if (take(c, 'J')) {
		d->kind = 'J';
		if (!take_number(c, 1, 365, &d->day))
			return false;
	} else {
		d->kind = '0';
		if (!take_number(c, 0, 365, &d->day))
			return false;
	}
	return !take(c, '/') || take_hours(c, TIME_HOURS, &d->time_s);
}

bool
zone_rule_parse(struct span text, struct zone_rule *r)
{
	struct cursor c = { text.p, text.p + text.n };
	int west;

	*r = (struct zone_rule){ 0 };
	if (!skip_name(&c) || !take_hours(&c, OFFSET_HOURS, &west))
		return false;
	r->standard_s = -west;
	r->summer_s = r->standard_s + HOUR_S;
	if (c.p == c.end)
		return true;
	r->has_summer = true;
	if (!skip_name(&c))
		return false;
	if (c.p < c.end && *c.p != ',') {
		if (!take_hours(&c, OFFSET_HOURS, &west))
			return false;
		r->summer_s = -west;
	}
	return take_day(&c, &r->begin) && take_day(&c, &r->end) && c.p == c.end;
}

/* Days since 1970 of the rule's day in that year. */
static int64_t
day_of(const struct zone_rule_day *d, int64_t year)
{
	int64_t first, day;

	if (d->kind != 'M') {
		int64_t of_year = d->day - (d->kind == 'J');
		bool leap =
		    timestamp_days(year, 3, 1) - timestamp_days(year, 2, 1) ==
		    29;

		if (d->kind == 'J' && leap && d->day >= 60)
			of_year++;
		return timestamp_days(year, 1, 1) + of_year;
	}
	first = timestamp_days(year, d->month, 1);
	/* 1970-01-01 was a Thursday, the fourth day from Sunday on. */
	day = first + ((d->day - (first + 4)) % 7 + 7) % 7 +
	      INT64_C(7) * (d->week - 1);
	/* The fifth one is the last one, which may be the fourth. */
	while (day >= (d->month == 12 ? timestamp_days(year + 1, 1, 1)
				      : timestamp_days(year, d->month + 1, 1)))
		day -= 7;
	return day;
}

static int64_t
begin_s(const struct zone_rule *r, int64_t year)
{
	return day_of(&r->begin, year) * DAY_S + r->begin.time_s -
	       r->standard_s;
}

static int64_t
end_s(const struct zone_rule *r, int64_t year)
{
	return day_of(&r->end, year) * DAY_S + r->end.time_s - r->summer_s;
}

/* Adds a change between the zone's last one and the repetition's end. */
static void
add(struct zone *z, int64_t at_s, int offset_s)
{
	int64_t at_ms = at_s * 1000;

	if (at_ms < z->repeat_until_ms)
		z->change[z->n++] =
		    (struct zone_change){ at_ms, offset_s * INT64_C(1000) };
}

/* Summer time in [begin, end), which does not touch any added before. */
static void
add_summer(struct zone *z, const struct zone_rule *r, int64_t from_s,
    int64_t begin, int64_t end)
{
	if (end <= from_s)
		return;
	if (begin <= from_s)
		z->change[z->n - 1].offset_ms = r->summer_s * INT64_C(1000);
	else
		add(z, begin, r->summer_s);
	add(z, end, r->standard_s);
}

void
zone_rule_extend(struct zone *z, const struct zone_rule *r, int64_t from_s)
{
	int64_t year, begin = 0, end = 0;
	int64_t days = from_s / DAY_S - (from_s % DAY_S < 0);
	int month, day;
	bool open = false;

	z->change[z->n - 1].offset_ms = r->standard_s * INT64_C(1000);
	if (!r->has_summer)
		return;
	timestamp_civil(days, &year, &month, &day);
	z->repeats = true;
	z->repeat_until_ms = timestamp_days(year + 402, 1, 1) * DAY_S * 1000;
	z->repeat_from_ms = z->repeat_until_ms - ZONE_CYCLE_MS;
	/*
	 * Summer times that touch or overlap are one, and then there may be
	 * no change for ever.  A time of 167 hours puts a change into the
	 * next year, hence the years around.
	 */
	for (int64_t y = year - 3; y <= year + 402; y++) {
		int64_t next_begin = begin_s(r, y);
		int64_t next_end = end_s(r, y);

		for (int later = 1; next_end <= next_begin; later++)
			next_end = end_s(r, y + later);
		if (open && next_begin <= end) {
			if (next_end > end)
				end = next_end;
			continue;
		}
		if (open)
			add_summer(z, r, from_s, begin, end);
		open = true;
		begin = next_begin;
		end = next_end;
	}
	add_summer(z, r, from_s, begin, end);
}
