/* absent - fields that no record has had, and what was perhaps meant.
 * SPDX-License-Identifier: ISC */
#ifndef LIB_ABSENT_H
#define LIB_ABSENT_H

#include <stdbool.h>

#include "lib/json.h"

enum {
	ABSENT_RECORDS = 64, /* whose names are compared, at the most */
	ABSENT_NAME_MAX = 64,
};

/* All zero is empty: no field is looked for. */
struct absent {
	struct absent_field {
		const char *name; /* canonical path; borrowed */
		int path;         /* its index */
		bool seen;
		size_t edits; /* from near, the nearest name that there is */
		char near[ABSENT_NAME_MAX];
	} * field;
	size_t n, cap;
	size_t left; /* not seen so far */
	uint64_t looked;
	struct buf names; /* of the first record */
};

/* Looks for the field, too.  0, or -1: out of memory. */
int absent_add(struct absent *, const char *name, int path);
void absent_free(struct absent *);

/* The field is known to be there. */
void absent_see(struct absent *, size_t i);

/*
 * A record that json_read() has taken, with what it has found.  Costs nothing
 * once all fields have been seen.
 */
void absent_look(struct absent *, struct span record, const struct cell *);
/* True where the next record's names will be compared. */
static inline bool
absent_looks(const struct absent *a)
{
	return a->left > 0 && a->looked < ABSENT_RECORDS;
}
static inline void
absent_record(struct absent *a, struct span record, const struct cell *values)
{
	if (a->left > 0)
		absent_look(a, record, values);
}

/* How many fields none of so many records has had. */
static inline size_t
absent_fields(const struct absent *a, uint64_t records)
{
	return records > 0 ? a->left : 0;
}

/* A warning for each field that none of so many rows has had. */
void absent_say(const struct absent *, uint64_t rows);

#endif
