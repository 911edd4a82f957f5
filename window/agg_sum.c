/* agg_sum - SUM and AVG.
 *
 * Integers and decimals are summed exactly, in as many bits as it takes; what
 * does not fit the result's type is found out at the result.  The types and
 * roundings are Flink 1.20's (SumAggFunction, AvgAggFunction, FlinkTypeSystem;
 * DecimalDataUtils for the quotient).
 *
 * SPDX-License-Identifier: ISC */
#include <string.h>

#include "window/agg.h"

/* --- integers, and decimals of up to 18 digits: 2^64 rows fit 128 bits --- */

struct sum {
	int128_at8 sum;
	uint64_t n;
};

static void
sum_int_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum *a = acc;

	(void)env;
	a->sum += v->i;
	a->n++;
}

static void
sum_decimal_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum *a = acc;

	(void)env;
	a->sum += v->units;
	a->n++;
}

static void
sum_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum *a = acc;
	const struct sum *b = other;

	(void)env;
	a->sum += b->sum;
	a->n += b->n;
}

/*
 * No rows of 64 bits sum up to more than that; 2^56 rows are more than there
 * will be, and leave room to add.
 */
static const char *
sum_load(void *acc, const char *p, const char *end, struct agg_env *env)
{
	struct sum *a = acc;
	int128 most;

	(void)env;
	if ((size_t)(end - p) < sizeof *a)
		return NULL;
	memcpy(a, p, sizeof *a);
	if (a->n > (uint64_t)1 << 56)
		return NULL;
	most = (int128)a->n << 63;
	return a->sum > most || a->sum < -most ? NULL : p + sizeof *a;
}

static void
sum_int_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum *a = acc;

	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n == 0)
		return;
	out->kind = VALUE_INT;
	out->i = agg_wrap(a->sum, call->out.kind);
	*unfit |= out->i != a->sum;
}

static void
avg_int_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum *a = acc;
	int64_t sum = (int64_t)a->sum;

	(void)call;
	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n == 0)
		return;
	*unfit |= sum != a->sum;
	out->kind = VALUE_INT;
	out->i = (int64_t)(sum / (int128)a->n);
}

static void
set_decimal(bool fits, const struct decimal *d, struct value *out, bool *unfit)
{
	*out = (struct value){ .kind = VALUE_NULL };
	if (!fits) {
		*unfit = true;
		return;
	}
	out->kind = VALUE_DECIMAL;
	out->scale = d->scale;
	out->units = d->units;
}

static void
sum_decimal_result(const void *acc, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	const struct sum *a = acc;
	struct wide sum = wide_of(a->sum);
	struct decimal d;

	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n > 0)
		set_decimal(decimal_of_wide(&sum, call->in.scale,
				DECIMAL_DIGITS_MAX, call->out.scale, &d),
		    &d, out, unfit);
}

static void
avg_wide(const struct wide *sum, int scale, uint64_t n, int out_scale,
    struct value *out, bool *unfit)
{
	struct wide count = wide_of((int128)n);
	struct decimal d;

	set_decimal(decimal_quotient(sum, scale, &count, out_scale, &d), &d,
	    out, unfit);
}

static void
avg_decimal_result(const void *acc, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	const struct sum *a = acc;
	struct wide sum = wide_of(a->sum);

	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n > 0)
		avg_wide(
		    &sum, call->in.scale, a->n, call->out.scale, out, unfit);
}

/* --- decimals of more digits ------------------------------------------- */

struct sum_wide {
	struct wide sum;
	uint64_t n;
};

static void
sum_wide_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum_wide *a = acc;

	(void)env;
	wide_add_i128(&a->sum, v->units);
	a->n++;
}

static void
sum_wide_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum_wide *a = acc;
	const struct sum_wide *b = other;

	(void)env;
	wide_add(&a->sum, &b->sum);
	a->n += b->n;
}

static void
sum_wide_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum_wide *a = acc;
	struct decimal d;

	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n > 0)
		set_decimal(decimal_of_wide(&a->sum, call->in.scale,
				DECIMAL_DIGITS_MAX, call->out.scale, &d),
		    &d, out, unfit);
}

static void
avg_wide_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum_wide *a = acc;

	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n > 0)
		avg_wide(
		    &a->sum, call->in.scale, a->n, call->out.scale, out, unfit);
}

/* --- undeclared numbers -------------------------------------------------- */

/*
 * sum / 10^scale, scale the largest one so far; beyond 128 bits wide holds it
 * at 38 decimals instead.
 */
struct sum_any {
	int128_at8 sum;
	struct wide *wide; /* in the table; NULL while sum holds it */
	uint64_t n;
	int64_t scale;
};

static struct wide
any_wide(const struct sum_any *a)
{
	struct wide w;

	if (a->wide != NULL)
		return *a->wide;
	w = wide_of(a->sum);
	wide_scale_up(&w, DECIMAL_DIGITS_MAX - (int)a->scale);
	return w;
}

/* Adds units / 10^scale in 128 bits; false: no room, nothing is changed. */
static bool
any_add_narrow(struct sum_any *a, int128 units, int scale)
{
	int128 sum = a->sum;
	int up = scale - (int)a->scale;

	if (up > 0 && __builtin_mul_overflow(sum, decimal_pow10(up), &sum))
		return false;
	if (up < 0 && __builtin_mul_overflow(units, decimal_pow10(-up), &units))
		return false;
	if (__builtin_add_overflow(sum, units, &sum))
		return false;
	a->sum = sum;
	return true;
}

static void
any_add(struct sum_any *a, int128 units, int scale, struct agg_env *env)
{
	struct wide w;

	if (a->wide == NULL && !any_add_narrow(a, units, scale)) {
		a->wide = table_alloc(env->table, sizeof *a->wide);
		if (a->wide == NULL) {
			env->failed = true;
			return;
		}
		w = wide_of(a->sum);
		wide_scale_up(&w, DECIMAL_DIGITS_MAX - (int)a->scale);
		*a->wide = w;
	}
	if (a->wide != NULL) {
		w = wide_of(units);
		wide_scale_up(&w, DECIMAL_DIGITS_MAX - scale);
		wide_add(a->wide, &w);
	}
	if (scale > a->scale)
		a->scale = scale;
}

static void
sum_any_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum_any *a = acc;

	any_add(a, v->units, v->scale, env);
	a->n++;
}

static void
sum_any_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum_any *a = acc;
	const struct sum_any *b = other;
	struct wide w;

	if (b->wide == NULL) {
		any_add(a, b->sum, (int)b->scale, env);
	} else {
		w = any_wide(a);
		wide_add(&w, b->wide);
		if (a->wide == NULL)
			a->wide = table_alloc(env->table, sizeof *a->wide);
		if (a->wide == NULL)
			env->failed = true;
		else
			*a->wide = w;
		if (b->scale > a->scale)
			a->scale = b->scale;
	}
	a->n += b->n;
}

static void
sum_any_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum_any *a = acc;
	struct wide sum = any_wide(a);
	struct decimal d;

	(void)call;
	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n == 0)
		return;
	set_decimal(decimal_of_wide(&sum, DECIMAL_DIGITS_MAX,
			DECIMAL_DIGITS_MAX, (int)a->scale, &d),
	    &d, out, unfit);
}

static void
avg_any_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum_any *a = acc;
	struct wide sum = any_wide(a);

	(void)call;
	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n > 0)
		avg_wide(&sum, DECIMAL_DIGITS_MAX, a->n,
		    a->scale < 6 ? 6 : (int)a->scale, out, unfit);
}

static void
sum_any_save(const void *acc, struct buf *out)
{
	const struct sum_any *a = acc;

	buf_add(out, &a->sum, sizeof a->sum);
	buf_add(out, &a->n, sizeof a->n);
	buf_add_char(out, (char)a->scale);
	buf_add_char(out, a->wide != NULL);
	if (a->wide != NULL)
		buf_add(out, a->wide, sizeof *a->wide);
}

static const char *
sum_any_load(void *acc, const char *p, const char *end, struct agg_env *env)
{
	struct sum_any *a = acc;
	bool has_wide;

	if ((size_t)(end - p) < sizeof a->sum + sizeof a->n + 2)
		return NULL;
	memcpy(&a->sum, p, sizeof a->sum);
	p += sizeof a->sum;
	memcpy(&a->n, p, sizeof a->n);
	p += sizeof a->n;
	a->scale = *p++;
	has_wide = *p++ != 0;
	if (a->scale < 0 || a->scale > DECIMAL_DIGITS_MAX)
		return NULL;
	if (!has_wide)
		return p;
	if ((size_t)(end - p) < sizeof *a->wide)
		return NULL;
	a->wide = table_alloc(env->table, sizeof *a->wide);
	if (a->wide == NULL) {
		env->failed = true;
		return NULL;
	}
	memcpy(a->wide, p, sizeof *a->wide);
	return p + sizeof *a->wide;
}

/* --- DOUBLE and FLOAT --------------------------------------------------- */

struct sum_double {
	double sum;
	uint64_t n;
};

/* SUM begins with the first value, so that -0.0 alone stays -0.0. */
static void
sum_double_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum_double *a = acc;

	(void)env;
	a->sum = a->n == 0 ? v->d : a->sum + v->d;
	a->n++;
}

static void
sum_double_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum_double *a = acc;
	const struct sum_double *b = other;

	(void)env;
	if (b->n == 0)
		return;
	a->sum = a->n == 0 ? b->sum : a->sum + b->sum;
	a->n += b->n;
}

static void
sum_float_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum_double *a = acc;

	sum_double_add(acc, v, env);
	a->sum = (double)(float)a->sum;
}

static void
sum_float_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum_double *a = acc;

	sum_double_merge(acc, other, env);
	a->sum = (double)(float)a->sum;
}

/* AVG adds to 0.0. */
static void
avg_double_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum_double *a = acc;

	(void)env;
	a->sum += v->d;
	a->n++;
}

static void
avg_double_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum_double *a = acc;
	const struct sum_double *b = other;

	(void)env;
	a->sum += b->sum;
	a->n += b->n;
}

static void
sum_double_result(const void *acc, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	const struct sum_double *a = acc;

	(void)call;
	(void)unfit;
	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n == 0)
		return;
	out->kind = VALUE_DOUBLE;
	out->d = a->sum;
}

static void
avg_double_result(const void *acc, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	const struct sum_double *a = acc;

	(void)unfit;
	*out = (struct value){ .kind = VALUE_NULL };
	if (a->n == 0)
		return;
	out->kind = VALUE_DOUBLE;
	out->d = a->sum / (double)a->n;
	if (call->out.kind == TYPE_FLOAT)
		out->d = (double)(float)out->d;
}

/* --- binding ------------------------------------------------------------- */

static const struct agg_ops sum_int_ops = { sizeof(struct sum), true,
	sum_int_add, sum_merge, sum_int_result, NULL, NULL, sum_load };
static const struct agg_ops avg_int_ops = { sizeof(struct sum), true,
	sum_int_add, sum_merge, avg_int_result, NULL, NULL, sum_load };
static const struct agg_ops sum_decimal_ops = { sizeof(struct sum), true,
	sum_decimal_add, sum_merge, sum_decimal_result, NULL, NULL, sum_load };
static const struct agg_ops avg_decimal_ops = { sizeof(struct sum), true,
	sum_decimal_add, sum_merge, avg_decimal_result, NULL, NULL, sum_load };
static const struct agg_ops sum_wide_ops = { sizeof(struct sum_wide), true,
	sum_wide_add, sum_wide_merge, sum_wide_result, NULL, NULL, NULL };
static const struct agg_ops avg_wide_ops = { sizeof(struct sum_wide), true,
	sum_wide_add, sum_wide_merge, avg_wide_result, NULL, NULL, NULL };
static const struct agg_ops sum_any_ops = { sizeof(struct sum_any), true,
	sum_any_add, sum_any_merge, sum_any_result, NULL, sum_any_save,
	sum_any_load };
static const struct agg_ops avg_any_ops = { sizeof(struct sum_any), true,
	sum_any_add, sum_any_merge, avg_any_result, NULL, sum_any_save,
	sum_any_load };
static const struct agg_ops sum_double_ops = { sizeof(struct sum_double), false,
	sum_double_add, sum_double_merge, sum_double_result, NULL, NULL, NULL };
static const struct agg_ops sum_float_ops = { sizeof(struct sum_double), false,
	sum_float_add, sum_float_merge, sum_double_result, NULL, NULL, NULL };
static const struct agg_ops avg_double_ops = { sizeof(struct sum_double), false,
	avg_double_add, avg_double_merge, avg_double_result, NULL, NULL, NULL };

/* A sum of n of these stays within 128 bits whatever n is. */
enum { NARROW_DIGITS = 18 };

bool
agg_bind_sum(struct agg_call *call)
{
	struct type in = call->in;

	call->out = in;
	call->out.not_null = false;
	if (type_is_integer(in.kind)) {
		call->ops = &sum_int_ops;
	} else if (in.kind == TYPE_DECIMAL) {
		call->out.precision = DECIMAL_DIGITS_MAX;
		call->ops = in.precision <= NARROW_DIGITS ? &sum_decimal_ops
		                                          : &sum_wide_ops;
	} else if (in.kind == TYPE_DOUBLE) {
		call->ops = &sum_double_ops;
	} else if (in.kind == TYPE_FLOAT) {
		call->ops = &sum_float_ops;
	} else if (in.kind == TYPE_ANY) {
		call->ops = &sum_any_ops;
	} else {
		return false;
	}
	return true;
}

bool
agg_bind_avg(struct agg_call *call)
{
	struct type in = call->in;

	call->out = agg_average_type(in);
	if (type_is_integer(in.kind))
		call->ops = &avg_int_ops;
	else if (in.kind == TYPE_DECIMAL)
		call->ops = in.precision <= NARROW_DIGITS ? &avg_decimal_ops
		                                          : &avg_wide_ops;
	else if (in.kind == TYPE_DOUBLE || in.kind == TYPE_FLOAT)
		call->ops = &avg_double_ops;
	else if (in.kind == TYPE_ANY)
		call->ops = &avg_any_ops;
	else
		return false;
	return true;
}
