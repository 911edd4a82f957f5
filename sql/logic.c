/* logic - NOT and the IS of truths and nulls.
 * SPDX-License-Identifier: ISC */
#include "sql/logic.h"

enum sql_step
sql_eval_not(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_bool(op, op->arg[0]->i == 0);
}

enum sql_step
sql_eval_is_null(const struct sql_op *op, struct sql_run *r)
{
	(void)r;
	return sql_bool(op, op->arg[0]->kind == VALUE_NULL);
}

enum sql_step
sql_eval_is_true(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];

	(void)r;
	return sql_bool(op, v->kind == VALUE_BOOL && v->i != 0);
}

enum sql_step
sql_eval_is_false(const struct sql_op *op, struct sql_run *r)
{
	const struct value *v = op->arg[0];

	(void)r;
	return sql_bool(op, v->kind == VALUE_BOOL && v->i == 0);
}
