/* columns - the columns of a table in SQL's notation.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_COLUMNS_H
#define LIB_COLUMNS_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/span.h"
#include "lib/type.h"

/*
 * A column: NAME [TYPE] [NOT NULL] [GENERATOR], or one that is computed: NAME
 * [TYPE] [NOT NULL] AS EXPRESSION.  name is the canonical text of its path
 * (lib/path.h), as result names are too: o.k and "o.k" differ here;
 * path_same() sees them as one.  generator, expression: the text up to the
 * comma, less blanks, empty where none; its meaning is datagen's, sql's.
 * ordinal, from 1, and at, the offset in the notation: for messages.
 */
struct column {
	char *name;
	struct type type; /* TYPE_ANY where none was written */
	struct span generator;
	struct span expression;
	size_t ordinal;
	size_t at;
	size_t generator_at;
};

static inline bool
column_is_computed(const struct column *c)
{
	return c->expression.n > 0;
}

/* All zero is empty.  text is the owned notation that the spans point to. */
struct columns {
	struct column *col;
	size_t n;
	char *text;
};

/*
 * Parses the notation; "--" starts a comment up to the end of its line; a
 * comma may end the list.  Types in any case; INTEGER, NUMERIC, DEC, REAL are
 * INT, DECIMAL, DECIMAL, FLOAT; "TIMESTAMP(3) WITHOUT TIME ZONE" and
 * "TIMESTAMP(3) WITH LOCAL TIME ZONE" are taken too, "DOUBLE PRECISION" and
 * CHARACTER and "CHARACTER VARYING(n)" likewise.  DECIMAL is (10,0), CHAR and
 * VARCHAR (1), TIMESTAMP and TIMESTAMP_LTZ (6), TIME (0).  A name is letters,
 * digits, '_' and single hyphens within, in parts separated by dots, or quoted.
 * An expression ends with a comma that is in no parentheses, texts, quoted
 * names or comments of SQL, as sql/lexer.h has them.  Two columns of one name
 * are an error. -1: *message is a text for people, owned by the caller
 * (free()): line and column in the notation, what is wrong, an example.  NULL:
 * out of memory.
 */
int columns_parse(struct span notation, struct columns *, char **message);

/*
 * The same for an option's value: "@FILE" reads the notation from FILE (its
 * name is then part of the message).
 */
int columns_load(const char *value, struct columns *, char **message);
void columns_free(struct columns *);

/* Forgets the computed columns. */
void columns_drop_computed(struct columns *);

/*
 * Adds "column 2 of the list, line 1, column 5: ", as a message about a place
 * in the notation begins.  ordinal: of the column, from 1, or 0; value: the
 * notation as it was given, NULL for none; text and at: the place.
 */
void columns_add_place(struct buf *, size_t ordinal, const char *value,
    struct span text, size_t at);

/* The column of that name, or NULL: o.k and "o.k" mean one. */
const struct column *columns_find(const struct columns *, const char *name);

#endif
