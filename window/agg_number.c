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

/* --- integers, decimals, undeclared numbers ------------------------------- */

/*
 * units / 10^scale, scale the largest one so far, and n rows: 16 bytes, since
 * there may be millions of groups, and few sums need more than 64 bits.  packed
 * is n * SUM_ROW + scale, and SUM_FAR where the sum lies in the map.  2^56 rows
 * are more than there will be; 384 bits hold as many of 38 digits at any scale.
 */
struct sum {
	union {
		int64_t units;
		struct wide *far;
	};
	uint64_t packed;
};
enum { SUM_SCALE = 0x7f, SUM_FAR = 0x80, SUM_ROW = 0x100 };

static uint64_t
sum_rows(const struct sum *a)
{
	return a->packed / SUM_ROW;
}

static int
sum_scale(const struct sum *a)
{
	return (int)(a->packed & SUM_SCALE);
}

static bool
is_far(const struct sum *a)
{
	return (a->packed & SUM_FAR) != 0;
}

static struct wide
sum_units(const struct sum *a)
{
	return is_far(a) ? *a->far : wide_of(a->units);
}

/* Adds units / 10^scale in 64 bits; false: no room, nothing is changed. */
static inline bool
add_near(struct sum *a, int64_t units, int scale)
{
	int64_t sum = a->units;
	int up = scale - sum_scale(a);

	if (is_far(a) || up > 18 || up < -18)
		return false;
	if (up > 0 &&
	    __builtin_mul_overflow(sum, (int64_t)decimal_pow10(up), &sum))
		return false;
	if (up < 0 &&
	    __builtin_mul_overflow(units, (int64_t)decimal_pow10(-up), &units))
		return false;
	if (__builtin_add_overflow(sum, units, &sum))
		return false;
	a->units = sum;
	a->packed += up > 0 ? (uint64_t)up : 0;
	return true;
}

/* Moves the sum into the map. */
static bool
become_far(struct sum *a, struct agg_env *env)
{
	struct wide *far;

	if (is_far(a))
		return true;
	far = map_alloc(env->map, sizeof *far);
	if (far == NULL) {
		env->failed = true;
		return false;
	}
	*far = wide_of(a->units);
	a->far = far;
	a->packed |= SUM_FAR;
	return true;
}

static void
add_far(struct sum *a, struct wide units, int scale, struct agg_env *env)
{
	int up = scale - sum_scale(a);

	if (!become_far(a, env))
		return;
	if (up > 0) {
		wide_scale_up(a->far, up);
		a->packed += (uint64_t)up;
	} else if (up < 0) {
		wide_scale_up(&units, -up);
	}
	wide_add(a->far, &units);
}

static inline void
add_units(struct sum *a, int128 units, int scale, struct agg_env *env)
{
	a->packed += SUM_ROW;
	if (units != (int64_t)units || !add_near(a, (int64_t)units, scale))
		add_far(a, wide_of(units), scale, env);
}

static void
integer_add(void *acc, const struct value *v, struct agg_env *env)
{
	add_units(acc, v->i, 0, env);
}

/* DECIMAL of up to 18 digits; the column's scale is every sum's. */
static void
narrow_add(void *acc, const struct value *v, struct agg_env *env)
{
	add_units(acc, v->units, 0, env);
}

static void
decimal_add(void *acc, const struct value *v, struct agg_env *env)
{
	add_units(acc, v->units, v->scale, env);
}

static void
sum_merge(void *acc, const void *other, struct agg_env *env)
{
	struct sum *a = acc;
	const struct sum *b = other;

	a->packed += sum_rows(b) * SUM_ROW;
	if (is_far(b) || !add_near(a, b->units, sum_scale(b)))
		add_far(a, sum_units(b), sum_scale(b), env);
}

static void
integer_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	struct wide sum = sum_units(acc);
	uint64_t n = sum_rows(acc);
	int128 units;
	/* An average is that of a sum of 64 bits. */
	enum type_kind kind = is_mean(call) ? TYPE_BIGINT : call->out.kind;

	if (n == 0)
		return;
	out->kind = VALUE_INT;
	out->i = type_wrap((int64_t)sum.limb[0], kind);
	*unfit |= !wide_fits(&sum, &units) || out->i != units;
	if (is_mean(call))
		out->i /= (int64_t)n;
}

/*
 * sum / 10^at by n at that scale, HALF_UP; false: that takes more than 64 bits,
 * and decimal_quotient().
 */
static bool
near_mean(int64_t sum, int at, uint64_t n, int scale, struct value *out)
{
	int up = scale - at;
	uint64_t u, q, rest;

	if (up < 0 || up > 18 ||
	    __builtin_mul_overflow(sum, (int64_t)decimal_pow10(up), &sum))
		return false;
	u = sum < 0 ? -(uint64_t)sum : (uint64_t)sum;
	q = u / n;
	rest = u % n;
	q += rest >= n - rest;
	*out = (struct value){ VALUE_DECIMAL, scale,
		.units = sum < 0 ? -(int128)q : (int128)q };
	return true;
}

/* Of a sum / 10^at. */
static void
units_result(const struct sum *a, int at, const struct agg_call *call,
    struct value *out, bool *unfit)
{
	uint64_t n = sum_rows(a);
	struct wide sum, count;
	struct decimal d;
	int scale = at;
	bool fits;

	if (n == 0)
		return;
	if (call->out.kind == TYPE_DECIMAL)
		scale = call->out.scale;
	else if (is_mean(call))
		scale = at_least_6(scale);
	if (!is_far(a) && is_mean(call) &&
	    near_mean(a->units, at, n, scale, out))
		return;
	sum = sum_units(a);
	count = wide_of((int128)n);
	fits = is_mean(call)
	           ? decimal_quotient(&sum, at, &count, scale, &d)
	           : decimal_of_wide(&sum, at, DECIMAL_DIGITS_MAX, scale, &d);
	set_decimal(fits, &d, out, unfit);
}

static void
decimal_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	units_result(acc, sum_scale(acc), call, out, unfit);
}

static void
narrow_result(const void *acc, const struct agg_call *call, struct value *out,
    bool *unfit)
{
	units_result(acc, call->in.scale, call, out, unfit);
}

static void
sum_transfer(void *acc, struct archive *bytes, struct agg_env *env)
{
	struct sum *a = acc;
	uint64_t packed = archive_u64(bytes, a->packed);
	bool far = (packed & SUM_FAR) != 0;

	if ((packed & SUM_SCALE) > DECIMAL_DIGITS_MAX)
		archive_refuse(bytes);
	a->packed = bytes->loads ? packed & ~(uint64_t)SUM_FAR : packed;
	if (!far)
		archive(bytes, a->units);
	else if (archive_is_sound(bytes) && become_far(a, env))
		archive(bytes, *a->far);
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

#define SUM_OF(family)                                                         \
	{                                                                      \
		sizeof(struct sum), true, family##_add, sum_merge,             \
		    family##_result, NULL, sum_transfer                        \
	}
#define SUM_OPS(single)                                                        \
	{                                                                      \
		[AGG_INTEGER] = SUM_OF(integer),                               \
		[AGG_NARROW] = SUM_OF(narrow),                                 \
		[AGG_DECIMAL] = SUM_OF(decimal), [AGG_ANY] = SUM_OF(decimal),  \
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
