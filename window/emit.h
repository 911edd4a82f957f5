/* emit - one finished group of a window as one line, or one row of a table.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_EMIT_H
#define WINDOW_EMIT_H

#include <stdbool.h>

#include "lib/notice.h"
#include "lib/out.h"
#include "lib/recent.h"
#include "lib/timestamp.h"
#include "window/engine.h"
#include "window/query.h"
#include "window/table.h"
#include "window/top.h"

/* All zero but q and out is ready. */
struct emit {
	const struct query *q;
	struct out *out;
	struct recent *recent; /* NULL, or has the results too */
	bool begun;            /* what results need has been made */
	struct value *keys;    /* of the group being written */
	struct emit_column {
		struct buf label; /* with what parts it from the one before */
		struct buf bound; /* the window's, as it was written last */
		int64_t ms;       /* that bound */
		struct timestamp_date date; /* the last one's */
		enum type_kind kind;        /* as which it is written */
		bool casts;                 /* cast_value() may change it */
		bool instant;               /* kind is a TIMESTAMP's */
	} * columns;
	struct buf key_texts;  /* which they may point into: never moves */
	struct buf scratch;    /* of one column's cast */
	struct value *results; /* what --having and --into compute with */
	struct emit_known {
		uint64_t number; /* of the result whose value it is */
		uint64_t told;   /* of the last one that did not fit */
	} * known;               /* of each of them */
	uint64_t number;         /* of the result looked at */
	struct arena texts;      /* that are made for it */
	/* --top: what is kept of a firing, and of one result its rank and its
	 * group as bytes. */
	struct top top;
	struct buf rank_bytes, group_bytes;
	int64_t rank; /* of the result being written */
	struct table table;
	uint64_t lines; /* results written */
	bool headed;    /* the first line of CSV is, or need not be */
	/* A null met NOT NULL in --into, or an expression failed: status 1. */
	bool refused;
	/* Two a column: bounds and casts that did not fit; and one of each
	 * aggregate. */
	struct emit_misfits {
		uint64_t n;
		struct notice notice;
		struct buf first; /* which that was, and what became of it */
	} * misfits;
};

/* How many misfits there are, and values that did not fit their types. */
size_t emit_nmisfits(const struct emit *);
uint64_t emit_unfit(const struct emit *);

/* An engine_emit_fn; ctx is a struct emit. */
int emit_result(void *ctx, const struct engine_result *);

/* A row as a result, in the line of that number: --each.  0, or -1, as above.
 */
int emit_row(struct emit *, const struct value *row, uint64_t line);

/* An engine_fired_fn: writes what was kept until then. */
int emit_fired(void *ctx);
void emit_free(struct emit *);

#endif
