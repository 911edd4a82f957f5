/* statement - the statements of a job in Flink SQL become trees.
 *
 * Source: Apache Flink 1.20, "SQL Client", "CREATE Statements", "INSERT",
 * "Windowing table-valued functions", "Group Aggregation"; read 2026-11.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_STATEMENT_H
#define SQL_STATEMENT_H

#include "sql/parser.h"

/*
 * Everything belongs to the arena, or lies in the text.  Lists are in the order
 * of the text.  at and length are places in the text.
 *
 * A name is canonical, as a path is (lib/path.h): of a column one key, of a
 * table perhaps several, catalog and database before it.
 */
struct sql_name {
	struct span text; /* p == NULL: none is given */
	size_t at;
	size_t length;
	struct sql_name *next;
};

/* 'key' = 'value' */
struct sql_option {
	struct sql_name key; /* the text, not canonical */
	struct span value;
	size_t at; /* of the value */
	size_t length;
	struct sql_option *next;
};

enum sql_column_kind { SQL_PHYSICAL, SQL_COMPUTED, SQL_METADATA };

struct sql_column {
	enum sql_column_kind kind;
	bool nested; /* within a ROW: the name is its path */
	struct sql_name name;
	struct type type;      /* of PHYSICAL and METADATA */
	struct sql_name key;   /* of METADATA: the text behind FROM, or name */
	bool is_virtual;       /* METADATA that is only read */
	struct sql_node *expr; /* of COMPUTED */
	struct sql_column *next;
};

struct sql_table {
	struct sql_name name;
	bool if_not_exists;
	struct sql_column *columns;
	struct sql_name watermark; /* FOR that column */
	struct sql_node *watermark_expr;
	struct sql_name primary_key;  /* its first column, where it stands */
	struct sql_name *partitioned; /* BY these columns */
	struct sql_option *options;
};

struct sql_query;

enum sql_from_kind {
	SQL_FROM_NONE,
	SQL_FROM_TABLE,
	SQL_FROM_QUERY,
	SQL_FROM_WINDOW, /* TABLE(TUMBLE(TABLE of PARTITION BY …, …)) */
};

/* What SIZE, SLIDE or STEP, GAP and OFFSET are in their function. */
enum sql_window_arg { SQL_SIZE, SQL_SLIDE, SQL_OFFSET, SQL_WINDOW_ARGS };

struct sql_from {
	enum sql_from_kind kind;
	struct sql_name name; /* the table's; the function's of a window */
	struct sql_name alias;
	struct sql_query *query;
	struct sql_from *of;
	bool partition_given;
	struct sql_name *partition;
	struct sql_name time; /* DESCRIPTOR(time) */
	/* Intervals; NULL: not given.  The gap of a session is its size. */
	struct sql_node *arg[SQL_WINDOW_ARGS];
};

/* A selected expression; expr == NULL: all columns (of the table named). */
struct sql_item {
	struct sql_node *expr;
	struct sql_name alias; /* AS it; of a star, the table's name */
	size_t at;
	size_t length;
	struct sql_item *next;
};

struct sql_view {
	struct sql_name name;
	struct sql_name *columns; /* its names for them, or NULL: the query's */
	struct sql_query *query;
	bool if_not_exists;
	struct sql_view *next;
};

struct sql_query {
	size_t at;
	size_t distinct_at; /* SELECT DISTINCT: where; 0: not */
	struct sql_view *with;
	struct sql_item *items;
	struct sql_from from;
	struct sql_node *where;
	struct sql_sorted *group;
	size_t group_at; /* 0: no GROUP BY */
	struct sql_node *having;
};

enum sql_statement_kind {
	SQL_CREATE_TABLE,
	SQL_CREATE_VIEW,
	SQL_DROP,   /* name; DROP TABLE or VIEW, if_exists */
	SQL_INSERT, /* into name (columns) query */
	SQL_SELECT, /* alone */
	SQL_SET,    /* option; without one, SET alone */
	SQL_BEGIN,  /* a statement set */
	SQL_END_SET,
	SQL_BROKEN, /* not even its kind is known */
};

/*
 * broken: it has errors, and what is not known of it is empty; nothing else is
 * worth saying about it.
 */
struct sql_statement {
	enum sql_statement_kind kind;
	bool broken;
	bool if_exists;
	bool is_view; /* DROP VIEW */
	size_t at;
	size_t length;
	struct sql_table table;
	struct sql_view view;
	struct sql_name name;
	struct sql_name *columns;
	struct sql_query *query;
	struct sql_option option;
	struct sql_statement *next;
};

/*
 * Reads a file of statements, ended by ';' each, the last perhaps not.  NULL
 * where there is none, or no memory (errors->out_of_memory).
 */
struct sql_statement *
sql_parse_statements(struct span text, struct arena *, struct sql_errors *);

#endif
