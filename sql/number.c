/* number - arithmetic and the functions of numbers.
 * SPDX-License-Identifier: ISC */
#include "sql/number.h"

#include <math.h>

#include "lib/floating.h"
#include "sql/moment.h"

/* --- integers ------------------------------------------------------------- */

static enum sql_step
run_ints(const struct sql_op *op, struct sql_run *r)
{
	const struct value *x = op->arg[0], *y = op->arg[1];
	uint64_t a, b;
	int64_t out;

	if (x->kind == VALUE_NULL || y->kind == VALUE_NULL)
		return sql_null(op);
	a = (uint64_t)x->i;
	b = (uint64_t)y->i;
	switch (op->code) {
	case '+':
		out = (int64_t)(a + b);
		break;
	case '-':
		out = (int64_t)(a - b);
		break;
	case '*':
		out = (int64_t)(a * b);
		break;
	default:
		if (b == 0)
			return sql_fail(r, "division by zero");
		/* The least integer by -1 is itself, as it wraps. */
		if (y->i == -1)
			out = op->code == '/' ? (int64_t)(0 - a) : 0;
		else
			out = op->code == '/' ? x->i / y->i : x->i % y->i;
		break;
	}
	return sql_int(op, type_wrap(out, op->type.kind));
}

/* --- DOUBLE and FLOAT ----------------------------------------------------- */

static double
compute(int code, double a, double b)
{
	switch (code) {
	case '+':
		return a + b;
	case '-':
		return a - b;
	case '*':
		return a * b;
	case '/':
		return a / b;
	default:
		return fmod(a, b);
	}
}

static enum sql_step
run_doubles(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	if (op->arg[0]->kind == VALUE_NULL || op->arg[1]->kind == VALUE_NULL)
		return sql_null(op);
	return sql_double(
	    op, compute(op->code, sql_as_double(op->arg[0], op->arg_type[0]),
		    sql_as_double(op->arg[1], op->arg_type[1])));
}

static enum sql_step
run_floats(const struct sql_op *op, struct sql_run *r)
{
	float a, b;

	(void)r;
	if (op->arg[0]->kind == VALUE_NULL || op->arg[1]->kind == VALUE_NULL)
		return sql_null(op);
	a = (float)sql_as_double(op->arg[0], op->arg_type[0]);
	b = (float)sql_as_double(op->arg[1], op->arg_type[1]);
	/* Rounding the DOUBLE of two FLOATs once more changes nothing. */
	return sql_double(
	    op, (double)(float)compute(op->code, (double)a, (double)b));
}

/* --- DECIMAL -------------------------------------------------------------- */

enum { SMALL_DIGITS = 18 };

static bool
is_small(int128 units)
{
	const int64_t bound = INT64_C(1000000000000000000);

	return units < bound && units > -bound;
}

/* a + b at the larger scale, before it is rounded. */
static int
add(struct decimal a, struct decimal b, bool subtract, struct wide *out)
{
	int scale = a.scale > b.scale ? a.scale : b.scale;
	struct wide y = wide_of(b.units);

	*out = wide_of(a.units);
	wide_scale_up(out, scale - a.scale);
	wide_scale_up(&y, scale - b.scale);
	if (subtract)
		wide_sub(out, &y);
	else
		wide_add(out, &y);
	return scale;
}

/* The same where nothing is large; false: it may be. */
static bool
add_small(
    struct decimal a, struct decimal b, bool subtract, struct decimal *out)
{
	int scale = a.scale > b.scale ? a.scale : b.scale;

	if (!is_small(a.units) || !is_small(b.units) ||
	    scale - a.scale > SMALL_DIGITS || scale - b.scale > SMALL_DIGITS)
		return false;
	if (a.scale != b.scale) {
		a.units *= decimal_pow10(scale - a.scale);
		b.units *= decimal_pow10(scale - b.scale);
	}
	out->scale = scale;
	out->units = subtract ? a.units - b.units : a.units + b.units;
	return true;
}

static bool
multiply_small(struct decimal a, struct decimal b, struct decimal *out)
{
	if (!is_small(a.units) || !is_small(b.units) ||
	    a.scale + b.scale > DECIMAL_DIGITS_MAX)
		return false;
	*out = (struct decimal){ a.units * b.units, a.scale + b.scale };
	return true;
}

/* a / b: both are made whole numbers over one power of ten. */
static bool
divide(struct decimal a, struct decimal b, int precision, int scale,
    struct decimal *out)
{
	struct wide num = wide_of(a.units), den = wide_of(b.units);
	struct decimal q;

	wide_scale_up(&num, b.scale);
	return decimal_quotient(&num, a.scale, &den, scale, &q) &&
	       decimal_rescale(q, precision, scale, out);
}

static int
remainder_of(struct decimal a, struct decimal b, struct wide *out)
{
	int scale = a.scale > b.scale ? a.scale : b.scale;
	struct wide y = wide_of(b.units), whole;

	*out = wide_of(a.units);
	wide_scale_up(out, scale - a.scale);
	wide_scale_up(&y, scale - b.scale);
	whole = wide_div_trunc(out, &y);
	whole = wide_mul(&whole, &y);
	wide_sub(out, &whole);
	return scale;
}

/* a CODE b, exactly or to 38 digits, into wide units at the scale returned. */
static int
compute_wide(int code, struct decimal a, struct decimal b, struct wide *out)
{
	struct wide x, y;

	if (code == '%')
		return remainder_of(a, b, out);
	if (code != '*')
		return add(a, b, code == '-', out);
	x = wide_of(a.units);
	y = wide_of(b.units);
	*out = wide_mul(&x, &y);
	return a.scale + b.scale;
}

static enum sql_step
run_decimals(const struct sql_op *op, struct sql_run *r)
{
	struct decimal a, b, out;
	struct wide wide;
	bool fits;

	if (op->arg[0]->kind == VALUE_NULL || op->arg[1]->kind == VALUE_NULL)
		return sql_null(op);
	a = sql_as_decimal(op->arg[0]);
	b = sql_as_decimal(op->arg[1]);
	if ((op->code == '/' || op->code == '%') && b.units == 0)
		return sql_fail(r, "division by zero");
	if (op->code == '/') {
		fits = divide(a, b, op->type.precision, op->type.scale, &out);
	} else if (op->code == '*'
		       ? multiply_small(a, b, &out)
		       : op->code != '%' &&
			     add_small(a, b, op->code == '-', &out)) {
		fits = out.scale == op->type.scale && is_small(out.units) &&
		               op->type.precision >= SMALL_DIGITS
		           ? true
		           : decimal_rescale(
				 out, op->type.precision, op->type.scale, &out);
	} else {
		int scale = compute_wide(op->code, a, b, &wide);

		fits = decimal_of_wide(
		    &wide, scale, op->type.precision, op->type.scale, &out);
	}
	return fits ? sql_decimal(op, out) : sql_null(op);
}

/* --- many rows, in 64 bits -------------------------------------------------
 */

static const int64_t pow10_of[] = { 1, 10, 100, 1000, 10000, 100000, 1000000,
	10000000, 100000000, 1000000000, 10000000000, 100000000000,
	1000000000000, 10000000000000, 100000000000000, 1000000000000000,
	10000000000000000, 100000000000000000, 1000000000000000000 };

static bool
lanes_ints(const struct sql_op *op, const int64_t *a, const int64_t *b,
    int64_t *out, int n)
{
	for (int i = 0; i < n; i++) {
		uint64_t x = (uint64_t)a[i], y = (uint64_t)b[i];
		uint64_t sum = op->code == '+'   ? x + y
		               : op->code == '-' ? x - y
		                                 : x * y;

		out[i] = type_wrap((int64_t)sum, op->type.kind);
	}
	return true;
}

static bool
lanes_sum(const struct sql_op *op, const int64_t *a, const int64_t *b,
    int64_t *out, int n)
{
	int64_t x = pow10_of[op->type.scale - op->arg_type[0].scale];
	int64_t y = pow10_of[op->type.scale - op->arg_type[1].scale];

	if (op->code == '-')
		y = -y;
	for (int i = 0; i < n; i++)
		out[i] = a[i] * x + b[i] * y;
	return true;
}

static bool
lanes_product(const struct sql_op *op, const int64_t *a, const int64_t *b,
    int64_t *out, int n)
{
	(void)op;
	for (int i = 0; i < n; i++)
		out[i] = a[i] * b[i];
	return true;
}

/* By what the dividend's units are multiplied, as a power of ten. */
static int
quotient_shift(struct type a, struct type b, struct type out)
{
	return out.scale + b.scale - a.scale;
}

/* Rounded half up, away from zero. */
static bool
lanes_quotient(const struct sql_op *op, const int64_t *a, const int64_t *b,
    int64_t *out, int n)
{
	int64_t up = pow10_of[quotient_shift(
	    op->arg_type[0], op->arg_type[1], op->type)];

	for (int i = 0; i < n; i++) {
		int64_t num = a[i] * up, den = b[i], q, rest;

		if (den == 0)
			return false;
		q = num / den;
		rest = num - q * den;
		if (2 * (rest < 0 ? -rest : rest) >= (den < 0 ? -den : den))
			q += (num < 0) == (den < 0) ? 1 : -1;
		out[i] = q;
	}
	return true;
}

/*
 * The function for many rows: where the result has its exact scale and all
 * that is computed has up to 18 digits.
 */
static void
bind_lanes(struct sql_op *op, struct type a, struct type b)
{
	struct type out = op->type;
	int shift;

	if (out.kind != TYPE_DECIMAL) {
		if (op->code != '/' && op->code != '%')
			op->lanes = lanes_ints;
		return;
	}
	a = sql_type_as_decimal(a);
	b = sql_type_as_decimal(b);
	shift = quotient_shift(a, b, out);
	if (a.precision > SMALL_DIGITS || b.precision > SMALL_DIGITS ||
	    out.precision > SMALL_DIGITS)
		return;
	if (op->code == '*' && out.scale == a.scale + b.scale)
		op->lanes = lanes_product;
	else if (op->code == '/' && shift >= 0 &&
		 a.precision + shift <= SMALL_DIGITS)
		op->lanes = lanes_quotient;
	else if ((op->code == '+' || op->code == '-') && out.scale >= a.scale &&
		 out.scale >= b.scale)
		op->lanes = lanes_sum;
}

/* --- undeclared numbers --------------------------------------------------- */

static int
digits_of(int128 units)
{
	struct wide w = wide_of(units);

	return wide_digits(&w);
}

/* As many decimals as 38 digits have room for; false: not even none. */
static bool
fit(const struct wide *w, int scale, struct decimal *out)
{
	int over = wide_digits(w) - DECIMAL_DIGITS_MAX;
	int kept = scale - (over > 0 ? over : 0);

	if (kept > DECIMAL_DIGITS_MAX)
		kept = DECIMAL_DIGITS_MAX;
	/* Rounding up may need one digit more. */
	for (int k = 0; k < 2 && kept - k >= 0; k++)
		if (decimal_of_wide(
			w, scale, DECIMAL_DIGITS_MAX, kept - k, out))
			return true;
	return false;
}

static bool
divide_any(struct decimal a, struct decimal b, struct decimal *out)
{
	int scale = a.scale + digits_of(b.units) + 1;

	if (scale < 6)
		scale = 6;
	if (scale > DECIMAL_DIGITS_MAX)
		scale = DECIMAL_DIGITS_MAX;
	for (; scale >= 0; scale--)
		if (divide(a, b, DECIMAL_DIGITS_MAX, scale, out))
			return true;
	return false;
}

static enum sql_step
run_any(const struct sql_op *op, struct sql_run *r)
{
	const struct value *x = op->arg[0], *y = op->arg[1];
	struct decimal a, b, out;
	struct wide wide;
	bool fits;

	if (x->kind == VALUE_NULL || y->kind == VALUE_NULL)
		return sql_null(op);
	if (x->kind != VALUE_DECIMAL || y->kind != VALUE_DECIMAL) {
		r->mixed++;
		return sql_null(op);
	}
	a = value_decimal(x);
	b = value_decimal(y);
	if ((op->code == '/' || op->code == '%') && b.units == 0)
		return sql_fail(r, "division by zero");
	if (op->code == '/') {
		fits = divide_any(a, b, &out);
	} else {
		int scale = compute_wide(op->code, a, b, &wide);

		fits = fit(&wide, scale, &out);
	}
	return fits ? sql_decimal(op, decimal_strip(out)) : sql_null(op);
}

/* --- binding -------------------------------------------------------------- */

static bool
no_number(struct sql_call *c, size_t i)
{
	char name[SQL_TYPE_NAME_MAX];

	return sql_call_error(c, i, "%s takes numbers, not %s%s",
	    c->function->name, sql_type_name(name, c->arg[i].type),
	    type_is_text(c->arg[i].type.kind)
		? "; CAST(... AS DECIMAL(10,2)) makes one of a text"
		: "");
}

static bool
is_number(struct type t)
{
	return type_is_number(t.kind) || t.kind == TYPE_ANY ||
	       t.kind == SQL_NULL;
}

bool
sql_bind_arithmetic(struct sql_call *c)
{
	struct type a = c->arg[0].type, b = c->arg[1].type, out;
	bool mod = strcmp(c->function->name, "MOD") == 0;
	int moment;

	c->op.code = mod ? '%' : *c->function->name;
	moment = sql_bind_moment_arithmetic(c);
	if (moment != 0)
		return moment == 1;
	if (!is_number(a))
		return no_number(c, 0);
	if (!is_number(b))
		return no_number(c, 1);
	if (a.kind == TYPE_ANY || b.kind == TYPE_ANY) {
		c->op.type = sql_type(TYPE_ANY);
		c->op.run = run_any;
		return sql_call_coerce(c, 0, c->op.type) &&
		       sql_call_coerce(c, 1, c->op.type);
	}
	out = sql_type_arithmetic((char)c->op.code, a, b);
	c->op.type = out;
	if (out.kind == TYPE_DOUBLE || out.kind == TYPE_FLOAT) {
		if (c->op.code == '%')
			return sql_call_error(c, 2,
			    "%s takes integers and DECIMAL, not DOUBLE;"
			    " CAST one",
			    c->function->name);
		c->op.run = out.kind == TYPE_DOUBLE ? run_doubles : run_floats;
	} else {
		c->op.run = out.kind == TYPE_DECIMAL ? run_decimals : run_ints;
		bind_lanes(&c->op, a, b);
	}
	return true;
}

/* --- functions of one number ---------------------------------------------- */

/* The value's own kind tells: undeclared ones are decimals, or not for it. */
static enum sql_step
not_for_it(const struct sql_op *op, struct sql_run *r)
{
	r->mixed++;
	return sql_null(op);
}

static enum sql_step
eval_negate(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];

	switch (v->kind) {
	case VALUE_INT:
		return sql_int(op,
		    type_wrap((int64_t)(0 - (uint64_t)v->i), op->type.kind));
	case VALUE_DOUBLE:
		return sql_double(op, -v->d);
	case VALUE_DECIMAL:
		return sql_decimal(op, (struct decimal){ -v->units, v->scale });
	default:
		return not_for_it(op, r);
	}
}

static enum sql_step
eval_plus(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	*op->out = *op->arg[0];
	return SQL_NEXT;
}

bool
sql_bind_sign_operator(struct sql_call *c)
{
	struct type t = c->arg[0].type;

	if (!is_number(t) && !sql_type_is_interval(t.kind))
		return no_number(c, 0);
	c->op.eval =
	    strcmp(c->function->name, "NEGATE") == 0 ? eval_negate : eval_plus;
	return true;
}

static enum sql_step
eval_abs(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];

	if (v->kind == VALUE_DOUBLE)
		return sql_double(op, fabs(v->d));
	if (v->kind == VALUE_INT ? v->i < 0
				 : v->kind == VALUE_DECIMAL && v->units < 0)
		return eval_negate(op, r);
	if (v->kind != VALUE_INT && v->kind != VALUE_DECIMAL)
		return not_for_it(op, r);
	return eval_plus(op, r);
}

bool
sql_bind_abs(struct sql_call *c)
{
	c->op.eval = eval_abs;
	return true;
}

static enum sql_step
eval_sign(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];
	struct decimal d, out;

	switch (v->kind) {
	case VALUE_INT:
		return sql_int(op, (v->i > 0) - (v->i < 0));
	case VALUE_DOUBLE:
		/* Zeros and NaN are their own sign. */
		return sql_double(op, v->d > 0 ? 1 : v->d < 0 ? -1 : v->d);
	case VALUE_DECIMAL:
		d = (struct decimal){ (v->units > 0) - (v->units < 0), 0 };
		if (op->type.kind != TYPE_DECIMAL)
			return sql_decimal(op, d);
		return decimal_rescale(
			   d, op->type.precision, op->type.scale, &out)
		           ? sql_decimal(op, out)
		           : sql_null(op);
	default:
		return not_for_it(op, r);
	}
}

bool
sql_bind_sign(struct sql_call *c)
{
	c->op.eval = eval_sign;
	return true;
}

/* code: 1 up, -1 down. */
static enum sql_step
eval_floor(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];
	int128 by, whole;

	if (v->kind == VALUE_INT)
		return sql_int(op, v->i);
	if (v->kind == VALUE_DOUBLE)
		return sql_double(op, op->code > 0 ? ceil(v->d) : floor(v->d));
	if (v->kind != VALUE_DECIMAL)
		return not_for_it(op, r);
	by = decimal_pow10(v->scale);
	whole = v->units / by;
	if (v->units % by != 0 && (v->units < 0) == (op->code < 0))
		whole += op->code;
	return sql_decimal(op, (struct decimal){ whole, 0 });
}

bool
sql_bind_floor(struct sql_call *c)
{
	struct type t = c->arg[0].type;

	if (c->nargs == 2 || sql_type_is_time(t.kind))
		return sql_bind_floor_to(c);
	if (!is_number(t))
		return no_number(c, 0);
	c->op.code = *c->function->name == 'F' ? -1 : 1;
	c->op.type =
	    t.kind == TYPE_DECIMAL ? sql_decimal_type(t.precision, 0) : t;
	c->op.eval = eval_floor;
	return true;
}

/* --- ROUND and TRUNCATE --------------------------------------------------- */

enum { ROUND_HALF_UP, ROUND_DOWN };

/* units at scale to so many decimals, perhaps below zero; keeps the scale. */
static struct decimal
round_decimal(struct decimal d, int64_t places, int code)
{
	int cut;
	int128 by, rest, half;

	if (places >= d.scale)
		return d;
	if (d.scale - places > DECIMAL_DIGITS_MAX)
		return (struct decimal){ 0, d.scale };
	cut = (int)(d.scale - places);
	by = decimal_pow10(cut);
	rest = d.units % by;
	d.units -= rest;
	half = by - by / 2;
	if (code == ROUND_HALF_UP && cut > 0 && (rest >= half || rest <= -half))
		d.units += rest < 0 ? -by : by;
	return d;
}

static int64_t
places_of(const struct sql_op *op)
{
	return op->nargs == 2 ? op->arg[1]->i : 0;
}

static enum sql_step
round_double(const struct sql_op *op, double v, int64_t places)
{
	struct decimal d;
	double out;

	/*
	 * By the shortest decimal text.  What has no decimals to cut, or is too
	 * large to have any, is left as it is.
	 */
	if (!isfinite(v) || places > 30)
		return sql_double(op, v);
	if (!floating_to_decimal(v, 38, 0, &d) && places >= 0)
		return sql_double(op, v);
	for (int scale = 30; scale >= 0; scale--) {
		if (!floating_to_decimal(v, 38, scale, &d))
			continue;
		d = round_decimal(d, places, op->code);
		out = decimal_to_double(d);
		return sql_double(op, out == 0 ? 0.0 : out);
	}
	return sql_double(op, v);
}

static enum sql_step
eval_round(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];
	int64_t places;
	struct decimal d, out;

	if (op->nargs == 2 && op->arg[1]->kind == VALUE_NULL)
		return sql_null(op);
	places = places_of(op);
	if (v->kind == VALUE_INT) {
		d = round_decimal(
		    (struct decimal){ v->i, 0 }, places, op->code);
		return sql_int(op, type_wrap((int64_t)d.units, op->type.kind));
	}
	if (v->kind == VALUE_DOUBLE) {
		round_double(op, v->d, places);
		if (op->type.kind == TYPE_FLOAT)
			op->out->d = (double)(float)op->out->d;
		return SQL_NEXT;
	}
	if (v->kind != VALUE_DECIMAL)
		return not_for_it(op, r);
	d = round_decimal(value_decimal(v), places, op->code);
	if (op->type.kind != TYPE_DECIMAL)
		return sql_decimal(op, decimal_strip(d));
	return decimal_rescale(d, op->type.precision, op->type.scale, &out)
	           ? sql_decimal(op, out)
	           : sql_null(op);
}

bool
sql_bind_round(struct sql_call *c)
{
	struct type t = c->arg[0].type;
	int places = 0;

	c->op.code = *c->function->name == 'R' ? ROUND_HALF_UP : ROUND_DOWN;
	c->op.eval = eval_round;
	c->op.type = t;
	if (t.kind != TYPE_DECIMAL)
		return true;
	if (c->nargs == 2 && !c->arg[1].constant)
		return true;
	if (c->nargs == 2 && c->arg[1].value->kind == VALUE_INT)
		places = (int)(c->arg[1].value->i < -100  ? -100
			       : c->arg[1].value->i > 100 ? 100
							  : c->arg[1].value->i);
	c->op.type = sql_type_rounded(t, places);
	return true;
}

/* --- functions of DOUBLE -------------------------------------------------- */

static double
log2_of(double x)
{
	return log(x) / log(2);
}

/* Flink computes the root as the power of a half. */
static double
root(double x)
{
	return pow(x, 0.5);
}

static const struct math {
	const char *name;
	double (*compute)(double);
} maths[] = {
	{ "SQRT", root },
	{ "EXP", exp },
	{ "LN", log },
	{ "LOG10", log10 },
	{ "LOG2", log2_of },
};

static enum sql_step
eval_math(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_double(op, maths[op->code].compute(op->arg[0]->d));
}

bool
sql_bind_math(struct sql_call *c)
{
	for (size_t i = 0; i < sizeof maths / sizeof *maths; i++)
		if (strcmp(c->function->name, maths[i].name) == 0)
			c->op.code = (int)i;
	c->op.eval = eval_math;
	return true;
}

enum sql_step
sql_eval_power(const struct sql_op *op, struct sql_run *r)
{
	double a = op->arg[0]->d, b = op->arg[1]->d;

	(void)r;
	/* Java's pow differs from C's: 1 to the power of NaN or infinity. */
	if (isnan(b) || (fabs(a) == 1 && isinf(b)))
		return sql_double(op, NAN);
	return sql_double(op, pow(a, b));
}

enum sql_step
sql_eval_log(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	if (op->nargs == 1)
		return sql_double(op, log(op->arg[0]->d));
	return sql_double(op, log(op->arg[1]->d) / log(op->arg[0]->d));
}

enum sql_step
sql_eval_pi(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_double(op, 3.14159265358979323846);
}

enum sql_step
sql_eval_e(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_double(op, 2.7182818284590452354);
}
