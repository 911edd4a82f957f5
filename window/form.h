/* form - results as lines of JSON, CSV or TSV, or as cells of a table.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_FORM_H
#define WINDOW_FORM_H

#include <stdbool.h>

#include "window/value.h"

enum form_kind { FORM_JSON, FORM_CSV, FORM_TSV, FORM_TABLE };

/* Whether the first line names the columns. */
enum form_header { HEADER_YES, HEADER_NO };

/* What stands between the date and the clock of a timestamp: T, or a blank. */
enum form_timestamps { TIMESTAMPS_ISO, TIMESTAMPS_SQL };

struct form {
	enum form_kind kind;
	char delimiter; /* between the cells of a row */
	enum form_header header;
	enum decimal_form decimal;
	enum form_timestamps timestamps;
};

/* Before a number's cell in a row of a table. */
#define FORM_TO_THE_RIGHT '\x01'

/*
 * Adds a value as a cell.  CSV is that of RFC 4180: in quotes if it must be,
 * or is the empty text, so that null, which is nothing, is another, or blanks
 * alone, which would be an empty line where they are all of it.  TSV has no
 * quotes: tab, newline, carriage return and backslash become \t, \n, \r, \\.
 * In a table what a terminal would obey becomes '?'.
 */
void form_write(
    const struct form *, struct buf *, const struct value *, enum type_kind);

/*
 * The timestamp that has been written from at on, as the form has it: Flink's
 * 'json.timestamp-format.standard'.
 */
void form_timestamp(const struct form *, struct buf *, size_t at);

/* A column's name as a cell; JSON has none. */
void form_write_name(const struct form *, struct buf *, const char *);

#endif
