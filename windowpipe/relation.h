/* relation - columns, what they are columns of, and where their rows come from.
 *
 * A query's parts are told by these: query.h makes them, windows.h and
 * grouping.h what has windows, branch.h a stage's options of them.  All of it
 * is the script's, and lives as long.
 *
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_RELATION_H
#define WINDOWPIPE_RELATION_H

#include <stdbool.h>
#include <stdint.h>

#include "sql/op.h"
#include "windowpipe/catalog.h"

/* Said of all that Flink has and windowpipe has not. */
#define FLINK_ONLY "Flink runs this, windowpipe does not"

enum field_role {
	FIELD_VALUE,
	FIELD_ROWTIME,  /* the event time of its rows */
	FIELD_PROCTIME, /* PROCTIME() */
	FIELD_START,    /* the window's bounds */
	FIELD_END,
	FIELD_TIME, /* window_time, of a window function's rows */
	FIELD_RANK, /* ROW_NUMBER() OVER (…) */
};

/*
 * A column.  text: an expression over the columns of what it stands on; plain:
 * it is one of those.  NULL: it is known when the window has been aggregated.
 */
struct field {
	struct span name;
	const char *text;
	bool plain;
	const char *computed; /* name AS it, in its table; else NULL */
	struct type type;     /* SQL_POISON: errors have been told */
	enum field_role role;
};

enum base {
	BASE_TABLE,   /* rows of table */
	BASE_RESULTS, /* results of */
	BASE_PIPE,    /* what is written of upstream, under its fields' names */
};

enum window_kind {
	WINDOW_TUMBLE,
	WINDOW_HOP,
	WINDOW_CUMULATE,
	WINDOW_SESSION,
};

struct windows {
	enum window_kind kind;
	int64_t size_ms, slide_ms, offset_ms;
	bool by_clock;    /* by processing time */
	const char *time; /* else its column */
	bool is_ltz;      /* the time is a TIMESTAMP_LTZ */
	int64_t delay_ms;
	const struct sql_name *partition; /* of a session's PARTITION BY */
};

struct relation {
	enum base base;
	struct span alias;
	struct table *table;
	struct results *of;
	struct relation *upstream;
	struct field *field;
	size_t n, cap;
	const char *where;       /* over what it stands on; NULL: all */
	int64_t delay_ms;        /* of its event time */
	struct windows *windows; /* that a window function has made of it */
	const struct sql_over *rank;
	const struct relation *ranked; /* whose columns rank names */
};

/* A column that is computed before rows are looked at. */
struct computed {
	const char *name;
	const char *text;
	struct computed *next;
};

/* A windowed aggregation: what a stage of window does. */
struct results {
	struct relation *in;
	struct windows windows;
	struct computed *computed;
	struct result_key {
		const char *column;
		const char *name;
		struct result_key *next;
	} * keys;
	struct result_call {
		const char *option; /* of window: "avg" */
		const char *column; /* NULL: none */
		const char *name;
		const char *filter;   /* NULL: none */
		const char *quantile; /* of PERCENTILE: "0.99", else NULL */
		struct result_call *next;
	} * calls;
	const char *having;  /* NULL: all */
	uint64_t top;        /* 0: all */
	const char *top_by;  /* "RESULT:KEY:KEY", "-RESULT" */
	struct relation raw; /* all that may be selected */
};

struct compiler {
	struct script *script;
	struct catalog catalog;
	struct sql_env env;
};

/* Adds a field; returns it, or NULL where memory is short. */
struct field *relation_add(struct compiler *, struct relation *, struct field);

/* A copy without fields, or NULL where memory is short. */
struct relation *relation_like(struct compiler *, const struct relation *);

/* Its first field of that role, or NULL. */
const struct field *relation_field(const struct relation *, enum field_role);

/* Is it window_start, window_end or window_time? */
bool relation_is_bound(const struct field *);

/*
 * Tell an error: of n bytes at a place of the text, of a name, of an
 * expression.  They return NULL, for those that are to return a relation.
 */
struct relation *
relation_fail(struct compiler *, size_t at, size_t n, const char *what);
struct relation *relation_fail_name(
    struct compiler *, const struct sql_name *, const char *what);
struct relation *relation_fail_node(
    struct compiler *, const struct sql_node *, const char *what);

#endif
