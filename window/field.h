/* field - a value of a line becomes a value of its column's type.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_FIELD_H
#define WINDOW_FIELD_H

#include "lib/fault.h"
#include "lib/cell.h"
#include "lib/time_format.h"
#include "lib/timestamp.h"
#include "lib/zone.h"
#include "window/value.h"

/* A column that the query uses. */
struct field {
	char *name;       /* canonical path, owned by the query */
	int path;         /* its index among the cells of a line */
	struct type type; /* TYPE_ANY: undeclared */
	bool number_only; /* undeclared, and summed: all but numbers is bad */
	bool is_time;     /* the event time */
};

/* Where times of this field are readings of the local clock, not instants. */
static inline bool
field_is_local(const struct field *f)
{
	return f->type.kind == TYPE_TIMESTAMP || f->type.kind == TYPE_DATE;
}

/* What reading depends on besides the line. */
struct field_env {
	const struct zone *zone;          /* of time text without a zone */
	enum time_unit unit;              /* of times that are numbers */
	const struct time_format *format; /* of the event time, or NULL */
	int64_t now_ms;                   /* for a format without a year */
	const char *const *null; /* texts and numbers that stand for null */
	size_t nnull;
	/*
	 * Decoded texts go here.  The caller empties it and makes room for the
	 * line's length before each line, so that it never moves: no text is
	 * longer decoded than as it stood.
	 */
	struct buf *scratch;
};

/*
 * Reads by the column's type.  A text in *out lies in the line or in scratch.
 * 0; 1: it is null because it does not fit its type; -1: bad, with a fault
 * whose at counts from the value's first byte.
 */
int field_read(const struct field *, const struct cell *,
    const struct field_env *, struct value *out, struct fault *);

/*
 * The event time that a value of this field stands for: the instant in ms, or
 * the local clock's, as field_is_local() says.  -1 with a fault where it is
 * null or no time.
 */
int field_time(const struct field *, const struct value *,
    const struct field_env *, int64_t *ms, struct fault *);

/*
 * A text as a time, as timestamp_parse() has it, or the format of the event
 * time; digits, which may have a sign and a point, are a number of units.
 */
int field_time_text(const struct field *, struct span text,
    const struct field_env *, int64_t *ms, bool *zoned, struct fault *);

/* True for a text of digits, with a sign and a point perhaps. */
bool field_is_digits(struct span text);

/* Times further from 1970 than this, in ms, are refused (2^61, as many
 * millions of years as nobody has data of): sums with sizes cannot overflow. */
#define FIELD_TIME_MAX_MS ((int64_t)1 << 61)

#endif
