/* type - the types of columns: their names, bounds and spellings.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_TYPE_H
#define LIB_TYPE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/span.h"

enum type_kind {
	TYPE_ANY, /* undeclared */
	TYPE_BOOLEAN,
	TYPE_TINYINT,
	TYPE_SMALLINT,
	TYPE_INT,
	TYPE_BIGINT,
	TYPE_FLOAT,
	TYPE_DOUBLE,
	TYPE_DECIMAL,
	TYPE_CHAR,
	TYPE_VARCHAR,
	TYPE_STRING,
	TYPE_DATE,
	TYPE_TIME,
	TYPE_TIMESTAMP,
	TYPE_TIMESTAMP_LTZ,
	TYPE_KINDS,
};

/*
 * precision: of DECIMAL 1..38, of CHAR and VARCHAR the length 1..2147483647,
 * of TIMESTAMP, TIMESTAMP_LTZ 0..9 (TIME too, 0..9), else 0.
 * scale: of DECIMAL 0..precision, else 0.
 */
struct type {
	enum type_kind kind;
	int precision;
	int scale;
	bool not_null;
};

/* "DECIMAL(6,2)", "INT", "STRING NOT NULL". */
void type_write(struct buf *, struct type);
const char *type_kind_name(enum type_kind);
bool type_is_number(enum type_kind);  /* TINYINT .. DECIMAL */
bool type_is_integer(enum type_kind); /* TINYINT .. BIGINT */
bool type_is_text(enum type_kind);    /* CHAR, VARCHAR, STRING */
bool type_is_timestamp(enum type_kind);
int64_t type_integer_max(enum type_kind); /* of TINYINT .. BIGINT */

/* Keeps the low bits that an integer type has. */
static inline int64_t
type_wrap(int64_t i, enum type_kind kind)
{
	switch (kind) {
	case TYPE_TINYINT:
		return (int8_t)i;
	case TYPE_SMALLINT:
		return (int16_t)i;
	case TYPE_INT:
		return (int32_t)i;
	default:
		return i;
	}
}

/*
 * The others read text from *at on and move *at behind what they took; on
 * failure (-1) *at is the place at fault and why holds the reason.
 */

/* Type and NOT NULL; *at must be at the type's first letter. */
int type_read(struct span text, size_t *at, struct type *, struct buf *why);

/* Takes NOT NULL if it stands there, after blanks perhaps. */
int type_read_not_null(
    struct span text, size_t *at, bool *not_null, struct buf *why);

/* Blanks are space, tab, CR and LF. */
void type_skip_blanks(struct span text, size_t *at);

/* The run of bytes up to a blank, comma, parenthesis or quote. */
struct span type_word(struct span text, size_t at);

/* True if the word begins some type's name ("NUMERIC", "double"). */
bool type_is_word(struct span word);

#endif
