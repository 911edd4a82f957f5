/* reader - many lines at once become rows: which way each is read is chosen
 * here.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_READER_H
#define WINDOW_READER_H

#include <stdbool.h>

#include "lib/json_lines.h"
#include "window/records.h"
#include "window/row.h"
#include "window/shape.h"
#include "window/step.h"

/*
 * A row is of a shape that has been seen before (window/shape.h), else its line
 * is searched by blocks (lib/json_lines.h).  Both accept the same language as
 * the plain reader of window/row.h, and give the same values: a line that is
 * taken here row_read() takes as well; what is doubtful is left to that, which
 * says what is wrong.
 */
struct reader {
	const struct query *q;
	struct row_reader *plain;
	bool off; /* every line goes to the plain reader */
	struct step_reader steps;
	struct shapes shapes;
	struct json_lines lines;
	struct records records; /* of CSV, instead */
	const char *p, *end;    /* what is still to be read */
	bool searched;          /* lines stands at p */
	bool refused;           /* the line at p */
};

/* plain is borrowed.  0, or -1: out of memory. */
int reader_init(struct reader *, struct row_reader *plain);
void reader_free(struct reader *);

/* Bytes have come, or have moved. */
void reader_begin(struct reader *);

/*
 * Goes on with the lines from p on; end is behind the last byte that has come,
 * and at least LINES_PAD bytes that are zero must be readable behind it.
 */
void reader_from(struct reader *, const char *p, const char *end);

/*
 * Rows of the lines that come next, as many as rows has room for; valid until
 * the next call.  Returns how many; 0: the line there goes to the plain reader,
 * or there is none.
 */
int reader_rows(struct reader *, struct rows *);

#endif
