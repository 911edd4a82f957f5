/* value - the text of a value of some type.
 * SPDX-License-Identifier: ISC */
#include "datagen/value.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "datagen/text.h"
#include "lib/decimal.h"
#include "lib/floating.h"
#include "lib/json.h"
#include "lib/number.h"
#include "lib/timestamp.h"

enum {
	FLOAT_DIGITS = 6, /* that every FLOAT, DOUBLE keeps: C17 5.2.4.2.2 */
	DOUBLE_DIGITS = 15,
	NORMAL_DIGITS = 17, /* so that ten deviations fit 64 bits */
};

static const char *
number_units(const struct generator *g, struct span text, int128 *units)
{
	struct decimal d;

	switch (decimal_parse_any(text, true, &d)) {
	case DECIMAL_OK:
		break;
	case DECIMAL_NULL:
		return "is too large";
	case DECIMAL_BAD:
		return "is not a number";
	}
	if (d.scale > g->scale)
		return g->scale == 0 ? "is not a whole number"
		                     : "has more decimals than its type";
	if (!decimal_rescale(d, DECIMAL_DIGITS_MAX, g->scale, &d))
		return "is too large";
	*units = d.units;
	return NULL;
}

/* Milliseconds as units of 10^-scale seconds. */
static int128
ms_units(const struct generator *g, int64_t ms)
{
	int64_t per = g->scale == 3   ? 1
	              : g->scale == 2 ? 10
	              : g->scale == 1 ? 100
	                              : 1000;

	return ms >= 0 ? ms / per : -((-ms + per - 1) / per);
}

static const char *
time_units(const struct generator *g, struct span text, int128 *units)
{
	struct fault why = { "is not a time", 0 };
	int64_t value;
	bool zoned;

	switch (g->type.kind) {
	case TYPE_DATE:
		if (timestamp_parse_date(text, &value, &why) == -1)
			return why.what;
		*units = value;
		return NULL;
	case TYPE_TIME:
		if (timestamp_parse_time(text, &value, &why) == -1)
			return why.what;
		break;
	default:
		if (timestamp_parse(text, &value, &zoned, &why) == -1)
			return why.what;
	}
	*units = ms_units(g, value);
	return NULL;
}

/* The bounds of a type in its own units. */
static void
type_bounds(struct type type, int128 *lo, int128 *hi)
{
	static const int bits[TYPE_KINDS] = {
		[TYPE_TINYINT] = 8,
		[TYPE_SMALLINT] = 16,
		[TYPE_INT] = 32,
		[TYPE_BIGINT] = 64,
	};

	if (bits[type.kind] != 0) {
		*hi = ((int128)1 << (bits[type.kind] - 1)) - 1;
		*lo = -*hi - 1;
	} else if (type.kind == TYPE_DECIMAL) {
		*hi = decimal_pow10(type.precision) - 1;
		*lo = -*hi;
	} else {
		/* Of FLOAT and DOUBLE only the digits are bounded. */
		*hi = decimal_pow10(DOUBLE_DIGITS + 1);
		*lo = -*hi;
	}
}

const char *
value_units(const struct generator *g, struct span text, int128 *units)
{
	const char *wrong;
	int128 lo, hi;

	if (!type_is_number(g->type.kind))
		return time_units(g, text, units);
	wrong = number_units(g, text, units);
	if (wrong != NULL)
		return wrong;
	type_bounds(g->type, &lo, &hi);
	return *units < lo || *units > hi ? "does not fit its type" : NULL;
}

void
value_type_range(struct generator *g)
{
	type_bounds(g->type, &g->lo, &g->hi);
}

static int
digits_of(enum type_kind kind)
{
	return kind == TYPE_FLOAT ? FLOAT_DIGITS : DOUBLE_DIGITS;
}

/* n in units of 10^-scale, moved up or down where it lies between two. */
static int128
floating_units(const struct number *n, int scale, bool up)
{
	int64_t whole = n->point + scale; /* digits before the unit's point */
	size_t digits = number_digits(n);
	int128 units = 0;

	for (int64_t i = 0; i < whole; i++)
		units = units * 10 + number_digit(n, (size_t)i);
	if (n->is_negative)
		units = -units;
	/* The last digit is not 0, so what is left over is more than nothing.
	 */
	if (digits > 0 && whole < (int64_t)digits && up != n->is_negative)
		units += up ? 1 : -1;
	return units;
}

/* Decimals at which the larger of two numbers fills the type's digits. */
static const char *
floating_scale(
    struct generator *g, const struct number *a, const struct number *b)
{
	bool is_float = g->type.kind == TYPE_FLOAT;
	int64_t point = INT64_MIN;

	for (int i = 0; i < 2; i++) {
		const struct number *n = i == 0 ? a : b;
		size_t digits = number_digits(n);
		/* A power of ten has a digit less than its size says. */
		bool is_power = digits == 1 && number_digit(n, 0) == 1;
		int64_t size = n->point - (is_power ? 1 : 0);

		if (digits > 0 && size > point)
			point = size;
	}
	if (point == INT64_MIN)
		point = 0;
	if (point < (is_float ? -30 : -290))
		return "is too close to 0 for its type";
	g->scale = digits_of(g->type.kind) - (int)point;
	return NULL;
}

static bool
fits_floating(const struct generator *g, struct span text)
{
	double wide;
	float narrow;

	return g->type.kind == TYPE_FLOAT
	           ? floating_parse_float(text, true, &narrow)
	           : floating_parse_double(text, true, &wide);
}

const char *
value_floating_range(struct generator *g, struct span lo, struct span hi)
{
	struct number a, b;
	const char *wrong;

	if (!number_scan(lo, true, &a) || !number_scan(hi, true, &b))
		return "is not a number";
	if (!fits_floating(g, lo) || !fits_floating(g, hi))
		return "does not fit its type";
	wrong = floating_scale(g, &a, &b);
	if (wrong != NULL)
		return wrong;
	g->lo = floating_units(&a, g->scale, true);
	g->hi = floating_units(&b, g->scale, false);
	return NULL;
}

/* FLOAT, DOUBLE: as many decimals as ten deviations leave room for. */
static void
normal_scale(struct generator *g, struct decimal mean, struct decimal deviation)
{
	int128 limit = decimal_pow10(digits_of(g->type.kind));
	struct decimal m, d;

	for (g->scale = digits_of(g->type.kind) + 1; g->scale > 0; g->scale--) {
		if (!decimal_rescale(
			mean, DECIMAL_DIGITS_MAX - 2, g->scale, &m) ||
		    !decimal_rescale(
			deviation, DECIMAL_DIGITS_MAX - 2, g->scale, &d))
			continue;
		if ((m.units < 0 ? -m.units : m.units) +
			d.units * GENERATOR_DEVIATIONS <
		    limit)
			break;
	}
	g->hi = limit - 1;
	g->lo = -g->hi;
}

static int
larger(int a, int b)
{
	return a > b ? a : b;
}

/* Beyond all means and deviations, so that nothing overflows. */
static int128
capped(int128 v)
{
	const int128 most = decimal_pow10(NORMAL_DIGITS + 1);

	return v > most ? most : v < -most ? -most : v;
}

const char *
value_normal(struct generator *g, bool has_range, struct span mean,
    struct span deviation)
{
	static const char too_many_digits[] =
	    "normal takes numbers of at most 17 digits, decimals of the type"
	    " included";
	struct decimal m, d;
	enum decimal_parsed of_mean = decimal_parse_any(mean, true, &m);
	enum decimal_parsed of_deviation =
	    decimal_parse_any(deviation, true, &d);
	int fine;

	if (of_mean == DECIMAL_BAD)
		return "its mean is not a number";
	if (of_deviation == DECIMAL_BAD)
		return "its deviation is not a number";
	if (of_mean != DECIMAL_OK || of_deviation != DECIMAL_OK)
		return too_many_digits;
	if (d.units < 0)
		return "its deviation is below 0";
	if (!has_range) {
		if (g->type.kind == TYPE_FLOAT || g->type.kind == TYPE_DOUBLE)
			normal_scale(g, m, d);
		else
			value_type_range(g);
	}
	fine = larger(g->scale, larger(m.scale, d.scale));
	if (!decimal_rescale(m, NORMAL_DIGITS, fine, &m) ||
	    !decimal_rescale(d, NORMAL_DIGITS, fine, &d))
		return too_many_digits;
	g->mean = (int64_t)m.units;
	g->deviation = (int64_t)d.units;
	g->finer = fine - g->scale;
	if (m.units < capped(g->lo) * decimal_pow10(g->finer) ||
	    m.units > capped(g->hi) * decimal_pow10(g->finer))
		return "its mean lies outside the range";
	if (d.units / decimal_pow10(g->finer) > capped(g->hi) - capped(g->lo))
		return "its deviation is larger than the range";
	return NULL;
}

static size_t
characters(struct span text)
{
	size_t n = 0;

	for (size_t i = 0; i < text.n; i++)
		n += ((unsigned char)text.p[i] & 0xC0) != 0x80;
	return n;
}

static const char *
add_value(struct generator *g, struct span text)
{
	char digits[TEXT_NUMBER_MAX + TEXT_PAD];
	const char *wrong;
	int128 units;
	double wide;
	float narrow;

	switch (g->type.kind) {
	case TYPE_BOOLEAN:
		if (text.n == 4 && strncasecmp(text.p, "true", 4) == 0)
			buf_add_text(&g->texts, "true");
		else if (text.n == 5 && strncasecmp(text.p, "false", 5) == 0)
			buf_add_text(&g->texts, "false");
		else
			return "is neither true nor false";
		return NULL;
	case TYPE_CHAR:
	case TYPE_VARCHAR:
		if (characters(text) > (size_t)g->type.precision)
			return "is longer than its type";
		/* fallthrough */
	case TYPE_STRING:
		json_write_text(&g->texts, text);
		return NULL;
	case TYPE_FLOAT:
		if (!floating_parse_float(text, true, &narrow))
			return "is not a number that fits its type";
		floating_write_float(&g->texts, narrow);
		return NULL;
	case TYPE_DOUBLE:
		if (!floating_parse_double(text, true, &wide))
			return "is not a number that fits its type";
		floating_write_double(&g->texts, wide);
		return NULL;
	default:
		wrong = value_units(g, text, &units);
		if (wrong != NULL)
			return wrong;
		buf_add(&g->texts, digits,
		    (size_t)(generator_write_units(g, digits, units) - digits));
		return NULL;
	}
}

const char *
value_add_text(struct generator *g, struct span text)
{
	const char *wrong = add_value(g, text);
	size_t *ends;

	if (wrong != NULL)
		return wrong;
	/* Room for 1, 2, 4, ... ends: grown where their number is one. */
	if ((g->ntexts & (g->ntexts - 1)) == 0) {
		size_t room = g->ntexts == 0 ? 1 : g->ntexts * 2;

		ends = realloc(g->ends, room * sizeof *ends);
		if (ends == NULL)
			return "out of memory";
		g->ends = ends;
	}
	if (g->texts.failed)
		return "out of memory";
	g->ends[g->ntexts++] = g->texts.n;
	return NULL;
}
