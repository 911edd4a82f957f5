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

#include "datagen/text.h"
#include "lib/ascii.h"
#include "lib/decimal.h"
#include "lib/diag.h"
#include "lib/floating.h"
#include "lib/json.h"
#include "lib/number.h"
#include "lib/timestamp.h"
#include "lib/units.h"
#include "lib/utf8.h"

void
generator_free(struct generator *g)
{
	buf_free(&g->texts);
	free(g->ends);
	*g = (struct generator){ 0 };
}

/* A time of some units: quotes, and Z for an instant. */
static char *
write_time(const struct generator *g, char *to, int64_t units)
{
	static const int64_t per_second[] = { 1, 10, 100, 1000 };
	int64_t per = per_second[g->scale];
	int64_t second = units >= 0 ? units / per : -((-units + per - 1) / per);
	int64_t ms = (units - second * per) * (1000 / per);
	int64_t days =
	    second >= 0 ? second / 86400 : -((-second + 86399) / 86400);

	*to++ = '"';
	if (g->type.kind != TYPE_TIME) {
		to = text_date(to, days);
		*to++ = 'T';
	}
	to = text_clock(to, second - days * 86400);
	to = text_fraction(to, ms, g->scale);
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
		to = text_date(to, (int64_t)units);
		*to++ = '"';
		return to;
	case TYPE_TIME:
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return write_time(g, to, (int64_t)units);
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
		return text_floating(to, (int64_t)units, g->scale);
	default:
		return text_wide(to, units, g->scale);
	}
}

bool
generator_percent(struct span text, uint64_t *below, bool *always)
{
	const uint64_t hundred = 100;
	uint64_t parts = 0, whole = 1;
	int decimals = -1;
	size_t digits = 0;

	if (text.n == 0 || text.p[text.n - 1] != '%')
		return false;
	for (size_t i = 0; i + 1 < text.n; i++) {
		char c = text.p[i];

		if (c == '.' && decimals == -1) {
			decimals = 0;
			continue;
		}
		if (c < '0' || c > '9' || decimals == 9)
			return false;
		if (decimals >= 0) {
			decimals++;
			whole *= 10;
		}
		parts = parts * 10 + (uint64_t)(c - '0');
		if (parts > hundred * whole)
			return false;
		digits++;
	}
	*always = parts == hundred * whole;
	/* Of 2^64; at 100 always counts. */
	*below = *always
	             ? UINT64_MAX
	             : (uint64_t)(((uint128)parts << 64) / (hundred * whole));
	return digits > 0;
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

/* Sets lo and hi to the bounds of an integer type or DECIMAL. */
static void
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

/* --- the words of the notation ------------------------------------------ */

/* The text of one column's generator while it is read. */
struct parser {
	const struct column *column;
	struct generator *g;
	struct span text;
	size_t at;
	struct buf quoted; /* values with their quotes taken off */
	struct buf *why;
	bool has_range, has_kind, has_null;
	size_t kind_at;
	struct span mean, deviation;
};

static const char *
type_example(enum type_kind kind)
{
	switch (kind) {
	case TYPE_BOOLEAN:
		return "one-of true|true|false";
	case TYPE_CHAR:
		return "one-of a|b|c";
	case TYPE_VARCHAR:
	case TYPE_STRING:
		return "length 8";
	case TYPE_DATE:
		return "2024-01-01..2024-12-31";
	case TYPE_TIME:
		return "08:00..17:30";
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return "max-past 5s";
	case TYPE_FLOAT:
	case TYPE_DOUBLE:
	case TYPE_DECIMAL:
		return "0..100";
	default:
		return kind == TYPE_TINYINT ? "0..100" : "10..20";
	}
}

/*
 * Says in why "NAME TYPE: 'subject' WHAT; example: NAME TYPE EXAMPLE" and sets
 * p->at; returns -1.  subject may be empty; example NULL: one of the type's.
 */
static int
parser_fail(struct parser *p, size_t at, struct span subject, const char *what,
    const char *example)
{
	char quoted[DIAG_QUOTE_MAX];
	struct type type = p->column->type;
	struct buf column = { 0 };

	p->at = at;
	buf_add_text(&column, p->column->name);
	buf_add_char(&column, ' ');
	type_write(&column, type);
	buf_add_span(p->why, buf_span(&column));
	buf_add_text(p->why, ": ");
	if (subject.n > 0)
		buf_addf(p->why, "%s ", diag_quote(quoted, subject));
	buf_addf(p->why, "%s; example: ", what);
	buf_add_span(p->why, buf_span(&column));
	buf_addf(
	    p->why, " %s", example != NULL ? example : type_example(type.kind));
	p->why->failed |= column.failed;
	buf_free(&column);
	return -1;
}

static void
parser_skip_blanks(struct parser *p)
{
	while (p->at < p->text.n && ascii_is_blank(p->text.p[p->at]))
		p->at++;
}

/* The bytes up to the next blank. */
static struct span
parser_peek_word(const struct parser *p)
{
	size_t end = p->at;

	while (end < p->text.n && !ascii_is_blank(p->text.p[end]))
		end++;
	return (struct span){ p->text.p + p->at, end - p->at };
}

/* The word that follows the blanks, taken. */
static struct span
parser_take_word(struct parser *p)
{
	struct span word;

	parser_skip_blanks(p);
	word = parser_peek_word(p);
	p->at += word.n;
	return word;
}

/* In any case of letters. */
static bool
parser_word_is(struct span word, const char *text)
{
	return word.n == strlen(text) && strncasecmp(word.p, text, word.n) == 0;
}

/*
 * Takes a value: in single quotes ('' is one), or the bytes up to a blank or
 * to what ends it: ".." or "|".
 */
static int
parser_take_value(struct parser *p, const char *end_mark, struct span *value)
{
	size_t mark = strlen(end_mark), begin;

	parser_skip_blanks(p);
	begin = p->at;
	if (p->at < p->text.n && p->text.p[p->at] == '\'') {
		size_t start = p->quoted.n;

		for (p->at++;; p->at++) {
			if (p->at >= p->text.n)
				return parser_fail(p, begin, (struct span){ 0 },
				    "the quote is not closed", NULL);
			if (p->text.p[p->at] == '\'' &&
			    (++p->at >= p->text.n || p->text.p[p->at] != '\''))
				break;
			buf_add_char(&p->quoted, p->text.p[p->at]);
		}
		if (p->quoted.failed)
			return parser_fail(p, begin, (struct span){ 0 },
			    "out of memory", NULL);
		*value =
		    (struct span){ p->quoted.p + start, p->quoted.n - start };
		return 0;
	}
	while (p->at < p->text.n && !ascii_is_blank(p->text.p[p->at]) &&
	       !(p->text.n - p->at >= mark &&
		   memcmp(p->text.p + p->at, end_mark, mark) == 0))
		p->at++;
	*value = (struct span){ p->text.p + begin, p->at - begin };
	return 0;
}

/* The ends of "A..B" and where each stands. */
struct ends {
	struct span lo, hi, all;
	size_t at, lo_at, hi_at;
};

static int
parser_take_ends(struct parser *p, struct ends *e, const char *example)
{
	parser_skip_blanks(p);
	e->at = e->lo_at = p->at;
	if (parser_take_value(p, "..", &e->lo) == -1)
		return -1;
	parser_skip_blanks(p);
	if (p->text.n - p->at < 2 || memcmp(p->text.p + p->at, "..", 2) != 0) {
		e->all = (struct span){ p->text.p + e->at, p->at - e->at };
		return parser_fail(p, e->at,
		    e->lo.n > 0 ? e->lo : parser_peek_word(p),
		    "is not a range: two values with '..' between them",
		    example);
	}
	if (e->lo.n == 0 && p->at == e->at)
		return parser_fail(p, e->at, parser_take_word(p),
		    "lacks its lower end", example);
	p->at += 2;
	parser_skip_blanks(p);
	e->hi_at = p->at;
	if (parser_take_value(p, "..", &e->hi) == -1)
		return -1;
	e->all = (struct span){ p->text.p + e->at, p->at - e->at };
	if (e->hi.n == 0 && p->at == e->hi_at) {
		while (e->all.n > 0 && e->all.p[e->all.n - 1] != '.')
			e->all.n--;
		return parser_fail(
		    p, e->at, e->all, "lacks its upper end", example);
	}
	return 0;
}

/* --- the parts: each reads what follows its word, which is at at -------- */

/* A range, or values, of the type; NULL: what parser_fail() knows will do. */
static const char *
range_example(enum type_kind kind)
{
	bool is_stamp = kind == TYPE_TIMESTAMP || kind == TYPE_TIMESTAMP_LTZ;

	return is_stamp ? "2024-01-01T00:00..2024-12-31T23:59" : NULL;
}

static const char *
one_of_example(enum type_kind kind)
{
	switch (kind) {
	case TYPE_BOOLEAN:
		return "one-of true|true|false";
	case TYPE_CHAR:
	case TYPE_VARCHAR:
	case TYPE_STRING:
		return "one-of a|b|c";
	case TYPE_DATE:
		return "one-of 2024-01-01|2024-12-31";
	case TYPE_TIME:
		return "one-of 08:00|17:30";
	case TYPE_TIMESTAMP:
	case TYPE_TIMESTAMP_LTZ:
		return "one-of 2024-01-01T00:00|2024-12-31T23:59";
	default:
		return "one-of 1|2|3";
	}
}

static int
part_range(struct parser *p)
{
	struct generator *g = p->g;
	enum type_kind kind = g->type.kind;
	const char *example = range_example(kind);
	const char *wrong;
	struct ends e;

	if (p->has_range)
		return parser_fail(
		    p, p->at, parser_peek_word(p), "is a second range", NULL);
	if (parser_take_ends(p, &e, example) == -1)
		return -1;
	p->has_range = true;
	if (kind == TYPE_BOOLEAN || type_is_text(kind))
		return parser_fail(p, e.at, e.all,
		    "is a range, which its type does not have", NULL);
	if (kind == TYPE_FLOAT || kind == TYPE_DOUBLE) {
		wrong = value_floating_range(g, e.lo, e.hi);
		if (wrong != NULL)
			return parser_fail(p, e.at, e.all, wrong, NULL);
	} else {
		wrong = value_units(g, e.lo, &g->lo);
		if (wrong != NULL)
			return parser_fail(p, e.lo_at, e.lo, wrong, example);
		wrong = value_units(g, e.hi, &g->hi);
		if (wrong != NULL)
			return parser_fail(p, e.hi_at, e.hi, wrong, example);
	}
	if (g->lo > g->hi)
		return parser_fail(p, e.at, e.all,
		    "has its ends the wrong way round, or too close", example);
	if (!p->has_kind)
		g->kind = GENERATOR_RANGE;
	g->halved = kind == TYPE_DECIMAL;
	return 0;
}

static int
set_kind(struct parser *p, size_t at, enum generator_kind kind)
{
	if (p->has_kind)
		return parser_fail(p, at, (struct span){ 0 },
		    "has two generators; give one", NULL);
	p->has_kind = true;
	p->kind_at = at;
	p->g->kind = kind;
	return 0;
}

static int
part_sequence(struct parser *p, size_t at)
{
	static const char example[] = "sequence 1..1000";
	struct generator *g = p->g;
	struct generator whole = { .type = { .kind = TYPE_BIGINT } };
	struct ends e;
	const char *wrong;

	if (!type_is_number(g->type.kind) && !type_is_text(g->type.kind))
		return parser_fail(p, at, (struct span){ 0 },
		    "a sequence is for numbers or texts", NULL);
	if (set_kind(p, at, GENERATOR_SEQUENCE) == -1 ||
	    parser_take_ends(p, &e, example) == -1)
		return -1;
	if (type_is_integer(g->type.kind))
		whole.type = g->type;
	wrong = value_units(&whole, e.lo, &g->lo);
	if (wrong != NULL)
		return parser_fail(p, e.lo_at, e.lo, wrong, example);
	wrong = value_units(&whole, e.hi, &g->hi);
	if (wrong != NULL)
		return parser_fail(p, e.hi_at, e.hi, wrong, example);
	if (g->lo > g->hi)
		return parser_fail(p, e.at, e.all,
		    "has its ends the wrong way round", example);
	return 0;
}

/* That the numbers of a sequence fit the type as they are. */
static int
part_check_sequence(struct parser *p)
{
	struct generator *g = p->g;
	int128 most = INT64_MAX;
	char digits[2][64];

	if (g->type.kind == TYPE_FLOAT)
		most = 1 << 24;
	else if (g->type.kind == TYPE_DOUBLE)
		most = (int128)1 << 53;
	else if (g->type.kind == TYPE_DECIMAL) {
		most = 1;
		for (int i = g->type.scale; i < g->type.precision; i++)
			most *= 10;
		most--;
	} else if (type_is_text(g->type.kind)) {
		struct generator whole = { .type = { .kind = TYPE_BIGINT } };
		size_t a =
		    (size_t)(generator_write_units(&whole, digits[0], g->lo) -
			     digits[0]);
		size_t b =
		    (size_t)(generator_write_units(&whole, digits[1], g->hi) -
			     digits[1]);

		if (g->type.kind == TYPE_STRING ||
		    (a > b ? a : b) <= (size_t)g->type.precision)
			return 0;
		most = -1;
	}
	if (type_is_integer(g->type.kind) || (g->lo >= -most && g->hi <= most))
		return 0;
	return parser_fail(p, p->kind_at, (struct span){ 0 },
	    "its sequence does not fit its type", "sequence 1..9");
}

static int
part_length(struct parser *p, size_t at)
{
	struct generator *g = p->g;
	const char *example = "length 8";
	struct span ends[2];
	int64_t n[2];
	size_t places[2];

	if (!type_is_text(g->type.kind))
		return parser_fail(p, at, (struct span){ 0 },
		    "length is for texts only", NULL);
	parser_skip_blanks(p);
	places[0] = places[1] = p->at;
	if (parser_take_value(p, "..", &ends[0]) == -1)
		return -1;
	ends[1] = ends[0];
	if (p->text.n - p->at >= 2 && memcmp(p->text.p + p->at, "..", 2) == 0) {
		example = "length 4..8";
		p->at += 2;
		places[1] = p->at;
		if (parser_take_value(p, "..", &ends[1]) == -1)
			return -1;
	}
	for (int i = 0; i < 2; i++) {
		int64_t most = g->type.kind == TYPE_STRING
		                   ? GENERATOR_LENGTH_MAX
		                   : g->type.precision;

		if (units_integer(ends[i], &n[i], NULL) == -1 || n[i] < 0)
			return parser_fail(p, places[i], ends[i],
			    "is not a length in characters", example);
		if (n[i] > most || n[i] > GENERATOR_LENGTH_MAX)
			return parser_fail(p, places[i], ends[i],
			    "is longer than its type, or than 1000000",
			    example);
	}
	if (n[0] > n[1])
		return parser_fail(p, places[0], ends[0],
		    "is longer than the greatest length", example);
	g->length_min = (uint64_t)n[0];
	g->length_max = (uint64_t)n[1];
	return set_kind(p, at, GENERATOR_HEX);
}

static int
part_null(struct parser *p, size_t at)
{
	struct span word;

	parser_skip_blanks(p);
	if (p->at < p->text.n)
		at = p->at;
	word = parser_take_word(p);
	if (!generator_percent(word, &p->g->null_below, &p->g->always_null))
		return parser_fail(p, at, word,
		    word.n == 0 ? "null lacks its share"
				: "is not a share of 0% to 100%",
		    "null 5%");
	if (p->has_null)
		return parser_fail(
		    p, at, word, "is a second share of nulls", NULL);
	p->has_null = true;
	if (p->g->type.not_null && p->g->null_below > 0)
		return parser_fail(p, at, (struct span){ 0 },
		    "it is NOT NULL and cannot have nulls", NULL);
	return 0;
}

/* Digits before the point that seconds have until 2286. */
enum { SECOND_DIGITS = 10 };

static int
part_epoch(struct parser *p, size_t at)
{
	static const char *const units[] = { "s", "ms", "us", "ns" };
	struct generator *g = p->g;
	struct span word;
	size_t word_at, unit = 0;

	if (g->type.kind != TYPE_BIGINT && g->type.kind != TYPE_DECIMAL)
		return parser_fail(p, at, (struct span){ 0 },
		    "epoch is for BIGINT and DECIMAL only", NULL);
	parser_skip_blanks(p);
	word_at = p->at;
	word = parser_take_word(p);
	while (unit < 4 && !parser_word_is(word, units[unit]))
		unit++;
	if (unit == 4)
		return parser_fail(p, word_at, word,
		    word.n == 0 ? "epoch lacks its unit: s, ms, us or ns"
				: "is not a unit: s, ms, us or ns",
		    "epoch ms");
	g->is_epoch = true;
	g->epoch_digits = (int)unit * 3;
	if (g->type.kind == TYPE_DECIMAL &&
	    g->type.precision - g->scale < SECOND_DIGITS + g->epoch_digits)
		return parser_fail(p, word_at, word,
		    "needs more digits before the point than its type has",
		    NULL);
	return set_kind(p, at, GENERATOR_ROW_TIME);
}

static int
part_past(struct parser *p, size_t at)
{
	bool is_epoch = p->g->is_epoch && p->g->past_ms == 0;
	struct fault why;
	struct span word;
	size_t word_at;

	if (p->g->type.kind != TYPE_TIMESTAMP &&
	    p->g->type.kind != TYPE_TIMESTAMP_LTZ && !p->g->is_epoch)
		return parser_fail(p, at, (struct span){ 0 },
		    "max-past is for timestamps only, or after epoch", NULL);
	parser_skip_blanks(p);
	word_at = p->at;
	word = parser_take_word(p);
	if (word.n == 0)
		return parser_fail(
		    p, word_at, word, "max-past lacks its duration", NULL);
	if (units_duration_ms(word, &p->g->past_ms, &why) == -1)
		return parser_fail(p, word_at, word, why.what, NULL);
	if (p->g->past_ms < 0 || p->g->past_ms > INT64_MAX / 16)
		return parser_fail(p, word_at, word, "is out of range", NULL);
	return is_epoch ? 0 : set_kind(p, at, GENERATOR_ROW_TIME);
}

static int
part_normal(struct parser *p, size_t at)
{
	struct span mean, deviation;

	if (!type_is_number(p->g->type.kind))
		return parser_fail(p, at, (struct span){ 0 },
		    "normal is for numbers only", NULL);
	mean = parser_take_word(p);
	deviation = parser_take_word(p);
	if (mean.n == 0 || deviation.n == 0)
		return parser_fail(p, p->at, (struct span){ 0 },
		    "normal lacks its mean or its deviation", "normal 15 2");
	if (set_kind(p, at, GENERATOR_NORMAL) == -1)
		return -1;
	/* A range may yet follow: they are looked at when all is read. */
	p->mean = mean;
	p->deviation = deviation;
	return 0;
}

static int
part_one_of(struct parser *p, size_t at)
{
	static const char empty[] = "one-of lacks a value here";
	const char *example = one_of_example(p->g->type.kind), *wrong;
	struct span value;
	size_t value_at;

	if (set_kind(p, at, GENERATOR_ONE_OF) == -1)
		return -1;
	for (;;) {
		bool is_quoted;

		parser_skip_blanks(p);
		value_at = p->at;
		is_quoted = p->at < p->text.n && p->text.p[p->at] == '\'';
		if (parser_take_value(p, "|", &value) == -1)
			return -1;
		if (value.n == 0 && !is_quoted)
			return parser_fail(p, value_at, value, empty, example);
		wrong = value_add_text(p->g, value);
		if (wrong != NULL)
			return parser_fail(p, value_at, value, wrong, example);
		parser_skip_blanks(p);
		if (p->at >= p->text.n || p->text.p[p->at] != '|')
			return 0;
		p->at++;
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
	struct span word = parser_peek_word(p);
	size_t at = p->at;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (parser_word_is(word, parts[i].word)) {
			p->at += word.n;
			return parts[i].read(p, at);
		}
	}
	/* Only values of ranges begin so; other words are misspelt parts. */
	if (memchr("0123456789+-.'", word.p[0], 14) == NULL)
		return parser_fail(p, at, word,
		    "is not a generator; see --columns-help", NULL);
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
		value_type_range(g);
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

/* What can only be judged when all parts have been read. */
static int
finish(struct parser *p)
{
	struct generator *g = p->g;
	const char *wrong = NULL;

	if (!p->has_kind && !p->has_range)
		wrong = set_default(g);
	else if (g->kind == GENERATOR_NORMAL)
		wrong = value_normal(g, p->has_range, p->mean, p->deviation);
	else if (p->has_range && p->has_kind)
		wrong = "a range goes with normal only";
	else if (g->kind == GENERATOR_SEQUENCE)
		return part_check_sequence(p);
	if (wrong != NULL)
		return parser_fail(p, p->kind_at, (struct span){ 0 }, wrong,
		    g->kind == GENERATOR_NORMAL ? "normal 15 2" : NULL);
	return 0;
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
		rc = parser_fail(
		    &p, 0, (struct span){ 0 }, "out of memory", NULL);
	while (rc == 0) {
		parser_skip_blanks(&p);
		if (p.at >= p.text.n)
			break;
		rc = read_part(&p);
	}
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
