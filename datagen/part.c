/* part - the parts that a generator's notation is made of.
 * SPDX-License-Identifier: ISC */
#include "datagen/part.h"

#include <string.h>

#include "datagen/value.h"
#include "lib/units.h"

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

int
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

int
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

int
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

int
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

int
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

int
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

int
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

int
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

int
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
