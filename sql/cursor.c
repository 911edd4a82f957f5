/* cursor - a place among the tokens of a text.
 * SPDX-License-Identifier: ISC */
#include "sql/cursor.h"

#include "lib/diag.h"

void
sql_advance(struct sql_cursor *c)
{
	c->end = c->token.at + c->token.n;
	do {
		c->token = sql_lex(c->text, &c->at);
		if (c->token.kind == SQL_INVALID) {
			sql_errors_add(c->errors, c->token.at, c->token.n, "%s",
			    c->token.what);
			c->invalid = true;
		}
		/* What was not closed ends the text. */
	} while (c->token.kind == SQL_INVALID);
}

struct sql_token
sql_peek(const struct sql_cursor *c)
{
	size_t at = c->at;

	return sql_lex(c->text, &at);
}

bool
sql_is_word(const struct sql_cursor *c, const char *word)
{
	return sql_token_is(&c->token, word);
}

bool
sql_is_symbol(const struct sql_cursor *c, const char *symbol)
{
	return sql_token_is_symbol(&c->token, symbol);
}

bool
sql_take_word(struct sql_cursor *c, const char *word)
{
	if (!sql_is_word(c, word))
		return false;
	sql_advance(c);
	return true;
}

bool
sql_take_symbol(struct sql_cursor *c, const char *symbol)
{
	if (!sql_is_symbol(c, symbol))
		return false;
	sql_advance(c);
	return true;
}

void
sql_fail_expected(struct sql_cursor *c, const char *expected)
{
	char quoted[DIAG_QUOTE_MAX];

	if (c->token.kind == SQL_END && c->invalid)
		return;
	if (c->token.kind == SQL_END)
		sql_errors_add(c->errors, c->token.at, 0,
		    "%s expected, but %s ends here", expected, c->what);
	else
		sql_errors_add(c->errors, c->token.at, c->token.n,
		    "%s expected, not %s", expected,
		    diag_quote(quoted,
			(struct span){ c->text.p + c->token.at, c->token.n }));
}

bool
sql_expect_word(struct sql_cursor *c, const char *word)
{
	if (sql_take_word(c, word))
		return true;
	sql_fail_expected(c, word);
	return false;
}

bool
sql_expect_symbol(struct sql_cursor *c, const char *symbol)
{
	char expected[8] = "'";

	if (sql_take_symbol(c, symbol))
		return true;
	strcat(strcat(expected, symbol), "'");
	sql_fail_expected(c, expected);
	return false;
}

void
sql_skip_to_close(struct sql_cursor *c)
{
	int depth = 0;

	while (c->token.kind != SQL_END) {
		if (sql_is_symbol(c, "("))
			depth++;
		else if (sql_is_symbol(c, ")") && depth-- == 0)
			break;
		sql_advance(c);
	}
	sql_take_symbol(c, ")");
}

bool
sql_expect_close(struct sql_cursor *c)
{
	if (sql_take_symbol(c, ")"))
		return true;
	sql_fail_expected(c, "')'");
	sql_skip_to_close(c);
	return false;
}

bool
sql_enter(struct sql_cursor *c)
{
	if (c->level < SQL_DEPTH_MAX) {
		c->level++;
		return true;
	}
	sql_errors_add(
	    c->errors, c->token.at, c->token.n, "nested deeper than 400 here");
	/* Nothing of the rest can be told apart from its depth. */
	while (c->token.kind != SQL_END)
		sql_advance(c);
	c->invalid = true; /* so nothing is missing at its end */
	return false;
}

void
sql_leave(struct sql_cursor *c)
{
	c->level--;
}

struct span
sql_undoubled(struct sql_cursor *c, const struct sql_token *t)
{
	char quote = c->text.p[t->at], *to;
	size_t n = 0;

	if (memchr(t->text.p, quote, t->text.n) == NULL)
		return t->text;
	to = arena_alloc(c->arena, t->text.n);
	if (to == NULL) {
		c->errors->out_of_memory = true;
		return t->text;
	}
	for (size_t i = 0; i < t->text.n; i++) {
		to[n++] = t->text.p[i];
		i += t->text.p[i] == quote;
	}
	return (struct span){ to, n };
}
