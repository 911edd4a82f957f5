/* type - reading a type's name, for lib/columns.c alone.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_TYPE_H
#define LIB_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/columns.h"
#include "lib/span.h"

/*
 * All of these read text from *at on and move *at behind what they took; on
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
