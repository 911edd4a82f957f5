/* datagen_rows - tables of datagen for its tests.
 * SPDX-License-Identifier: ISC */
#ifndef TESTS_UNIT_DATAGEN_ROWS_H
#define TESTS_UNIT_DATAGEN_ROWS_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "datagen/table.h"
#include "lib/digits.h"

/* Compiles a notation that is right; abort() where it is not. */
static inline struct table
rows_table(const char *notation, uint64_t seed)
{
	struct table t = { 0 };

	if (table_load(&t, notation, seed) != STATUS_OK)
		abort();
	return t;
}

/* The next row as text, ended by NUL instead of its newline; to be freed. */
static inline char *
rows_next(struct table *t, int64_t ms)
{
	char *text = malloc(t->row->room);
	char *end;

	if (text == NULL)
		abort();
	end = row_write(t->row, text, ms);
	end[-1] = '\0';
	return text;
}

/* The number behind "name": of a row. */
static inline const char *
rows_value(const char *row, const char *name)
{
	char key[64];
	const char *at;

	key[0] = '"';
	strcpy(key + 1, name);
	strcat(key, "\":");
	at = strstr(row, key);
	if (at == NULL)
		abort();
	return at + strlen(key);
}

/*
 * Pearson's statistic of counts against their expectation; below
 * rows_chi_limit() in 999 of 1000 cases (Wilson and Hilferty's formula).
 */
static inline double
rows_chi(const uint64_t *seen, const double *expected, size_t n)
{
	double sum = 0;

	for (size_t i = 0; i < n; i++) {
		double off = (double)seen[i] - expected[i];

		sum += off * off / expected[i];
	}
	return sum;
}

static inline double
rows_chi_limit(size_t cells)
{
	double freedom = (double)cells - 1;
	double part = 2 / (9 * freedom);
	double root = 1 - part + 3.0902 * sqrt(part);

	return freedom * root * root * root;
}

#endif
