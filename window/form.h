/* form - results as lines of JSON, CSV or TSV, or as cells of a table.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_FORM_H
#define WINDOW_FORM_H

#include <stdbool.h>

#include "window/value.h"

enum form_kind { FORM_JSON, FORM_CSV, FORM_TSV, FORM_TABLE };

/* Whether the first line names the columns. */
enum form_header { HEADER_YES, HEADER_NO };

struct form {
	enum form_kind kind;
	char delimiter; /* between the cells of a row */
	enum form_header header;
	enum decimal_form decimal;
};

/* Before a number's cell in a row of a table. */
#define FORM_TO_THE_RIGHT '\x01'

/*
 * Adds a value as a cell.  CSV is that of RFC 4180: in quotes if it must be,
 * or is the empty text, so that null, which is nothing, is another.  TSV has no
 * quotes: tab, newline, carriage return and backslash become \t, \n, \r, \\.
 * In a table what a terminal would obey becomes '?'.
 */
void form_write(
    const struct form *, struct buf *, const struct value *, enum type_kind);

/* The same of a column's name; JSON has none. */
void form_write_name(const struct form *, struct buf *, const char *);

#endif
