/* agg_order - MIN, MAX, FIRST_VALUE, LAST_VALUE: one value of the group is
 * kept.
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "window/agg.h"

/*
 * A kept text lies in the table; cap bytes are its own, so that a group that
 * changes its mind often does not fill the table.
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

		to = table_alloc(env->table, cap == 0 ? 1 : cap);
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

bool
agg_bind_min(struct agg_call *call)
{
	return bind(call, &min_ops);
}

bool
agg_bind_max(struct agg_call *call)
{
	return bind(call, &max_ops);
}

bool
agg_bind_first(struct agg_call *call)
{
	return bind(call, &first_ops);
}

bool
agg_bind_last(struct agg_call *call)
{
	return bind(call, &last_ops);
}
