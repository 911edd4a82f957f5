/* agg - the table of aggregate functions, and those that keep a number of rows
 * or one value of the group.
 * SPDX-License-Identifier: ISC */
#include "window/agg.h"

#include <string.h>

#include "window/agg_number.h"
#include "window/agg_set.h"

/* --- COUNT ---------------------------------------------------------------- */

static void
count_add(void *acc, const struct value *v, struct agg_env *env)
{
	++*(uint64_t *)acc;
}

static void
count_merge(void *acc, const void *other, struct agg_env *env)
{
	*(uint64_t *)acc += *(const uint64_t *)other;
}

static void
count_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	*out = (struct value){ .kind = VALUE_INT, .i = *(const int64_t *)acc };
}

static const struct agg_ops count_ops = { sizeof(uint64_t), true, count_add,
	count_merge, count_result, NULL, NULL };

/* --- MIN, MAX, FIRST_VALUE, LAST_VALUE ------------------------------------ */

/*
 * A kept text lies in the map; cap bytes are its own, so that a group that
 * changes its mind often does not fill the map.
 */
struct kept {
	struct value v;
	uint64_t cap;
	uint64_t seq; /* arrival of v's row, for first and last */
};

static void
keep(struct kept *a, const struct value *v, struct agg_env *env)
{
	char *to =
	    a->v.kind == VALUE_TEXT ? (char *)(uintptr_t)a->v.text.p : NULL;

	a->seq = env->seq;
	if (v->kind != VALUE_TEXT) {
		a->v = *v;
		a->cap = 0;
		return;
	}
	if (to == NULL || v->text.n > a->cap) {
		uint64_t cap = 2 * a->cap > v->text.n ? 2 * a->cap : v->text.n;

		to = map_alloc(env->map, cap == 0 ? 1 : cap);
		if (to == NULL) {
			env->failed = true;
			return;
		}
		a->cap = cap;
	}
	if (v->text.n > 0)
		memcpy(to, v->text.p, v->text.n);
	a->v.kind = VALUE_TEXT;
	a->v.text = (struct span){ to, v->text.n };
}

static void
min_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct kept *a = acc;

	if (a->v.kind == VALUE_NULL || value_order(v, &a->v) < 0)
		keep(a, v, env);
}

static void
max_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct kept *a = acc;

	if (a->v.kind == VALUE_NULL || value_order(v, &a->v) > 0)
		keep(a, v, env);
}

static void
first_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct kept *a = acc;

	if (a->v.kind == VALUE_NULL || env->seq < a->seq)
		keep(a, v, env);
}

static void
last_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct kept *a = acc;

	if (a->v.kind == VALUE_NULL || env->seq > a->seq)
		keep(a, v, env);
}

/* What another part kept is one more value, of the row that it came with. */
static void
merge_kept(void (*add)(void *, const struct value *, struct agg_env *),
    void *acc, const void *other, struct agg_env *env)
{
	const struct kept *b = other;

	env->seq = b->seq;
	if (b->v.kind != VALUE_NULL)
		add(acc, &b->v, env);
}

static void
min_merge(void *acc, const void *other, struct agg_env *env)
{
	merge_kept(min_add, acc, other, env);
}

static void
max_merge(void *acc, const void *other, struct agg_env *env)
{
	merge_kept(max_add, acc, other, env);
}

static void
first_merge(void *acc, const void *other, struct agg_env *env)
{
	merge_kept(first_add, acc, other, env);
}

static void
last_merge(void *acc, const void *other, struct agg_env *env)
{
	merge_kept(last_add, acc, other, env);
}

static void
kept_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	*out = ((const struct kept *)acc)->v;
}

static void
kept_transfer(void *acc, struct archive *bytes, struct agg_env *env)
{
	struct kept *a = acc;
	struct value v = a->v;

	archive(bytes, v.kind);
	archive(bytes, v.scale);
	env->seq = archive_u64(bytes, a->seq);
	if (v.kind == VALUE_TEXT)
		v.text = archive_span(bytes, v.text);
	else
		archive(bytes, v.units);
	if (bytes->loads)
		keep(a, &v, env);
}

#define KEPT_OPS(verb)                                                         \
	{                                                                      \
		sizeof(struct kept), true, verb##_add, verb##_merge,           \
		    kept_result, NULL, kept_transfer                           \
	}

static const struct agg_ops min_ops = KEPT_OPS(min);
static const struct agg_ops max_ops = KEPT_OPS(max);
static const struct agg_ops first_ops = KEPT_OPS(first);
static const struct agg_ops last_ops = KEPT_OPS(last);

/* --- the table ------------------------------------------------------------ */

/* NUMBERS: nothing else can be computed with. */
#define FIELD(o) .takes_field = true, .ops = &(o)
#define NUMBERS(o)                                                             \
	.takes_field = true, .numbers_only = true, .by_family = true, .ops = (o)

static const struct agg aggs[] = {
	{ "count", .ops = &count_ops, .flink = "COUNT(" },
	{ "count-of", FIELD(count_ops), .flink = "COUNT(" },
	{ "sum", NUMBERS(agg_sum_ops), .type = AGG_SUM, .flink = "SUM(" },
	{ "avg", NUMBERS(agg_avg_ops), .type = AGG_MEAN, .flink = "AVG(" },
	{ "min", FIELD(min_ops), .type = AGG_VALUE, .takes_numbers = true,
	    .flink = "MIN(" },
	{ "max", FIELD(max_ops), .type = AGG_VALUE, .takes_numbers = true,
	    .flink = "MAX(" },
	{ "first", FIELD(first_ops), .type = AGG_VALUE,
	    .flink = "FIRST_VALUE(" },
	{ "last", FIELD(last_ops), .type = AGG_VALUE, .flink = "LAST_VALUE(" },
	{ "var-pop", NUMBERS(agg_var_ops), .type = AGG_MEAN,
	    .flink = "VAR_POP(" },
	{ "var-samp", NUMBERS(agg_var_ops), .type = AGG_MEAN, .sample = true,
	    .flink = "VAR_SAMP(" },
	{ "stddev-pop", NUMBERS(agg_var_ops), .type = AGG_MEAN, .root = true,
	    .flink = "STDDEV_POP(" },
	{ "stddev-samp", NUMBERS(agg_var_ops), .type = AGG_MEAN, .sample = true,
	    .root = true, .flink = "STDDEV_SAMP(" },
	{ "distinct", FIELD(agg_distinct_ops), .each_bytes = MAP_ENTRY_BYTES,
	    .each = "distinct value", .flink = "COUNT(DISTINCT " },
	{ "approx-distinct", FIELD(agg_approx_distinct_ops), .each_bytes = 4096,
	    .each = "--approx-distinct", .flink = "COUNT(DISTINCT " },
	{ "quantile", FIELD(agg_quantile_ops), .numbers_only = true,
	    .type = AGG_REAL, .has_quantile = true, .each_bytes = 16,
	    .each = "value of a quantile, rounded to 9 bits beyond 256 of them",
	    .flink = "PERCENTILE(" },
};

const struct agg *
agg_at(size_t i)
{
	return i < sizeof aggs / sizeof *aggs ? &aggs[i] : NULL;
}

const struct agg *
agg_find(const char *option)
{
	for (size_t i = 0; i < sizeof aggs / sizeof *aggs; i++)
		if (strcmp(aggs[i].option, option) == 0)
			return &aggs[i];
	return NULL;
}

static enum agg_family
family_of(struct type type)
{
	enum type_kind kind = type.kind;

	if (type_is_integer(kind))
		return AGG_INTEGER;
	if (kind == TYPE_DECIMAL)
		return type.precision <= 18 ? AGG_NARROW : AGG_DECIMAL;
	return kind == TYPE_ANY      ? AGG_ANY
	       : kind == TYPE_DOUBLE ? AGG_DOUBLE
	       : kind == TYPE_FLOAT  ? AGG_FLOAT
	                             : AGG_OTHER;
}

/* Types of sums and means: Flink 1.20, LogicalTypeMerging. */
bool
agg_bind(struct agg_call *call)
{
	const struct agg *agg = call->agg;
	enum agg_family family = family_of(call->in);
	struct type *out = &call->out;

	*out = call->in;
	out->not_null = false;
	call->ops = agg->ops;
	if (agg->numbers_only && family == AGG_OTHER)
		return false;
	if (agg->by_family)
		call->ops += family;
	if (agg->type == AGG_COUNT)
		*out = (struct type){ .kind = TYPE_BIGINT, .not_null = true };
	else if (agg->type == AGG_REAL)
		*out = (struct type){ .kind = TYPE_DOUBLE };
	else if (out->kind == TYPE_DECIMAL && agg->type != AGG_VALUE)
		out->precision = DECIMAL_DIGITS_MAX;
	if (out->kind == TYPE_DECIMAL && agg->type == AGG_MEAN)
		out->scale = out->scale < 6 ? 6 : out->scale;
	return true;
}

/* --- all that a query asks ------------------------------------------------ */

bool
agg_merge(const struct agg_call *call, size_t n, struct map *map, char *data,
    const char *from)
{
	struct agg_env env = { .map = map };

	for (; n > 0; n--, call++)
		call->ops->merge(data + call->at, from + call->at, &env);
	return !env.failed;
}

void
agg_release(const struct agg_call *call, size_t n, char *data)
{
	for (; n > 0; n--, call++)
		if (call->ops->release != NULL)
			call->ops->release(data + call->at);
}

void
agg_transfer(const struct agg_call *call, size_t n, struct map *map, char *data,
    struct archive *bytes)
{
	struct agg_env env = { .map = map };
	bool unfit = false;

	for (; n > 0 && archive_is_sound(bytes); n--, call++) {
		char *acc = data + call->at;
		struct value v;

		if (call->ops->transfer == NULL) {
			archive_bytes(bytes, acc, call->ops->bytes);
			continue;
		}
		call->ops->transfer(acc, bytes, &env);
		bytes->failed |= env.failed;
		if (!bytes->loads || call->agg->type != AGG_VALUE)
			continue;
		agg_result(acc, call, &v, &unfit);
		if (!value_fits(&v, call->in.kind))
			archive_refuse(bytes);
	}
}
