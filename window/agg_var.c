/* agg_var - VAR_POP, VAR_SAMP, STDDEV_POP, STDDEV_SAMP.
 *
 * Flink rewrites them into sums (WindowAggregateReduceFunctionsRule):
 *   VAR = (sum of squares - (sum)^2 / n) / n, or / (n - 1),
 *   STDDEV = POWER(VAR, 0.5) in DOUBLE,
 * every step in the result's type.  Here the sums are exact; the steps round
 * as the type's do.  With r = max(6, scale), a DECIMAL's squares and the first
 * quotient have e = max(6, 2r - 39) decimals, the difference and the last
 * quotient g = max(6, e - 1), each HALF_UP, and the result r.
 *
 * SPDX-License-Identifier: ISC */
#include <math.h>
#include <string.h>

#include "lib/floating.h"
#include "window/agg.h"

/* What the four make of the last quotient. */
enum form { FORM_VAR_POP, FORM_VAR_SAMP, FORM_STDDEV_POP, FORM_STDDEV_SAMP };

static enum form
form_of(const struct agg_call *call)
{
	bool samp = strstr(call->agg->option, "-samp") != NULL;

	if (call->agg->option[0] == 'v')
		return samp ? FORM_VAR_SAMP : FORM_VAR_POP;
	return samp ? FORM_STDDEV_SAMP : FORM_STDDEV_POP;
}

static bool
is_stddev(enum form form)
{
	return form == FORM_STDDEV_POP || form == FORM_STDDEV_SAMP;
}

/* The divisor; 0 where the result is null. */
static uint64_t
divisor(enum form form, uint64_t n)
{
	if (n == 0)
		return 0;
	return form == FORM_VAR_SAMP || form == FORM_STDDEV_SAMP ? n - 1 : n;
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
	enum form form = form_of(call);
	uint64_t by = divisor(form, a->n);
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
	if (is_stddev(form))
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
	enum form form = form_of(call);
	uint64_t by = divisor(form, a->n);
	struct decimal v;

	*out = (struct value){ .kind = VALUE_NULL };
	if (by == 0)
		return;
	if (!decimal_steps(a, by, r, &v) ||
	    (is_stddev(form)
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
	enum form form = form_of(call);
	uint64_t by = divisor(form, a->n);
	double v;

	(void)unfit;
	*out = (struct value){ .kind = VALUE_NULL };
	if (by == 0)
		return;
	v = a->sum * a->sum / (double)a->n;
	v = (a->squares - v) / (double)by;
	*out = (struct value){ .kind = VALUE_DOUBLE,
		.d = is_stddev(form) ? sqrt(v) : v };
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
	enum form form = form_of(call);
	uint64_t by = divisor(form, a->n);
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
	out->d = is_stddev(form) ? (double)(float)sqrt((double)v) : (double)v;
}

/* --- binding ------------------------------------------------------------- */

static const struct agg_ops int_ops = { sizeof(struct var), true, var_int_add,
	var_merge, var_int_result, NULL, var_save, var_load };
static const struct agg_ops decimal_ops = { sizeof(struct var), true,
	var_decimal_add, var_merge, var_decimal_result, NULL, var_save,
	var_load };
static const struct agg_ops any_ops = { sizeof(struct var), true, var_any_add,
	var_any_merge, var_any_result, NULL, var_save, var_load };
static const struct agg_ops double_ops = { sizeof(struct var_double), false,
	var_double_add, var_double_merge, var_double_result, NULL, NULL, NULL };
static const struct agg_ops float_ops = { sizeof(struct var_double), false,
	var_float_add, var_float_merge, var_float_result, NULL, NULL, NULL };

bool
agg_bind_var(struct agg_call *call)
{
	enum type_kind kind = call->in.kind;

	call->out = agg_average_type(call->in);
	if (type_is_integer(kind))
		call->ops = &int_ops;
	else if (kind == TYPE_DECIMAL)
		call->ops = &decimal_ops;
	else if (kind == TYPE_ANY)
		call->ops = &any_ops;
	else if (kind == TYPE_DOUBLE)
		call->ops = &double_ops;
	else if (kind == TYPE_FLOAT)
		call->ops = &float_ops;
	else
		return false;
	return true;
}
