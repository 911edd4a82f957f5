/* table - rows in columns that are aligned, for people.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_TABLE_H
#define WINDOW_TABLE_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/buf.h"
#include "lib/out.h"

/* So many rows are aligned with each other, at the most. */
enum { TABLE_ROWS_MAX = 1000 };

/*
 * All zero is empty.  rows holds what has been added and is not written: cells
 * without control characters, each but a row's last followed by a tab, the last
 * by a newline; FORM_TO_THE_RIGHT before those that go there.
 */
struct table {
	struct buf rows;
	size_t nrows;
	struct buf header; /* the same of the names */
	size_t *width;     /* characters, by column; they only grow */
	size_t columns;
	bool begun; /* the names have been written */
};

/* header: as a row has it.  0, or -1: out of memory. */
int table_init(struct table *, const char *header, size_t columns);
void table_free(struct table *);

/*
 * Writes the rows, after the names, where these have not been written for
 * columns as wide.  0, or -1: see the out's error.
 */
int table_write(struct table *, struct out *);

#endif
