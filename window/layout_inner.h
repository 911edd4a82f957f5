/* layout_inner - what a layout holds, for the files that learn and read it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_LAYOUT_INNER_H
#define WINDOW_LAYOUT_INNER_H

#include "window/layout.h"

enum step_op {
	STEP_GENERIC,     /* by json_scan_value() and field_read() */
	STEP_SKIP_NUMBER, /* nobody wants it */
	STEP_SKIP_TEXT,
	STEP_INT,
	STEP_DECIMAL,    /* declared, of up to 18 digits */
	STEP_ANY_NUMBER, /* undeclared */
	STEP_TEXT,
	STEP_TIMESTAMP, /* declared TIMESTAMP or TIMESTAMP_LTZ, as text */
	STEP_TIME_TEXT, /* the event time, a text of no declared time type */
};

/* A value, and the literal behind it. */
struct step {
	enum step_op op;
	int field; /* that wants it, or -1 */
	bool local;
	bool nested;  /* the value may be an array or object */
	bool is_time; /* it is the row's event time */
	int scale;
	int depth; /* of arrays and objects around it */
	int64_t min, max;
	uint32_t literal; /* offset among the literals */
	uint32_t literal_n;
};

struct layout {
	struct value *values; /* by field; those that no step sets are null */
	char *literals;       /* each with zeros up to a multiple of 16 */
	uint32_t first;       /* length of the literal before any value */
	uint32_t line_end;    /* bytes of its "\n" or "\r\n" */
	bool time_by_value;   /* the event time is not read by a step */
	size_t steps;
	struct step step[];
};

void layout_del(struct layout *);

#endif
