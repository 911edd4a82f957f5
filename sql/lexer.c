/* lexer - SQL's text, token by token.
 * SPDX-License-Identifier: ISC */
#include "sql/lexer.h"

#include <strings.h>

#include "lib/ascii.h"
#include "lib/utf8.h"

static bool
begins_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
	       (unsigned char)c >= 0x80;
}

static bool
goes_on(char c)
{
	return begins_name(c) || ascii_is_digit(c) || c == '$';
}

static char
at(struct span text, size_t i)
{
	return i < text.n ? text.p[i] : '\0';
}

/* Behind the comment at i; 0: none begins there, or it is not closed. */
static size_t
comment_end(struct span text, size_t i)
{
	if (at(text, i) == '-' && at(text, i + 1) == '-') {
		while (i < text.n && text.p[i] != '\n')
			i++;
		return i;
	}
	if (at(text, i) != '/' || at(text, i + 1) != '*')
		return 0;
	for (i += 2; i + 1 < text.n; i++)
		if (text.p[i] == '*' && text.p[i + 1] == '/')
			return i + 2;
	return 0;
}

static size_t
skip_between(struct span text, size_t i)
{
	size_t end;

	for (;;) {
		while (i < text.n && ascii_is_blank(text.p[i]))
			i++;
		end = comment_end(text, i);
		if (end == 0)
			return i;
		i = end;
	}
}

/* Digits, a point, digits, an exponent; what runs on is no number. */
static size_t
number_end(struct span text, size_t i)
{
	size_t e;

	while (ascii_is_digit(at(text, i)))
		i++;
	if (at(text, i) == '.')
		for (i++; ascii_is_digit(at(text, i));)
			i++;
	if (at(text, i) != 'e' && at(text, i) != 'E')
		return i;
	e = i + 1;
	if (at(text, e) == '+' || at(text, e) == '-')
		e++;
	if (!ascii_is_digit(at(text, e)))
		return i;
	while (ascii_is_digit(at(text, e)))
		e++;
	return e;
}

/* Behind the quote that closes the one at i, doubled ones apart; 0: none. */
static size_t
quote_end(struct span text, size_t i)
{
	char quote = text.p[i];

	for (i++; i < text.n; i++) {
		if (text.p[i] != quote)
			continue;
		if (at(text, i + 1) != quote)
			return i + 1;
		i++;
	}
	return 0;
}

static struct sql_token
invalid(struct span text, size_t begin, size_t end, const char *what)
{
	return (struct sql_token){ .kind = SQL_INVALID,
		.at = begin,
		.n = end - begin,
		.text = { text.p + begin, end - begin },
		.what = what };
}

static struct sql_token
quoted(struct span text, size_t begin)
{
	size_t end = quote_end(text, begin);
	bool is_text = text.p[begin] == '\'';

	if (end == 0)
		return invalid(text, begin, text.n,
		    is_text ? "the text is not closed: a ' is missing"
			    : "the quoted name is not closed");
	if (!is_text && end - begin == 2)
		return invalid(text, begin, end, "a name cannot be empty");
	return (struct sql_token){
		.kind = is_text ? SQL_TEXT : SQL_QUOTED,
		.at = begin,
		.n = end - begin,
		.text = { text.p + begin + 1, end - begin - 2 },
	};
}

static size_t
symbol_end(struct span text, size_t i)
{
	static const char *const two[] = { "<=", ">=", "<>", "!=", "||", "=>" };

	for (size_t k = 0; k < sizeof two / sizeof *two; k++)
		if (text.p[i] == two[k][0] && at(text, i + 1) == two[k][1])
			return i + 2;
	return memchr("()+-*/%=<>,.;[]:?", text.p[i], 17) != NULL ? i + 1 : i;
}

struct sql_token
sql_lex(struct span text, size_t *place)
{
	size_t begin = skip_between(text, *place), end = begin;
	enum sql_token_kind kind = SQL_NAME;
	struct sql_token token;

	if (begin == text.n) {
		*place = begin;
		return (struct sql_token){ .kind = SQL_END, .at = begin };
	}
	if (memchr("'`\"", text.p[begin], 3) != NULL) {
		token = quoted(text, begin);
		*place = begin + token.n;
		return token;
	}
	if (at(text, begin) == '/' && at(text, begin + 1) == '*') {
		*place = text.n;
		return invalid(
		    text, begin, text.n, "the comment is not closed");
	}
	if (begins_name(text.p[begin])) {
		while (goes_on(at(text, end)) && end < text.n)
			end++;
	} else if (ascii_is_digit(text.p[begin]) ||
		   (text.p[begin] == '.' &&
		       ascii_is_digit(at(text, begin + 1)))) {
		kind = SQL_NUMBER;
		end = number_end(text, begin);
	} else {
		kind = SQL_SYMBOL;
		end = symbol_end(text, begin);
	}
	if (end == begin) {
		end += utf8_length(text.p + begin, text.p + text.n);
		*place = end > begin ? end : ++end;
		return invalid(text, begin, end, "no SQL begins with this");
	}
	*place = end;
	if (kind == SQL_NUMBER && goes_on(at(text, end)))
		return invalid(text, begin, end, "a number runs into a name");
	return (struct sql_token){ .kind = kind,
		.at = begin,
		.n = end - begin,
		.text = { text.p + begin, end - begin } };
}

bool
sql_token_is(const struct sql_token *t, const char *keyword)
{
	return t->kind == SQL_NAME && t->n == strlen(keyword) &&
	       strncasecmp(t->text.p, keyword, t->n) == 0;
}

bool
sql_token_is_symbol(const struct sql_token *t, const char *symbol)
{
	return t->kind == SQL_SYMBOL && span_is(t->text, symbol);
}
