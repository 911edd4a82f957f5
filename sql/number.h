/* number - arithmetic and the functions of numbers.
 *
 * Integers wrap, as Java's do; a DECIMAL that does not fit its type is null;
 * DOUBLE is IEEE 754's.  Source: Apache Flink 1.20, DecimalDataUtils,
 * SqlFunctionUtils; seen on Flink itself.
 *
 * SPDX-License-Identifier: ISC */
#ifndef SQL_NUMBER_H
#define SQL_NUMBER_H

#include "sql/function.h"

/* + - * / % and MOD, of numbers and of times with intervals. */
bool sql_bind_arithmetic(struct sql_call *);
bool sql_bind_sign_operator(struct sql_call *); /* unary + and - */

bool sql_bind_abs(struct sql_call *);
bool sql_bind_sign(struct sql_call *);
bool sql_bind_floor(struct sql_call *); /* FLOOR and CEIL, of numbers */
bool sql_bind_round(struct sql_call *); /* ROUND and TRUNCATE */

/* EXP, LN, LOG10, LOG2, SQRT ... of DOUBLE, by the function's name. */
bool sql_bind_math(struct sql_call *);
enum sql_step sql_eval_power(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_log(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_pi(const struct sql_op *, struct sql_run *);
enum sql_step sql_eval_e(const struct sql_op *, struct sql_run *);

#endif
