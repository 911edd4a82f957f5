/* program - an expression, compiled for rows of columns.
 * SPDX-License-Identifier: ISC */
#include "sql/program.h"

#include <stdlib.h>
#include <strings.h>

#include "lib/array.h"
#include "lib/diag.h"
#include "lib/nearest.h"
#include "lib/path.h"
#include "sql/cast.h"
#include "sql/compare.h"
#include "sql/function.h"
#include "sql/lanes.h"

/*
 *     a > 1 AND b LIKE 'x%'
 *
 * with a at place 0 of a row and b at place 3 becomes
 *
 *     load  r1 <- row[0], r4 <- row[3]
 *     0     r3 <- r1 > r2           r2 is the constant 1
 *     1     r7 <- AND r3            false: on to 4
 *     2     r6 <- r4 LIKE r5
 *     3     r7 <- r7 AND r6
 *
 * and r7 is the result.  What has only constants for arguments is run when it
 * is compiled, and leaves a constant.
 */

/* What is used twice is compiled once, ahead of all that uses it. */
struct shared {
	const struct sql_node *node;
	struct sql_operand operand;
	struct shared *outer;
};

struct sql_compiler {
	struct sql_program *program;
	const struct sql_scope *scope;
	struct sql_errors *errors;
	struct shared *shared;
	bool where; /* see sql_compile_where() */
	bool failed;
};

static struct sql_operand
compile(struct sql_compiler *, const struct sql_node *);
static struct sql_operand
compile_not(struct sql_compiler *, const struct sql_node *);
static struct sql_operand cast_to(struct sql_compiler *,
    const struct sql_node *, struct sql_operand, struct type, bool is_try);
static struct sql_operand
compile_call(struct sql_compiler *, const struct sql_node *);
static struct sql_operand
compile_between(struct sql_compiler *, const struct sql_node *, bool negated);

/* --- errors and registers ------------------------------------------------- */

static const struct value null_value = { .kind = VALUE_NULL };

static struct sql_operand
poison(const struct sql_node *n)
{
	return (struct sql_operand){ .type = sql_type(SQL_POISON),
		.value = &null_value,
		.node = n,
		.column = -1 };
}

static void
out_of_memory(struct sql_compiler *c)
{
	c->errors->out_of_memory = true;
	c->failed = true;
}

static bool
is_poison(const struct sql_operand *o)
{
	return o->type.kind == SQL_POISON;
}

static struct value *
new_register(struct sql_compiler *c)
{
	struct value *v = arena_zero(&c->program->arena, sizeof *v);
	static struct value spare;

	if (v == NULL) {
		out_of_memory(c);
		return &spare;
	}
	return v;
}

static struct sql_operand
constant(struct sql_compiler *c, const struct sql_node *n, struct type type,
    struct value v)
{
	struct value *to = new_register(c);

	*to = v;
	/* The text may belong to who called. */
	if (v.kind == VALUE_TEXT) {
		to->text = arena_copy(&c->program->arena, v.text);
		if (to->text.p == NULL)
			out_of_memory(c);
	}
	return (struct sql_operand){ .type = type,
		.value = to,
		.constant = true,
		.node = n,
		.column = -1 };
}

bool
sql_call_error(struct sql_call *call, size_t i, const char *fmt, ...)
{
	const struct sql_node *n =
	    i < call->nargs ? call->arg[i].node : call->node;
	struct buf b = { 0 };
	va_list ap;

	va_start(ap, fmt);
	buf_addv(&b, fmt, ap);
	va_end(ap);
	call->compiler->failed = true;
	if (buf_text(&b) == NULL)
		out_of_memory(call->compiler);
	else
		sql_errors_add(
		    call->compiler->errors, n->at, n->length, "%s", b.p);
	buf_free(&b);
	return false;
}

/* --- operations ----------------------------------------------------------- */

static enum sql_step
run_strict(const struct sql_op *op, struct sql_run *r)
{
	for (size_t i = 0; i < op->nargs; i++)
		if (op->arg[i]->kind == VALUE_NULL)
			return sql_null(op);
	return op->eval(op, r);
}

static enum sql_step
run_always(const struct sql_op *op, struct sql_run *r)
{
	return op->eval(op, r);
}

static void
free_data(struct sql_op *op)
{
	if (op->free_data != NULL)
		op->free_data(op->data);
	op->free_data = NULL;
}

/* Puts an operation behind the others; its arguments are copied. */
static size_t
emit(struct sql_compiler *c, struct sql_op op, const struct sql_node *n,
    const struct sql_operand *arg, size_t nargs)
{
	struct sql_program *p = c->program;

	op.at = n->at;
	op.length = n->length;
	op.nargs = nargs;
	op.column = -1;
	op.arg = arena_alloc(&p->arena, (nargs + 1) * sizeof *op.arg);
	op.arg_type = arena_alloc(&p->arena, (nargs + 1) * sizeof *op.arg_type);
	if (op.arg == NULL || op.arg_type == NULL ||
	    array_room(p->op, p->op_cap, p->nops + 1) == -1) {
		out_of_memory(c);
		free_data(&op);
		return 0;
	}
	for (size_t i = 0; i < nargs; i++) {
		op.arg[i] = arg[i].value;
		op.arg_type[i] = arg[i].type;
		if (op.column == -1)
			op.column = arg[i].column;
	}
	if (op.run == NULL)
		op.run = run_always;
	p->op[p->nops] = op;
	return p->nops++;
}

/* The program's operations from there on, once, now. */
static bool
run_now(struct sql_compiler *c, size_t from)
{
	struct sql_program *p = c->program;
	struct sql_op *op;
	enum sql_step step;

	p->run.scratch = &p->arena;
	p->run.what = NULL;
	for (size_t i = from; i < p->nops;) {
		op = &p->op[i];
		step = op->run(op, &p->run);
		if (step == SQL_FAIL) {
			sql_errors_add(c->errors, op->at, op->length,
			    "%s, in a constant", p->run.what);
			c->failed = true;
			return false;
		}
		i = step == SQL_JUMP ? op->jump : i + 1;
	}
	return true;
}

static void
drop_from(struct sql_program *p, size_t from)
{
	while (p->nops > from)
		free_data(&p->op[--p->nops]);
}

/*
 * What the operations from there on have made: a constant where all they depend
 * on is constant.
 */
static struct sql_operand
made(struct sql_compiler *c, const struct sql_node *n, size_t from,
    struct type type, const struct value *out, bool is_constant)
{
	struct sql_operand o = { .type = type,
		.value = out,
		.constant = is_constant,
		.node = n,
		.column = -1 };

	if (c->errors->out_of_memory)
		return poison(n);
	for (size_t i = from; i < c->program->nops && o.column == -1; i++)
		o.column = c->program->op[i].column;
	if (!is_constant)
		return o;
	if (!run_now(c, from))
		return poison(n);
	drop_from(c->program, from);
	return o;
}

static bool
all_constant(const struct sql_operand *arg, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!arg[i].constant)
			return false;
	return true;
}

/* --- conversions ---------------------------------------------------------- */

static enum sql_step
run_convert(const struct sql_op *op, struct sql_run *r)
{
	if (op->arg[0]->kind == VALUE_NULL)
		return sql_null(op);
	return sql_convert(r, op->arg[0], op->arg_type[0], op->type, op->out);
}

static bool
same_type(struct type a, struct type b)
{
	if (type_is_text(a.kind) && type_is_text(b.kind))
		return true;
	if (a.kind == TYPE_DECIMAL && b.kind == TYPE_DECIMAL)
		return a.scale == b.scale && a.precision <= b.precision;
	if (type_is_integer(a.kind) && type_is_integer(b.kind))
		return a.kind <= b.kind;
	return a.kind == b.kind;
}

static struct sql_operand
coerce(struct sql_compiler *c, struct sql_operand o, struct type to)
{
	struct sql_op op = { .run = run_convert, .type = to };
	size_t from = c->program->nops;

	if (is_poison(&o) || to.kind == SQL_POISON || o.type.kind == SQL_NULL ||
	    same_type(o.type, to)) {
		if (!is_poison(&o))
			o.type = o.type.kind == SQL_NULL ? to : o.type;
		return o;
	}
	op.out = new_register(c);
	emit(c, op, o.node, &o, 1);
	return made(c, o.node, from, to, op.out, o.constant);
}

bool
sql_call_coerce(struct sql_call *call, size_t i, struct type to)
{
	call->arg[i] = coerce(call->compiler, call->arg[i], to);
	return !is_poison(&call->arg[i]);
}

void
sql_call_set(
    struct sql_call *call, size_t i, struct type type, struct value value)
{
	call->arg[i] = constant(call->compiler, call->arg[i].node, type, value);
}

bool
sql_call_text(const struct sql_call *call, size_t i, struct span *text)
{
	const struct sql_operand *o = &call->arg[i];

	if (!o->constant || o->value->kind != VALUE_TEXT)
		return false;
	*text = o->value->text;
	return true;
}

/* --- columns -------------------------------------------------------------- */

static const char *
nearest_column(const struct sql_scope *s, struct span name)
{
	const char *best = NULL, *other;
	size_t least = SIZE_MAX;

	for (size_t i = 0; (other = s->name(s->ctx, i)) != NULL; i++) {
		size_t edits = nearest_edits(name, span_of(other));

		if (edits < least &&
		    nearest_is_near(name, span_of(other), edits)) {
			least = edits;
			best = other;
		}
	}
	return best;
}

static void
unknown_column(struct sql_compiler *c, const struct sql_node *n)
{
	const char *near = nearest_column(c->scope, n->name);
	char name[DIAG_QUOTE_MAX], other[DIAG_QUOTE_MAX];
	struct buf b = { 0 };
	const char *column, *why = NULL;

	c->failed = true;
	if (c->scope->why != NULL)
		why = c->scope->why(c->scope->ctx, n->name);
	if (why != NULL) {
		sql_errors_add(c->errors, n->at, n->length, "%s: %s",
		    diag_quote(name, n->name), why);
		return;
	}
	if (near != NULL) {
		sql_errors_add(c->errors, n->at, n->length,
		    "there is no column %s; did you mean %s?",
		    diag_quote(name, n->name),
		    diag_quote(other, span_of(near)));
		return;
	}
	for (size_t i = 0;
	     i < 8 && (column = c->scope->name(c->scope->ctx, i)) != NULL; i++)
		buf_addf(&b, "%s%s", i > 0 ? ", " : "", column);
	if (b.n > 0 && buf_text(&b) != NULL)
		sql_errors_add(c->errors, n->at, n->length,
		    "there is no column %s; there are %s",
		    diag_quote(name, n->name), b.p);
	else
		sql_errors_add(c->errors, n->at, n->length,
		    "there is no column %s", diag_quote(name, n->name));
	buf_free(&b);
}

static struct sql_operand
compile_column(struct sql_compiler *c, const struct sql_node *n)
{
	struct sql_program *p = c->program;
	struct sql_operand o = { .node = n };
	struct value *to;

	o.column = c->scope->find(c->scope->ctx, n->name, &o.type);
	if (o.column == -1) {
		unknown_column(c, n);
		return poison(n);
	}
	o.type.not_null = false;
	for (size_t i = 0; i < p->nloads; i++)
		if (p->load[i].column == o.column) {
			o.value = p->load[i].to;
			return o;
		}
	if (array_room(p->load, p->load_cap, p->nloads + 1) == -1) {
		out_of_memory(c);
		return poison(n);
	}
	to = new_register(c);
	p->load[p->nloads++] = (struct sql_load){ o.column, o.type, to };
	o.value = to;
	return o;
}

/* --- calls ---------------------------------------------------------------- */

static bool
wrong_type(
    struct sql_call *call, size_t i, const char *wanted, const char *hint)
{
	char name[SQL_TYPE_NAME_MAX];

	return sql_call_error(call, i, "%s takes %s here, not %s%s",
	    call->function->name, wanted,
	    sql_type_name(name, call->arg[i].type), hint);
}

static bool
take_text(struct sql_call *call, size_t i)
{
	struct type t = call->arg[i].type;

	if (type_is_text(t.kind))
		return true;
	if (t.kind == SQL_NULL || t.kind == TYPE_ANY)
		return sql_call_coerce(call, i, sql_type(TYPE_STRING));
	return wrong_type(call, i, "a text", "; CAST(... AS STRING) makes one");
}

static bool
take_integer(struct sql_call *call, size_t i)
{
	struct type t = call->arg[i].type;

	if (type_is_integer(t.kind))
		return true;
	if (t.kind == SQL_NULL || t.kind == TYPE_ANY)
		return sql_call_coerce(call, i, sql_type(TYPE_BIGINT));
	return wrong_type(
	    call, i, "an integer", "; CAST(... AS INT) makes one");
}

static bool
take_number(struct sql_call *call, size_t i, bool as_double)
{
	struct type t = call->arg[i].type;

	if (!type_is_number(t.kind) && t.kind != SQL_NULL && t.kind != TYPE_ANY)
		return wrong_type(call, i, "a number", "");
	return !as_double || sql_call_coerce(call, i, sql_type(TYPE_DOUBLE));
}

/* Whether an argument is what that letter means (sql/function.h). */
static bool
take_argument(struct sql_call *call, size_t i, char letter)
{
	enum type_kind k = call->arg[i].type.kind;

	if (k == SQL_WORD && letter != 'w')
		return wrong_type(call, i, "a value", "");
	switch (letter) {
	case 't':
	case 'p':
		return take_text(call, i);
	case 'i':
		return take_integer(call, i);
	case 'u':
		return type_is_integer(k) || take_text(call, i);
	case 'n':
	case 'd':
		return take_number(call, i, letter == 'd');
	case 'b':
		if (k == SQL_NULL || k == TYPE_ANY)
			return sql_call_coerce(call, i, sql_type(TYPE_BOOLEAN));
		return k == TYPE_BOOLEAN ||
		       wrong_type(call, i, "a truth (BOOLEAN)", "");
	case 'z':
		if (k == SQL_NULL || k == TYPE_ANY)
			return sql_call_coerce(call, i,
			    (struct type){
				.kind = TYPE_TIMESTAMP, .precision = 3 });
		return k == TYPE_DATE || sql_type_is_instant(k) ||
		       wrong_type(call, i, "a date or timestamp",
			   type_is_text(k)
			       ? "; CAST(... AS TIMESTAMP(3)) makes one"
			       : "");
	default:
		return true;
	}
}

static char
letter_of(const struct sql_function *f, size_t i)
{
	size_t n = strlen(f->args);

	return n == 0 ? 'x' : f->args[i < n ? i : n - 1];
}

/* All the arguments of letter c become one type. */
static bool
take_common(struct sql_call *call, struct type *common)
{
	struct type both;
	char a[SQL_TYPE_NAME_MAX], b[SQL_TYPE_NAME_MAX];

	*common = sql_type(SQL_NULL);
	for (size_t i = 0; i < call->nargs; i++) {
		if (letter_of(call->function, i) != 'c')
			continue;
		if (sql_type_merged(*common, call->arg[i].type, &both)) {
			*common = both;
			continue;
		}
		return sql_call_error(call, i,
		    "%s has no type for both %s and %s; CAST one of them",
		    call->function->name, sql_type_name(a, *common),
		    sql_type_name(b, call->arg[i].type));
	}
	for (size_t i = 0; i < call->nargs; i++)
		if (letter_of(call->function, i) == 'c' &&
		    !sql_call_coerce(call, i, *common))
			return false;
	return true;
}

static struct type
result_type(const struct sql_call *call, struct type common)
{
	static const enum type_kind kinds[] = {
		[SQL_IS_BOOLEAN] = TYPE_BOOLEAN,
		[SQL_IS_INT] = TYPE_INT,
		[SQL_IS_BIGINT] = TYPE_BIGINT,
		[SQL_IS_DOUBLE] = TYPE_DOUBLE,
		[SQL_IS_STRING] = TYPE_STRING,
		[SQL_IS_DATE] = TYPE_DATE,
		[SQL_IS_TIMESTAMP] = TYPE_TIMESTAMP,
		[SQL_IS_LTZ] = TYPE_TIMESTAMP_LTZ,
	};
	struct type t;

	switch (call->function->result) {
	case SQL_IS_ARG:
	case SQL_IS_BOUND:
		return call->nargs > 0 ? call->arg[0].type : sql_type(TYPE_ANY);
	case SQL_IS_COMMON:
		return common;
	default:
		t = sql_type(kinds[call->function->result]);
		t.precision = sql_type_is_instant(t.kind) ? 3 : 0;
		return t;
	}
}

static bool
bind(struct sql_call *call)
{
	const struct sql_function *f = call->function;
	struct type common = sql_type(SQL_NULL);

	for (size_t i = 0; i < call->nargs; i++)
		if (!take_argument(call, i, letter_of(f, i)))
			return false;
	if (!take_common(call, &common))
		return false;
	call->op.type = result_type(call, common);
	call->op.eval = f->eval;
	return f->bind == NULL || f->bind(call);
}

static bool
check_count(struct sql_call *call)
{
	const struct sql_function *f = call->function;
	int n = (int)call->nargs;

	if (n >= f->least && (f->most == -1 || n <= f->most))
		return true;
	return sql_call_error(call, call->nargs,
	    "%s does not take %d argument%s; write %s", f->name, n,
	    n == 1 ? "" : "s", f->form);
}

static struct sql_operand
finish_call(struct sql_compiler *c, struct sql_call *call)
{
	const struct sql_node *n = call->node;
	const struct sql_function *f = call->function;
	size_t from = c->program->nops;
	bool ok = true;

	for (size_t i = 0; i < call->nargs; i++)
		ok = ok && !is_poison(&call->arg[i]);
	if (!check_count(call) || !ok || !bind(call)) {
		free_data(&call->op);
		return poison(n);
	}
	/* Conversions of arguments have come meanwhile; they stay. */
	from = c->program->nops;
	call->op.out = new_register(c);
	if (call->op.run == NULL && (f->flags & SQL_SEES_NULL) == 0)
		call->op.run = run_strict;
	emit(c, call->op, n, call->arg, call->nargs);
	return made(c, n, from, call->op.type, call->op.out,
	    (f->flags & SQL_VOLATILE) == 0 &&
		all_constant(call->arg, call->nargs));
}

static void
unknown_function(struct sql_compiler *c, const struct sql_node *n)
{
	const char *near = sql_function_nearest(n->name);
	char name[DIAG_QUOTE_MAX];

	c->failed = true;
	diag_quote(name, n->name);
	if (sql_function_is_of_flink(n->name))
		sql_errors_add(c->errors, n->at, n->length,
		    "%.*s: Flink runs this, windowpipe does not",
		    (int)n->name.n, n->name.p);
	else if (near != NULL)
		sql_errors_add(c->errors, n->at, n->length,
		    "there is no function %s; did you mean %s?", name, near);
	else
		sql_errors_add(c->errors, n->at, n->length,
		    "there is no function %s; windowpipe-sql(7) lists them",
		    name);
}

/* --- what is evaluated only where it counts --------------------------------
 */

static struct sql_operand *
compile_args(struct sql_compiler *c, const struct sql_node *n)
{
	struct sql_operand *o =
	    arena_alloc(&c->program->arena, (n->nargs + 1) * sizeof *o);

	if (o == NULL) {
		out_of_memory(c);
		return NULL;
	}
	for (size_t i = 0; i < n->nargs; i++)
		o[i] = compile(c, n->arg[i]);
	return o;
}

/* negated: NOT n. */
static struct sql_operand
compile_truth(struct sql_compiler *c, const struct sql_node *n, const char *of,
    bool negated)
{
	struct sql_operand o = negated ? compile_not(c, n) : compile(c, n);
	char name[SQL_TYPE_NAME_MAX];

	if (is_poison(&o) || o.type.kind == TYPE_BOOLEAN)
		return o;
	if (o.type.kind == SQL_NULL || o.type.kind == TYPE_ANY)
		return coerce(c, o, sql_type(TYPE_BOOLEAN));
	c->failed = true;
	sql_errors_add(c->errors, n->at, n->length,
	    "%s takes a truth, such as a comparison, not %s", of,
	    sql_type_name(name, o.type));
	return poison(n);
}

/* code: the truth that decides; the first step has no out yet. */
static enum sql_step
run_logic(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];

	(void)r;
	if (v->kind == VALUE_BOOL && v->i == op->code) {
		*op->out = *v;
		return SQL_JUMP;
	}
	if (v->kind == VALUE_NULL)
		op->out->kind = VALUE_NULL;
	return SQL_NEXT;
}

static enum sql_step
run_logic_first(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	*op->out = *op->arg[0];
	return op->out->kind == VALUE_BOOL && op->out->i == op->code ? SQL_JUMP
	                                                             : SQL_NEXT;
}

static struct sql_operand
compile_logic(struct sql_compiler *c, const struct sql_node *n, bool negated)
{
	struct sql_op op = { .type = sql_type(TYPE_BOOLEAN),
		.code = (n->kind == SQL_OR) != negated };
	size_t from = c->program->nops, first = from;
	bool is_constant = true, is_wrong = false;

	op.out = new_register(c);
	for (size_t i = 0; i < n->nargs; i++) {
		struct sql_operand o = compile_truth(
		    c, n->arg[i], n->kind == SQL_OR ? "OR" : "AND", negated);

		is_wrong = is_wrong || is_poison(&o);
		is_constant = is_constant && o.constant;
		op.run = i == 0 ? run_logic_first : run_logic;
		emit(c, op, n, &o, 1);
	}
	if (is_wrong)
		return poison(n);
	for (; first < c->program->nops; first++)
		if ((c->program->op[first].run == run_logic ||
			c->program->op[first].run == run_logic_first) &&
		    c->program->op[first].out == op.out)
			c->program->op[first].jump = c->program->nops;
	return made(c, n, from, op.type, op.out, is_constant);
}

static enum sql_step
run_unless(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];

	(void)r;
	return v->kind == VALUE_BOOL && v->i != 0 ? SQL_NEXT : SQL_JUMP;
}

static enum sql_step
run_goto(const struct sql_op *op, struct sql_run *r)
{
	(void)op;
	(void)r;
	return SQL_JUMP;
}

/*
 * The result of several branches, whose type is known only behind the last: the
 * conversions into it are set then.
 */
struct branches {
	struct value *out;
	struct type type;
	size_t *convert; /* the operation of each */
	size_t n;
	bool is_wrong;
	bool is_constant;
};

static bool
branches_init(struct sql_compiler *c, struct branches *b, size_t most)
{
	*b = (struct branches){ .out = new_register(c),
		.type = sql_type(SQL_NULL),
		.is_constant = true };
	b->convert =
	    arena_alloc(&c->program->arena, (most + 1) * sizeof *b->convert);
	if (b->convert == NULL)
		out_of_memory(c);
	return b->convert != NULL;
}

static void
branches_add(struct sql_compiler *c, struct branches *b,
    const struct sql_node *n, const struct sql_node *owner)
{
	struct sql_op op = { .run = run_convert, .out = b->out };
	struct sql_operand o = compile(c, n);
	struct type both;
	char one[SQL_TYPE_NAME_MAX], other[SQL_TYPE_NAME_MAX];

	b->is_constant = b->is_constant && o.constant;
	if (is_poison(&o)) {
		b->is_wrong = true;
	} else if (owner->kind == SQL_CASE &&
		   sql_type_is_instant(b->type.kind) &&
		   sql_type_is_instant(o.type.kind)) {
		/* The first says what a CASE is, and how exact an IF is. */
		if (!span_is(owner->name, "IF") &&
		    o.type.precision > b->type.precision)
			b->type.precision = o.type.precision;
	} else if (owner->kind == SQL_CASE
		       ? sql_type_common(b->type, o.type, &both)
		       : sql_type_merged(b->type, o.type, &both)) {
		b->type = both;
	} else {
		c->failed = b->is_wrong = true;
		sql_errors_add(c->errors, n->at, n->length,
		    "%.*s has no type for both %s and %s; CAST one of them",
		    owner->kind == SQL_CASE ? 4 : (int)owner->name.n,
		    owner->kind == SQL_CASE ? "CASE" : owner->name.p,
		    sql_type_name(one, b->type), sql_type_name(other, o.type));
	}
	b->convert[b->n++] = emit(c, op, n, &o, 1);
}

static struct sql_operand
branches_end(struct sql_compiler *c, struct branches *b,
    const struct sql_node *n, size_t from)
{
	if (b->is_wrong || c->errors->out_of_memory)
		return poison(n);
	for (size_t i = 0; i < b->n; i++)
		c->program->op[b->convert[i]].type = b->type;
	return made(c, n, from, b->type, b->out, b->is_constant);
}

/* when, then, when, then, ... else. */
static struct sql_operand
compile_case(struct sql_compiler *c, const struct sql_node *n)
{
	size_t from = c->program->nops, unless;
	struct branches b;
	struct shared subject = { .outer = c->shared };
	struct sql_op op = { 0 };
	struct sql_operand o;

	if (!branches_init(c, &b, n->nargs))
		return poison(n);
	if (n->subject != NULL) {
		subject.node = n->subject;
		subject.operand = compile(c, n->subject);
		c->shared = &subject;
	}
	for (size_t i = 0; i + 1 < n->nargs; i += 2) {
		struct sql_operand when =
		    compile_truth(c, n->arg[i], "WHEN", false);

		b.is_wrong = b.is_wrong || is_poison(&when);
		b.is_constant = b.is_constant && when.constant;
		op.run = run_unless;
		unless = emit(c, op, n->arg[i], &when, 1);
		branches_add(c, &b, n->arg[i + 1], n);
		op.run = run_goto;
		emit(c, op, n, NULL, 0);
		if (!c->errors->out_of_memory)
			c->program->op[unless].jump = c->program->nops;
	}
	branches_add(c, &b, n->arg[n->nargs - 1], n);
	for (size_t i = from; i < c->program->nops; i++)
		if (c->program->op[i].run == run_goto &&
		    c->program->op[i].jump == 0)
			c->program->op[i].jump = c->program->nops;
	o = branches_end(c, &b, n, from);
	c->shared = subject.outer;
	return o;
}

static enum sql_step
run_if_value(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return op->arg[0]->kind == VALUE_NULL ? SQL_NEXT : SQL_JUMP;
}

/* COALESCE and IFNULL. */
static struct sql_operand
compile_coalesce(struct sql_compiler *c, const struct sql_node *n)
{
	size_t from = c->program->nops;
	struct branches b;
	struct sql_op op = { .run = run_if_value };
	struct sql_operand out;

	if (!branches_init(c, &b, n->nargs))
		return poison(n);
	out = (struct sql_operand){ .value = b.out, .column = -1 };
	for (size_t i = 0; i < n->nargs; i++) {
		branches_add(c, &b, n->arg[i], n);
		emit(c, op, n, &out, 1);
	}
	for (size_t i = from; i < c->program->nops; i++)
		if (c->program->op[i].run == run_if_value &&
		    c->program->op[i].jump == 0)
			c->program->op[i].jump = c->program->nops;
	return branches_end(c, &b, n, from);
}

/* IF(condition, a, b) is a CASE of one, but b is cut to a's precision. */
static struct sql_operand
compile_if(struct sql_compiler *c, const struct sql_node *n)
{
	struct sql_node as_case = *n;
	struct sql_operand o;
	struct type type;

	as_case.kind = SQL_CASE;
	o = compile_case(c, &as_case);
	type = o.type;
	if (is_poison(&o) || !sql_type_is_instant(type.kind) ||
	    type.precision >= 3)
		return o;
	o.type.precision = 3;
	return cast_to(c, n, o, type, false);
}

static enum sql_step
run_nullif(const struct sql_op *op, struct sql_run *r)
{
	const struct value *equal = op->arg[1];

	(void)r;
	if (equal->kind == VALUE_BOOL && equal->i != 0)
		return sql_null(op);
	*op->out = *op->arg[0];
	return SQL_NEXT;
}

static struct sql_operand
compile_nullif(struct sql_compiler *c, const struct sql_node *n)
{
	size_t from;
	struct sql_operand *arg = compile_args(c, n), pair[2];
	struct sql_call call = { .compiler = c,
		.function = sql_function_find(span_of("=")),
		.node = n };
	struct sql_op op = { .run = run_nullif };

	if (arg == NULL)
		return poison(n);
	pair[0] = arg[0];
	call.arg = arg;
	call.nargs = 2;
	pair[1] = finish_call(c, &call);
	if (is_poison(&pair[0]) || is_poison(&pair[1]))
		return poison(n);
	from = c->program->nops;
	op.type = pair[0].type;
	op.out = new_register(c);
	emit(c, op, n, pair, 2);
	return made(c, n, from, op.type, op.out, all_constant(pair, 2));
}

static const struct lazy {
	const char *name;
	struct sql_operand (*compile)(
	    struct sql_compiler *, const struct sql_node *);
} lazies[] = {
	{ "COALESCE", compile_coalesce },
	{ "IFNULL", compile_coalesce },
	{ "IF", compile_if },
	{ "NULLIF", compile_nullif },
};

/* In a WHERE: whether both are one column, which is declared. */
static bool
is_itself(
    struct sql_compiler *c, const struct sql_node *a, const struct sql_node *b)
{
	struct sql_operand o;

	if (!c->where || a->kind != SQL_COLUMN || b->kind != SQL_COLUMN ||
	    !span_equal(a->name, b->name))
		return false;
	o = compile(c, a);
	return !is_poison(&o) && o.type.kind != TYPE_ANY;
}

static struct sql_operand
truth(struct sql_compiler *c, const struct sql_node *n, bool is_true)
{
	return constant(c, n, sql_type(TYPE_BOOLEAN),
	    (struct value){ .kind = VALUE_BOOL, .i = is_true });
}

/* A comparison of a column with itself, of which *is_true does not depend. */
static bool
compares_itself(struct sql_compiler *c, const struct sql_node *n, bool *is_true)
{
	static const struct {
		const char *name;
		bool is_true;
	} known[] = { { "=", true }, { "<=", true }, { ">=", true },
		{ "<>", false }, { "<", false }, { ">", false } };

	if (n->nargs != 2 || !is_itself(c, n->arg[0], n->arg[1]))
		return false;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++)
		if (span_is(n->name, known[i].name)) {
			*is_true = known[i].is_true;
			return true;
		}
	return false;
}

static bool
is_not(const struct sql_node *n)
{
	return n->kind == SQL_CALL && n->nargs == 1 && span_is(n->name, "NOT");
}

/* The comparison that is true where this one is not, or NULL: it is none. */
static const char *
inverse_of(const struct sql_node *n)
{
	static const char *const pairs[][2] = { { "=", "<>" }, { "<", ">=" },
		{ ">", "<=" } };

	for (size_t i = 0; n->kind == SQL_CALL && i < 3; i++)
		for (size_t k = 0; k < 2; k++)
			if (span_is(n->name, pairs[i][k]))
				return pairs[i][1 - k];
	return NULL;
}

static bool
has_inverse(const struct sql_node *n)
{
	return n->kind == SQL_AND || n->kind == SQL_OR ||
	       n->kind == SQL_BETWEEN || is_not(n) || inverse_of(n) != NULL;
}

/*
 * Flink's planner turns NOT a < b into a >= b, within AND and OR, too: where
 * one is NaN, it makes a difference.
 */
static struct sql_operand
compile_not(struct sql_compiler *c, const struct sql_node *n)
{
	struct sql_node copy = *n;
	struct sql_node *arg[] = { &copy };
	struct sql_node not = { .kind = SQL_CALL,
		.at = n->at,
		.length = n->length,
		.name = span_of("NOT"),
		.arg = arg,
		.nargs = 1 };

	if (n->kind == SQL_AND || n->kind == SQL_OR)
		return compile_logic(c, n, true);
	if (n->kind == SQL_BETWEEN)
		return compile_between(c, n, true);
	if (is_not(n))
		return compile_truth(c, n->arg[0], "NOT", false);
	if (inverse_of(n) == NULL)
		return compile_call(c, &not );
	copy.name = span_of(inverse_of(n));
	return compile_call(c, &copy);
}

/* (NOT a) IS TRUE is a IS FALSE, and its NOT nothing that is turned. */
static struct sql_operand
compile_is(struct sql_compiler *c, const struct sql_node *n, const char *other)
{
	struct sql_node is = *n;

	is.arg = n->arg[0]->arg;
	is.name = span_of(other);
	return compile_call(c, &is);
}

static struct sql_operand
compile_call(struct sql_compiler *c, const struct sql_node *n)
{
	struct sql_call call = { .compiler = c,
		.function = sql_function_find(n->name),
		.node = n,
		.nargs = n->nargs };
	bool is_true;

	if (n->distinct || n->filter != NULL || n->over != NULL) {
		c->failed = true;
		sql_errors_add(c->errors, n->at, n->length,
		    "%s belongs to an aggregate, which cannot stand here",
		    n->distinct         ? "DISTINCT"
		    : n->filter != NULL ? "FILTER"
					: "OVER");
		compile_args(c, n);
		return poison(n);
	}
	if (n->nargs == 1 && is_not(n->arg[0]) && span_is(n->name, "IS TRUE"))
		return compile_is(c, n, "IS FALSE");
	if (n->nargs == 1 && is_not(n->arg[0]) && span_is(n->name, "IS FALSE"))
		return compile_is(c, n, "IS TRUE");
	if (is_not(n) && has_inverse(n->arg[0]))
		return compile_not(c, n->arg[0]);
	if (compares_itself(c, n, &is_true))
		return truth(c, n, is_true);
	if (call.function == NULL) {
		unknown_function(c, n);
		compile_args(c, n);
		return poison(n);
	}
	for (size_t i = 0; i < sizeof lazies / sizeof *lazies; i++)
		if (strcmp(call.function->name, lazies[i].name) == 0) {
			call.nargs = n->nargs;
			call.arg = NULL;
			if (!check_count(&call))
				return poison(n);
			return lazies[i].compile(c, n);
		}
	call.arg = compile_args(c, n);
	return call.arg == NULL ? poison(n) : finish_call(c, &call);
}

/* --- CAST, IN, BETWEEN ---------------------------------------------------- */

/* code: TRY_CAST, which is null where a cast fails. */
static enum sql_step
run_cast(const struct sql_op *op, struct sql_run *r)
{
	enum sql_step step;

	if (op->arg[0]->kind == VALUE_NULL)
		return sql_null(op);
	step = sql_cast(r, op->arg[0], op->arg_type[0], op->type, op->out);
	return step == SQL_FAIL && op->code && !r->scratch->failed
	           ? sql_null(op)
	           : step;
}

/* o as CAST or TRY_CAST has it; what is wrong is told at n. */
static struct sql_operand
cast_to(struct sql_compiler *c, const struct sql_node *n, struct sql_operand o,
    struct type to, bool is_try)
{
	size_t from = c->program->nops;
	struct sql_op op = { .run = run_cast, .type = to, .code = is_try };
	char a[SQL_TYPE_NAME_MAX], b[SQL_TYPE_NAME_MAX];

	if (is_poison(&o) || to.kind == SQL_POISON)
		return poison(n);
	if (!sql_cast_allowed(o.type, to)) {
		c->failed = true;
		sql_errors_add(c->errors, n->at, n->length,
		    "%s cannot be cast to %s%s", sql_type_name(a, o.type),
		    sql_type_name(b, to),
		    type_is_number(o.type.kind) && sql_type_is_instant(to.kind)
			? "; TO_TIMESTAMP_LTZ makes one of a number"
			: "");
		return poison(n);
	}
	op.out = new_register(c);
	emit(c, op, n, &o, 1);
	return made(c, n, from, op.type, op.out, o.constant);
}

static struct sql_operand
compile_cast(struct sql_compiler *c, const struct sql_node *n)
{
	return cast_to(
	    c, n, compile(c, n->arg[0]), n->type, span_is(n->name, "TRY_CAST"));
}

/*
 * Flink casts each member to the type of x, if its kind is another, and so
 * `i IN (0.5)` is true of 0; it does so with numbers and texts alone.
 */
static bool
is_cast_for_in(struct type x, struct type member)
{
	if (type_is_text(x.kind))
		return type_is_number(member.kind);
	return type_is_number(x.kind) && member.kind != x.kind &&
	       (type_is_number(member.kind) || type_is_text(member.kind));
}

/* A column's constants are a set in Flink, which knows -0.0 from 0.0. */
static bool
is_set(const struct sql_call *call)
{
	size_t values = 0;

	for (size_t i = 1; i < call->nargs; i++)
		values += call->arg[i].constant &&
		          call->arg[i].value->kind != VALUE_NULL;
	return values > 1 && call->node->arg[0]->kind == SQL_COLUMN &&
	       all_constant(call->arg + 1, call->nargs - 1);
}

static struct sql_operand
compile_in(struct sql_compiler *c, const struct sql_node *n)
{
	static const struct sql_function in = { .name = "IN",
		.form = "x IN (a, b)",
		.least = 2,
		.most = -1,
		.args = "x",
		.result = SQL_IS_BOOLEAN,
		.flags = SQL_SEES_NULL };
	struct sql_call call = {
		.compiler = c, .function = &in, .node = n, .nargs = n->nargs
	};

	for (size_t i = 1; i < n->nargs; i++)
		if (is_itself(c, n->arg[0], n->arg[i]))
			return truth(c, n, true);
	call.arg = compile_args(c, n);
	if (call.arg == NULL)
		return poison(n);
	for (size_t i = 1; i < n->nargs; i++) {
		struct type x = call.arg[0].type;

		if (is_cast_for_in(x, call.arg[i].type))
			call.arg[i] =
			    cast_to(c, n->arg[i], call.arg[i], x, false);
		if (is_poison(&call.arg[0]) || is_poison(&call.arg[i]) ||
		    !sql_compare_coerce(&call, 0, i))
			return poison(n);
	}
	call.op.code = is_set(&call);
	call.op.run = sql_run_in;
	return finish_call(c, &call);
}

/* SYMMETRIC: or the same with a and b the other way round. */
static struct sql_operand
compile_symmetric(
    struct sql_compiler *c, const struct sql_node *n, bool negated)
{
	struct sql_node one = *n, other = *n;
	struct sql_node *swapped[] = { n->arg[0], n->arg[2], n->arg[1] };
	struct sql_node *sides[] = { &one, &other };
	struct sql_node either = { .kind = SQL_OR,
		.at = n->at,
		.length = n->length,
		.arg = sides,
		.nargs = 2 };

	one.name = other.name = (struct span){ 0 };
	other.arg = swapped;
	return compile_logic(c, &either, negated);
}

/* x >= a AND x <= b. */
static struct sql_operand
compile_range(struct sql_compiler *c, const struct sql_node *n, bool negated)
{
	struct sql_node *from[] = { n->arg[0], n->arg[1] };
	struct sql_node *to[] = { n->arg[0], n->arg[2] };
	struct sql_node least = { .kind = SQL_CALL,
		.at = n->at,
		.length = n->length,
		.name = span_of(">="),
		.arg = from,
		.nargs = 2 };
	struct sql_node most = least;
	struct sql_node *sides[] = { &least, &most };
	struct sql_node both = { .kind = SQL_AND,
		.at = n->at,
		.length = n->length,
		.arg = sides,
		.nargs = 2 };

	most.name = span_of("<=");
	most.arg = to;
	return compile_logic(c, &both, negated);
}

static struct sql_operand
compile_between(struct sql_compiler *c, const struct sql_node *n, bool negated)
{
	struct shared shared[3], *outer = c->shared;
	/* What comes once is evaluated only where it counts. */
	size_t twice = n->name.n == 0 ? 1 : 3;
	struct sql_operand o;

	for (size_t i = 0; i < twice; i++) {
		shared[i] = (struct shared){ n->arg[i], compile(c, n->arg[i]),
			i == 0 ? outer : &shared[i - 1] };
		if (is_poison(&shared[i].operand))
			return poison(n);
	}
	c->shared = &shared[twice - 1];
	o = n->name.n == 0 ? compile_range(c, n, negated)
	                   : compile_symmetric(c, n, negated);
	c->shared = outer;
	return o;
}

/* --- the whole ------------------------------------------------------------ */

static struct sql_operand
compile(struct sql_compiler *c, const struct sql_node *n)
{
	for (struct shared *s = c->shared; s != NULL; s = s->outer)
		if (s->node == n)
			return s->operand;
	switch (n->kind) {
	case SQL_CONSTANT:
		return constant(c, n, n->type, n->value);
	case SQL_COLUMN:
		return compile_column(c, n);
	case SQL_CALL:
		return compile_call(c, n);
	case SQL_AND:
	case SQL_OR:
		return compile_logic(c, n, false);
	case SQL_CASE:
		return compile_case(c, n);
	case SQL_CAST:
		return compile_cast(c, n);
	case SQL_IN:
		return compile_in(c, n);
	case SQL_BETWEEN:
		return compile_between(c, n, false);
	case SQL_STAR:
		sql_errors_add(
		    c->errors, n->at, n->length, "a value expected, not *");
		break;
	case SQL_ERRONEOUS: /* told by the parser */
		break;
	}
	c->failed = true;
	return poison(n);
}

static const struct sql_load *
load_of(const struct sql_program *p, const struct value *to)
{
	for (size_t i = 0; i < p->nloads; i++)
		if (p->load[i].to == to)
			return &p->load[i];
	return NULL;
}

/*
 * A comparison of a column with a constant, or several that are joined by AND:
 * many rows are looked at at once.
 */
static bool
is_simple(struct sql_program *p)
{
	for (size_t i = 0; i < p->nops; i++) {
		struct sql_op *op = &p->op[i];
		/* Nothing but what the comparison before it gives. */
		bool joins =
		    (op->run == run_logic || op->run == run_logic_first) &&
		    op->code == 0 && op->out == p->result && i > 0 &&
		    op[-1].many != NULL && op[-1].out == op->arg[0];

		if (!joins && (op->many == NULL || op->nargs != 2 ||
				  load_of(p, op->arg[0]) == NULL ||
				  load_of(p, op->arg[1]) != NULL ||
				  (op->out != p->result && p->nops == 1)))
			return false;
	}
	return p->nops > 0;
}

uint64_t
sql_filter(struct sql_program *p, const struct value *rows, size_t stride,
    int n, struct arena *scratch, int *done)
{
	uint64_t truths = 0;
	const struct value *v;

	*done = n;
	if (p->simple) {
		truths = UINT64_MAX;
		for (size_t i = 0; i < p->nops; i++) {
			const struct sql_op *op = &p->op[i];

			if (op->many != NULL)
				truths &= op->many(op,
				    rows + load_of(p, op->arg[0])->column,
				    stride, n);
		}
		return truths;
	}
	for (int i = 0; i < n; i++, rows += stride) {
		v = sql_run(p, rows, scratch);
		if (v == NULL) {
			*done = i;
			break;
		}
		truths |= (uint64_t)(v->kind == VALUE_BOOL && v->i != 0) << i;
	}
	return truths;
}

static struct sql_program *
compile_all(const struct sql_node *n, const struct sql_scope *scope,
    const struct sql_env *env, bool is_truth, bool where,
    struct sql_errors *errors)
{
	struct sql_program *p = calloc(1, sizeof *p);
	struct sql_compiler c = {
		.program = p, .scope = scope, .errors = errors, .where = where
	};
	struct sql_operand o;

	if (p == NULL) {
		errors->out_of_memory = true;
		return NULL;
	}
	p->env = env;
	p->run.env = env;
	o = is_truth ? compile_truth(&c, n, "the condition", false)
	             : compile(&c, n);
	if (c.failed || errors->n > 0 || is_poison(&o)) {
		sql_program_free(p);
		return NULL;
	}
	p->type = o.type;
	p->constant = o.constant;
	p->result = o.value;
	p->simple = is_simple(p);
	sql_lanes_init(p);
	return p;
}

struct sql_program *
sql_compile(const struct sql_node *n, const struct sql_scope *scope,
    const struct sql_env *env, struct sql_errors *errors)
{
	return compile_all(n, scope, env, false, false, errors);
}

struct sql_program *
sql_compile_condition(const struct sql_node *n, const struct sql_scope *scope,
    const struct sql_env *env, struct sql_errors *errors)
{
	return compile_all(n, scope, env, true, false, errors);
}

struct sql_program *
sql_compile_where(const struct sql_node *n, const struct sql_scope *scope,
    const struct sql_env *env, struct sql_errors *errors)
{
	return compile_all(n, scope, env, true, true, errors);
}

void
sql_program_free(struct sql_program *p)
{
	if (p == NULL)
		return;
	drop_from(p, 0);
	free(p->op);
	free(p->load);
	arena_free(&p->arena);
	free(p);
}

int
sql_program_column(const struct sql_program *p, size_t k)
{
	return k < p->nloads ? p->load[k].column : -1;
}

int
sql_program_is_column(const struct sql_program *p)
{
	const struct sql_load *load = load_of(p, p->result);

	return load == NULL ? -1 : load->column;
}

void
sql_program_renumber(struct sql_program *p, const int *to)
{
	for (size_t i = 0; i < p->nloads; i++)
		p->load[i].column = to[p->load[i].column];
	for (size_t i = 0; i < p->nops; i++)
		if (p->op[i].column != -1)
			p->op[i].column = to[p->op[i].column];
}
