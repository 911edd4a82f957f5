/* generator_parse - a generator's notation, from its parts.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "datagen/generator.h"
#include "datagen/part.h"
#include "datagen/value.h"

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
