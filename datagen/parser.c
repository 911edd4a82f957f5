/* parser - the words and values of a generator.
 * SPDX-License-Identifier: ISC */
#include "datagen/parser.h"

#include <string.h>
#include <strings.h>

#include "lib/diag.h"

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

int
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

void
parser_skip_blanks(struct parser *p)
{
	while (
	    p->at < p->text.n && memchr(" \t\r\n", p->text.p[p->at], 4) != NULL)
		p->at++;
}

struct span
parser_peek_word(const struct parser *p)
{
	size_t end = p->at;

	while (end < p->text.n && memchr(" \t\r\n", p->text.p[end], 4) == NULL)
		end++;
	return (struct span){ p->text.p + p->at, end - p->at };
}

struct span
parser_take_word(struct parser *p)
{
	struct span word;

	parser_skip_blanks(p);
	word = parser_peek_word(p);
	p->at += word.n;
	return word;
}

bool
parser_word_is(struct span word, const char *text)
{
	return word.n == strlen(text) && strncasecmp(word.p, text, word.n) == 0;
}

int
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
	while (p->at < p->text.n &&
	       memchr(" \t\r\n", p->text.p[p->at], 4) == NULL &&
	       !(p->text.n - p->at >= mark &&
		   memcmp(p->text.p + p->at, end_mark, mark) == 0))
		p->at++;
	*value = (struct span){ p->text.p + begin, p->at - begin };
	return 0;
}

int
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
