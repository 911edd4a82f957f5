/* csv - records of comma-separated values (RFC 4180), byte by byte.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_CSV_H
#define LIB_CSV_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/cell.h"
#include "lib/fault.h"
#include "lib/span.h"

/*
 * A record is cells with a delimiter between them, ended by "\n" or "\r\n".  A
 * cell that begins with the quote ends with it; in it everything else stands
 * for itself, and the quote is doubled.  A quote elsewhere is one like any
 * byte.
 */
struct csv {
	char delimiter;
	char quote;    /* '\0': there is none */
	bool comments; /* lines that begin with '#' are none */
};

enum csv_found {
	CSV_RECORD,
	CSV_NOTHING, /* a line of blanks, or a comment */
	CSV_MORE,    /* it has no end yet */
	CSV_BROKEN,  /* a quote that is not closed, or closed within a cell */
};

/*
 * What begins at text's first byte, and how many bytes, its end too, and lines
 * it is long (of CSV_RECORD and CSV_NOTHING).  all: nothing comes behind text,
 * whose end is then one of a record too.
 */
enum csv_found csv_find(
    const struct csv *, struct span text, bool all, size_t *n, uint64_t *lines);

/*
 * The cell of a record at *at, which moves behind its delimiter; a record of n
 * bytes without its end ends with at == n + 1.  1: a cell, 0: none is left, -1:
 * a fault.
 */
int csv_cell(const struct csv *, struct span record, size_t *at, struct cell *,
    struct fault *);

/*
 * The text of a cell: as it stands, or, where quotes are doubled, in scratch,
 * which must not move.
 */
struct span csv_text(const struct cell *, struct buf *scratch);

#endif
