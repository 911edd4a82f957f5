/* layout_inner - what a layout holds, for the files that learn and read it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_LAYOUT_INNER_H
#define WINDOW_LAYOUT_INNER_H

#include "window/layout.h"

enum {
	LAYOUT_SHAPES = 8,
	LAYOUT_CREDIT = 256,
	LAYOUT_SHAPE_COST = 16,
	LAYOUT_PAUSE = 8192,
};

enum step_op {
	STEP_GENERIC,     /* by json_scan_value() and field_read() */
	STEP_SKIP_NUMBER, /* nobody wants it */
	STEP_SKIP_TEXT,
	STEP_SKIP_WORD,
	STEP_INT,
	STEP_DECIMAL, /* declared, of up to 18 digits */
	STEP_FLOAT,
	STEP_DOUBLE,
	STEP_ANY_NUMBER, /* undeclared */
	STEP_TEXT,
	STEP_TIMESTAMP, /* TIMESTAMP or TIMESTAMP_LTZ, as text */
	STEP_EVENT_TIMESTAMP,
	STEP_EVENT_TEXT, /* the event time, a text of no time type */
};

/* A value, and the literal behind it. */
struct step {
	enum step_op op;
	int field; /* that wants it, or -1 */
	int value; /* its place among the values; a spare one for no field */
	int scale;
	int64_t min, max;
	const char *literal; /* among the layout's literals, at literal_at */
	uint32_t literal_at, literal_n;
	bool local;
	bool nested; /* the value may be an array or object */
	int depth;   /* of arrays and objects around it */
};

/*
 * shape: of rows that this layout has taken, the commonest first (layout_shape
 * says what they are).  credit: rows of a known shape less those of another;
 * where it runs out, shapes are not asked for pause rows.
 */
struct layout {
	struct shape *shape[LAYOUT_SHAPES];
	int credit, pause;
	char *literals;     /* each with zeros up to a multiple of 16 */
	uint32_t first;     /* length of the literal before any value */
	uint32_t line_end;  /* bytes of its "\n" or "\r\n" */
	bool time_by_value; /* the event time is not read by a step */
	int *unset;         /* fields that the line lacks: null */
	size_t nunset;
	size_t steps;
	struct step step[];
};

void layout_del(struct layout *);

#endif
