/* cell - a value of an input as it stands there, before anybody has typed it.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_CELL_H
#define LIB_CELL_H

#include <stdbool.h>

#include "lib/span.h"

enum cell_kind {
	CELL_MISSING, /* the field is not there */
	CELL_NULL,
	CELL_FALSE,
	CELL_TRUE,
	CELL_NUMBER, /* as JSON writes numbers */
	CELL_TEXT,
	CELL_ARRAY,
	CELL_OBJECT,
};

/*
 * raw: the value's bytes as they stand; of a text, what is between the
 * quotes.  escaped: a text with at least one backslash, which json_text()
 * reads.  doubled: a quote that is doubled in it, which csv_text() reads, or
 * '\0'.  bare: a text that stands in no quotes.  Borrowed from the line.
 */
struct cell {
	enum cell_kind kind;
	bool escaped, bare;
	char doubled;
	struct span raw;
};

#endif
