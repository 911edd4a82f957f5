/* errors - all that is wrong with a text of SQL, each with its place.
 * SPDX-License-Identifier: ISC */
#ifndef SQL_ERRORS_H
#define SQL_ERRORS_H

#include <stddef.h>

#include "lib/buf.h"
#include "lib/span.h"

enum { SQL_ERRORS_MAX = 20 }; /* of one text; more are not told */

/*
 * All zero is none.  In the order of their finding; of one place the first
 * counts.  A message is lower case, without full stop: "WHAT; REMEDY".
 */
struct sql_errors {
	size_t n;
	struct sql_error {
		size_t at; /* offset in the text */
		size_t length;
		char *message; /* owned */
	} error[SQL_ERRORS_MAX];
	bool out_of_memory;
};

void sql_errors_free(struct sql_errors *);

void sql_errors_add(struct sql_errors *, size_t at, size_t length,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/*
 * Line and column of a place, both from 1; columns are characters.  *line_text
 * is the line.
 */
void sql_place(struct span text, size_t at, size_t *line, size_t *column,
    struct span *line_text);

/*
 * Adds the place as people see it: the line that it is in, or the part of it
 * that is near, and below that a caret; each ends with a newline and is
 * indented.
 */
void sql_add_caret(struct buf *, struct span text, size_t at);

#endif
