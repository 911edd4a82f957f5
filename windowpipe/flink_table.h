/* flink_table - the tables that queries read, one for all that can share it.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOWPIPE_FLINK_TABLE_H
#define WINDOWPIPE_FLINK_TABLE_H

#include "lib/arena.h"
#include "windowpipe/flink_source.h"

/* Texts are the arena's. */
struct flink_table {
	size_t number; /* 1: readings, 2: readings_2 */
	struct flink_table_column {
		const char *path;
		struct span type; /* or what it is computed of, */
		bool computed;    /* as a column of the table only */
		struct flink_table_column *next;
	} * first;
	bool ordered;           /* rows are read by the columns' order */
	bool by_clock;          /* some windows are of processing time */
	struct span time;       /* what the event time is, "" : none */
	struct span delay;      /* behind it in WATERMARK: " - INTERVAL ..." */
	bool made;              /* time is a column of its own */
	struct span format;     /* of WITH */
	const char *time_name;  /* of made ones, none of the others' */
	const char *clock_name; /* of PROCTIME() */
	struct flink_table *next;
};

/*
 * The table among those of first that the source can share, else a new one at
 * their end; NULL: out of memory.
 */
struct flink_table *flink_table_share(
    struct flink_table **first, struct arena *, const struct flink_source *);

/* Finds names for the columns that were made; false: out of memory. */
bool flink_table_name(struct flink_table *, struct arena *);

/* CREATE TABLE. */
void flink_table_write(const struct flink_table *, struct buf *);

/* readings */
void flink_table_add_name(const struct flink_table *, struct buf *);

/* The time of windows of the source, which is among those of the table. */
void flink_table_add_time(
    const struct flink_table *, const struct flink_source *, struct buf *);

#endif
