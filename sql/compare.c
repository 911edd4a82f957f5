/* compare - the order of two values of perhaps different types.
 * SPDX-License-Identifier: ISC */
#include "sql/compare.h"

#include <math.h>

/* Bits of a mask: which orders make a comparison true. */
enum { BELOW = 1, EQUAL = 2, ABOVE = 4, NEITHER = 8 };

static bool
is_floating(enum type_kind k)
{
	return k == TYPE_FLOAT || k == TYPE_DOUBLE;
}

enum sql_class
sql_class_of(struct type a, struct type b)
{
	if (a.kind == SQL_NULL)
		a = b;
	if (b.kind == SQL_NULL)
		b = a;
	if (a.kind == TYPE_ANY || b.kind == TYPE_ANY)
		return SQL_BY_KIND;
	if (is_floating(a.kind) || is_floating(b.kind)) {
		bool doubles = a.kind == TYPE_DOUBLE || b.kind == TYPE_DOUBLE ||
		               a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL;

		return doubles ? SQL_BY_DOUBLE : SQL_BY_FLOAT;
	}
	if (a.kind == TYPE_DECIMAL || b.kind == TYPE_DECIMAL)
		return SQL_BY_DECIMAL;
	return type_is_text(a.kind) ? SQL_BY_TEXT : SQL_BY_INT;
}

static int
order_doubles(double a, double b)
{
	if (a != a || b != b)
		return SQL_UNORDERED;
	return (a > b) - (a < b);
}

/* As Java's Double.compare(): NaN is above all, 0.0 above -0.0. */
static int
order_exactly(double a, double b)
{
	if (a != a || b != b)
		return (a != a) - (b != b);
	if (a == 0 && b == 0)
		return (signbit(a) == 0) - (signbit(b) == 0);
	return (a > b) - (a < b);
}

static int
order_decimals(const struct value *a, const struct value *b)
{
	struct decimal x, y;

	if (a->kind == VALUE_DECIMAL && b->kind == VALUE_DECIMAL &&
	    a->scale == b->scale)
		return (a->units > b->units) - (a->units < b->units);
	x = sql_as_decimal(a);
	y = sql_as_decimal(b);
	/* Small ones, of which 128 bits have the digits. */
	if (x.units <= INT64_MAX && x.units >= INT64_MIN &&
	    y.units <= INT64_MAX && y.units >= INT64_MIN && x.scale <= 18 &&
	    y.scale <= 18) {
		x.units *= decimal_pow10(y.scale);
		y.units *= decimal_pow10(x.scale);
		return (x.units > y.units) - (x.units < y.units);
	}
	return decimal_order(x, y);
}

static int
sign_of(int order)
{
	return (order > 0) - (order < 0);
}

static int
order_kinds(const struct value *a, const struct value *b)
{
	if (a->kind == VALUE_TEXT && b->kind == VALUE_TEXT)
		return sign_of(span_order(a->text, b->text));
	if (a->kind == VALUE_BOOL && b->kind == VALUE_BOOL)
		return (a->i > b->i) - (a->i < b->i);
	if ((a->kind == VALUE_INT || a->kind == VALUE_DECIMAL) &&
	    (b->kind == VALUE_INT || b->kind == VALUE_DECIMAL))
		return order_decimals(a, b);
	return SQL_INCOMPARABLE;
}

int
sql_order(enum sql_class class, const struct value *a, struct type at,
    const struct value *b, struct type bt)
{
	switch (class) {
	case SQL_BY_INT:
		return (a->i > b->i) - (a->i < b->i);
	case SQL_BY_FLOAT:
		return order_doubles((double)(float)sql_as_double(a, at),
		    (double)(float)sql_as_double(b, bt));
	case SQL_BY_DOUBLE:
		return order_doubles(
		    sql_as_double(a, at), sql_as_double(b, bt));
	case SQL_BY_DECIMAL:
		return order_decimals(a, b);
	case SQL_BY_TEXT:
		return sign_of(span_order(a->text, b->text));
	case SQL_BY_KIND:
		break;
	}
	return order_kinds(a, b);
}

/* --- many rows at once ---------------------------------------------------- */

static uint64_t
many_ints(const struct sql_op *op, const struct value *v, size_t stride, int n)
{
	int64_t b = op->arg[1]->i;
	uint64_t truths = 0;
	unsigned mask = (unsigned)op->code;

	if (op->arg[1]->kind == VALUE_NULL)
		return 0;
	for (int i = 0; i < n; i++, v += stride) {
		unsigned order = 1u + (v->i > b) - (v->i < b);

		truths |=
		    (uint64_t)(mask >> order & 1 & (v->kind != VALUE_NULL))
		    << i;
	}
	return truths;
}

static uint64_t
many_decimals(
    const struct sql_op *op, const struct value *v, size_t stride, int n)
{
	int128 b = op->arg[1]->units;
	uint64_t truths = 0;
	unsigned mask = (unsigned)op->code;

	if (op->arg[1]->kind == VALUE_NULL)
		return 0;
	for (int i = 0; i < n; i++, v += stride) {
		unsigned order = 1u + (v->units > b) - (v->units < b);

		/* Mostly the constant has the column's scale. */
		if (v->scale != op->arg[1]->scale || v->kind != VALUE_DECIMAL)
			order =
			    v->kind == VALUE_NULL
				? 31
				: (unsigned)(1 + order_decimals(v, op->arg[1]));
		truths |= (uint64_t)(mask >> order & 1) << i;
	}
	return truths;
}

/* --- comparisons ---------------------------------------------------------- */

static enum sql_step
told(const struct sql_op *op, int mask, int order)
{
	return sql_bool(op, mask >> (order + 1) & 1);
}

static enum sql_step
run_ints(const struct sql_op *op, struct sql_run *r)
{
	const struct value *a = op->arg[0], *b = op->arg[1];

	(void)r;
	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
		return sql_null(op);
	return told(op, op->code, (a->i > b->i) - (a->i < b->i));
}

static enum sql_step
run_decimals(const struct sql_op *op, struct sql_run *r)
{
	const struct value *a = op->arg[0], *b = op->arg[1];

	(void)r;
	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
		return sql_null(op);
	return told(op, op->code, order_decimals(a, b));
}

static enum sql_step
run_texts(const struct sql_op *op, struct sql_run *r)
{
	const struct value *a = op->arg[0], *b = op->arg[1];

	(void)r;
	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
		return sql_null(op);
	/* Equality needs no order. */
	if (op->code == EQUAL || op->code == (BELOW | ABOVE | NEITHER))
		return sql_bool(
		    op, span_equal(a->text, b->text) == (op->code == EQUAL));
	return told(op, op->code, sign_of(span_order(a->text, b->text)));
}

static enum sql_step
run_others(const struct sql_op *op, struct sql_run *r)
{
	const struct value *a = op->arg[0], *b = op->arg[1];
	int order;

	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
		return sql_null(op);
	order = sql_order(sql_class_of(op->arg_type[0], op->arg_type[1]), a,
	    op->arg_type[0], b, op->arg_type[1]);
	if (order == SQL_INCOMPARABLE) {
		r->mixed++;
		return sql_null(op);
	}
	return told(op, op->code, order);
}

bool
sql_compare_coerce(struct sql_call *c, size_t i, size_t k)
{
	struct type a = c->arg[i].type, b = c->arg[k].type;
	char one[SQL_TYPE_NAME_MAX], other[SQL_TYPE_NAME_MAX];
	bool ok = sql_type_comparable(a, b);

	if (!ok)
		return sql_call_error(c, c->nargs,
		    "%s is not comparable with %s; CAST one of them",
		    sql_type_name(one, a), sql_type_name(other, b));
	if (a.kind == b.kind || a.kind == SQL_NULL || b.kind == SQL_NULL)
		return true;
	/* An undeclared value beside a time is read as one. */
	if (sql_type_is_time(a.kind) &&
	    (b.kind == TYPE_ANY || type_is_text(b.kind) || b.kind == TYPE_DATE))
		return sql_call_coerce(c, k, a);
	if (sql_type_is_time(b.kind) &&
	    (a.kind == TYPE_ANY || type_is_text(a.kind) || a.kind == TYPE_DATE))
		return sql_call_coerce(c, i, b);
	/* By the clock of the session. */
	if (a.kind == TYPE_TIMESTAMP && b.kind == TYPE_TIMESTAMP_LTZ)
		return sql_call_coerce(c, k, a);
	if (b.kind == TYPE_TIMESTAMP && a.kind == TYPE_TIMESTAMP_LTZ)
		return sql_call_coerce(c, i, b);
	/* Undeclared numbers are decimals. */
	if (a.kind == TYPE_ANY && type_is_number(b.kind))
		return sql_call_coerce(c, k, a);
	if (b.kind == TYPE_ANY && type_is_number(a.kind))
		return sql_call_coerce(c, i, b);
	return true;
}

/* 5 < a is a > 5. */
static void
put_constant_last(struct sql_call *c)
{
	struct sql_operand first = c->arg[0];
	int mask = c->op.code;

	if (!first.constant || c->arg[1].constant)
		return;
	c->arg[0] = c->arg[1];
	c->arg[1] = first;
	c->op.code = (mask & (EQUAL | NEITHER)) |
	             ((mask & BELOW) != 0 ? ABOVE : 0) |
	             ((mask & ABOVE) != 0 ? BELOW : 0);
}

/* The constant beside a DECIMAL gets its decimals: 50 is 50.00. */
static void
scale_constant(struct sql_call *c)
{
	const struct sql_operand *o = &c->arg[1];
	struct decimal d;
	struct value v = { .kind = VALUE_DECIMAL };

	if (!o->constant || o->value->kind == VALUE_NULL ||
	    c->arg[0].type.kind != TYPE_DECIMAL)
		return;
	d = sql_as_decimal(o->value);
	if (d.scale > c->arg[0].type.scale ||
	    !decimal_rescale(d, DECIMAL_DIGITS_MAX, c->arg[0].type.scale, &d))
		return;
	v.units = d.units;
	v.scale = d.scale;
	sql_call_set(c, 1, sql_decimal_type(DECIMAL_DIGITS_MAX, d.scale), v);
}

bool
sql_bind_compare(struct sql_call *c)
{
	static const struct {
		const char *name;
		int mask;
	} masks[] = {
		{ "=", EQUAL },
		{ "<>", BELOW | ABOVE | NEITHER },
		{ "<", BELOW },
		{ "<=", BELOW | EQUAL },
		{ ">", ABOVE },
		{ ">=", ABOVE | EQUAL },
	};

	if (!sql_compare_coerce(c, 0, 1))
		return false;
	for (size_t i = 0; i < sizeof masks / sizeof *masks; i++)
		if (strcmp(c->function->name, masks[i].name) == 0)
			c->op.code = masks[i].mask;
	put_constant_last(c);
	switch (sql_class_of(c->arg[0].type, c->arg[1].type)) {
	case SQL_BY_INT:
		c->op.run = run_ints;
		c->op.many = c->arg[1].constant ? many_ints : NULL;
		break;
	case SQL_BY_DECIMAL:
		scale_constant(c);
		c->op.run = run_decimals;
		if (c->arg[1].constant && c->arg[1].value->kind != VALUE_INT)
			c->op.many = many_decimals;
		break;
	case SQL_BY_TEXT:
		c->op.run = run_texts;
		break;
	default:
		c->op.run = run_others;
		break;
	}
	return true;
}

static enum sql_step
run_distinct(const struct sql_op *op, struct sql_run *r)
{
	const struct value *a = op->arg[0], *b = op->arg[1];

	(void)r;
	if (a->kind == VALUE_NULL || b->kind == VALUE_NULL)
		return sql_bool(op, a->kind != b->kind);
	return sql_bool(
	    op, sql_order(sql_class_of(op->arg_type[0], op->arg_type[1]), a,
		    op->arg_type[0], b, op->arg_type[1]) != 0);
}

bool
sql_bind_distinct(struct sql_call *c)
{
	c->op.run = run_distinct;
	return sql_compare_coerce(c, 0, 1);
}

/* --- GREATEST, LEAST, IN -------------------------------------------------- */

static int
order_floats(const struct value *a, const struct value *b, struct type of)
{
	return order_exactly(sql_as_double(a, of), sql_as_double(b, of));
}

static enum sql_step
eval_extreme(const struct sql_op *op, struct sql_run *r)
{
	enum sql_class class = sql_class_of(op->type, op->type);
	const struct value *best = op->arg[0];
	int order;

	for (size_t i = 1; i < op->nargs; i++) {
		if (is_floating(op->type.kind))
			order =
			    order_exactly(sql_as_double(op->arg[i], op->type),
				sql_as_double(best, op->type));
		else
			order = sql_order(
			    class, op->arg[i], op->type, best, op->type);

		if (order == SQL_INCOMPARABLE) {
			r->mixed++;
			return sql_null(op);
		}
		if (order == op->code)
			best = op->arg[i];
	}
	*op->out = *best;
	return SQL_NEXT;
}

bool
sql_bind_extreme(struct sql_call *c)
{
	c->op.code = strcmp(c->function->name, "GREATEST") == 0 ? 1 : -1;
	c->op.eval = eval_extreme;
	return true;
}

enum sql_step
sql_run_in(const struct sql_op *op, struct sql_run *r)
{
	const struct value *x = op->arg[0];
	bool unknown = false;

	if (x->kind == VALUE_NULL)
		return sql_null(op);
	for (size_t i = 1; i < op->nargs; i++) {
		int order = SQL_UNORDERED;

		if (op->arg[i]->kind == VALUE_NULL)
			unknown = true;
		else if (op->code && is_floating(op->arg_type[0].kind))
			order = order_floats(x, op->arg[i], op->arg_type[0]);
		else
			order = sql_order(
			    sql_class_of(op->arg_type[0], op->arg_type[i]), x,
			    op->arg_type[0], op->arg[i], op->arg_type[i]);
		if (order == 0)
			return sql_bool(op, true);
		if (order == SQL_INCOMPARABLE) {
			unknown = true;
			r->mixed++;
		}
	}
	return unknown ? sql_null(op) : sql_bool(op, false);
}
