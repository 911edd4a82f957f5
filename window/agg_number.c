/* agg_number - SUM, AVG, VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP.
 *
 * Integers and decimals are summed exactly, in as many bits as it takes; what
 * does not fit the result's type is found out at the result.  The types and
 * roundings are Flink 1.20's (SumAggFunction, AvgAggFunction, FlinkTypeSystem;
 * DecimalDataUtils for the quotient).
 *
 * SPDX-License-Identifier: ISC */
#include "window/agg_number.h"

#include <math.h>
#include <string.h>

#include "lib/floating.h"
#include "window/agg.h"

/* Flink 1.20, LogicalTypeMerging.findAvgAggType. */
static struct type
average_type(struct type in)
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
	struct wide *wide; /* in the map; NULL while sum holds it */
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
		a->wide = map_alloc(env->map, sizeof *a->wide);
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
			a->wide = map_alloc(env->map, sizeof *a->wide);
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
	a->wide = map_alloc(env->map, sizeof *a->wide);
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

/* --- binding of SUM and AVG ---------------------------------------------- */

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

	call->out = average_type(in);
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

/* --- VAR and STDDEV ------------------------------------------------------- */

/*
 * Flink rewrites them into sums (WindowAggregateReduceFunctionsRule):
 *   VAR = (sum of squares - (sum)^2 / n) / n, or / (n - 1),
 *   STDDEV = POWER(VAR, 0.5) in DOUBLE,
 * every step in the result's type.  Here the sums are exact; the steps round
 * as the type's do.  With r = max(6, scale), a DECIMAL's squares and the first
 * quotient have e = max(6, 2r - 39) decimals, the difference and the last
 * quotient g = max(6, e - 1), each HALF_UP, and the result r.
 */

/* The divisor; 0 where the result is null. */
static uint64_t
divisor(const struct agg_call *call, uint64_t n)
{
	return call->agg->sample && n > 0 ? n - 1 : n;
}

static int
at_least_6(int scale)
{
	return scale < 6 ? 6 : scale;
}

/* --- exact: integers, decimals, undeclared numbers ----------------------- */

/*
 * sum / 10^scale and squares / 10^square_scale.  Of a declared column both
 * scales are fixed; of an undeclared one scale is the largest so far and
 * square_scale twice that.
 */
struct var {
	struct wide sum;
	struct wide squares;
	uint64_t n;
	int32_t scale;
	int32_t square_scale;
	bool unfit; /* a step was past 38 digits */
};

static void
var_int_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct var *a = acc;
	struct wide square = wide_of((int128)v->i * v->i);

	(void)env;
	wide_add_i128(&a->sum, v->i);
	wide_add(&a->squares, &square);
	a->n++;
}

static int
square_decimals(int r)
{
	return at_least_6(2 * r - 39);
}

/* x becomes DECIMAL(38, r), its square has square_decimals(r). */
static void
var_decimal_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct var *a = acc;
	int r = at_least_6(v->scale), e = square_decimals(r);
	struct decimal x, rounded;
	struct wide square, wide_x;

	(void)env;
	a->n++;
	a->scale = r;
	a->square_scale = e;
	if (!decimal_rescale(value_decimal(v), DECIMAL_DIGITS_MAX, r, &x)) {
		a->unfit = true;
		return;
	}
	wide_add_i128(&a->sum, x.units);
	wide_x = wide_of(x.units);
	square = wide_mul(&wide_x, &wide_x);
	if (!decimal_of_wide(&square, 2 * r, DECIMAL_DIGITS_MAX, e, &rounded)) {
		a->unfit = true;
		return;
	}
	wide_add_i128(&a->squares, rounded.units);
}

/* Rescales an undeclared group's sums; too many digits for them: unfit. */
static void
var_any_scale(struct var *a, int scale)
{
	int up = scale - a->scale;

	if (up <= 0)
		return;
	/* 384 bits hold 115 digits; 20 are left for the number of rows. */
	if (wide_digits(&a->squares) + 2 * up > 95) {
		a->unfit = true;
	} else {
		wide_scale_up(&a->sum, up);
		wide_scale_up(&a->squares, 2 * up);
	}
	a->scale = scale;
	a->square_scale = 2 * scale;
}

static void
var_any_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct var *a = acc;
	struct wide x = wide_of(v->units), square;

	(void)env;
	a->n++;
	var_any_scale(a, v->scale);
	if (wide_digits(&x) + a->scale - v->scale > 47)
		a->unfit = true;
	if (a->unfit)
		return;
	wide_scale_up(&x, a->scale - v->scale);
	square = wide_mul(&x, &x);
	wide_add(&a->sum, &x);
	wide_add(&a->squares, &square);
}

static void
var_merge(void *acc, const void *other, struct agg_env *env)
{
	struct var *a = acc;
	const struct var *b = other;

	(void)env;
	a->scale = b->n > 0 ? b->scale : a->scale;
	a->square_scale = b->n > 0 ? b->square_scale : a->square_scale;
	wide_add(&a->sum, &b->sum);
	wide_add(&a->squares, &b->squares);
	a->n += b->n;
	a->unfit |= b->unfit;
}

static void
var_any_merge(void *acc, const void *other, struct agg_env *env)
{
	struct var *a = acc, b = *(const struct var *)other;

	(void)env;
	var_any_scale(a, b.scale);
	var_any_scale(&b, a->scale);
	wide_add(&a->sum, &b.sum);
	wide_add(&a->squares, &b.squares);
	a->n += b.n;
	a->unfit |= b.unfit;
}

static void
var_save(const void *acc, struct buf *out)
{
	const struct var *a = acc;

	buf_add(out, &a->sum, sizeof a->sum);
	buf_add(out, &a->squares, sizeof a->squares);
	buf_add(out, &a->n, sizeof a->n);
	buf_add_char(out, (char)a->scale);
	buf_add_char(out, (char)a->square_scale);
	buf_add_char(out, a->unfit);
}

static const char *
var_load(void *acc, const char *p, const char *end, struct agg_env *env)
{
	struct var *a = acc;

	(void)env;
	if ((size_t)(end - p) <
	    sizeof a->sum + sizeof a->squares + sizeof a->n + 3)
		return NULL;
	memcpy(&a->sum, p, sizeof a->sum);
	p += sizeof a->sum;
	memcpy(&a->squares, p, sizeof a->squares);
	p += sizeof a->squares;
	memcpy(&a->n, p, sizeof a->n);
	p += sizeof a->n;
	a->scale = *p++;
	a->square_scale = *p++;
	a->unfit = *p++ != 0;
	if (a->scale < 0 || a->scale > DECIMAL_DIGITS_MAX ||
	    a->square_scale < 0 || a->square_scale > 2 * DECIMAL_DIGITS_MAX)
		return NULL;
	return p;
}

static struct wide
wide_count(uint64_t n)
{
	return wide_of((int128)n);
}

/* Flink's truncating steps, without its wrapping. */
static void
var_int_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct var *a = acc;
	uint64_t by = divisor(call, a->n);
	struct wide n = wide_count(a->n), d = wide_count(by), v, q;
	int128 result;

	*out = (struct value){ .kind = VALUE_NULL };
	if (by == 0)
		return;
	v = wide_mul(&a->sum, &a->sum);
	q = wide_div_trunc(&v, &n);
	v = a->squares;
	wide_sub(&v, &q);
	v = wide_div_trunc(&v, &d);
	if (!wide_fits(&v, &result)) {
		*unfit = true;
		return;
	}
	if (call->agg->root)
		result = (int128)sqrt((double)result);
	if (agg_wrap(result, call->out.kind) != result) {
		*unfit = true;
		return;
	}
	*out = (struct value){ .kind = VALUE_INT, .i = (int64_t)result };
}

/* The steps over DECIMAL; false where one has no room. */
static bool
decimal_steps(const struct var *a, uint64_t by, int r, struct decimal *v)
{
	int e = square_decimals(r), g = at_least_6(e - 1);
	struct wide n = wide_count(a->n), d = wide_count(by), w;
	struct decimal squares, step;

	/* Sum and sum of squares must have room, as every step. */
	if (a->unfit ||
	    !decimal_of_wide(&a->sum, a->scale, DECIMAL_DIGITS_MAX, r, &step) ||
	    !decimal_of_wide(
		&a->squares, a->square_scale, DECIMAL_DIGITS_MAX, e, &squares))
		return false;
	w = wide_mul(&a->sum, &a->sum);
	if (!decimal_of_wide(&w, 2 * a->scale, DECIMAL_DIGITS_MAX, e, &step))
		return false;
	w = wide_of(step.units);
	if (!decimal_quotient(&w, e, &n, e, &step))
		return false;
	w = wide_of(squares.units);
	wide_add_i128(&w, -step.units);
	if (!decimal_of_wide(&w, e, DECIMAL_DIGITS_MAX, g, &step))
		return false;
	w = wide_of(step.units);
	if (!decimal_quotient(&w, g, &d, g, v))
		return false;
	/* Below zero is rounding's doing: the true value is not. */
	if (v->units < 0)
		v->units = 0;
	return true;
}

static void
decimal_result(const struct var *a, const struct agg_call *call, int r,
    struct value *out, bool *unfit)
{
	uint64_t by = divisor(call, a->n);
	struct decimal v;

	*out = (struct value){ .kind = VALUE_NULL };
	if (by == 0)
		return;
	if (!decimal_steps(a, by, r, &v) ||
	    (call->agg->root
		    ? !floating_to_decimal(
			  sqrt(decimal_to_double(v)), DECIMAL_DIGITS_MAX, r, &v)
		    : !decimal_rescale(v, DECIMAL_DIGITS_MAX, r, &v))) {
		*unfit = true;
		return;
	}
	out->kind = VALUE_DECIMAL;
	out->scale = v.scale;
	out->units = v.units;
}

static void
var_decimal_result(const void *acc, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	decimal_result(acc, call, call->out.scale, out, unfit);
}

static void
var_any_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct var *a = acc;

	decimal_result(a, call, at_least_6(a->scale), out, unfit);
}

/* --- DOUBLE and FLOAT: the one-pass formula with its cancellation ------- */

struct var_double {
	double sum;
	double squares;
	uint64_t n;
};

static void
var_double_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct var_double *a = acc;

	(void)env;
	a->sum = a->n == 0 ? v->d : a->sum + v->d;
	a->squares = a->n == 0 ? v->d * v->d : a->squares + v->d * v->d;
	a->n++;
}

static void
var_double_merge(void *acc, const void *other, struct agg_env *env)
{
	struct var_double *a = acc;
	const struct var_double *b = other;

	(void)env;
	if (b->n == 0)
		return;
	a->sum = a->n == 0 ? b->sum : a->sum + b->sum;
	a->squares = a->n == 0 ? b->squares : a->squares + b->squares;
	a->n += b->n;
}

static void
var_double_result(const void *acc, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	const struct var_double *a = acc;
	uint64_t by = divisor(call, a->n);
	double v;

	(void)unfit;
	*out = (struct value){ .kind = VALUE_NULL };
	if (by == 0)
		return;
	v = a->sum * a->sum / (double)a->n;
	v = (a->squares - v) / (double)by;
	*out = (struct value){ .kind = VALUE_DOUBLE,
		.d = call->agg->root ? sqrt(v) : v };
}

/* FLOAT: the same, every step rounded to FLOAT. */
static void
var_float_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct var_double *a = acc;
	float x = (float)v->d, square = x * x;

	(void)env;
	if (a->n > 0) {
		x = (float)a->sum + x;
		square = (float)a->squares + square;
	}
	a->sum = (double)x;
	a->squares = (double)square;
	a->n++;
}

/*
 * In FLOAT throughout.  Adding in DOUBLE and rounding after would be the same,
 * but gcc 12 leaves that rounding of the pair out (-O2, x86-64).
 */
static void
var_float_merge(void *acc, const void *other, struct agg_env *env)
{
	struct var_double *a = acc;
	const struct var_double *b = other;
	float sum = (float)b->sum, squares = (float)b->squares;

	(void)env;
	if (b->n == 0)
		return;
	if (a->n > 0) {
		sum = (float)a->sum + sum;
		squares = (float)a->squares + squares;
	}
	a->sum = (double)sum;
	a->squares = (double)squares;
	a->n += b->n;
}

static void
var_float_result(const void *acc, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	const struct var_double *a = acc;
	uint64_t by = divisor(call, a->n);
	float v, sum = (float)a->sum;

	(void)unfit;
	*out = (struct value){ .kind = VALUE_NULL };
	if (by == 0)
		return;
	v = sum * sum;
	v = v / (float)a->n;
	v = (float)a->squares - v;
	v = v / (float)by;
	out->kind = VALUE_DOUBLE;
	out->d = call->agg->root ? (double)(float)sqrt((double)v) : (double)v;
}

/* --- binding of VAR and STDDEV ------------------------------------------- */

static const struct agg_ops var_int_ops = { sizeof(struct var), true,
	var_int_add, var_merge, var_int_result, NULL, var_save, var_load };
static const struct agg_ops var_decimal_ops = { sizeof(struct var), true,
	var_decimal_add, var_merge, var_decimal_result, NULL, var_save,
	var_load };
static const struct agg_ops var_any_ops = { sizeof(struct var), true,
	var_any_add, var_any_merge, var_any_result, NULL, var_save, var_load };
static const struct agg_ops var_double_ops = { sizeof(struct var_double), false,
	var_double_add, var_double_merge, var_double_result, NULL, NULL, NULL };
static const struct agg_ops var_float_ops = { sizeof(struct var_double), false,
	var_float_add, var_float_merge, var_float_result, NULL, NULL, NULL };

bool
agg_bind_var(struct agg_call *call)
{
	enum type_kind kind = call->in.kind;

	call->out = average_type(call->in);
	if (type_is_integer(kind))
		call->ops = &var_int_ops;
	else if (kind == TYPE_DECIMAL)
		call->ops = &var_decimal_ops;
	else if (kind == TYPE_ANY)
		call->ops = &var_any_ops;
	else if (kind == TYPE_DOUBLE)
		call->ops = &var_double_ops;
	else if (kind == TYPE_FLOAT)
		call->ops = &var_float_ops;
	else
		return false;
	return true;
}
