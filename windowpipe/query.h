/* query - what a SELECT is: rows of a table, or results of windows over them.
 *
 * Views and subqueries that pick, compute and filter are merged into what they
 * stand on; a window over the results of another stands on a pipe.
 *
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_QUERY_H
#define WINDOWPIPE_QUERY_H

#include <stdint.h>

#include "sql/op.h"
#include "windowpipe/catalog.h"

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
		const char *filter; /* NULL: none */
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

/*
 * The rows of a query; names[i] is what its i-th column had better be called,
 * or p == NULL; names may be NULL.  NULL after errors.
 */
struct relation *query_relation(struct compiler *, const struct sql_query *,
    const struct span *names, size_t nnames);

/* Those of a table, or NULL: it is broken. */
struct relation *query_table(struct compiler *, struct table *);

/*
 * Tell what is wrong with a table's computed columns and watermark, and with
 * what a view selects, which are broken then.
 */
void query_check_table(struct compiler *, struct table *);
void query_check_view(struct compiler *, struct table *);

/*
 * The text of a column's name in an expression, and among the columns of an
 * option, quoted where it must be.
 */
const char *query_name(struct script *, struct span name);
const char *query_column(struct script *, struct span name);

/* True for letters, digits and '_': it is quoted nowhere but as a keyword. */
bool query_is_identifier(struct span name);

/* True where the text names the column. */
bool query_mentions(const char *text, struct span name);

#endif
