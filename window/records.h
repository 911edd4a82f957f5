/* records - many records of CSV at once become rows.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_RECORDS_H
#define WINDOW_RECORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/json_mask.h"
#include "window/row.h"
#include "window/step.h"

enum {
	RECORDS_BLOCKS = 128, /* looked at ahead */
	RECORDS_BYTES = RECORDS_BLOCKS * JSON_MASK_BYTES,
};

/*
 * Reads what the plain reader reads, and gives the same values; refuses what it
 * is not sure of: records of several lines, with doubled quotes, or with quotes
 * in the middle of a cell.
 */
struct records {
	const struct query *q;
	struct row_reader *plain;
	struct step_reader *steps; /* borrowed, too */
	json_mask_reader *look;
	struct wanted {
		size_t column;
		int field;
	} * wanted; /* by column; found with the first record */
	size_t nwanted;
	struct span *null; /* --null */
	/*
	 * From base on: where the cells end that lie before its end, which is
	 * where quotes are open or not as at base; the next to use.  In which
	 * blocks quotes and bytes above 0x7f are.
	 */
	const char *base, *end;
	uint16_t *ends;
	size_t n, at;
	uint64_t quotes[RECORDS_BLOCKS / 64], high[RECORDS_BLOCKS / 64];
};

/* 0, or -1: out of memory; to be freed all the same. */
int
records_init(struct records *, struct row_reader *plain, struct step_reader *);
void records_free(struct records *);

/* What was seen ahead is forgotten: the next record begins elsewhere. */
void records_reset(struct records *);

/*
 * The record at p becomes the next of rows.  Returns what is behind it; NULL:
 * it is for the plain reader.  end as reader_from() has it.
 */
const char *
records_read(struct records *, const char *p, const char *end, struct rows *);

#endif
