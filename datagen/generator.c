/* generator - what a column's notation asks for.
 *
 * A generator is a list of parts, each begun by its word (a range by its first
 * end).  They may come in any order, so what depends on more than one of them
 * is judged when all have been read.
 *
 * SPDX-License-Identifier: ISC */
#include "datagen/generator.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "datagen/rate.h"
#include "lib/digits.h"
#include "lib/array.h"
#include "lib/ascii.h"
#include "lib/decimal.h"
#include "lib/diag.h"
#include "lib/floating.h"
#include "lib/json.h"
#include "lib/number.h"
#include "lib/timestamp.h"
#include "lib/units.h"
#include "lib/utf8.h"

enum { DAY_MS = 86400000 };

void
generator_free(struct generator *g)
{
	buf_free(&g->texts);
	free(g->ends);
	*g = (struct generator){ 0 };
}

/* Milliseconds for units of 10^-scale seconds. */
static int64_t
ms_of(int scale)
{
	static const int64_t ms[] = { 1000, 100, 10, 1 };

	return ms[scale];
}

/* A time of some units: quotes, and Z for an instant. */
static char *
write_time(const struct generator *g, char *to, int64_t units)
{
	int64_t ms = units * ms_of(g->scale);
	int64_t days = timestamp_day(ms);

	*to++ = '"';
	if (g->type.kind != TYPE_TIME) {
		to = timestamp_put_date(to, days);
		*to++ = 'T';
	}
	to = timestamp_put_clock(to, ms - days * DAY_MS, g->scale);
	if (g->type.kind == TYPE_TIMESTAMP_LTZ)
		*to++ = 'Z';
	*to++ = '"';
	return to;
}

char *
generator_write_units(const struct generator *g, char *to, int128 units)
{
	switch (g->type.kind) {
	case TYPE_DATE:
		*to++ = '"';
		to = timestamp_put_date(to, (int64_t)units);
		*to++ = '"';
		return to;
	case TYPE_TIME:
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return write_time(g, to, (int64_t)units);
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return digits_floating(to,
		    (uint64_t)(units < 0 ? -units : units), units < 0,
		    g->scale);
	default:
		return digits_wide(to, units, g->scale);
	}
}

/* --- a value of some type, in units of its generator -------------------- */

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

static const char *
time_units(const struct generator *g, struct span text, int128 *units)
{
	struct fault why = { "is not a time", 0 };
	int64_t value, unit_ms;
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
	/* Toward the past, as whole units. */
	unit_ms = ms_of(g->scale);
	*units = value / unit_ms - (value % unit_ms < 0);
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

/*
 * Reads text as a value of g->type; g->scale must be set.  Returns NULL, or
 * what is wrong with it, as static text.
 */
static const char *
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

/*
 * Sets g->scale, lo and hi of a FLOAT or DOUBLE by the ends of its range:
 * as fine as 6 or 15 digits go, ends that are finer yet are moved inward.
 */
static const char *
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

/*
 * Sets mean, deviation and finer; where there is no range of its own, lo and
 * hi too, and of FLOAT and DOUBLE scale.
 */
static const char *
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
			type_bounds(g->type, &g->lo, &g->hi);
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

static const char *
add_value(struct generator *g, struct span text)
{
	char digits[DIGITS_MAX];
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
		if (utf8_count(text) > (size_t)g->type.precision)
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

/* Adds one of the texts of one-of, as it stands in a row. */
static const char *
value_add_text(struct generator *g, struct span text)
{
	const char *wrong = add_value(g, text);

	if (wrong != NULL)
		return wrong;
	if (g->texts.failed ||
	    array_room(g->ends, g->ends_cap, g->ntexts + 1) == -1)
		return "out of memory";
	g->ends[g->ntexts++] = g->texts.n;
	return NULL;
}

/* --- the words of the notation ------------------------------------------ */

/* Some bytes of the notation and where they stand. */
struct piece {
	struct span text;
	size_t at;
};

/* The text of one column's generator while it is read. */
struct parser {
	const struct column *column;
	struct generator *g;
	struct span text;
	size_t at;
	struct buf quoted; /* values with their quotes taken off */
	struct buf *why;
	const char *example; /* for what is read now; NULL: one of the type's */
	bool has_range, has_kind, has_null;
	size_t kind_at;
	struct span mean, deviation;
};

/* A generator of the type, and one that lists values of it. */
static const struct {
	const char *any, *one_of;
} examples[TYPE_KINDS] = {
	[TYPE_BOOLEAN] = { "one-of true|true|false", "one-of true|true|false" },
	[TYPE_TINYINT] = { "0..100", "one-of 1|2|3" },
	[TYPE_SMALLINT] = { "10..20", "one-of 1|2|3" },
	[TYPE_INT] = { "10..20", "one-of 1|2|3" },
	[TYPE_BIGINT] = { "10..20", "one-of 1|2|3" },
	[TYPE_FLOAT] = { "0..100", "one-of 1|2|3" },
	[TYPE_DOUBLE] = { "0..100", "one-of 1|2|3" },
	[TYPE_DECIMAL] = { "0..100", "one-of 1|2|3" },
	[TYPE_CHAR] = { "one-of a|b|c", "one-of a|b|c" },
	[TYPE_VARCHAR] = { "length 8", "one-of a|b|c" },
	[TYPE_STRING] = { "length 8", "one-of a|b|c" },
	[TYPE_DATE] = { "2024-01-01..2024-12-31",
	    "one-of 2024-01-01|2024-12-31" },
	[TYPE_TIME] = { "08:00..17:30", "one-of 08:00|17:30" },
	[TYPE_TIMESTAMP] = { "max-past 5s",
	    "one-of 2024-01-01T00:00|2024-12-31T23:59" },
	[TYPE_TIMESTAMP_LTZ] = { "max-past 5s",
	    "one-of 2024-01-01T00:00|2024-12-31T23:59" },
};

/*
 * Says in why "NAME TYPE: 'piece' WHAT; example: NAME TYPE EXAMPLE" and where;
 * returns -1.  The piece's text may be empty.
 */
static int
fail(struct parser *p, struct piece piece, const char *what)
{
	char quoted[DIAG_QUOTE_MAX];
	struct type type = p->column->type;
	struct buf column = { 0 };

	p->at = piece.at;
	buf_addf(&column, "%s ", p->column->name);
	type_write(&column, type);
	buf_add_span(p->why, buf_span(&column));
	buf_add_text(p->why, ": ");
	if (piece.text.n > 0)
		buf_addf(p->why, "%s ", diag_quote(quoted, piece.text));
	buf_addf(p->why, "%s; example: ", what);
	buf_add_span(p->why, buf_span(&column));
	buf_addf(p->why, " %s",
	    p->example != NULL ? p->example : examples[type.kind].any);
	p->why->failed |= column.failed;
	buf_free(&column);
	return -1;
}

static int
fail_at(struct parser *p, size_t at, const char *what)
{
	return fail(p, (struct piece){ .at = at }, what);
}

static void
skip_blanks(struct parser *p)
{
	while (p->at < p->text.n && ascii_is_blank(p->text.p[p->at]))
		p->at++;
}

static bool
is_at(const struct parser *p, const char *mark)
{
	size_t n = strlen(mark);

	return p->text.n - p->at >= n &&
	       memcmp(p->text.p + p->at, mark, n) == 0;
}

/* All bytes from at on that were taken. */
static struct piece
taken_from(const struct parser *p, size_t at)
{
	return (struct piece){ { p->text.p + at, p->at - at }, at };
}

/* The word that follows the blanks, taken. */
static struct piece
take_word(struct parser *p)
{
	size_t at;

	skip_blanks(p);
	at = p->at;
	while (p->at < p->text.n && !ascii_is_blank(p->text.p[p->at]))
		p->at++;
	return taken_from(p, at);
}

/* In any case of letters. */
static bool
word_is(struct piece word, const char *text)
{
	return word.text.n == strlen(text) &&
	       strncasecmp(word.text.p, text, word.text.n) == 0;
}

/* At a quote: the value up to the one that ends it; '' is one quote. */
static int
take_quoted(struct parser *p, struct piece *value)
{
	size_t start = p->quoted.n;

	for (p->at++;; p->at++) {
		if (p->at >= p->text.n) {
			p->example = NULL;
			return fail_at(p, value->at, "the quote is not closed");
		}
		if (is_at(p, "'")) {
			p->at++;
			if (!is_at(p, "'"))
				break;
		}
		buf_add_char(&p->quoted, p->text.p[p->at]);
	}
	value->text = (struct span){ p->quoted.p + start, p->quoted.n - start };
	return 0;
}

/*
 * Takes a value: in single quotes, or the bytes up to a blank or to what ends
 * it: ".." or "|".
 */
static int
take_value(struct parser *p, const char *end_mark, struct piece *value)
{
	skip_blanks(p);
	value->at = p->at;
	if (is_at(p, "'"))
		return take_quoted(p, value);
	while (p->at < p->text.n && !ascii_is_blank(p->text.p[p->at]) &&
	       !is_at(p, end_mark))
		p->at++;
	*value = taken_from(p, value->at);
	return 0;
}

/* "A..B", its ends and all of it. */
struct ends {
	struct piece lo, hi, all;
};

static int
take_ends(struct parser *p, struct ends *e)
{
	size_t at;

	if (take_value(p, "..", &e->lo) == -1)
		return -1;
	skip_blanks(p);
	at = e->lo.at;
	if (!is_at(p, "..")) {
		struct piece found = e->lo.text.n > 0 ? e->lo : take_word(p);

		found.at = at;
		return fail(p, found,
		    "is not a range: two values with '..' between them");
	}
	if (p->at == at)
		return fail(p, take_word(p), "lacks its lower end");
	p->at += 2;
	if (take_value(p, "..", &e->hi) == -1)
		return -1;
	e->all = taken_from(p, at);
	if (p->at > e->hi.at)
		return 0;
	while (e->all.text.n > 0 && e->all.text.p[e->all.text.n - 1] != '.')
		e->all.text.n--;
	return fail(p, e->all, "lacks its upper end");
}

/* The ends as units of the generator's type, or of another one. */
static int
read_ends(struct parser *p, const struct generator *of, const struct ends *e)
{
	const char *wrong = value_units(of, e->lo.text, &p->g->lo);

	if (wrong != NULL)
		return fail(p, e->lo, wrong);
	wrong = value_units(of, e->hi.text, &p->g->hi);
	return wrong != NULL ? fail(p, e->hi, wrong) : 0;
}

/* --- the parts: each reads what follows its word, which is at at -------- */

static int
part_range(struct parser *p)
{
	struct generator *g = p->g;
	enum type_kind kind = g->type.kind;
	const char *wrong;
	struct ends e;

	if (p->has_range)
		return fail(p, take_word(p), "is a second range");
	if (kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ)
		p->example = "2024-01-01T00:00..2024-12-31T23:59";
	if (take_ends(p, &e) == -1)
		return -1;
	p->has_range = true;
	if (kind == TYPE_BOOLEAN || type_is_text(kind))
		return fail(
		    p, e.all, "is a range, which its type does not have");
	if (kind == TYPE_FLOAT || kind == TYPE_DOUBLE) {
		wrong = value_floating_range(g, e.lo.text, e.hi.text);
		if (wrong != NULL)
			return fail(p, e.all, wrong);
	} else if (read_ends(p, g, &e) == -1) {
		return -1;
	}
	if (g->lo > g->hi)
		return fail(
		    p, e.all, "has its ends the wrong way round, or too close");
	if (!p->has_kind)
		g->kind = GENERATOR_RANGE;
	g->halved = kind == TYPE_DECIMAL;
	return 0;
}

static int
set_kind(struct parser *p, size_t at, enum generator_kind kind)
{
	if (p->has_kind) {
		p->example = NULL;
		return fail_at(p, at, "has two generators; give one");
	}
	p->has_kind = true;
	p->kind_at = at;
	p->g->kind = kind;
	return 0;
}

static int
part_sequence(struct parser *p, size_t at)
{
	struct generator *g = p->g;
	struct generator whole = { .type = { .kind = TYPE_BIGINT } };
	struct ends e;

	if (!type_is_number(g->type.kind) && !type_is_text(g->type.kind))
		return fail_at(p, at, "a sequence is for numbers or texts");
	if (set_kind(p, at, GENERATOR_SEQUENCE) == -1)
		return -1;
	p->example = "sequence 1..1000";
	if (type_is_integer(g->type.kind))
		whole.type = g->type;
	if (take_ends(p, &e) == -1 || read_ends(p, &whole, &e) == -1)
		return -1;
	if (g->lo > g->hi)
		return fail(p, e.all, "has its ends the wrong way round");
	return 0;
}

static int
part_length(struct parser *p, size_t at)
{
	struct generator *g = p->g;
	int64_t n[2], most = g->type.kind == TYPE_STRING ? GENERATOR_LENGTH_MAX
	                                                 : g->type.precision;
	struct piece ends[2];

	if (!type_is_text(g->type.kind))
		return fail_at(p, at, "length is for texts only");
	if (take_value(p, "..", &ends[0]) == -1)
		return -1;
	ends[1] = ends[0];
	p->example = "length 8";
	if (is_at(p, "..")) {
		p->at += 2;
		p->example = "length 4..8";
		if (take_value(p, "..", &ends[1]) == -1)
			return -1;
	}
	for (int i = 0; i < 2; i++) {
		if (units_integer(ends[i].text, &n[i], NULL) == -1 || n[i] < 0)
			return fail(
			    p, ends[i], "is not a length in characters");
		if (n[i] > most || n[i] > GENERATOR_LENGTH_MAX)
			return fail(p, ends[i],
			    "is longer than its type, or than 1000000");
	}
	if (n[0] > n[1])
		return fail(p, ends[0], "is longer than the greatest length");
	g->length_min = (uint64_t)n[0];
	g->length_max = (uint64_t)n[1];
	return set_kind(p, at, GENERATOR_HEX);
}

static int
part_null(struct parser *p, size_t at)
{
	struct generator *g = p->g;
	struct piece word = take_word(p);

	if (word.text.n == 0)
		word.at = at;
	p->example = "null 5%";
	if (!rate_percent(word.text, &g->null_below, &g->always_null))
		return fail(p, word,
		    word.text.n == 0 ? "null lacks its share"
				     : "is not a share of 0% to 100%");
	p->example = NULL;
	if (p->has_null)
		return fail(p, word, "is a second share of nulls");
	p->has_null = true;
	if (g->type.not_null && g->null_below > 0)
		return fail_at(
		    p, word.at, "it is NOT NULL and cannot have nulls");
	return 0;
}

/* Digits before the point that seconds have until 2286. */
enum { SECOND_DIGITS = 10 };

static int
part_epoch(struct parser *p, size_t at)
{
	static const char *const units[] = { "s", "ms", "us", "ns" };
	struct generator *g = p->g;
	struct piece word;
	size_t unit = 0;

	if (g->type.kind != TYPE_BIGINT && g->type.kind != TYPE_DECIMAL)
		return fail_at(p, at, "epoch is for BIGINT and DECIMAL only");
	word = take_word(p);
	while (unit < 4 && !word_is(word, units[unit]))
		unit++;
	p->example = "epoch ms";
	if (unit == 4)
		return fail(p, word,
		    word.text.n == 0 ? "epoch lacks its unit: s, ms, us or ns"
				     : "is not a unit: s, ms, us or ns");
	p->example = NULL;
	g->is_epoch = true;
	g->epoch_digits = (int)unit * 3;
	if (g->type.kind == TYPE_DECIMAL &&
	    g->type.precision - g->scale < SECOND_DIGITS + g->epoch_digits)
		return fail(p, word,
		    "needs more digits before the point than its type has");
	return set_kind(p, at, GENERATOR_ROW_TIME);
}

static int
part_past(struct parser *p, size_t at)
{
	struct generator *g = p->g;
	bool is_epoch = g->is_epoch && g->past_ms == 0;
	struct fault why;
	struct piece word;

	if (g->type.kind != TYPE_TIMESTAMP &&
	    g->type.kind != TYPE_TIMESTAMP_LTZ && !g->is_epoch)
		return fail_at(
		    p, at, "max-past is for timestamps only, or after epoch");
	word = take_word(p);
	if (word.text.n == 0)
		return fail(p, word, "max-past lacks its duration");
	if (units_duration_ms(word.text, &g->past_ms, &why) == -1)
		return fail(p, word, why.what);
	if (g->past_ms < 0 || g->past_ms > INT64_MAX / 16)
		return fail(p, word, "is out of range");
	return is_epoch ? 0 : set_kind(p, at, GENERATOR_ROW_TIME);
}

static int
part_normal(struct parser *p, size_t at)
{
	if (!type_is_number(p->g->type.kind))
		return fail_at(p, at, "normal is for numbers only");
	/* A range may yet follow: they are looked at when all is read. */
	p->mean = take_word(p).text;
	p->deviation = take_word(p).text;
	p->example = "normal 15 2";
	if (p->mean.n == 0 || p->deviation.n == 0)
		return fail_at(
		    p, p->at, "normal lacks its mean or its deviation");
	return set_kind(p, at, GENERATOR_NORMAL);
}

static int
part_one_of(struct parser *p, size_t at)
{
	const char *wrong;
	struct piece value;

	if (set_kind(p, at, GENERATOR_ONE_OF) == -1)
		return -1;
	p->example = examples[p->g->type.kind].one_of;
	for (;; p->at++) {
		if (take_value(p, "|", &value) == -1)
			return -1;
		/* '' is a value, nothing is none. */
		wrong = p->at == value.at ? "one-of lacks a value here"
		                          : value_add_text(p->g, value.text);
		if (wrong != NULL)
			return fail(p, value, wrong);
		skip_blanks(p);
		if (!is_at(p, "|"))
			return 0;
	}
}

/* --- the whole ---------------------------------------------------------- */

static int
read_part(struct parser *p)
{
	static const struct {
		const char *word;
		int (*read)(struct parser *, size_t at);
	} parts[] = {
		{ "sequence", part_sequence },
		{ "length", part_length },
		{ "null", part_null },
		{ "max-past", part_past },
		{ "epoch", part_epoch },
		{ "normal", part_normal },
		{ "one-of", part_one_of },
	};
	struct piece word = take_word(p);

	p->example = NULL;
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		if (word_is(word, parts[i].word))
			return parts[i].read(p, word.at);
	/* Only values of ranges begin so; other words are misspelt parts. */
	if (memchr("0123456789+-.'", word.text.p[0], 14) == NULL)
		return fail(p, word, "is not a generator; see --columns-help");
	p->at = word.at;
	return part_range(p);
}

/* Where nothing is said: Flink's defaults, but for FLOAT and DOUBLE. */
static const char *
set_default(struct generator *g)
{
	const char *wrong;

	switch (g->type.kind) {
	case TYPE_BOOLEAN:
		g->kind = GENERATOR_ONE_OF;
		wrong = value_add_text(g, span_of("true"));
		return wrong != NULL ? wrong
		                     : value_add_text(g, span_of("false"));
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		g->kind = GENERATOR_RANGE;
		return value_floating_range(g, span_of("0"), span_of("1"));
	case TYPE_CHAR:
	case TYPE_VARCHAR:
	case TYPE_STRING:
		g->kind = GENERATOR_HEX;
		g->length_min = g->type.kind == TYPE_STRING
		                    ? 100
		                    : (uint64_t)g->type.precision;
		g->length_max = g->length_min;
		return g->length_min <= GENERATOR_LENGTH_MAX
		           ? NULL
		           : "needs a length of at most 1000000";
	case TYPE_DATE:
	case TYPE_TIME:
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		g->kind = GENERATOR_ROW_TIME;
		return NULL;
	default:
		g->kind = GENERATOR_RANGE;
		type_bounds(g->type, &g->lo, &g->hi);
		if (g->type.kind == TYPE_DECIMAL)
			g->lo = 0;
		return NULL;
	}
}

/* Decimals of a unit; of FLOAT and DOUBLE known when the range is. */
static int
type_scale(struct type type)
{
	switch (type.kind) {
	case TYPE_DECIMAL:
		return type.scale;
	case TYPE_TIME:
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return type.precision < 3 ? type.precision : 3;
	default:
		return 0;
	}
}

/* That the numbers of a sequence fit the type as they are. */
static bool
fits_sequence(const struct generator *g)
{
	char digits[DIGITS_MAX];
	int128 most = INT64_MAX;

	switch (g->type.kind) {
	case TYPE_CHAR:
	case TYPE_VARCHAR:
		return digits_wide(digits, g->lo, 0) - digits <=
		           g->type.precision &&
		       digits_wide(digits, g->hi, 0) - digits <=
		           g->type.precision;
	case TYPE_FLOAT:
		most = 1 << 24;
		break;
	case TYPE_DOUBLE:
		most = (int128)1 << 53;
		break;
	case TYPE_DECIMAL:
		most = decimal_pow10(g->type.precision - g->type.scale) - 1;
		break;
	default: /* what was read was of the type */
		return true;
	}
	return g->lo >= -most && g->hi <= most;
}

/* What can only be judged when all parts have been read. */
static int
finish(struct parser *p)
{
	struct generator *g = p->g;
	const char *wrong = NULL;

	p->example = NULL;
	if (!p->has_kind && !p->has_range) {
		wrong = set_default(g);
	} else if (g->kind == GENERATOR_NORMAL) {
		p->example = "normal 15 2";
		wrong = value_normal(g, p->has_range, p->mean, p->deviation);
	} else if (p->has_range && p->has_kind) {
		wrong = "a range goes with normal only";
	} else if (g->kind == GENERATOR_SEQUENCE && !fits_sequence(g)) {
		p->example = "sequence 1..9";
		wrong = "its sequence does not fit its type";
	}
	return wrong == NULL ? 0 : fail_at(p, p->kind_at, wrong);
}

int
generator_parse(
    const struct column *c, struct generator *g, struct buf *why, size_t *at)
{
	struct parser p = { .column = c, .g = g, .why = why };
	int rc = 0;

	p.text = c->generator;
	*g =
	    (struct generator){ .type = c->type, .scale = type_scale(c->type) };
	if (c->type.kind == TYPE_ANY) {
		buf_addf(why, "%s has no type; example: %s INT 10..20", c->name,
		    c->name);
		*at = c->at;
		return -1;
	}
	/* Spans point into quoted, so it must not move. */
	if (buf_room(&p.quoted, p.text.n) == NULL)
		rc = fail_at(&p, 0, "out of memory");
	for (skip_blanks(&p); rc == 0 && p.at < p.text.n; skip_blanks(&p))
		rc = read_part(&p);
	if (rc == 0)
		rc = finish(&p);
	*at = c->generator_at + p.at;
	buf_free(&p.quoted);
	return rc;
}

const char generator_help[] =
    "columns: NAME TYPE [NOT NULL] [GENERATOR], separated by commas; or @FILE\n"
    "  a name with dots, device.id, is written as an object in an object;\n"
    "  \"--\" starts a comment\n"
    "\n"
    "types, and their values without a generator:\n"
    "  BOOLEAN                    true or false\n"
    "  TINYINT SMALLINT INT BIGINT  the whole range of the type\n"
    "  DECIMAL(p,s)               0 to the largest, with s decimals\n"
    "  FLOAT DOUBLE               0 to 1, with 6 or 15 digits\n"
    "  CHAR(n) VARCHAR(n)         n hex digits\n"
    "  STRING                     100 hex digits\n"
    "  DATE TIME(p)               the row's, in UTC\n"
    "  TIMESTAMP(p) TIMESTAMP_LTZ(p)  the row's time: the clock, or\n"
    "                             --start-time and --step\n"
    "\n"
    "generators:\n"
    "  MIN..MAX         both ends included, each value equally likely "
    "(numbers\n"
    "                   and times; the ends of a DECIMAL half as likely, as "
    "where\n"
    "                   a real number is rounded)\n"
    "  sequence A..B    A, A + 1, ... B, then the rows end (numbers, texts)\n"
    "  normal MEAN SD   normally distributed, within MIN..MAX if that is "
    "given\n"
    "  one-of a|b|c     one of these; 'quotes' around blanks, commas and |\n"
    "  length N         N hex digits; length N..M: N to M (texts)\n"
    "  max-past D       the row's time less 0 to D (timestamps)\n"
    "  epoch UNIT       the row's time as a number of s, ms, us or ns since\n"
    "                   1970; max-past may follow (BIGINT, DECIMAL)\n"
    "  null P%          null this often, with any of these\n"
    "\n"
    "example:\n"
    "  sensor_id INT 10..20, temperature DECIMAL(6,2) 0..100 null 1%,\n"
    "  state STRING one-of ok|ok|'out of order', measurement_time "
    "TIMESTAMP(3)";
