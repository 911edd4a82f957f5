/* row - one line of input becomes the values that the query uses.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_ROW_H
#define WINDOW_ROW_H

#include "lib/absent.h"
#include "lib/diag.h"
#include "lib/lines.h"
#include "lib/notice.h"
#include "window/query.h"

/* What is wrong with a line: where, in which field, why. */
struct row_fault {
	size_t at;         /* offset in the line */
	const char *field; /* name, or NULL: it is no JSON object */
	struct type type;  /* of that field */
	const char *what;
	const char
	    *remedy;       /* where it does not follow from the rest, or NULL */
	struct span found; /* the value as it stood; n == 0: none */
	bool bare;         /* found is a text without quotes, perhaps empty */
	size_t in_text;    /* offset of what is wrong in a text; 0: all of it */
};

/* Values of a field that became null because they did not fit its type. */
struct misfits {
	uint64_t n;
	struct notice notice;
	uint64_t line; /* of the first */
	size_t column;
	char found[DIAG_QUOTE_MAX];
};

/* The plain reader: json_read() and field_read(), line by line. */
struct row_reader {
	const struct query *q;
	struct cell *cells;      /* by path */
	struct misfits *misfits; /* by field */
	struct absent absent;    /* fields that no line read had */
	struct buf scratch;
	struct field_env env;
	/* Of CSV, by column: the path of the field that it is, or -1. */
	int *columns;
	size_t ncolumns; /* 0: the header has not been read */
	char what[64];   /* of a fault that tells numbers */
	/* Of the line's values, how many --on-bad made null; the first. */
	size_t nulled;
	size_t lacking; /* cells that a record of CSV is short of */
	struct row_fault nulled_first;
};

/* 0, or -1: out of memory. */
int row_init(struct row_reader *, const struct query *);
void row_free(struct row_reader *);

/*
 * Reads the header of CSV.  0, or -1 with what is wrong with it.
 */
int row_header(struct row_reader *, struct span text, struct buf *why);

/*
 * Reads a line, which becomes the one row of rows; texts that held escapes are
 * valid until the next call.  0, or -1 with a fault, whose place is one of
 * line->text.
 */
int row_read(struct row_reader *, const struct line *, struct rows *,
    struct row_fault *);

/*
 * What is wrong with a field of a line that row_read() takes, or with what is
 * computed of it; -1: with none of them.  Where it stands, and what.
 */
void row_field_fault(struct row_reader *, struct span line, int field,
    const char *what, struct row_fault *);

#endif
