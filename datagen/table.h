/* table - a table's columns, from their notation to rows.
 * SPDX-License-Identifier: ISC */
#ifndef DATAGEN_TABLE_H
#define DATAGEN_TABLE_H

#include "datagen/generator.h"
#include "datagen/literals.h"
#include "datagen/row.h"
#include "lib/columns.h"
#include "lib/diag.h"

/* All zero is empty. */
struct table {
	struct columns columns;
	struct generator *generators; /* one for each column */
	struct literals literals;
	struct row *row;
};

/*
 * notation: of columns, or @FILE.  Returns STATUS_OK, or another after saying
 * what is wrong, and where in the notation.
 */
enum status table_load(struct table *, const char *notation, uint64_t seed);
void table_free(struct table *);

#endif
