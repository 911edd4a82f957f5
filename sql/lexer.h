/* lexer - SQL's text, token by token.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_LEXER_H
#define SQL_LEXER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"

enum sql_token_kind {
	SQL_END,
	SQL_NAME,    /* letters, digits, '_'; a keyword, or what is called so */
	SQL_QUOTED,  /* `name`, or "name" */
	SQL_NUMBER,  /* 1, 1.5, .5, 1e3 */
	SQL_TEXT,    /* 'text' */
	SQL_SYMBOL,  /* one or two characters: ( , <= || => */
	SQL_INVALID, /* what begins no token, or is not closed */
};

/*
 * at, n: where it stands in the text.  text: the token's bytes, of a quoted one
 * those between the quotes, doubled ones still double.
 */
struct sql_token {
	enum sql_token_kind kind;
	size_t at;
	size_t n;
	struct span text;
	const char *what; /* of SQL_INVALID: what is wrong; static */
};

/*
 * The token at or after *at, which moves behind it.  Between tokens stand
 * blanks and comments, from -- to the end of the line, or in slashes with
 * stars.
 */
struct sql_token sql_lex(struct span text, size_t *at);

/* Keywords are the same in either case. */
bool sql_token_is(const struct sql_token *, const char *keyword);
bool sql_token_is_symbol(const struct sql_token *, const char *symbol);

#endif
