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

static bool
is_mean(const struct agg_call *call)
{
	return call->agg->type == AGG_MEAN;
}

static int
at_least_6(int scale)
{
	return scale < 6 ? 6 : scale;
}

static void
set_decimal(bool fits, const struct decimal *d, struct value *out, bool *unfit)
{
	if (fits)
		*out = (struct value){ VALUE_DECIMAL, d->scale,
			.units = d->units };
	else
		*unfit = true;
}

/* --- integers: 2^64 rows fit 128 bits ------------------------------------- */

struct sum {
	int128_at8 sum;
	uint64_t n;
};

static void
sum_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum *a = acc;

	a->sum += v->i;
	a->n++;
}

static void
sum_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum *a = acc;
	const struct sum *b = other;

	a->sum += b->sum;
	a->n += b->n;
}

/*
 * No rows of 64 bits sum up to more than that; 2^56 rows are more than there
 * will be, and leave room to add.
 */
static void
sum_transfer(void *acc, struct archive *bytes, struct agg_env *env)
{
	struct sum *a = acc;
	int128 most;

	archive(bytes, *a);
	most = (int128)a->n << 63;
	if (a->n > (uint64_t)1 << 56 || a->sum > most || a->sum < -most)
		archive_refuse(bytes);
}

static void
sum_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum *a = acc;
	/* An average is that of a sum of 64 bits. */
	enum type_kind kind = is_mean(call) ? TYPE_BIGINT : call->out.kind;

	if (a->n == 0)
		return;
	out->kind = VALUE_INT;
	out->i = type_wrap((int64_t)a->sum, kind);
	*unfit |= out->i != a->sum;
	if (is_mean(call))
		out->i = (int64_t)(out->i / (int128)a->n);
}

/* --- decimals, undeclared numbers ----------------------------------------- */

/*
 * sum / 10^scale, scale the largest one so far; beyond 128 bits wide holds it
 * at 38 decimals instead.
 */
struct sum_decimal {
	int128_at8 sum;
	struct wide *wide; /* in the map; NULL while sum holds it */
	uint64_t n;
	int64_t scale;
};

static struct wide
wide_at_38(int128 units, int64_t scale)
{
	struct wide w = wide_of(units);

	wide_scale_up(&w, DECIMAL_DIGITS_MAX - (int)scale);
	return w;
}

/* Adds units / 10^scale in 128 bits; false: no room, nothing is changed. */
static bool
add_narrow(struct sum_decimal *a, int128 units, int scale)
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

static bool
has_wide(struct sum_decimal *a, struct agg_env *env)
{
	if (a->wide != NULL)
		return true;
	a->wide = map_alloc(env->map, sizeof *a->wide);
	if (a->wide != NULL)
		*a->wide = wide_at_38(a->sum, a->scale);
	env->failed |= a->wide == NULL;
	return a->wide != NULL;
}

static void
add_units(struct sum_decimal *a, int128 units, int scale, struct agg_env *env)
{
	if ((a->wide != NULL || !add_narrow(a, units, scale)) &&
	    has_wide(a, env)) {
		struct wide w = wide_at_38(units, scale);

		wide_add(a->wide, &w);
	}
	if (scale > a->scale)
		a->scale = scale;
}

static void
decimal_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum_decimal *a = acc;

	add_units(a, v->units, v->scale, env);
	a->n++;
}

static void
decimal_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum_decimal *a = acc;
	const struct sum_decimal *b = other;

	if (b->wide == NULL)
		add_units(a, b->sum, (int)b->scale, env);
	else if (has_wide(a, env))
		wide_add(a->wide, b->wide);
	if (b->scale > a->scale)
		a->scale = b->scale;
	a->n += b->n;
}

/* Of n rows whose sum is units / 10^at; scale: that of an undeclared one. */
static void
units_result(const struct wide *units, int at, uint64_t n, int scale,
    const struct agg_call *call, struct value *out, bool *unfit)
{
	struct wide count = wide_of((int128)n);
	struct decimal d;

	if (n == 0)
		return;
	if (call->out.kind == TYPE_DECIMAL)
		scale = call->out.scale;
	else if (is_mean(call))
		scale = at_least_6(scale);
	set_decimal(
	    is_mean(call)
		? decimal_quotient(units, at, &count, scale, &d)
		: decimal_of_wide(units, at, DECIMAL_DIGITS_MAX, scale, &d),
	    &d, out, unfit);
}

static void
decimal_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum_decimal *a = acc;
	struct wide sum = a->wide != NULL ? *a->wide : wide_of(a->sum);

	units_result(&sum, a->wide != NULL ? DECIMAL_DIGITS_MAX : (int)a->scale,
	    a->n, (int)a->scale, call, out, unfit);
}

/* DECIMAL of up to 18 digits takes no more than an integer. */
static void
narrow_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum *a = acc;

	a->sum += v->units;
	a->n++;
}

static void
narrow_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum *a = acc;
	struct wide sum = wide_of(a->sum);

	units_result(
	    &sum, call->in.scale, a->n, call->in.scale, call, out, unfit);
}

static void
decimal_transfer(void *acc, struct archive *bytes, struct agg_env *env)
{
	struct sum_decimal *a = acc;
	bool wide;

	archive(bytes, a->sum);
	archive(bytes, a->n);
	archive(bytes, a->scale);
	if (a->scale < 0 || a->scale > DECIMAL_DIGITS_MAX)
		archive_refuse(bytes);
	wide = archive_bool(bytes, a->wide != NULL);
	if (wide && archive_is_sound(bytes) && has_wide(a, env))
		archive(bytes, *a->wide);
}

/* --- DOUBLE and FLOAT --------------------------------------------------- */

struct sum_double {
	double sum;
	uint64_t n;
};

/* SUM begins with the first value, so that -0.0 alone stays -0.0. */
static void
double_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum_double *a = acc;

	a->sum = a->n == 0 ? v->d : a->sum + v->d;
	a->n++;
}

static void
double_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum_double *a = acc;
	const struct sum_double *b = other;

	if (b->n == 0)
		return;
	a->sum = a->n == 0 ? b->sum : a->sum + b->sum;
	a->n += b->n;
}

static void
float_add(void *acc, const struct value *v, struct agg_env *env)
{
	struct sum_double *a = acc;

	double_add(acc, v, env);
	a->sum = (double)(float)a->sum;
}

static void
float_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum_double *a = acc;

	double_merge(acc, other, env);
	a->sum = (double)(float)a->sum;
}

/* AVG adds to 0.0, from which -0.0 alone differs. */
static void
double_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct sum_double *a = acc;

	if (a->n == 0)
		return;
	out->kind = VALUE_DOUBLE;
	out->d = is_mean(call) ? (a->sum + 0.0) / (double)a->n : a->sum;
	if (call->out.kind == TYPE_FLOAT)
		out->d = (double)(float)out->d;
}

#define DECIMAL_SUM                                                            \
	{                                                                      \
		sizeof(struct sum_decimal), true, decimal_add, decimal_merge,  \
		    decimal_result, NULL, decimal_transfer                     \
	}
#define SUM_OPS(single)                                                        \
	{                                                                      \
		[AGG_INTEGER] = { sizeof(struct sum), true, sum_add,           \
			sum_merge, sum_result, NULL, sum_transfer },           \
		[AGG_NARROW] = { sizeof(struct sum), true, narrow_add,         \
			sum_merge, narrow_result, NULL, sum_transfer },        \
		[AGG_DECIMAL] = DECIMAL_SUM, [AGG_ANY] = DECIMAL_SUM,          \
		[AGG_DOUBLE] = { sizeof(struct sum_double), false, double_add, \
			double_merge, double_result, NULL, NULL },             \
		[AGG_FLOAT] = { sizeof(struct sum_double), false,              \
			single##_add, single##_merge, double_result, NULL,     \
			NULL },                                                \
	}

const struct agg_ops agg_sum_ops[] = SUM_OPS(float);
/* An average of FLOAT is rounded once, at the end. */
const struct agg_ops agg_avg_ops[] = SUM_OPS(double);

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
	struct var *a = acc, b = *(const struct var *)other;

	if (b.n == 0)
		return;
	if (a->n == 0) {
		*a = b;
		return;
	}
	/* Of a declared column they are the same. */
	var_any_scale(a, b.scale);
	var_any_scale(&b, a->scale);
	wide_add(&a->sum, &b.sum);
	wide_add(&a->squares, &b.squares);
	a->n += b.n;
	a->unfit |= b.unfit;
}

static void
var_transfer(void *acc, struct archive *bytes, struct agg_env *env)
{
	struct var *a = acc;

	archive(bytes, a->sum);
	archive(bytes, a->squares);
	archive(bytes, a->n);
	archive(bytes, a->scale);
	archive(bytes, a->square_scale);
	a->unfit = archive_bool(bytes, a->unfit);
	if (a->scale < 0 || a->scale > DECIMAL_DIGITS_MAX ||
	    a->square_scale < 0 || a->square_scale > 2 * DECIMAL_DIGITS_MAX)
		archive_refuse(bytes);
}

/* Flink's truncating steps, without its wrapping. */
static void
var_int_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	const struct var *a = acc;
	uint64_t by = divisor(call, a->n);
	struct wide n = wide_of((int128)a->n), d = wide_of((int128)by), v, q;
	int128 result;

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
	if (type_wrap((int64_t)result, call->out.kind) != result) {
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
	struct wide n = wide_of((int128)a->n), d = wide_of((int128)by), w;
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
	/* No variance is below 0: what is has been rounded to that. */
	if (v->units < 0)
		v->units = 0;
	return true;
}

static void
var_decimal_result(const void *acc, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	const struct var *a = acc;
	bool declared = call->out.kind == TYPE_DECIMAL;
	int r = declared ? call->out.scale : at_least_6(a->scale);
	uint64_t by = divisor(call, a->n);
	struct decimal v;

	if (by == 0)
		return;
	set_decimal(
	    decimal_steps(a, by, r, &v) &&
		(call->agg->root
			? floating_to_decimal(sqrt(decimal_to_double(v)),
			      DECIMAL_DIGITS_MAX, r, &v)
			: decimal_rescale(v, DECIMAL_DIGITS_MAX, r, &v)),
	    &v, out, unfit);
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

	a->sum = a->n == 0 ? v->d : a->sum + v->d;
	a->squares = a->n == 0 ? v->d * v->d : a->squares + v->d * v->d;
	a->n++;
}

static void
var_double_merge(void *acc, const void *other, struct agg_env *env)
{
	struct var_double *a = acc;
	const struct var_double *b = other;

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

	if (by == 0)
		return;
	v = sum * sum;
	v = v / (float)a->n;
	v = (float)a->squares - v;
	v = v / (float)by;
	out->kind = VALUE_DOUBLE;
	out->d = call->agg->root ? (double)(float)sqrt((double)v) : (double)v;
}

const struct agg_ops agg_var_ops[] = {
	[AGG_INTEGER] = { sizeof(struct var), true, var_int_add, var_merge,
	    var_int_result, NULL, var_transfer },
	[AGG_NARROW] = { sizeof(struct var), true, var_decimal_add, var_merge,
	    var_decimal_result, NULL, var_transfer },
	[AGG_DECIMAL] = { sizeof(struct var), true, var_decimal_add, var_merge,
	    var_decimal_result, NULL, var_transfer },
	[AGG_ANY] = { sizeof(struct var), true, var_any_add, var_merge,
	    var_decimal_result, NULL, var_transfer },
	[AGG_DOUBLE] = { sizeof(struct var_double), false, var_double_add,
	    var_double_merge, var_double_result, NULL, NULL },
	[AGG_FLOAT] = { sizeof(struct var_double), false, var_float_add,
	    var_float_merge, var_float_result, NULL, NULL },
};
