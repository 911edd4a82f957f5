/* columns_read - reading the notation of columns, for lib/columns.c alone.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_COLUMNS_READ_H
#define LIB_COLUMNS_READ_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/columns.h"
#include "lib/span.h"

/*
 * The notation while it is read.  Set out and text, all else zero; free why.
 * After -1 at and ordinal (0: no single column) say where, why says what.
 */
struct columns_reader {
	struct columns *out;
	size_t cap; /* columns that out->col has room for */
	struct span text;
	size_t at;
	size_t ordinal; /* of the column that is read, from 1 */
	struct buf why;
};

/* Blanks take the place of comments and of a byte order mark. */
void columns_blank_comments(char *p, size_t n);

/* Reads the list, without comments; adds its columns to out. */
int columns_read(struct columns_reader *);

#endif
