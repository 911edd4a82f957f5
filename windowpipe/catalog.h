/* catalog - the tables and views of a job, and the options of connectors.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_CATALOG_H
#define WINDOWPIPE_CATALOG_H

#include "sql/statement.h"
#include "windowpipe/script.h"

enum connector {
	CONNECTOR_DATAGEN = 1,
	CONNECTOR_KINESIS = 2,
	CONNECTOR_FILESYSTEM = 4,
	CONNECTOR_PRINT = 8,
	CONNECTOR_BLACKHOLE = 16,
	CONNECTOR_OTHER = 32, /* one of Flink's that we have not */
};

enum table_format { FORMAT_JSON, FORMAT_CSV };

/*
 * A table, or a view where view is not NULL.  broken: errors about it have been
 * told, and nothing more is said of what names it.
 */
struct table {
	struct span name;
	const struct sql_table *def;
	const struct sql_view *view;
	bool broken;
	bool open; /* a view that is being looked into */
	enum connector connector;
	enum table_format format;
	struct table *next;
};

struct catalog {
	struct table *first; /* the newest first */
};

/* What becomes of CREATE TABLE, CREATE VIEW, DROP; errors go to the script. */
void catalog_add_table(
    struct catalog *, struct script *, const struct sql_statement *);
void catalog_add_view(
    struct catalog *, struct script *, const struct sql_view *, bool broken);
void
catalog_drop(struct catalog *, struct script *, const struct sql_statement *);

/* Of that name, or NULL after an error that names the nearest. */
struct table *
catalog_find(const struct catalog *, struct script *, const struct sql_name *);

/*
 * A table's option, or NULL.  With a connector that windowpipe has not, it may
 * be called value.KEY: so are those of a format in Kafka's tables.
 */
const struct sql_option *table_option(const struct table *, const char *key);

/* The same, its value "true" (in any case); false where there is none. */
bool table_option_is_true(const struct table *, const char *key);

/*
 * Calls add(ctx, flag, value) with each option of the table's that is one of
 * its stage's as it stands.
 */
enum table_side { SIDE_SOURCE = 1, SIDE_SINK = 2 };
void table_each_flag(const struct table *, struct script *, enum table_side,
    void (*add)(void *ctx, const char *flag, const char *value), void *ctx);

#endif
