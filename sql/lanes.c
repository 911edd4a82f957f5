/* lanes - arithmetic of many rows at once.
 * SPDX-License-Identifier: ISC */
#include "sql/lanes.h"

/* Columns, constants and results of a program; longer ones go row by row. */
enum { LANES_MAX = 16 };

/*
 * A register of the program becomes a lane: its value of each row, as an
 * integer or as the units of a DECIMAL, whose scale is its type's.
 */
struct sql_lanes {
	size_t n;
	struct lane {
		const struct value *of; /* the register */
		enum value_kind kind;
		int scale;
		uint64_t null; /* bit i: it is null in row i */
		int64_t value[SQL_LANE_ROWS];
	} lane[LANES_MAX];
};

static struct lane *
find_lane(struct sql_lanes *l, const struct value *of)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->lane[i].of == of)
			return &l->lane[i];
	return NULL;
}

static struct lane *
new_lane(struct sql_lanes *l, const struct value *of, struct type type)
{
	struct lane *lane = &l->lane[l->n];

	if (l->n == LANES_MAX ||
	    (type.kind == TYPE_DECIMAL && type.precision > 18) ||
	    (type.kind != TYPE_DECIMAL && !type_is_integer(type.kind)))
		return NULL;
	l->n++;
	*lane = (struct lane){ .of = of,
		.kind = type.kind == TYPE_DECIMAL ? VALUE_DECIMAL : VALUE_INT,
		.scale = type.scale };
	return lane;
}

/* As the lane has it; false: it is of another kind, or of another scale. */
static inline bool
take(struct lane *lane, int i, const struct value *v)
{
	if (v->kind == VALUE_NULL) {
		lane->null |= (uint64_t)1 << i;
		lane->value[i] = 0;
		return true;
	}
	if (v->kind != lane->kind ||
	    (v->kind == VALUE_DECIMAL && v->scale != lane->scale))
		return false;
	lane->value[i] = v->kind == VALUE_INT ? v->i : (int64_t)v->units;
	return true;
}

static bool
add_constant(struct sql_lanes *l, const struct value *v, struct type type)
{
	struct lane *lane = new_lane(l, v, type);

	if (lane == NULL || v->kind == VALUE_NULL)
		return false;
	for (int i = 0; i < SQL_LANE_ROWS; i++)
		if (!take(lane, i, v))
			return false;
	return true;
}

static bool
make(struct sql_lanes *l, const struct sql_program *p)
{
	for (size_t k = 0; k < p->nloads; k++)
		if (new_lane(l, p->load[k].to, p->load[k].type) == NULL)
			return false;
	for (size_t i = 0; i < p->nops; i++) {
		const struct sql_op *op = &p->op[i];

		if (op->lanes == NULL || op->nargs != 2)
			return false;
		for (size_t k = 0; k < 2; k++)
			if (find_lane(l, op->arg[k]) == NULL &&
			    !add_constant(l, op->arg[k], op->arg_type[k]))
				return false;
		if (new_lane(l, op->out, op->type) == NULL)
			return false;
	}
	return p->nops > 0;
}

void
sql_lanes_init(struct sql_program *p)
{
	struct sql_lanes *l = NULL;

	if (p->nops > 0 && p->op[0].lanes != NULL)
		l = arena_zero(&p->arena, sizeof *l);
	if (l != NULL && make(l, p))
		p->lanes = l;
}

static bool
load(struct lane *lane, const struct value *v, size_t stride, int n)
{
	lane->null = 0;
	for (int i = 0; i < n; i++, v += stride)
		if (!take(lane, i, v))
			return false;
	return true;
}

static void
store(const struct lane *lane, struct value *v, size_t stride, int n)
{
	for (int i = 0; i < n; i++, v += stride) {
		v->kind = lane->null >> i & 1 ? VALUE_NULL : lane->kind;
		v->scale = lane->scale;
		if (lane->kind == VALUE_INT)
			v->i = lane->value[i];
		else
			v->units = lane->value[i];
	}
}

bool
sql_lanes_run(const struct sql_program *p, struct value *rows, size_t stride,
    int n, int to)
{
	struct sql_lanes *l = p->lanes;

	if (l == NULL)
		return false;
	for (size_t k = 0; k < p->nloads; k++)
		if (!load(&l->lane[k], rows + p->load[k].column, stride, n))
			return false;
	for (size_t i = 0; i < p->nops; i++) {
		const struct sql_op *op = &p->op[i];
		const struct lane *a = find_lane(l, op->arg[0]);
		const struct lane *b = find_lane(l, op->arg[1]);
		struct lane *out = find_lane(l, op->out);

		out->null = a->null | b->null;
		if (!op->lanes(op, a->value, b->value, out->value, n))
			return false;
	}
	store(find_lane(l, p->result), rows + to, stride, n);
	return true;
}
