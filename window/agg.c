/* agg - the table of aggregate functions, and those that keep a number of rows
 * or one value of the group.
 * SPDX-License-Identifier: ISC */
#include "window/agg.h"

#include <string.h>

#include "window/agg_number.h"
#include "window/agg_set.h"

/* --- COUNT ---------------------------------------------------------------- */

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

static bool
bind_count(struct agg_call *call)
{
	call->ops = &count_ops;
	call->out = (struct type){ .kind = TYPE_BIGINT, .not_null = true };
	return true;
}

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
keep(struct kept *a, const struct value *v, uint64_t seq, struct agg_env *env)
{
	char *to =
	    a->v.kind == VALUE_TEXT ? (char *)(uintptr_t)a->v.text.p : NULL;

	a->seq = seq;
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
		keep(a, v, env->seq, env);
}

static void
max_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct kept *a = acc;

	if (a->v.kind == VALUE_NULL || value_order(v, &a->v) > 0)
		keep(a, v, env->seq, env);
}

static void
first_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct kept *a = acc;

	if (a->v.kind == VALUE_NULL)
		keep(a, v, env->seq, env);
}

static void
last_add(void *acc, const struct value *v, struct agg_env *env)
{
	keep(acc, v, env->seq, env);
}

static void
min_merge(void *acc, const void *other, struct agg_env *env)
{
	struct kept *a = acc;
	const struct kept *b = other;

	if (b->v.kind != VALUE_NULL &&
	    (a->v.kind == VALUE_NULL || value_order(&b->v, &a->v) < 0))
		keep(a, &b->v, b->seq, env);
}

static void
max_merge(void *acc, const void *other, struct agg_env *env)
{
	struct kept *a = acc;
	const struct kept *b = other;

	if (b->v.kind != VALUE_NULL &&
	    (a->v.kind == VALUE_NULL || value_order(&b->v, &a->v) > 0))
		keep(a, &b->v, b->seq, env);
}

static void
first_merge(void *acc, const void *other, struct agg_env *env)
{
	struct kept *a = acc;
	const struct kept *b = other;

	if (b->v.kind != VALUE_NULL &&
	    (a->v.kind == VALUE_NULL || b->seq < a->seq))
		keep(a, &b->v, b->seq, env);
}

static void
last_merge(void *acc, const void *other, struct agg_env *env)
{
	struct kept *a = acc;
	const struct kept *b = other;

	if (b->v.kind != VALUE_NULL &&
	    (a->v.kind == VALUE_NULL || b->seq > a->seq))
		keep(a, &b->v, b->seq, env);
}

static void
kept_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct kept *a = acc;

	(void)call;
	(void)unfit;
	*out = a->v;
}

static void
kept_save(const void *acc, struct buf *out)
{
	const struct kept *a = acc;
	struct kept saved = { .v.kind = a->v.kind, .seq = a->seq };

	if (a->v.kind == VALUE_TEXT) {
		saved.cap = a->v.text.n;
	} else {
		saved.v.scale = a->v.scale;
		saved.v.units = a->v.units;
	}
	buf_add(out, &saved, sizeof saved);
	if (a->v.kind == VALUE_TEXT)
		buf_add_span(out, a->v.text);
}

static const char *
kept_load(void *acc, const char *p, const char *end, struct agg_env *env)
{
	struct kept *a = acc, saved;

	if ((size_t)(end - p) < sizeof saved)
		return NULL;
	memcpy(&saved, p, sizeof saved);
	p += sizeof saved;
	if (saved.v.kind != VALUE_TEXT) {
		*a = saved;
		a->cap = 0;
		return p;
	}
	if (saved.cap > (size_t)(end - p))
		return NULL;
	saved.v.text = (struct span){ p, (size_t)saved.cap };
	keep(a, &saved.v, saved.seq, env);
	return p + saved.cap;
}

#define KEPT_OPS(verb)                                                         \
	{                                                                      \
		sizeof(struct kept), true, verb##_add, verb##_merge,           \
		    kept_result, NULL, kept_save, kept_load                    \
	}

static const struct agg_ops min_ops = KEPT_OPS(min);
static const struct agg_ops max_ops = KEPT_OPS(max);
static const struct agg_ops first_ops = KEPT_OPS(first);
static const struct agg_ops last_ops = KEPT_OPS(last);

static bool
bind(struct agg_call *call, const struct agg_ops *ops)
{
	call->ops = ops;
	call->out = call->in;
	call->out.not_null = false;
	return true;
}

static bool
bind_min(struct agg_call *call)
{
	return bind(call, &min_ops);
}

static bool
bind_max(struct agg_call *call)
{
	return bind(call, &max_ops);
}

static bool
bind_first(struct agg_call *call)
{
	return bind(call, &first_ops);
}

static bool
bind_last(struct agg_call *call)
{
	return bind(call, &last_ops);
}

/* --- the table ------------------------------------------------------------ */

/* NUMBERS: nothing else can be computed with. */
#define FIELD   .takes_field = true
#define NUMBERS .takes_field = true, .numbers_only = true

static const struct agg aggs[] = {
	{ "count", .bind = bind_count, .flink = "COUNT(" },
	{ "count-of", FIELD, .bind = bind_count, .flink = "COUNT(" },
	{ "sum", NUMBERS, .bind = agg_bind_sum, .flink = "SUM(" },
	{ "avg", NUMBERS, .bind = agg_bind_avg, .flink = "AVG(" },
	{ "min", FIELD, .bind = bind_min, .keeps_value = true,
	    .takes_numbers = true, .flink = "MIN(" },
	{ "max", FIELD, .bind = bind_max, .keeps_value = true,
	    .takes_numbers = true, .flink = "MAX(" },
	{ "first", FIELD, .bind = bind_first, .keeps_value = true,
	    .flink = "FIRST_VALUE(", .tumble_is_same = true,
	    .flink_note = "--first: Flink has FIRST_VALUE only in TUMBLE" },
	{ "last", FIELD, .bind = bind_last, .keeps_value = true,
	    .flink = "LAST_VALUE(", .tumble_is_same = true,
	    .flink_note = "--last: Flink has LAST_VALUE only in TUMBLE" },
	{ "var-pop", NUMBERS, .bind = agg_bind_var, .flink = "VAR_POP(" },
	{ "var-samp", NUMBERS, .bind = agg_bind_var, .sample = true,
	    .flink = "VAR_SAMP(" },
	{ "stddev-pop", NUMBERS, .bind = agg_bind_var, .root = true,
	    .flink = "STDDEV_POP(" },
	{ "stddev-samp", NUMBERS, .bind = agg_bind_var, .sample = true,
	    .root = true, .flink = "STDDEV_SAMP(" },
	{ "distinct", FIELD, .bind = agg_bind_distinct,
	    .each_bytes = MAP_ENTRY_BYTES, .each = "distinct value",
	    .flink = "COUNT(DISTINCT " },
	{ "approx-distinct", FIELD, .bind = agg_bind_approx_distinct,
	    .each_bytes = 4096, .each = "--approx-distinct",
	    .flink = "COUNT(DISTINCT ",
	    .flink_note = "--approx-distinct is counted exactly here" },
	{ "quantile", NUMBERS, .bind = agg_bind_quantile, .has_quantile = true,
	    .each_bytes = 16,
	    .each = "value of a quantile, rounded to 9 bits beyond 256 of them",
	    .flink = "PERCENTILE(",
	    .flink_note = "PERCENTILE is in Flink from 2.0 on; here a quantile "
			  "of more than 256 values is within 0.4%" },
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
