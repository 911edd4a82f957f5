/* units - durations and byte sizes as people write them; whole numbers.
 * SPDX-License-Identifier: ISC */
#include "lib/units.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stddef.h>

struct unit {
	const char *name;
	int64_t times;
};

enum { MS_S = 1000, MS_M = 60 * MS_S, MS_H = 60 * MS_M, MS_D = 24 * MS_H };
#define NS_MS INT64_C(1000000)

static const struct unit units_ms[] = {
	{ "ms", 1 },
	{ "s", MS_S },
	{ "m", MS_M },
	{ "h", MS_H },
	{ "d", MS_D },
	{ NULL, 0 },
};

static const struct unit units_ns[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", NS_MS },
	{ "s", MS_S *NS_MS },
	{ "m", MS_M *NS_MS },
	{ "h", MS_H *NS_MS },
	{ "d", MS_D *NS_MS },
	{ NULL, 0 },
};

static const struct unit units_size[] = {
	{ "k", 1024 },
	{ "kib", 1024 },
	{ "m", 1024 * 1024 },
	{ "mib", 1024 * 1024 },
	{ "g", 1024 * 1024 * 1024 },
	{ "gib", 1024 * 1024 * 1024 },
	{ NULL, 0 },
};

static const char too_large[] = "number too large";

/*
 * The digits of s from *at on.  Adds up below zero for a negative number, so
 * that the smallest one fits too.
 */
static int
read_digits(struct span s, size_t *at, bool negative, int64_t *out,
    const char *none, struct fault *f)
{
	size_t i = *at;
	int64_t v = 0;

	for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
		int digit = s.p[i] - '0';

		if (__builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, negative ? -digit : digit, &v))
			return fault_set(f, i, too_large);
	}
	if (i == *at)
		return fault_set(f, i, none);
	*at = i;
	*out = v;
	return 0;
}

int
units_integer(struct span s, int64_t *out, struct fault *f)
{
	static const char none[] = "not a whole number";
	bool negative = s.n > 0 && s.p[0] == '-';
	size_t at = s.n > 0 && (s.p[0] == '-' || s.p[0] == '+');

	if (read_digits(s, &at, negative, out, none, f) == -1)
		return -1;
	return at == s.n ? 0 : fault_set(f, at, none);
}

/* Multiplies *v by the unit that is s from at on, upper case taken as lower
 * where any_case. */
static int
apply_unit(struct span s, size_t at, const struct unit *u, bool any_case,
    int64_t *v, const char *unknown, struct fault *f)
{
	for (; u->name != NULL; u++) {
		size_t i;

		for (i = 0; u->name[i] != '\0' && at + i < s.n; i++) {
			char c = s.p[at + i];

			if (any_case && c >= 'A' && c <= 'Z')
				c = (char)(c - 'A' + 'a');
			if (c != u->name[i])
				break;
		}
		if (u->name[i] != '\0' || at + i != s.n)
			continue;
		if (__builtin_mul_overflow(*v, u->times, v))
			return fault_set(f, 0, too_large);
		return 0;
	}
	return fault_set(f, at, unknown);
}

/* A kind of duration: its units, and what is said where there is none. */
static const struct duration {
	const struct unit *units;
	const char *none, *bare, *unknown;
} duration_ms = {
	units_ms,
	"a duration is a whole number and a unit: ms, s, m, h or d",
	"a duration needs a unit: ms, s, m, h or d",
	"a duration is a whole number and one of the units ms, s, m, h or d",
}, duration_ns = {
	units_ns,
	"a duration is a whole number and a unit: ns, us, ms, s, m, h or d",
	"a duration needs a unit: ns, us, ms, s, m, h or d",
	"a duration is a whole number and one of the units ns, us, ms, s, m, h "
	"or d",
};

static int
read_duration(struct span s, const struct duration *d, bool is_signed,
    int64_t *out, struct fault *f)
{
	bool negative = s.n > 0 && s.p[0] == '-';
	size_t at = negative;

	if (negative && !is_signed)
		return fault_set(f, 0, "a duration must not be negative here");
	if (read_digits(s, &at, negative, out, d->none, f) == -1)
		return -1;
	if (at == s.n)
		return fault_set(f, at, d->bare);
	return apply_unit(s, at, d->units, false, out, d->unknown, f);
}

int
units_duration_ms(struct span s, int64_t *out, struct fault *f)
{
	return read_duration(s, &duration_ms, false, out, f);
}

int
units_signed_duration_ms(struct span s, int64_t *out, struct fault *f)
{
	return read_duration(s, &duration_ms, true, out, f);
}

int
units_duration_ns(struct span s, int64_t *out, struct fault *f)
{
	return read_duration(s, &duration_ns, false, out, f);
}

int
units_bytes(struct span s, int64_t *out, struct fault *f)
{
	static const char unknown[] =
	    "a size is a whole number, alone (bytes) or with K, M or G";
	size_t at = 0;

	if (read_digits(s, &at, false, out, unknown, f) == -1)
		return -1;
	if (at == s.n)
		return 0;
	return apply_unit(s, at, units_size, true, out, unknown, f);
}

void
units_add_duration(struct buf *out, int64_t ms)
{
	static const struct {
		int64_t ms;
		const char *name;
	} units[] = { { 86400000, "d" }, { 3600000, "h" }, { 60000, "m" },
		{ 1000, "s" }, { 1, "ms" } };
	size_t i = 0;

	while (ms % units[i].ms != 0)
		i++;
	if (ms == 0)
		i = 3;
	buf_addf(out, "%" PRId64 "%s", ms / units[i].ms, units[i].name);
}
