/* generator_parse - the notation of generators.
 * SPDX-License-Identifier: ISC */
#include <string.h>
#include <strings.h>

#include "datagen/generator.h"
#include "datagen/value.h"
#include "lib/diag.h"
#include "lib/units.h"

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

/* "sensor_id INT: '10..' lacks its upper end; example: sensor_id INT 10..20" */
static int
fail(struct parser *p, size_t at, struct span subject, const char *what,
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
skip_blanks(struct parser *p)
{
	while (
	    p->at < p->text.n && memchr(" \t\r\n", p->text.p[p->at], 4) != NULL)
		p->at++;
}

/* The bytes up to the next blank. */
static struct span
peek_word(const struct parser *p)
{
	size_t end = p->at;

	while (end < p->text.n && memchr(" \t\r\n", p->text.p[end], 4) == NULL)
		end++;
	return (struct span){ p->text.p + p->at, end - p->at };
}

static struct span
take_word(struct parser *p)
{
	struct span word;

	skip_blanks(p);
	word = peek_word(p);
	p->at += word.n;
	return word;
}

static bool
word_is(struct span word, const char *text)
{
	return word.n == strlen(text) && strncasecmp(word.p, text, word.n) == 0;
}

/*
 * A value: in single quotes ('' is one), or the bytes up to a blank or to
 * what ends it: ".." or "|".
 */
static int
take_value(struct parser *p, const char *end_mark, struct span *value)
{
	size_t mark = strlen(end_mark), begin;

	skip_blanks(p);
	begin = p->at;
	if (p->at < p->text.n && p->text.p[p->at] == '\'') {
		size_t start = p->quoted.n;

		for (p->at++;; p->at++) {
			if (p->at >= p->text.n)
				return fail(p, begin, (struct span){ 0 },
				    "the quote is not closed", NULL);
			if (p->text.p[p->at] == '\'' &&
			    (++p->at >= p->text.n || p->text.p[p->at] != '\''))
				break;
			buf_add_char(&p->quoted, p->text.p[p->at]);
		}
		if (p->quoted.failed)
			return fail(p, begin, (struct span){ 0 },
			    "out of memory", NULL);
		*value =
		    (struct span){ p->quoted.p + start, p->quoted.n - start };
		return 0;
	}
	while (p->at < p->text.n &&
	       memchr(" \t\r\n", p->text.p[p->at], 4) == NULL &&
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
take_ends(struct parser *p, struct ends *e, const char *example)
{
	skip_blanks(p);
	e->at = e->lo_at = p->at;
	if (take_value(p, "..", &e->lo) == -1)
		return -1;
	skip_blanks(p);
	if (p->text.n - p->at < 2 || memcmp(p->text.p + p->at, "..", 2) != 0) {
		e->all = (struct span){ p->text.p + e->at, p->at - e->at };
		return fail(p, e->at, e->lo.n > 0 ? e->lo : peek_word(p),
		    "is not a range: two values with '..' between them",
		    example);
	}
	if (e->lo.n == 0 && p->at == e->at)
		return fail(
		    p, e->at, take_word(p), "lacks its lower end", example);
	p->at += 2;
	skip_blanks(p);
	e->hi_at = p->at;
	if (take_value(p, "..", &e->hi) == -1)
		return -1;
	e->all = (struct span){ p->text.p + e->at, p->at - e->at };
	if (e->hi.n == 0 && p->at == e->hi_at) {
		while (e->all.n > 0 && e->all.p[e->all.n - 1] != '.')
			e->all.n--;
		return fail(p, e->at, e->all, "lacks its upper end", example);
	}
	return 0;
}

static int
read_range(struct parser *p)
{
	struct generator *g = p->g;
	enum type_kind kind = g->type.kind;
	const char *wrong;
	struct ends e;

	if (p->has_range)
		return fail(p, p->at, peek_word(p), "is a second range", NULL);
	if (take_ends(p, &e, NULL) == -1)
		return -1;
	p->has_range = true;
	if (kind == TYPE_BOOLEAN || type_is_text(kind))
		return fail(
		    p, e.at, e.all, "is a range, which its type has not", NULL);
	if (kind == TYPE_FLOAT || kind == TYPE_DOUBLE) {
		wrong = value_floating_range(g, e.lo, e.hi);
		if (wrong != NULL)
			return fail(p, e.at, e.all, wrong, NULL);
	} else {
		wrong = value_units(g, e.lo, &g->lo);
		if (wrong != NULL)
			return fail(p, e.lo_at, e.lo, wrong, NULL);
		wrong = value_units(g, e.hi, &g->hi);
		if (wrong != NULL)
			return fail(p, e.hi_at, e.hi, wrong, NULL);
	}
	if (g->lo > g->hi)
		return fail(p, e.at, e.all,
		    "has its ends the wrong way round, or too close", NULL);
	if (!p->has_kind)
		g->kind = GENERATOR_RANGE;
	g->halved = kind == TYPE_DECIMAL;
	return 0;
}

static int
set_kind(struct parser *p, size_t at, enum generator_kind kind)
{
	if (p->has_kind)
		return fail(p, at, (struct span){ 0 },
		    "has two generators; give one", NULL);
	p->has_kind = true;
	p->kind_at = at;
	p->g->kind = kind;
	return 0;
}

static int
read_sequence(struct parser *p, size_t at)
{
	static const char example[] = "sequence 1..1000";
	struct generator *g = p->g;
	struct generator whole = { .type = { .kind = TYPE_BIGINT } };
	struct ends e;
	const char *wrong;

	if (!type_is_number(g->type.kind) && !type_is_text(g->type.kind))
		return fail(p, at, (struct span){ 0 },
		    "a sequence is of numbers or texts", NULL);
	if (set_kind(p, at, GENERATOR_SEQUENCE) == -1 ||
	    take_ends(p, &e, example) == -1)
		return -1;
	if (type_is_integer(g->type.kind))
		whole.type = g->type;
	wrong = value_units(&whole, e.lo, &g->lo);
	if (wrong != NULL)
		return fail(p, e.lo_at, e.lo, wrong, example);
	wrong = value_units(&whole, e.hi, &g->hi);
	if (wrong != NULL)
		return fail(p, e.hi_at, e.hi, wrong, example);
	if (g->lo > g->hi)
		return fail(p, e.at, e.all, "has its ends the wrong way round",
		    example);
	return 0;
}

/* The largest number of a sequence that the type holds as it is. */
static int
check_sequence(struct parser *p)
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
	return fail(p, p->kind_at, (struct span){ 0 },
	    "its sequence does not fit its type", "sequence 1..9");
}

static int
read_length(struct parser *p, size_t at)
{
	struct generator *g = p->g;
	const char *example = "length 8";
	struct span ends[2];
	int64_t n[2];
	size_t places[2];

	if (!type_is_text(g->type.kind))
		return fail(
		    p, at, (struct span){ 0 }, "length is of texts only", NULL);
	skip_blanks(p);
	places[0] = places[1] = p->at;
	if (take_value(p, "..", &ends[0]) == -1)
		return -1;
	ends[1] = ends[0];
	if (p->text.n - p->at >= 2 && memcmp(p->text.p + p->at, "..", 2) == 0) {
		example = "length 4..8";
		p->at += 2;
		places[1] = p->at;
		if (take_value(p, "..", &ends[1]) == -1)
			return -1;
	}
	for (int i = 0; i < 2; i++) {
		int64_t most = g->type.kind == TYPE_STRING
		                   ? GENERATOR_LENGTH_MAX
		                   : g->type.precision;

		if (units_integer(ends[i], &n[i], NULL) == -1 || n[i] < 0)
			return fail(p, places[i], ends[i],
			    "is not a length in characters", example);
		if (n[i] > most || n[i] > GENERATOR_LENGTH_MAX)
			return fail(p, places[i], ends[i],
			    "is longer than its type, or than 1000000",
			    example);
	}
	if (n[0] > n[1])
		return fail(p, places[0], ends[0],
		    "is longer than the greatest length", example);
	g->length_min = (uint64_t)n[0];
	g->length_max = (uint64_t)n[1];
	return set_kind(p, at, GENERATOR_HEX);
}

static int
read_null(struct parser *p, size_t at)
{
	struct span word;

	skip_blanks(p);
	if (p->at < p->text.n)
		at = p->at;
	word = take_word(p);
	if (!generator_percent(word, &p->g->null_below, &p->g->always_null))
		return fail(p, at, word,
		    word.n == 0 ? "null lacks its share"
				: "is not a share of 0% to 100%",
		    "null 5%");
	if (p->has_null)
		return fail(p, at, word, "is a second share of nulls", NULL);
	p->has_null = true;
	if (p->g->type.not_null && p->g->null_below > 0)
		return fail(p, at, (struct span){ 0 },
		    "it is NOT NULL and cannot have nulls", NULL);
	return 0;
}

static int
read_past(struct parser *p, size_t at)
{
	struct fault why;
	struct span word;
	size_t word_at;

	if (p->g->type.kind != TYPE_TIMESTAMP &&
	    p->g->type.kind != TYPE_TIMESTAMP_LTZ)
		return fail(p, at, (struct span){ 0 },
		    "max-past is of timestamps only", NULL);
	skip_blanks(p);
	word_at = p->at;
	word = take_word(p);
	if (word.n == 0)
		return fail(
		    p, word_at, word, "max-past lacks its duration", NULL);
	if (units_duration_ms(word, &p->g->past_ms, &why) == -1)
		return fail(p, word_at, word, why.what, NULL);
	if (p->g->past_ms < 0 || p->g->past_ms > INT64_MAX / 16)
		return fail(p, word_at, word, "is out of range", NULL);
	return set_kind(p, at, GENERATOR_ROW_TIME);
}

static int
read_normal(struct parser *p, size_t at)
{
	struct span mean, deviation;

	if (!type_is_number(p->g->type.kind))
		return fail(p, at, (struct span){ 0 },
		    "normal is of numbers only", NULL);
	mean = take_word(p);
	deviation = take_word(p);
	if (mean.n == 0 || deviation.n == 0)
		return fail(p, p->at, (struct span){ 0 },
		    "normal lacks its mean or its deviation", "normal 15 2");
	if (set_kind(p, at, GENERATOR_NORMAL) == -1)
		return -1;
	/* A range may yet follow: they are looked at when all is read. */
	p->mean = mean;
	p->deviation = deviation;
	return 0;
}

static int
read_one_of(struct parser *p, size_t at)
{
	static const char empty[] = "one-of lacks a value here";
	const char *wrong;
	struct span value;
	size_t value_at;

	if (set_kind(p, at, GENERATOR_ONE_OF) == -1)
		return -1;
	for (;;) {
		bool is_quoted;

		skip_blanks(p);
		value_at = p->at;
		is_quoted = p->at < p->text.n && p->text.p[p->at] == '\'';
		if (take_value(p, "|", &value) == -1)
			return -1;
		if (value.n == 0 && !is_quoted)
			return fail(p, value_at, value, empty, NULL);
		wrong = value_add_text(p->g, value);
		if (wrong != NULL)
			return fail(p, value_at, value, wrong, NULL);
		skip_blanks(p);
		if (p->at >= p->text.n || p->text.p[p->at] != '|')
			return 0;
		p->at++;
	}
}

static int
read_part(struct parser *p)
{
	static const struct {
		const char *word;
		int (*read)(struct parser *, size_t at);
	} parts[] = {
		{ "sequence", read_sequence },
		{ "length", read_length },
		{ "null", read_null },
		{ "max-past", read_past },
		{ "normal", read_normal },
		{ "one-of", read_one_of },
	};
	struct span word = peek_word(p);
	size_t at = p->at;

	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		if (word_is(word, parts[i].word)) {
			p->at += word.n;
			return parts[i].read(p, at);
		}
	}
	/* Only values of ranges begin so; other words are misspelt parts. */
	if (memchr("0123456789+-.'", word.p[0], 14) == NULL)
		return fail(
		    p, at, word, "is no generator: see --columns-help", NULL);
	return read_range(p);
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
		return check_sequence(p);
	if (wrong != NULL)
		return fail(p, p->kind_at, (struct span){ 0 }, wrong,
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
		rc = fail(&p, 0, (struct span){ 0 }, "out of memory", NULL);
	while (rc == 0) {
		skip_blanks(&p);
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
