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
#include "window/archive.h"
#include "window/map.h"
#include "window/value.h"

struct agg_call;

/* Decimals of a quantile: a rank of 64 bits times it fits 128 bits. */
enum { AGG_QUANTILE_SCALE_MAX = 18 };

/* What add, merge and transfer need besides the values. */
struct agg_env {
	struct map *map;     /* owns what accumulators keep outside */
	struct buf *scratch; /* of add, for a moment */
	uint64_t seq;        /* number of the row: order of arrival */
	bool failed;         /* out of memory: set, never cleared, by agg */
};

/*
 * One implementation: a function over one family of types.  An accumulator is
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
	 * *out is null; where there is a result it becomes one of type
	 * call->out, whose texts lie in the accumulator's map.  Sets *unfit
	 * where the true value does not fit the type.
	 */
	void (*result)(const void *acc, const struct agg_call *,
	    struct value *out, bool *unfit);
	/* Releases what is not in the map's memory; NULL: nothing. */
	void (*release)(void *acc);
	/*
	 * To and from the bytes of --state; NULL where the accumulator's own
	 * bytes say all, and any such bytes can be worked with.  What comes in
	 * finds an accumulator that is all zero.
	 */
	void (*transfer)(void *acc, struct archive *, struct agg_env *);
};

/* What of the types of numbers is computed with alike. */
enum agg_family {
	AGG_INTEGER,
	AGG_NARROW, /* DECIMAL of up to 18 digits */
	AGG_DECIMAL,
	AGG_ANY, /* undeclared: decimals of any scale */
	AGG_DOUBLE,
	AGG_FLOAT,
	AGG_OTHER,
};

/* One aggregate of a query. */
struct agg_call {
	const struct agg *agg;
	const struct agg_ops *ops;
	int field;          /* index among the query's fields; -1: all rows */
	int value;          /* likewise of what it takes: field, or filtered */
	const char *filter; /* of --filter; NULL: none */
	struct type in;     /* of the field */
	struct type out;    /* of the result */
	size_t at;          /* of the accumulator among an entry's data */
	struct decimal quantile; /* from 0 to 1 */
	char *name;              /* of the result column; owned by the query */
};

/* The type of a result: BIGINT, the field's, those of Flink, DOUBLE. */
enum agg_type { AGG_COUNT, AGG_VALUE, AGG_SUM, AGG_MEAN, AGG_REAL };

/*
 * A function of the query language: a row of the one table, in agg.c.  All that
 * is said or asked of one kind of aggregate stands there.
 */
struct agg {
	const char *option; /* "avg" */
	bool takes_field;
	bool numbers_only; /* of an undeclared field all but numbers is bad */
	bool by_family;    /* ops: one for each family, else one for all */
	const struct agg_ops *ops;
	enum agg_type type; /* of the result */

	bool has_quantile;  /* the result is of call->quantile, too */
	bool sample, root;  /* of VAR and STDDEV: by n - 1; the square root */
	bool takes_numbers; /* windowpipe sql takes an undeclared field for some
	                     */

	/* Memory beyond the accumulator: so many bytes for each of that. */
	size_t each_bytes;
	const char *each;

	const char *flink; /* Flink's function, up to its argument */
};

/* The function of that option, or NULL. */
const struct agg *agg_find(const char *option);

/* The i-th of all, or NULL. */
const struct agg *agg_at(size_t i);

/* Sets ops and out of a call by its agg and in; false: not for that type. */
bool agg_bind(struct agg_call *);

/*
 * The result of the accumulator; see agg_ops.  It is written where it stays: to
 * copy what was just written piece by piece makes the processor wait.
 */
static inline void
agg_result(const char *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	*out = (struct value){ .kind = VALUE_NULL };
	call->ops->result(acc, call, out, unfit);
}

/*
 * Of the accumulators of all calls of a query, which lie at data: adds those at
 * from, another part of the group, to them, where map owns what they keep
 * outside (false: out of memory); releases them; transfers them, their values
 * checked as they come in.
 */
bool agg_merge(const struct agg_call *, size_t ncalls, struct map *, char *data,
    const char *from);
void agg_release(const struct agg_call *, size_t ncalls, char *data);
void agg_transfer(const struct agg_call *, size_t ncalls, struct map *,
    char *data, struct archive *);

#endif
