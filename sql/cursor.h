/* cursor - a place among the tokens of a text, for those who read its grammar.
 *
 * What is wrong goes to errors with its place; of one place only the first
 * error is told, so a reader may go on after one.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_CURSOR_H
#define SQL_CURSOR_H

#include "lib/arena.h"
#include "sql/errors.h"
#include "sql/lexer.h"

/* Levels of parentheses and queries: what a person writes has ten. */
enum { SQL_DEPTH_MAX = 400 };

/*
 * text, arena and errors are set by whoever begins; sql_advance() then takes
 * the first token.
 */
struct sql_cursor {
	struct span text;
	const char
	    *what;  /* the text is called so: "the text", "the statement" */
	size_t at;  /* behind token */
	size_t end; /* behind the token before it */
	struct sql_token token;
	struct arena *arena;
	struct sql_errors *errors;
	int level;
	bool invalid; /* a token was: what is missing may be in it */
};

/* The next token; what is no token is an error, and passed over. */
void sql_advance(struct sql_cursor *);

/* The token behind the next. */
struct sql_token sql_peek(const struct sql_cursor *);

bool sql_is_word(const struct sql_cursor *, const char *word);
bool sql_is_symbol(const struct sql_cursor *, const char *symbol);

/* True, and it is passed, where it is next. */
bool sql_take_word(struct sql_cursor *, const char *word);
bool sql_take_symbol(struct sql_cursor *, const char *symbol);

/* The same, and an error where it is not. */
bool sql_expect_word(struct sql_cursor *, const char *word);
bool sql_expect_symbol(struct sql_cursor *, const char *symbol);

/* The parenthesis that closes; after an error behind the one that would. */
bool sql_expect_close(struct sql_cursor *);
void sql_skip_to_close(struct sql_cursor *);

/* "')' expected, not 'x'" */
void sql_fail_expected(struct sql_cursor *, const char *expected);

/* Deeper by one; false after an error, of which nothing more is said. */
bool sql_enter(struct sql_cursor *);
void sql_leave(struct sql_cursor *);

/* The text of a token, doubled quotes made one. */
struct span sql_undoubled(struct sql_cursor *, const struct sql_token *);

#endif
