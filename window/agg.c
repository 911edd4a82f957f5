/* agg - the table of aggregate functions, and the counts.
 * SPDX-License-Identifier: ISC */
#include "window/agg.h"

#include <string.h>

static const struct agg aggs[] = {
	{ "count", false, false, agg_bind_count },
	{ "count-of", true, false, agg_bind_count },
	{ "sum", true, true, agg_bind_sum },
	{ "avg", true, true, agg_bind_avg },
	{ "min", true, false, agg_bind_min },
	{ "max", true, false, agg_bind_max },
	{ "first", true, false, agg_bind_first },
	{ "last", true, false, agg_bind_last },
	{ "var-pop", true, true, agg_bind_var },
	{ "var-samp", true, true, agg_bind_var },
	{ "stddev-pop", true, true, agg_bind_var },
	{ "stddev-samp", true, true, agg_bind_var },
	{ "distinct", true, false, agg_bind_distinct },
	{ "approx-distinct", true, false, agg_bind_approx_distinct },
	{ "quantile", true, true, agg_bind_quantile },
};

const struct agg *
agg_find(const char *option)
{
	for (size_t i = 0; i < sizeof aggs / sizeof *aggs; i++)
		if (strcmp(aggs[i].option, option) == 0)
			return &aggs[i];
	return NULL;
}

/* Flink 1.20, LogicalTypeMerging.findAvgAggType. */
struct type
agg_average_type(struct type in)
{
	in.not_null = false;
	if (in.kind == TYPE_DECIMAL) {
		in.precision = DECIMAL_DIGITS_MAX;
		in.scale = in.scale < 6 ? 6 : in.scale;
	}
	return in;
}

int64_t
agg_wrap(int128 i, enum type_kind kind)
{
	switch (kind) {
	case TYPE_TINYINT:
		return (int8_t)i;
	case TYPE_SMALLINT:
		return (int16_t)i;
	case TYPE_INT:
		return (int32_t)i;
	default:
		return (int64_t)i;
	}
}

struct count {
	uint64_t n;
};

static void
count_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct count *a = acc;

	(void)v;
	(void)env;
	a->n++;
}

static void
count_merge(void *acc, const void *other, struct agg_env *env)
{
	struct count *a = acc;
	const struct count *b = other;

	(void)env;
	a->n += b->n;
}

static void
count_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct count *a = acc;

	(void)call;
	(void)unfit;
	*out = (struct value){ .kind = VALUE_INT, .i = (int64_t)a->n };
}

static const struct agg_ops count_ops = {
	.bytes = sizeof(struct count),
	.exact = true,
	.add = count_add,
	.merge = count_merge,
	.result = count_result,
};

bool
agg_bind_count(struct agg_call *call)
{
	call->ops = &count_ops;
	call->out = (struct type){ .kind = TYPE_BIGINT, .not_null = true };
	return true;
}
