/* agg - the aggregate functions: what each keeps of a group, how rows are
 * added, parts merged, results made.
 * SPDX-License-Identifier: ISC */
#ifndef WINDOW_AGG_H
#define WINDOW_AGG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/buf.h"
#include "lib/type.h"
#include "window/map.h"
#include "window/value.h"

struct agg_call;

/* Decimals of a quantile: a rank of 64 bits times it fits 128 bits. */
enum { AGG_QUANTILE_SCALE_MAX = 18 };

/* What add and merge need besides the values. */
struct agg_env {
	struct map *map;     /* owns what accumulators keep outside */
	struct buf *scratch; /* of add, for a moment */
	uint64_t seq;        /* number of the row: order of arrival */
	bool failed;         /* out of memory: set, never cleared, by agg */
};

/*
 * One implementation: a function over one class of types.  An accumulator is
 * bytes bytes, 8-aligned, all zero before the first row.
 */
struct agg_ops {
	size_t bytes;
	/* The result is the same however rows and parts are grouped. */
	bool exact;
	/* v is never null (count of all rows: v is NULL). */
	void (*add)(void *acc, const struct value *v, struct agg_env *);
	/* Adds other to acc; other came first if it is the older part. */
	void (*merge)(void *acc, const void *other, struct agg_env *);
	/*
	 * *out is of type call->out, or null; texts lie in the accumulator's
	 * map.  Sets *unfit where the true value does not fit the type.
	 */
	void (*result)(const void *acc, const struct agg_call *,
	    struct value *out, bool *unfit);
	/* Releases what is not in the map's memory; NULL: nothing. */
	void (*release)(void *acc);
	/*
	 * To and from bytes, for --state; NULL where the accumulator's own
	 * bytes say all, and any such bytes can be worked with.  load finds an
	 * accumulator that is all zero; it returns what follows, or NULL where
	 * the bytes do not make sense or are too few.
	 */
	void (*save)(const void *acc, struct buf *);
	const char *(*load)(
	    void *acc, const char *p, const char *end, struct agg_env *);
};

/* One aggregate of a query. */
struct agg_call {
	const struct agg *agg;
	const struct agg_ops *ops;
	int field;       /* index among the query's fields; -1: all rows */
	struct type in;  /* of the field */
	struct type out; /* of the result */
	size_t at;       /* of the accumulator among an entry's data */
	struct decimal quantile; /* from 0 to 1 */
	char *name;              /* of the result column; owned by the query */
};

/*
 * A function of the query language: a row of the one table, in agg.c.  All that
 * is said or asked of one kind of aggregate stands there.
 */
struct agg {
	const char *option; /* "avg" */
	bool takes_field;
	bool numbers_only; /* of an undeclared field all but numbers is bad */
	/* Sets call->ops and call->out by call->in; false: not for that type.
	 */
	bool (*bind)(struct agg_call *);

	bool keeps_value;   /* the result is a value that was read */
	bool has_quantile;  /* it is of call->quantile, too */
	bool sample, root;  /* of VAR and STDDEV: by n - 1; the square root */
	bool takes_numbers; /* --explain takes an undeclared field for some */

	/* Memory beyond the accumulator: so many bytes for each of that. */
	size_t each_bytes;
	const char *each;

	const char *flink; /* Flink's function, up to its argument */
	/* In what it differs there; tumble_is_same: not in TUMBLE. */
	const char *flink_note;
	bool tumble_is_same;
};

/* The function of that option, or NULL. */
const struct agg *agg_find(const char *option);

/* The i-th of all, or NULL. */
const struct agg *agg_at(size_t i);

#endif
