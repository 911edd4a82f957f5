/* value - one value of a column, as window computes with it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_VALUE_H
#define WINDOW_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/type.h"
#include "lib/value.h"

/*
 * Order of two values of one column: null, false, true, numbers by value
 * (-0.0 below 0.0), texts by bytes.  Below, at or above zero.
 */
int value_order(const struct value *, const struct value *);

/*
 * True where a value of a column of that type may be this one: of its kind,
 * a decimal of at most 38 digits and decimals, a date or time that exists.
 */
bool value_fits(const struct value *, enum type_kind);

enum decimal_form { DECIMAL_PLAIN, DECIMAL_FLINK };

/* The value as JSON; type tells how a VALUE_INT or VALUE_DOUBLE is written. */
void value_write(
    struct buf *, const struct value *, enum type_kind, enum decimal_form);

/* As plain text without quotes, which is what a cast to text gives. */
void value_write_plain(struct buf *, const struct value *, enum type_kind);

/*
 * Rows that a reader has read, and the engine takes: row i's values, by field,
 * are values + i * stride.
 */
enum { ROWS_MAX = 64 };
struct rows {
	int n;
	struct value *values;
	size_t stride;
	uint64_t filtered;  /* bit i: --where leaves row i out */
	struct value *kept; /* as large as values: for who leaves them out */
	int64_t t_ms[ROWS_MAX]; /* event time, or 0 */
	/* Where a row's line begins; behind the last row, where its newline
	 * ends, or would. */
	const char *line[ROWS_MAX + 1];
};

/* 0, or -1: out of memory. */
int rows_init(struct rows *, size_t nfields);
void rows_free(struct rows *);

#endif
